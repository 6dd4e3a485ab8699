/* store: the accounts of a data folder, and what is in them.
 *
 *     store_open -> account_open -> mailbox_*, message_*, entry_*, changes_* -> account_close
 *
 * An account is a folder: an SQLite database (index.db) with everything that changes, and segments
 * (mail/NNNNNN) with the bytes (design.md §4; doc/store.md lists every legal state on disk).
 * What a function acknowledges with ERR_OK survives a power cut. Several processes and threads may
 * use one account at the same time: writers queue in their process, whose leader takes the
 * account's lock file and commits for all who arrived meanwhile.
 * Threads: every function may be called from any thread, on the same store and account.
 * Blocking: on disk, and on the lock at most options.lock_ms (then TIMEOUT). Nothing is held
 * between calls: no transaction, no lock, no statement.
 */
#ifndef MOX_STORE_STORE_H
#define MOX_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/rand.h"
#include "os/clock.h"
#include "os/file.h"

enum {
	STORE_NOTIFY_COUNTERS = 4096,
	STORE_ACCOUNT_NAME_MAX = 64,
};

/* A shared page (all roles map the same): a counter an account (by hash). A commit moves the
 * account's; who waits compares, then asks changes_since. Only a hint, never a truth. */
struct store_notify {
	_Atomic uint32_t counter[STORE_NOTIFY_COUNTERS];
};

struct store_options {
	const char *root;            /* the data folder; accounts are in root/accounts/NAME */
	struct fs *fs;               /* NULL: the system's */
	struct clock *clock;         /* not NULL */
	struct log *log;             /* NULL: nothing is logged */
	struct rand_src *random;     /* NULL: the system's */
	struct store_notify *notify; /* NULL: nobody is told */
	/* Called after a counter moved, on the committing thread, with no lock held: rings the
	 * eventfds of the roles. May be NULL. */
	void (*ring)(void *arg, unsigned slot);
	void *ring_arg;
	size_t handles_max;   /* idle accounts kept open; 0: 64 */
	unsigned lock_ms;     /* 0: 30,000 */
	uint64_t message_max; /* size of the largest message; 0: 100 MiB */
	uint64_t free_floor;  /* bytes; 0: twice message_max plus 64 MiB; UINT64_MAX: no floor */
	uint64_t segment_max; /* 0: 64 MiB */
	uint64_t own_segment_min; /* a message this large has a segment of its own; 0: 1 MiB */
	uint64_t changes_keep;    /* modseqs of which changes_since knows; 0: 200,000 */
	int checkpoint_pages;     /* of the WAL, then store_work copies them; 0: 1,000 */
	/* For tests: account_close checks the account and ends the process at the first finding. */
	bool check;
};

struct store;
struct account;

/* ACCESS, NOT_FOUND when the root is not usable. One a process is enough. */
struct err store_open(const struct store_options *o, struct store **ret);
/* All accounts must be closed. */
void store_close(struct store *s);

/* Which counter of the notify page is the account's. */
unsigned store_notify_slot(struct str account);

/* Account names: 1 to STORE_ACCOUNT_NAME_MAX letters, digits, '-', '_' and '.', not beginning with
 * '.' or '-', and in lower case where that matters: names that differ only in case are refused by
 * the configuration, not here. */
bool account_name_ok(struct str name);

/* Opens an account, or takes another reference to it. NOT_FOUND if it does not exist; VERSION if
 * its database is of a newer version; CORRUPT if the database cannot be used (account_rebuild). A
 * database of an older version is upgraded. Where there is mail but no database at all that is made
 * anew of the mail, which takes its time; what is lost then is logged. */
struct err account_open(struct store *s, struct str name, struct account **ret);
/* The same, and makes the account if there is none: the mailboxes Inbox, Archive, Drafts, Junk,
 * Sent and Trash with their special uses, subscribed. CANNOT for a name that is not ok. */
struct err account_create(struct store *s, struct str name, struct account **ret);
/* Gives the reference back. Idle accounts stay open (options.handles_max). */
void account_close(struct account *a);
/* Removes the account with its mail, when nobody of this process has it open (IN_USE). */
struct err account_remove(struct store *s, struct str name);

/* Names of all accounts of the data folder, sorted, usable or not. */
struct err store_accounts(struct store *s, struct arena *a, struct str **ret, size_t *ret_n);

struct str account_name(const struct account *a);
/* The account's highest modseq: every change of the account has a higher one than all before. */
struct err account_modseq(struct account *a, uint64_t *ret_modseq);

/* Housekeeping that may wait: database checkpoints, removal of dead segments, closing of databases
 * that nobody used for two seconds, whoever has the account open. Called by the role now and then
 * (each second is right) from a thread that may block. */
void store_work(struct store *s);

#endif
