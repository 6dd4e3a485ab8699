/* world: the data folder that a crash test works on, and what is in it.
 *
 * Either the store alone is at work in it, or a whole server (server.h). What accounts are is known
 * as texts: dumps. They leave out what differs from run to run: the fields added at delivery.
 */
#ifndef MOX_TEST_CRASH_WORLD_H
#define MOX_TEST_CRASH_WORLD_H

#include "store/testing.h"

#include "server.h"

enum { DUMP_MAX = 64 << 10, ACCOUNTS = 2 };

#define ACCOUNT "mox"

static const char *const account_names[ACCOUNTS] = {ACCOUNT, SERVER_ACCOUNT_OTHER};

struct world {
	char folder[96];
	char root[112]; /* the data folder: folder, or in it */
	struct clock clock;
	struct rand_test rand;
	struct store_options options;
	struct store *store; /* NULL while a server is at work */
	struct account *acc; /* NULL until it was made */
	struct arena arena;
	struct server server;
};

/* The store alone. What account_open says, unless it is that there is no account. */
static inline struct err world_try_open(struct world *w, bool server, struct fs *fs)
{
	clock_init(&w->clock);
	clock_set(&w->clock, INT64_C(1800000000) * NS_PER_S);
	rand_test_init(&w->rand, 1);
	arena_init(&w->arena, 64 << 20);
	snprintf(w->root, sizeof(w->root), server ? "%s/data" : "%s", w->folder);
	w->options = (struct store_options){
		.root = w->root,
		.fs = fs,
		.clock = &w->clock,
		.random = &w->rand.src,
		.free_floor = UINT64_MAX,
		.segment_max = 3000,
		.own_segment_min = 2000,
		.checkpoint_pages = 1,
	};
	w->acc = NULL;
	TRY(store_open(&w->options, &w->store));
	struct err e = account_open(w->store, STR(ACCOUNT), &w->acc);

	return err_is(e, ERR_NOT_FOUND) ? ERR_OK : e;
}

static inline void world_open(struct world *w, bool server, struct fs *fs)
{
	if (server)
		server_start(&w->server, w->folder, fs);
	else
		assert_ok(world_try_open(w, false, fs));
}

static inline void world_close(struct world *w)
{
	server_stop(&w->server);
	if (w->acc)
		account_close(w->acc);
	if (w->store)
		store_close(w->store);
	arena_fini(&w->arena);
	w->acc = NULL;
	w->store = NULL;
}

/* ---- what is in it ---- */

struct dumps {
	struct buf of[ACCOUNTS]; /* "none" without the account */
	unsigned messages;       /* in all mailboxes of all accounts */
};

static inline void dumps_init(struct dumps *d)
{
	*d = (struct dumps){0};
	for (int i = 0; i < ACCOUNTS; i++)
		buf_init(&d->of[i], DUMP_MAX);
}

static inline void dumps_fini(struct dumps *d)
{
	for (int i = 0; i < ACCOUNTS; i++)
		buf_fini(&d->of[i]);
}

static inline void dump_entry(struct account *acc, const struct entry *e, struct arena *a,
			      struct buf *b)
{
	struct message_body body;
	char *p = arena_alloc(a, e->size);
	size_t n;

	assert_non_null(p);
	assert_ok(message_open(acc, e->message, &body));
	assert_ok(message_read(&body, body.prefix_n, p, e->size, &n));
	message_close(&body);
	buf_printf(b, " %u modseq %llu flags %u+%zu bytes %zu %llx\n", e->uid,
		   (unsigned long long)e->modseq, e->set.flags, e->set.keyword_count, n,
		   (unsigned long long)str_hash(str_of(p, n), 0));
}

static inline void dump_mailbox(struct account *acc, const struct mailbox *m, struct buf *b)
{
	struct entry_query q = {.mailbox = m->id, .want = WANT_FACTS};
	struct entries e;
	struct arena a;

	arena_init(&a, 64 << 20);
	buf_printf(b, "%u %.*s validity %u next %u modseq %llu sub %d use %u total %u\n", m->id,
		   STR_ARG(m->name), m->uidvalidity, m->uidnext,
		   (unsigned long long)m->highestmodseq, m->subscribed, m->use, m->total);
	assert_ok(entry_list(acc, &q, &a, &e));
	for (size_t i = 0; i < e.n; i++)
		dump_entry(acc, &e.e[i], &a, b);
	arena_fini(&a);
}

