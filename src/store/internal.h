/* internal: what the modules of store share. Nothing outside store includes it.
 */
#ifndef MOX_STORE_INTERNAL_H
#define MOX_STORE_INTERNAL_H

#include "store/changes.h"
#include "store/db.h"
#include "store/message.h"
#include "store/segment.h"
#include "store/vfs.h"
#include <pthread.h>

enum {
	ACCOUNT_IDLE_MAX = 4,
	PATH_LENGTH_MAX = 4096,
	MAILBOX_KEYWORDS_BYTES = 256 << 10, /* all of one mailbox */
};

struct store {
	struct store_options o; /* defaults filled in */
	struct fs fs;           /* when the options have none */
	struct vfs vfs;
	struct log_ctx log;
	int root_fd;
	pthread_mutex_t lock; /* for the list, and each account's refs and used */
	struct account *accounts;
	uint64_t uses;
};

struct write_op;

struct account {
	struct store *store;
	struct account *next;
	char name[STORE_ACCOUNT_NAME_MAX + 1];
	unsigned slot; /* of the notify page */
	unsigned refs;
	uint64_t used; /* for the least recently used */
	int dir_fd, mail_fd;
	uint8_t cookie[SEGMENT_COOKIE];
	uint64_t hash_seed; /* for key.hash */
	_Atomic bool wants_checkpoint, wants_purge;
	_Atomic int64_t next_sweep; /* monotonic */
	_Atomic int64_t db_used;    /* when a connection was last given back, monotonic */
	_Atomic bool db_warm;       /* connections are open */

	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t cond;
	struct db *idle[ACCOUNT_IDLE_MAX];
	size_t idle_n;
	struct write_op *queue, **queue_end;
	bool leading;

	/* The leader's alone. */
	int lock_fd;
	int segment_fd; /* open for appending, or -1 */
	uint32_t segment;
	uint32_t segment_bad; /* a sync of it failed: never written again */
};

/* A connection to the account's database, for one caller at a time. */
struct err account_db(struct account *acc, struct db **ret);
/* Back to the pool; a broken one (failed in a way that may last) is closed. */
void account_db_back(struct account *acc, struct db *db, bool broken);

/* For `READER_AUTO r = {0}`: the connection goes back at the end of the scope. */
struct reader {
	struct account *acc;
	struct db *db;
};
void reader_back(struct reader *c);
#define READER_AUTO CLEANUP(reader_back) struct reader
struct err reader_take(struct account *acc, struct reader *ret);

/* Closes and frees an account that is on no list. */
void account_free(struct account *acc);
/* Gives a reference back without looking at the account. */
void account_unref(struct account *acc);

/* Takes an account off the list, to be freed; *ret is NULL if it is not on it. IN_USE. */
struct err account_unlist(struct store *s, struct str name, struct account **ret);
/* An account that is on no list, with its folders open and no database. IN_USE if it is on the
 * list. */
struct err account_prepare(struct store *s, struct str name, struct account **ret);
/* Rows of a new database: the account and its first mailboxes. */
struct err account_first_rows(struct db *db, const uint8_t cookie[SEGMENT_COOKIE],
			      int64_t uidvalidity);

/* "root/accounts/NAME/index.db". LIMIT if it is too long. */
struct err account_path(const struct store *s, const char *name, const char *file, char *ret);
/* Whether there is any segment in the account's mail folder. */
bool account_has_segments(int mail_fd);

/* ---- writing (writer.c) ---- */

struct pending_uids {
	uint32_t mailbox;
	enum change_kind kind;
	struct uid_range range;
};

struct segment_use {
	uint32_t number;
	uint64_t end;
	int64_t live; /* what this transaction adds */
};

/* What an operation that fails takes back. */
struct writer_state {
	uint64_t message_next;
	uint32_t mailbox_next, uidvalidity_next;
	bool changed; /* the account's row has to be written */
	bool modseq_used;
	size_t uids_n, gone_n;
	struct segment_use segment; /* the one written to; number 0: none yet */
};

/* A transaction of the leader: the operations of all who arrived meanwhile, with one modseq. */
struct writer {
	struct account *acc;
	struct db *db;
	int64_t now; /* unix seconds */
	uint64_t modseq;
	unsigned change_number;
	struct writer_state s;
	struct pending_uids *uids;
	size_t uids_cap, uids_kept; /* kept: before the operation that runs */
	uint64_t *gone;
	size_t gone_cap;
	bool segment_dirty; /* the segment has bytes that are not synced */
	bool folder_dirty;  /* the mail folder has a name that is not synced */
	bool sync_failed;
};

/* Runs one operation in a transaction with others, and returns when it is durable (or failed, then
 * nothing of it is left). */
struct err writer_run(struct account *acc, struct err (*run)(struct writer *w, void *arg),
		      void *arg);

/* The same with a database at hand that nobody else uses: a transaction of one's own. writer_end
 * commits unless e is a failure; it frees the writer. */
struct err writer_begin(struct writer *w);
struct err writer_end(struct writer *w, struct err e);

