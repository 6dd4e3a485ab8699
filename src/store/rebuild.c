/* Making index.db anew of the segments.
 *
 * First every record is looked at and the good ones are remembered, the newest of those with the
 * same key (a message that was moved). Then they are inserted in the order in which they were
 * received, into index.db.new, which takes the place of index.db when it is complete.
 */
#include "store/rebuild.h"

#include "facts/build.h"
#include "store/lock.h"
#include "store/schema.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ROWS_A_COMMIT = 5000,
	SEGMENTS_MAX = 1000000,
	/* Above any UIDVALIDITY that mailboxes without mail may have had: one that comes back with
	 * an old UIDVALIDITY would mislead clients. */
	UIDVALIDITY_LEAP = 1 << 16,
};

/* A good record. */
struct found {
	uint32_t segment;
	uint64_t at, key;
	int64_t received;
};

struct rebuild {
	struct account *acc;
	struct check_report *report;
	uint8_t cookie[SEGMENT_COOKIE];
	uint32_t uidvalidity; /* the highest seen */
	uint32_t *segments;   /* sorted */
	size_t segment_n;
	struct found *found;
	size_t found_n, found_cap;
	struct buf file; /* a segment's bytes */
	uint32_t file_number;
};

static void PRINTF(2, 3) say(struct rebuild *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	struct str what = str_of(text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);

	r->report->findings++;
	if (r->report->found)
		r->report->found(r->report->arg, what);
	log_error(&r->acc->store->log, "lost in a rebuild", F_Z("account", r->acc->name),
		  F_STR("what", what));
}

/* ---- reading segments ---- */

