/* entry: a message in a mailbox: its uid, flags and modseq. Entries of several mailboxes may
 * share one message (COPY adds entries, not bytes).
 */
#ifndef MOX_STORE_ENTRY_H
#define MOX_STORE_ENTRY_H

#include "base/arena.h"
#include "facts/facts.h"
#include "store/mailbox.h"
#include "store/uids.h"

enum entry_flag {
	FLAG_SEEN = 1 << 0,
	FLAG_ANSWERED = 1 << 1,
	FLAG_FLAGGED = 1 << 2,
	FLAG_DELETED = 1 << 3,
	FLAG_DRAFT = 1 << 4,
	FLAG_FORWARDED = 1 << 5, /* $Forwarded */
	FLAG_JUNK = 1 << 6,      /* $Junk */
	FLAG_NOTJUNK = 1 << 7,   /* $NotJunk */
	FLAG_PHISHING = 1 << 8,  /* $Phishing */
	FLAG_MDNSENT = 1 << 9,   /* $MDNSent */
	FLAG_COUNT = 10,
};
/* "\\Seen", ..., "$MDNSent", by bit number. */
extern const char *const entry_flag_names[FLAG_COUNT];

/* Flags and keywords together. Keywords are lower-case atoms, other than those that are flags. */
struct flagset {
	unsigned flags;
	struct str *keywords; /* sorted, each once, as flagset_parse makes them */
	size_t keyword_count;
};

/* Makes a flagset of names as clients send them ("\\Seen", "$junk", "Work"): case does not matter,
 * \Recent is ignored. SYNTAX for an unknown "\\..." or what is no atom; LIMIT past KEYWORD_MAX
 * bytes or KEYWORDS_MAX words. */
struct err flagset_parse(const struct str *names, size_t n, struct arena *a, struct flagset *ret);

/* What entry_list reads: more costs more. */
enum entry_want {
	WANT_FLAGS = 0,          /* uid, modseq, flags, keywords, size, received: always */
	WANT_PLACE = 1 << 0,     /* message row: thread, prefix_n, sha256 */
	WANT_FACTS = 1 << 1,     /* all facts but the signature; with PLACE */
	WANT_SIGNATURE = 1 << 2, /* signature only */
};

struct entry {
	uint32_t mailbox, uid;
	uint64_t message; /* id in this account */
	uint64_t createseq, modseq;
	struct flagset set;
	uint64_t size;    /* as IMAP shows it: added headers and received bytes */
	int64_t received; /* INTERNALDATE, unix seconds */
	int64_t saved;    /* when it came into this mailbox (RFC 8514 §2) */
	/* PLACE */
	uint64_t thread, parent; /* parent: message id, 0: none */
	uint32_t prefix_n;       /* bytes of headers added at delivery, before the received ones */
	uint8_t sha256[32];      /* of the received bytes */
	/* FACTS; signature is in facts too if wanted */
	struct facts *facts;
	struct str signature;
};

struct entry_query {
	uint32_t mailbox;
	const struct uids *uids;        /* NULL: all */
	uint32_t uid_from;              /* and not below this (0: from the first) */
	uint64_t changed_since;         /* modseq > this; 0: all */
	unsigned flags_all, flags_none; /* entries with all of these flags and none of those */
	bool newest_first; /* downwards; uid_from is then the highest wanted, 0: the last */
	unsigned want;
	size_t max; /* rows, 0: 1,000 */
};

struct entries {
	struct entry *e;
	size_t n;
	bool more; /* ask again with uid_from = last uid + 1 (- 1 for newest_first) */
};

/* One batch, ordered by uid, in the arena. NOT_FOUND if the mailbox is gone. Rows that cannot be
 * read are left out and logged. */
struct err entry_list(struct account *acc, const struct entry_query *q, struct arena *a,
		      struct entries *ret);
/* All uids of the mailbox, and the modseq of that moment, in one read: what SELECT needs.
 * NOT_FOUND. *ret_first_unseen is 0 if all are seen. */
struct err entry_uids(struct account *acc, uint32_t mailbox, struct uids *ret_uids,
		      struct mailbox *ret_mailbox, struct arena *a, uint32_t *ret_first_unseen);
/* Entries (in any mailbox) of messages with this canonical Message-ID; batch of at most max. */
struct err entry_by_message_id(struct account *acc, struct str message_id, size_t max,
			       struct arena *a, struct entries *ret);
/* Entries of a thread, oldest first. */
struct err entry_by_thread(struct account *acc, uint64_t thread, size_t max, struct arena *a,
			   struct entries *ret);

enum flags_how { FLAGS_ADD, FLAGS_REMOVE, FLAGS_REPLACE };

struct flags_change {
	uint32_t mailbox;
	const struct uids *uids; /* absent ones are passed over */
	enum flags_how how;
	struct flagset set;
	bool conditional; /* UNCHANGEDSINCE (RFC 7162 §3.1.3), with this modseq */
	uint64_t unchanged_since;
	uint64_t known; /* the caller has heard of changes up to this modseq, and of these */
	const uint64_t *own;
	size_t own_n;
	/* results */
	struct uids *ret_changed;  /* got the new modseq; may be NULL */
	struct uids *ret_modified; /* not touched: changed since then; may be NULL */
	uint64_t ret_modseq;       /* of the changed; 0: nothing changed */
	bool ret_foreign;     /* one of the changed had a modseq that the caller does not know */
	uint64_t ret_present; /* how many of uids there are */
};

/* An entry whose flags would stay as they are keeps its modseq. NOT_FOUND without the mailbox. */
struct err entry_flags(struct account *acc, struct flags_change *c);

struct copy_args {
	uint32_t mailbox;
	const struct uids *uids;
	struct str destination;
	bool all; /* EXPUNGED when one of uids is absent; else those are passed over */
};

struct uid_pair {
	uint32_t from, to;
};

struct copy_result {
	uint32_t uidvalidity;   /* of the destination */
	struct uid_pair *pairs; /* ascending; in the arena */
	size_t n;
	uint64_t modseq;
};

/* Copies or moves all that is there, or nothing: the pairs say what was done. NOT_FOUND without the
 * mailbox, or without the destination: *ret_no_destination tells (TRYCREATE). */
struct err entry_copy(struct account *acc, const struct copy_args *args, struct arena *a,
		      struct copy_result *ret, bool *ret_no_destination);
struct err entry_move(struct account *acc, const struct copy_args *args, struct arena *a,
		      struct copy_result *ret, bool *ret_no_destination);

/* Removes the entries among uids (NULL: all), with only_deleted those that are \Deleted. A message
 * goes with its last entry. *ret_uids gets what was removed (may be NULL), *ret_modseq the modseq
 * of it (0: nothing was). */
struct err entry_expunge(struct account *acc, uint32_t mailbox, const struct uids *uids,
			 bool only_deleted, struct uids *ret_uids, uint64_t *ret_modseq);

/* Mutes or collapses a thread: later messages of a muted thread are delivered as \Seen. */
struct err thread_set(struct account *acc, uint64_t thread, bool muted, bool collapsed);
struct err thread_get(struct account *acc, uint64_t thread, bool *ret_muted, bool *ret_collapsed);

#endif
