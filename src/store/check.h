/* check: whether an account's data is consistent, and mending it.
 */
#ifndef MOX_STORE_CHECK_H
#define MOX_STORE_CHECK_H

#include "store/store.h"

enum check_how {
	CHECK_INDEX = 0,      /* the database against itself, and that places lie inside segments */
	CHECK_BYTES = 1 << 0, /* also every record's checksums */
	CHECK_FIX = 1 << 1,   /* messages whose bytes are gone are taken out of their mailboxes */
};

struct check_report {
	/* Called for each finding, in words; may be NULL. */
	void (*found)(void *arg, struct str what);
	void *arg;
	uint64_t findings, messages, lost, salvaged;
};

/* ERR_OK if it could be checked, whatever was found (report->findings). */
struct err account_check(struct account *acc, unsigned how, struct check_report *report);

/* Makes index.db anew from the segments; the old one, if any, is kept as index.db.damaged. Flags
 * and mailboxes are as of each message's delivery (or last move by the sweeper); messages expunged
 * since may come back. UIDVALIDITYs are new. Nobody may have the account open (IN_USE). Names each
 * record that was lost. */
struct err account_rebuild(struct store *s, struct str name, struct check_report *report);

#endif