static int number_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct err segments_list(struct rebuild *r)
{
	int fd = openat(r->acc->mail_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	size_t cap = 0;
	struct dirent *e;

	if (!d) {
		fd_close(&fd);
		return err_errno("read the mail folder");
	}
	while ((e = readdir(d)) && r->segment_n < SEGMENTS_MAX) {
		uint64_t number;

		if (!str_u64(str_z(e->d_name), UINT32_MAX, &number))
			continue;
		if (r->segment_n == cap) {
			cap = cap ? cap * 2 : 64;
			uint32_t *p = realloc(r->segments, cap * sizeof(*p));

			if (!p)
				break;
			r->segments = p;
		}
		r->segments[r->segment_n++] = (uint32_t)number;
	}
	closedir(d);
	if (r->segment_n == cap && cap)
		return err_make(ERR_RESOURCES, "no memory for %zu segments", cap);
	if (r->segment_n)
		qsort(r->segments, r->segment_n, sizeof(*r->segments), number_cmp);
	return ERR_OK;
}

/* The segment's bytes in r->file; what the disk cannot read is zero. */
static struct err segment_load(struct rebuild *r, uint32_t number)
{
	enum { PIECE = 4096 };
	char name[16];
	struct stat st;

	if (r->file_number == number)
		return ERR_OK;
	snprintf(name, sizeof(name), "%06u", number);
	auto_close int fd = openat(r->acc->mail_fd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno("open segment %s", name);
	buf_clear(&r->file);
	r->file_number = number;
	for (off_t at = 0; at < st.st_size; at += PIECE) {
		size_t n = st.st_size - at < PIECE ? (size_t)(st.st_size - at) : PIECE;
		char *p = buf_reserve(&r->file, n);

		if (!p)
			return err_make(ERR_RESOURCES, "no memory for segment %s", name);
		if (err_failed(file_pread(fd, p, n, at)))
			memset(p, 0, n);
		buf_commit(&r->file, n);
	}
	return ERR_OK;
}

/* ---- the account's cookie ---- */

struct votes {
	struct {
		uint8_t cookie[SEGMENT_COOKIE];
		int n;
	} of[16];
};

static void vote(struct votes *v, const uint8_t *cookie)
{
	for (size_t i = 0; i < ARRAY_LEN(v->of); i++)
		if (v->of[i].n == 0 || memcmp(v->of[i].cookie, cookie, SEGMENT_COOKIE) == 0) {
			memcpy(v->of[i].cookie, cookie, SEGMENT_COOKIE);
			v->of[i].n++;
			return;
		}
}

static bool elected(const struct votes *v, uint8_t ret[SEGMENT_COOKIE])
{
	size_t best = 0;

	for (size_t i = 1; i < ARRAY_LEN(v->of); i++)
		if (v->of[i].n > v->of[best].n)
			best = i;
	memcpy(ret, v->of[best].cookie, SEGMENT_COOKIE);
	return v->of[best].n > 0;
}

/* Where every segment's header is damaged, the records vote. A message that contains records has
 * fewer votes than there are records around it, but for an account with little else: then it may be
 * believed, and that mail is lost which is shown to be lost. */
static void records_vote(struct str file, struct votes *v)
{
	struct record rec;

	for (size_t at = SEGMENT_HEADER; at + RECORD_HEADER <= file.n; at += SEGMENT_ALIGN) {
		struct str rest = str_from(file, at);
		const uint8_t *cookie = (const uint8_t *)rest.p + 8;

		if (record_header_read(rest, cookie, rest.n, &rec)) {
			vote(v, cookie);
			at += record_size(&rec) - SEGMENT_ALIGN;
		}
	}
}

static struct err cookie_find(struct rebuild *r)
{
	struct votes headers = {0}, records = {0};
	struct segment_header h;

	for (size_t i = 0; i < r->segment_n; i++) {
		TRY(segment_load(r, r->segments[i]));
		if (r->file.n >= SEGMENT_HEADER &&
		    segment_header_read((const uint8_t *)r->file.p, &h))
			vote(&headers, h.cookie);
		else
			records_vote(buf_str(&r->file), &records);
	}
	if (!elected(&headers, r->cookie) && !elected(&records, r->cookie))
		rand_fill(r->acc->store->o.random, r->cookie, sizeof(r->cookie));
	return ERR_OK;
}

/* ---- records ---- */

static struct err found_add(struct rebuild *r, struct found f)
{
	if (r->found_n == r->found_cap) {
		size_t cap = r->found_cap ? r->found_cap * 2 : 1024;
		struct found *p = realloc(r->found, cap * sizeof(*p));

		if (!p)
			return err_make(ERR_RESOURCES, "no memory for %zu records", cap);
		r->found = p;
		r->found_cap = cap;
	}
	r->found[r->found_n++] = f;
	return ERR_OK;
}

static struct str record_facts(struct str bytes, const struct record *rec)
{
	return str_sub(bytes, record_facts_at(rec), record_body_at(rec));
}

static struct str record_body(struct str bytes, const struct record *rec)
{
	return str_sub(bytes, record_body_at(rec),
		       record_body_at(rec) + rec->prefix_n + rec->bytes_n);
}

/* Names a record whose bytes are damaged, by what is left of it. */
static void lost_record(struct rebuild *r, uint64_t at, const struct record *rec, struct str bytes)
{
	struct str facts = record_facts(bytes, rec);
	struct facts f = {0};
	struct arena a;

	arena_init(&a, 8 << 20);
	if (record_crc(0, facts) == rec->facts_crc)
		err_ignore(facts_read(facts, &a, &f), "then it has no name");
	r->report->lost++;
	say(r,
	    "segment %06u at %llu: a message of %llu bytes to %.*s, Message-ID %.*s, subject "
	    "\"%.*s\", is damaged",
	    r->file_number, (unsigned long long)at, (unsigned long long)rec->bytes_n,
	    STR_ARG(rec->mailbox), STR_ARG(f.message_id), STR_ARG(f.subject));
	arena_fini(&a);
}

static struct err record_look(struct rebuild *r, uint64_t at, const struct record *rec,
			      struct str bytes)
{
	r->report->messages++;
	if (rec->uidvalidity > r->uidvalidity)
		r->uidvalidity = rec->uidvalidity;
	if (record_crc(0, record_body(bytes, rec)) != rec->bytes_crc) {
		lost_record(r, at, rec, bytes);
		return ERR_OK;
	}
	return found_add(r, (struct found){r->file_number, at, rec->key, rec->received});
}

static bool all_zero(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i])
			return false;
	return true;
}

/* Passes over bytes that are no record; to the next that looks like one. Zeroes at the end are
 * nothing: padding, or what a crash left. */
static uint64_t skip(struct rebuild *r, uint64_t at)
{
	struct str file = buf_str(&r->file);
	ssize_t next = record_find(file, r->cookie, at + 1);
	uint64_t to = next < 0 ? file.n : (uint64_t)next;

	if (next < 0 && all_zero(str_from(file, at)))
		return to;
	r->report->lost++;
	say(r, "segment %06u: bytes %llu to %llu hold no message that can be read", r->file_number,
	    (unsigned long long)at, (unsigned long long)to);
	return to;
}

