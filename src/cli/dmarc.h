/* dmarc: lines about a DMARC record and how it was found, for the commands about it. */
#ifndef MOX_CLI_DMARC_H
#define MOX_CLI_DMARC_H

#include "verify/dmarc.h"
#include "verify/dmarc_tree.h"

/* `key: "value"`; nothing where value is empty. */
void buf_dmarc_line(struct buf *b, const char *key, struct str value);
/* The record that was found, and what it says. */
void buf_dmarc_record(struct buf *b, const struct dmarc_result *r);
/* Each step of a walk. */
void buf_dmarc_walk(struct buf *b, const struct dmarc_walk *w);

#endif
