/* command: the table of commands, and their functions: one file a command, cmd_any.c for those of
 * a few lines.
 */
#ifndef MOX_IMAPD_COMMAND_H
#define MOX_IMAPD_COMMAND_H

#include "imapd/session.h"

/* Each parses its arguments, from the SP behind the command's name on. */
void imapd_cmd_append(struct imapd *s, struct cur *c);
bool imapd_cmd_append_literal(struct imapd *s, struct cur *c);
void imapd_cmd_authenticate(struct imapd *s, struct cur *c);
void imapd_cmd_capability(struct imapd *s, struct cur *c);
void imapd_cmd_close(struct imapd *s, struct cur *c);
void imapd_cmd_copy(struct imapd *s, struct cur *c);
void imapd_cmd_create(struct imapd *s, struct cur *c);
void imapd_cmd_delete(struct imapd *s, struct cur *c);
void imapd_cmd_enable(struct imapd *s, struct cur *c);
void imapd_cmd_examine(struct imapd *s, struct cur *c);
void imapd_cmd_expunge(struct imapd *s, struct cur *c);
void imapd_cmd_fetch(struct imapd *s, struct cur *c);
void imapd_cmd_id(struct imapd *s, struct cur *c);
void imapd_cmd_idle(struct imapd *s, struct cur *c);
void imapd_cmd_list(struct imapd *s, struct cur *c);
void imapd_cmd_login(struct imapd *s, struct cur *c);
void imapd_cmd_logout(struct imapd *s, struct cur *c);
void imapd_cmd_lsub(struct imapd *s, struct cur *c);
void imapd_cmd_move(struct imapd *s, struct cur *c);
void imapd_cmd_namespace(struct imapd *s, struct cur *c);
void imapd_cmd_noop(struct imapd *s, struct cur *c);
void imapd_cmd_rename(struct imapd *s, struct cur *c);
void imapd_cmd_search(struct imapd *s, struct cur *c);
void imapd_cmd_select(struct imapd *s, struct cur *c);
void imapd_cmd_starttls(struct imapd *s, struct cur *c);
void imapd_cmd_compress(struct imapd *s, struct cur *c);
void imapd_cmd_status(struct imapd *s, struct cur *c);
void imapd_cmd_store(struct imapd *s, struct cur *c);
void imapd_cmd_subscribe(struct imapd *s, struct cur *c);
void imapd_cmd_unselect(struct imapd *s, struct cur *c);
void imapd_cmd_unsubscribe(struct imapd *s, struct cur *c);

#endif