static struct err segment_look(struct rebuild *r, uint32_t number)
{
	struct record rec;

	TRY(segment_load(r, number));
	for (uint64_t at = SEGMENT_HEADER; at < r->file.n;) {
		struct str bytes = str_from(buf_str(&r->file), at);

		if (!record_header_read(bytes, r->cookie, bytes.n, &rec)) {
			at = skip(r, at);
			continue;
		}
		TRY(record_look(r, at, &rec, bytes));
		at += record_size(&rec);
	}
	return ERR_OK;
}

/* The same key: the newer place first. */
static int key_order(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->segment != y->segment)
		return x->segment > y->segment ? -1 : 1;
	return (x->at < y->at) - (x->at > y->at);
}

static int arrival_order(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->received != y->received)
		return x->received < y->received ? -1 : 1;
	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void found_settle(struct rebuild *r)
{
	size_t n = 0;

	if (!r->found_n)
		return;
	qsort(r->found, r->found_n, sizeof(*r->found), key_order);
	for (size_t i = 0; i < r->found_n; i++)
		if (n == 0 || r->found[n - 1].key != r->found[i].key)
			r->found[n++] = r->found[i];
	r->found_n = n;
	qsort(r->found, n, sizeof(*r->found), arrival_order);
}

/* ---- inserting ---- */

/* The facts of the record, or if those are damaged, of its bytes. */
static struct err facts_get(const struct record *rec, struct str bytes, struct arena *a,
			    struct facts *ret)
{
	struct str facts = record_facts(bytes, rec);

	if (record_crc(0, facts) == rec->facts_crc && err_is_ok(facts_read(facts, a, ret)) &&
	    ret->size == rec->bytes_n)
		return ERR_OK;
	return facts_build(str_from(record_body(bytes, rec), rec->prefix_n),
			   &(struct facts_known){.sha256 = rec->sha256}, a, ret);
}

static struct err record_insert(struct rebuild *r, struct writer *w, const struct found *f,
				struct arena *a)
{
	struct record rec;
	struct facts facts;
	struct flagset set;
	struct str mailbox;

	TRY(segment_load(r, f->segment));
	struct str bytes = str_from(buf_str(&r->file), f->at);

	if (!record_header_read(bytes, r->cookie, bytes.n, &rec))
		return err_make(ERR_CORRUPT, "segment %06u changes while it is read", f->segment);
	TRY(facts_get(&rec, bytes, a, &facts));
	struct place place = {f->segment, f->at, f->at + record_body_at(&rec),
			      f->at + record_size(&rec)};

	if (err_failed(mailbox_name(rec.mailbox, a, &mailbox)))
		mailbox = STR("Inbox");
	struct str *words;
	size_t n;

	TRY(keywords_split(rec.keywords, a, &words, &n));
	TRY(flagset_parse(words, n, a, &set));
	set.flags = rec.flags & ((1u << FLAG_COUNT) - 1);
	struct message_add m = {
		.bytes = {.fd = -1, .size = rec.bytes_n},
		.facts = &facts,
		.prefix = str_sub(record_body(bytes, &rec), 0, rec.prefix_n),
		.mailbox = mailbox,
		.mailbox_create = true,
		.set = set,
		.received = rec.received,
	};

	TRY(message_insert(w, &m, &place));
	r->report->salvaged++;
	return segment_row_grow(w, &place);
}

static struct err part_insert(struct rebuild *r, struct db *db, size_t from, size_t to)
{
	struct writer w = {.acc = r->acc, .db = db, .now = clock_unix(r->acc->store->o.clock)};
	struct err e = writer_begin(&w);

	for (size_t i = from; i < to && err_is_ok(e); i++) {
		struct arena a;

		arena_init(&a, FACTS_ARENA_MAX + (4 << 20));
		e = record_insert(r, &w, &r->found[i], &a);
		arena_fini(&a);
	}
	return writer_end(&w, e);
}

static struct err tables_make(struct rebuild *r, struct db *db)
{
	int64_t uidvalidity = clock_unix(r->acc->store->o.clock) / 2;

