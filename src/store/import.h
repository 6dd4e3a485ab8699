/* import: mail of other programs into an account, and an account's mail out again.
 *
 * A batch of messages is one transaction: after a failure what came before the batch is in. A
 * running server may use the account meanwhile. Messages that are there already come again.
 */
#ifndef MOX_STORE_IMPORT_H
#define MOX_STORE_IMPORT_H

#include "store/store.h"

struct import_report {
	uint64_t messages;
	/* For each message that could not be taken or written, in words; may be NULL. */
	void (*failed)(void *arg, struct str what);
	void *arg;
	uint64_t failures;
};

/* An mbox file (format/mbox.h) into a mailbox of that canonical name, which is made if missing.
 * Flags from Status, X-Status and X-Keywords, the time of arrival from the `From ` line. SYNTAX if
 * it is none. */
struct err import_mbox(struct account *acc, struct str mailbox, const char *path,
		       struct import_report *r);
/* A maildir: messages of cur and new, flags from the file names and the file dovecot-keywords, the
 * time of arrival from the file name. Line ends become CRLF. */
struct err import_maildir(struct account *acc, struct str mailbox, const char *path,
			  struct import_report *r);

/* Every mailbox as a maildir below the folder `path`, which is made; a level of a mailbox's name is
 * a folder (`cur`, `new` and `tmp` with an `=` in front). Line ends become LF. EXISTS. */
struct err export_maildir(struct account *acc, const char *path, struct import_report *r);

#endif
