/* mailbox_name: what a mailbox may be called, in the store, in IMAP and in the configuration. */
#ifndef MOX_FORMAT_MAILBOX_NAME_H
#define MOX_FORMAT_MAILBOX_NAME_H

#include "base/str.h"

enum { MAILBOX_NAME_MAX = 1000, MAILBOX_LEVELS_MAX = 100 };

/* Why name can't be a mailbox's, as a constant text that continues a sentence ("it is too long"),
 * or NULL. Levels are parted by `/`; the name is UTF-8 in normalization form C without control
 * characters, no level is empty, "." or "..". INBOX in other case passes: see
 * mailbox_name of the store. */
const char *mailbox_name_wrong(struct str name);

#endif
