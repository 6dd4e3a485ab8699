/* changes: what is new since a modseq. One mechanism for IDLE, CONDSTORE, QRESYNC, the webmail's
 * events: whoever wakes up (store_notify), or comes to a command's end, asks here.
 */
#ifndef MOX_STORE_CHANGES_H
#define MOX_STORE_CHANGES_H

#include "store/entry.h"

/* In one mailbox. */
struct changes {
	uint64_t modseq;   /* up to which this looked: ask again since this */
	bool gone;         /* the mailbox was deleted, or has a new UIDVALIDITY */
	bool resync;       /* since is before the horizon: what was removed is not known any more */
	struct uids added; /* uids that came since; some may be in expunged too */
	struct uids flagged; /* flags changed (of any age, also of added ones) */
	struct uids expunged;
	bool keywords; /* the mailbox may have new keywords */
};

#define CHANGES_AUTO CLEANUP(changes_fini) struct changes
void changes_fini(struct changes *c);

/* Everything after `since` in the mailbox; *ret must be zero or used before (it is emptied). */
struct err changes_since(struct account *acc, uint32_t mailbox, uint64_t since,
			 struct changes *ret);

enum change_kind {
	CHANGE_ADD = 1,
	CHANGE_FLAGS,
	CHANGE_EXPUNGE,
	CHANGE_CREATE,    /* a mailbox */
	CHANGE_DELETE,    /* its name is in `name` */
	CHANGE_RENAME,    /* from old_name to name */
	CHANGE_SUBSCRIBE, /* `name` may not exist as a mailbox */
	CHANGE_UNSUBSCRIBE,
	CHANGE_USE,      /* special uses */
	CHANGE_KEYWORDS, /* a keyword was used there for the first time */
};

/* One row of the account's history. */
struct change {
	uint64_t modseq;
	uint32_t mailbox;
	enum change_kind kind;
	struct str uids; /* packed, for uids_unpack: ADD, FLAGS, EXPUNGE */
	struct str name, old_name;
};

struct change_list {
	struct change *c;
	size_t n;
	uint64_t modseq; /* up to which this looked */
	bool resync;     /* since is before the horizon: start anew */
	bool more;       /* ask again since modseq */
};

/* The account's changes after `since`, oldest first, at most max (0: 1,000) rows. `kinds` is a set
 * of bits 1 << kind, 0 for all. */
struct err changes_list(struct account *acc, uint64_t since, unsigned kinds, size_t max,
			struct arena *a, struct change_list *ret);

#endif