	if (uidvalidity <= r->uidvalidity)
		uidvalidity = (int64_t)r->uidvalidity + 1;
	TRY(db_exec(db, "BEGIN IMMEDIATE"));
	TRY(schema_upgrade(db, 0));
	TRY(account_first_rows(db, r->cookie, uidvalidity + UIDVALIDITY_LEAP));
	return db_exec(db, "COMMIT");
}

static struct err database_fill(struct rebuild *r, struct db *db)
{
	TRY(tables_make(r, db));
	for (size_t i = 0; i < r->found_n; i += ROWS_A_COMMIT) {
		size_t to = r->found_n - i < ROWS_A_COMMIT ? r->found_n : i + ROWS_A_COMMIT;

		TRY(part_insert(r, db, i, to));
	}
	/* One file, without a WAL, so that a rename is all it takes. */
	TRY(db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)"));
	return db_exec(db, "PRAGMA journal_mode=DELETE");
}

/* ---- files ---- */

static struct err remove_if_there(struct account *acc, const char *name)
{
	struct err e = fs_unlink(acc->store->o.fs, acc->dir_fd, name);

	return err_is(e, ERR_NOT_FOUND) ? ERR_OK : e;
}

static struct err rename_if_there(struct account *acc, const char *from, const char *to)
{
	struct err e = fs_rename(acc->store->o.fs, acc->dir_fd, from, acc->dir_fd, to);

	return err_is(e, ERR_NOT_FOUND) ? ERR_OK : e;
}

static struct err database_make(struct rebuild *r)
{
	struct account *acc = r->acc;
	char path[PATH_LENGTH_MAX];
	struct db *db;

	TRY(remove_if_there(acc, "index.db.new"));
	TRY(remove_if_there(acc, "index.db.new-wal"));
	TRY(remove_if_there(acc, "index.db.new-journal"));
	TRY(account_path(acc->store, acc->name, "index.db.new", path));
	TRY(db_open(acc->store->vfs.name, path, true, &db));
	struct err e = database_fill(r, db);

	db_close(db);
	return e;
}

/* The old database with its WAL goes first: a WAL beside another database would be taken for that
 * one's. After a crash in between there is no index.db, and the rebuild starts over. */
static struct err database_exchange(struct account *acc)
{
	struct fs *fs = acc->store->o.fs;

	TRY(fs_sync_dir(fs, acc->dir_fd));
	TRY(rename_if_there(acc, "index.db", "index.db.damaged"));
	TRY(rename_if_there(acc, "index.db-wal", "index.db.damaged-wal"));
	TRY(remove_if_there(acc, "index.db-shm"));
	TRY(fs_sync_dir(fs, acc->dir_fd));
	TRY(fs_rename(fs, acc->dir_fd, "index.db.new", acc->dir_fd, "index.db"));
	return fs_sync_dir(fs, acc->dir_fd);
}

static struct err rebuild_run(struct rebuild *r)
{
	struct account *acc = r->acc;

	TRY(segments_list(r));
	TRY(cookie_find(r));
	for (size_t i = 0; i < r->segment_n; i++)
		TRY(segment_look(r, r->segments[i]));
	found_settle(r);
	memcpy(acc->cookie, r->cookie, SEGMENT_COOKIE);
	memcpy(&acc->hash_seed, r->cookie, sizeof(acc->hash_seed));
	TRY(database_make(r));
	return database_exchange(acc);
}

struct err account_rebuild_locked(struct account *acc, struct check_report *report)
{
	struct rebuild r = {.acc = acc, .report = report};

	buf_init(&r.file, SIZE_MAX);
	struct err e = rebuild_run(&r);

	log_info(&acc->store->log, "index rebuilt from segments", F_Z("account", acc->name),
		 F_U64("messages", report->salvaged), F_U64("lost", report->lost));
	free(r.segments);
	free(r.found);
	buf_fini(&r.file);
	return e;
}

struct err account_rebuild(struct store *s, struct str name, struct check_report *report)
{
	struct account *acc;

	TRY(account_prepare(s, name, &acc));
	struct err e = lock_take(acc->lock_fd, s->o.lock_ms);

	if (err_is_ok(e)) {
		e = account_rebuild_locked(acc, report);
		lock_drop(acc->lock_fd);
	}
	account_free(acc);
	return err_add(e, "rebuild account %.*s", STR_ARG(name));
}
