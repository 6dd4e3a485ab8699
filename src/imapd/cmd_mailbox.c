/* CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE: RFC 9051 §6.3.4 to §6.3.8. */
#include "imapd/user.h"

/* SP mailbox, the only argument. */
static bool one_name(struct imapd *s, struct cur *c, struct str *ret)
{
	imap_x_sp(c);
	struct str written = imap_x_astring(c, &s->mem);

	return imapd_args_end(s, c) && imapd_name(s, written, ret);
}

static void end(struct imapd *s, struct err e)
{
	if (err_failed(e))
		imapd_fail(s, e);
	else
		imapd_ok(s, STR(""), STR("done"));
}

void imapd_cmd_create(struct imapd *s, struct cur *c)
{
	struct str name;

	if (one_name(s, c, &name))
		end(s, mailbox_create(imapd_account(s), name, 0, NULL));
}

void imapd_cmd_delete(struct imapd *s, struct cur *c)
{
	struct str name;

	if (one_name(s, c, &name))
		end(s, mailbox_delete(imapd_account(s), name));
}

void imapd_cmd_rename(struct imapd *s, struct cur *c)
{
	struct str from, to;

	imap_x_sp(c);
	struct str from_written = imap_x_astring(c, &s->mem);

	imap_x_sp(c);
	struct str to_written = imap_x_astring(c, &s->mem);

	if (imapd_args_end(s, c) && imapd_name(s, from_written, &from) &&
	    imapd_name(s, to_written, &to))
		end(s, mailbox_rename(imapd_account(s), from, to));
}

void imapd_cmd_subscribe(struct imapd *s, struct cur *c)
{
	struct str name;

	if (one_name(s, c, &name))
		end(s, mailbox_subscribe(imapd_account(s), name, true));
}

void imapd_cmd_unsubscribe(struct imapd *s, struct cur *c)
{
	struct str name;

	if (one_name(s, c, &name))
		end(s, mailbox_subscribe(imapd_account(s), name, false));
}