static inline void dump_account(struct account *acc, struct dumps *d, struct buf *b)
{
	struct mailbox *m;
	struct arena a;
	size_t n;

	arena_init(&a, 16 << 20);
	assert_ok(mailbox_list(acc, &a, &m, &n));
	for (size_t i = 0; i < n; i++) {
		dump_mailbox(acc, &m[i], b);
		d->messages += m[i].total;
	}
	arena_fini(&a);
	assert_false(buf_failed(b));
}

static inline void dump_store(struct store *s, struct dumps *d)
{
	d->messages = 0;
	for (int i = 0; i < ACCOUNTS; i++) {
		struct account *acc;
		struct err e = account_open(s, str_z(account_names[i]), &acc);

		buf_clear(&d->of[i]);
		if (err_is(e, ERR_NOT_FOUND)) {
			buf_str_add(&d->of[i], STR("none"));
			continue;
		}
		assert_ok(e);
		dump_account(acc, d, &d->of[i]);
		account_close(acc);
	}
}

/* Beside a server that runs, too. */
static inline void dump(struct world *w, struct dumps *d)
{
	struct world own = {0};

	if (w->store) {
		dump_store(w->store, d);
		return;
	}
	memcpy(own.folder, w->folder, sizeof(own.folder));
	assert_ok(world_try_open(&own, true, NULL));
	dump_store(own.store, d);
	world_close(&own);
}

/* Whether each account is as in one of two dumps. */
static inline bool dumps_match(const struct dumps *d, const struct dumps *a, const struct dumps *b)
{
	for (int i = 0; i < ACCOUNTS; i++)
		if (!str_eq(buf_str(&d->of[i]), buf_str(&a->of[i])) &&
		    !str_eq(buf_str(&d->of[i]), buf_str(&b->of[i])))
			return false;
	return true;
}

static inline void dumps_print(const char *name, const struct dumps *got, const struct dumps *want)
{
	for (int i = 0; i < ACCOUNTS; i++)
		print_error("%s, account %s:\n%.*swant:\n%.*s", name, account_names[i],
			    STR_ARG(buf_str(&got->of[i])), STR_ARG(buf_str(&want->of[i])));
}

static inline void print_found(void *arg, struct str what)
{
	print_error("%s: %.*s\n", (const char *)arg, STR_ARG(what));
}

/* Nothing is wrong with any account; the store alone is at work. quiet: whoever expects that there
 * is. */
static inline bool consistent(struct world *w, const char *name, bool quiet)
{
	struct check_report r = {.found = quiet ? NULL : print_found,
				 .arg = (void *)(uintptr_t)name};
	bool ok = true;

	for (int i = 0; i < ACCOUNTS && ok; i++) {
		struct account *acc;
		struct err e = account_open(w->store, str_z(account_names[i]), &acc);

		if (err_is(e, ERR_NOT_FOUND))
			continue;
		ok = err_is_ok(e) && err_is_ok(account_check(acc, CHECK_BYTES, &r)) &&
		     r.findings == 0;
		if (err_is_ok(e))
			account_close(acc);
	}
	return ok;
}

/* ---- folders ---- */

static inline void copy_file(const char *from, const char *to)
{
	BUF_AUTO b = BUF_INIT(256 << 20);
	FILE *f = fopen(to, "w");

	assert_non_null(f);
	assert_ok(file_read(AT_FDCWD, from, &b));
	assert_int_equal(fwrite(b.n ? b.p : "", 1, b.n, f), b.n);
	fclose(f);
}

/* Folders and files; a server's socket is left out. */
static inline void copy_tree(const char *from, const char *to)
{
	DIR *d = opendir(from);
	struct dirent *e;

	assert_non_null(d);
	mkdir(to, 0700);
	while ((e = readdir(d))) {
		char a[600], b[600];
		struct stat st;

		if (str_eq(str_z(e->d_name), STR(".")) || str_eq(str_z(e->d_name), STR("..")))
			continue;
		snprintf(a, sizeof(a), "%s/%s", from, e->d_name);
		snprintf(b, sizeof(b), "%s/%s", to, e->d_name);
		assert_int_equal(stat(a, &st), 0);
		if (S_ISDIR(st.st_mode))
			copy_tree(a, b);
		else if (S_ISREG(st.st_mode))
			copy_file(a, b);
	}
	closedir(d);
}

/* A fresh folder, in memory where there is such a place: thousands of syncs. */
static inline void folder_make(char ret[48])
{
	snprintf(ret, 48, "%s/mox-crash-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(ret));
}

#endif