/* For operations. The modseq of this transaction, which is used from now on. */
uint64_t writer_modseq(struct writer *w);
uint64_t writer_message_id(struct writer *w);
uint32_t writer_mailbox_id(struct writer *w);
uint32_t writer_uidvalidity(struct writer *w);
/* Rows of `change`. */
struct err writer_change_uids(struct writer *w, uint32_t mailbox, enum change_kind kind,
			      uint32_t first, uint32_t last);
struct err writer_change_name(struct writer *w, uint32_t mailbox, enum change_kind kind,
			      struct str name, struct str old_name);
/* An entry of the message went. If it was the last, the message goes later (sweep.c looks). */
struct err writer_gone(struct writer *w, uint64_t message);

/* ---- segments (append.c) ---- */

/* Where a record came to lie. */
struct place {
	uint32_t segment;
	uint64_t at, body_at, end;
};

/* Writes a message into a segment of its own and syncs it, before any lock. */
struct err append_own(struct account *acc, const struct message_add *m, struct str facts,
		      struct place *ret);
/* Writes it to the end of the current segment; synced before the commit. */
struct err append_record(struct writer *w, const struct message_add *m, struct str facts,
			 struct place *ret);
/* The segments that this transaction wrote to: sync, rows. */
struct err append_flush(struct writer *w);
/* The same for a record that moves: its key and checksums stay. */
struct err append_again(struct writer *w, const struct record *r, struct str facts, struct str body,
			struct place *ret);
/* After a failed sync: nobody writes to the segment again. */
void append_failed(struct account *acc, struct db *db);
/* An own segment's row, or that of one no longer written to. */
struct err segment_row_add(struct writer *w, uint32_t number, uint64_t end, int64_t live);

/* The segment ends at the place's end at least, and the place lives. */
struct err segment_row_grow(struct writer *w, const struct place *p);
/* Counts bytes that begin or cease (negative) to live in a segment. */
struct err segment_live_add(struct writer *w, uint32_t number, int64_t bytes);

/* ---- mailboxes (mailbox_row.c) ---- */

/* A mailbox as the operations of a transaction see it; counts are changes to be added. */
struct mailbox_row {
	uint32_t id, uidvalidity, uidnext;
	unsigned special;
	char name[MAILBOX_NAME_MAX + 1];
	int64_t total, unseen, deleted, unread, size, deleted_size;
};

struct err mailbox_row_get(struct db *db, struct str name, struct mailbox_row *ret,
			   bool *ret_found);
struct err mailbox_row_get_id(struct db *db, uint32_t id, struct mailbox_row *ret, bool *ret_found);
/* Counts an entry that comes (sign 1) or goes (-1). */
void mailbox_row_count(struct mailbox_row *m, unsigned flags, uint64_t size, int sign);
/* Writes uidnext, the counts' changes, and the modseq if `changed`. */
struct err mailbox_row_put(struct writer *w, struct mailbox_row *m);
/* Adds what is missing of keywords (a space between) to the mailbox's list. */
struct err mailbox_keywords_add(struct writer *w, uint32_t mailbox, struct str keywords);
/* Makes it and missing parents, subscribed. It does not exist yet. */
struct err mailbox_make(struct writer *w, struct str name, unsigned use, uint32_t *ret_id);

struct err mailbox_parents_make(struct writer *w, struct str name);
struct err mailbox_read_id(struct db *db, uint32_t id, struct arena *a, struct mailbox *ret);

/* ---- entries and messages ---- */

struct entry_row {
	uint32_t uid;
	uint64_t message;
	unsigned flags;
	struct str keywords;
	uint64_t size;
	int64_t received;
};

/* Inserts an entry with the mailbox's next uid (into m->uidnext, counts; nothing of m is written).
 */
struct err entry_insert(struct writer *w, struct mailbox_row *m, const struct entry_row *e);
/* Message, keys, signature and first entry of a record at `place`; fills m's results. */
struct err message_insert(struct writer *w, struct message_add *m, const struct place *place);

/* Copies or moves entries (uids NULL: all). Pairs of uids go to ret_pairs if it is not NULL, in the
 * arena. Writes both mailboxes' rows. */
struct err entries_transfer(struct writer *w, struct mailbox_row *from, const struct uids *uids,
			    struct mailbox_row *to, bool move, struct arena *a,
			    struct copy_result *ret);

/* Keywords of a flagset as one text; too long never: the limits of flagset_parse. */
void keywords_join(const struct flagset *s, struct buf *b);
/* The other way, in the arena. */
struct err keywords_split(struct str text, struct arena *a, struct str **ret, size_t *ret_n);

/* Such texts are sorted, each word once. Has it the word; list and words together, appended to b;
 * list without the words. */
bool words_has(struct str list, struct str word);
void words_merge(struct str list, struct str words, struct buf *b);
void words_remove(struct str list, struct str words, struct buf *b);

enum key_kind { KEY_MESSAGE_ID = 1, KEY_SUBJECT, KEY_THREAD };
int64_t key_hash(const struct account *acc, struct str s);
struct err key_add(struct writer *w, enum key_kind kind, int64_t hash, uint64_t message);
/* Finds the thread a new message belongs to; *ret_thread 0: a new one. */
struct err thread_match(struct writer *w, const struct facts *f, uint32_t mailbox, int64_t received,
			uint64_t *ret_thread, uint64_t *ret_parent);
struct err thread_muted(struct writer *w, uint64_t thread, bool *ret);

#endif
