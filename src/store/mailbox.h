/* mailbox: the folders of an account.
 *
 * Names have '/' between levels, are NFC UTF-8, and "INBOX" in any case as the first level is
 * "Inbox". Every change gets the account's next modseq and a row for changes_since.
 */
#ifndef MOX_STORE_MAILBOX_H
#define MOX_STORE_MAILBOX_H

#include "base/arena.h"
#include "format/mailbox_name.h"
#include "store/store.h"

enum { KEYWORD_MAX = 100, KEYWORDS_MAX = 100 };

/* RFC 6154 §2, as bits. */
enum mailbox_use {
	MAILBOX_ARCHIVE = 1 << 0,
	MAILBOX_DRAFTS = 1 << 1,
	MAILBOX_JUNK = 1 << 2,
	MAILBOX_SENT = 1 << 3,
	MAILBOX_TRASH = 1 << 4,
};

struct mailbox {
	uint32_t id; /* never used again in this account */
	struct str name;
	uint32_t uidvalidity, uidnext;
	uint64_t createseq;
	uint64_t modseq;        /* of the mailbox itself: name, uses, subscription */
	uint64_t highestmodseq; /* of anything in it, at least 1 */
	unsigned use;           /* bits of enum mailbox_use */
	bool subscribed;
	struct str *keywords; /* all that were ever used in it, lower case, sorted */
	size_t keyword_count;
	/* counts of entries; size in bytes */
	uint32_t total, unseen, deleted;
	uint32_t unread; /* neither \Seen nor \Deleted, as JMAP counts */
	uint64_t size, deleted_size;
};

/* The canonical form of a name that a client sent, in the arena. CANNOT, saying why, for what may
 * not be a name: empty levels, "." and "..", control characters, not UTF-8, not NFC, too long. One
 * trailing '/' is ignored. */
struct err mailbox_name(struct str name, struct arena *a, struct str *ret);

/* Whether there may be no room for one more keyword. */
bool mailbox_keywords_full(const struct mailbox *m);

/* All mailboxes, sorted by name as bytes with Inbox first. */
struct err mailbox_list(struct account *acc, struct arena *a, struct mailbox **ret, size_t *ret_n);
/* Names subscribed to, sorted; the mailbox may not exist. */
struct err mailbox_subscriptions(struct account *acc, struct arena *a, struct str **ret,
				 size_t *ret_n);
/* By canonical name, or id. NOT_FOUND. */
struct err mailbox_get(struct account *acc, struct str name, struct arena *a, struct mailbox *ret);
struct err mailbox_get_id(struct account *acc, uint32_t id, struct arena *a, struct mailbox *ret);
/* The first mailbox with this use. NOT_FOUND. */
struct err mailbox_get_use(struct account *acc, enum mailbox_use use, struct arena *a,
			   struct mailbox *ret);

/* Makes it and the parents it lacks, all subscribed. EXISTS; a use that another mailbox has is
 * taken from it. *ret_id may be NULL. */
struct err mailbox_create(struct account *acc, struct str name, unsigned use, uint32_t *ret_id);
/* With its messages. HAS_CHILDREN, NOT_FOUND; CANNOT for Inbox. The subscription stays. */
struct err mailbox_delete(struct account *acc, struct str name);
/* With its children; makes the parents that the new name lacks. A new UIDVALIDITY for each one
 * renamed. Inbox stays: its messages go to a new mailbox of the new name (RFC 9051 §6.3.6).
 * The new name may lie below the old one, which is then made anew. NOT_FOUND; EXISTS for it or a
 * child; CANNOT if a child's name would be too long. */
struct err mailbox_rename(struct account *acc, struct str from, struct str to);
/* No error if it is so already. */
struct err mailbox_subscribe(struct account *acc, struct str name, bool subscribed);
/* Sets the uses to exactly `use`; they are taken from other mailboxes. */
struct err mailbox_use_set(struct account *acc, struct str name, unsigned use);

#endif
