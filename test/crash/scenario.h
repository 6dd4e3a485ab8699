/* scenario: what the crash tests do to an account, and what it is then.
 *
 * A scenario is a list of operations. Clock and random source are the test's, so that each run
 * does the same; the account after each operation is known as a text (dump), and after a crash it
 * must be one of two: that of the last operation acknowledged, or that with the next one done.
 */
#ifndef MOX_TEST_CRASH_SCENARIO_H
#define MOX_TEST_CRASH_SCENARIO_H

#include "store/testing.h"

enum { OPS_MAX = 16, DUMP_MAX = 64 << 10 };

struct world {
	char root[96];
	struct clock clock;
	struct rand_test rand;
	struct store_options options;
	struct store *store;
	struct account *acc; /* NULL until it was made */
	struct arena arena;
};

typedef struct err (*op_fn)(struct world *w);

struct scenario {
	const char *name;
	int prepare;        /* this many first operations are not part of the test */
	op_fn ops[OPS_MAX]; /* NULL ends */
	bool unseen;        /* has operations that nobody sees: their syncs may be lost */
};

/* What account_open says, unless it is that there is no account. */
static inline struct err world_try_open(struct world *w, struct fs *fs)
{
	clock_init(&w->clock);
	clock_set(&w->clock, INT64_C(1800000000) * NS_PER_S);
	rand_test_init(&w->rand, 1);
	arena_init(&w->arena, 64 << 20);
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
	assert_ok(store_open(&w->options, &w->store));
	w->acc = NULL;
	struct err e = account_open(w->store, STR("a"), &w->acc);

	return err_is(e, ERR_NOT_FOUND) ? ERR_OK : e;
}

static inline void world_open(struct world *w, struct fs *fs)
{
	assert_ok(world_try_open(w, fs));
}

static inline void world_close(struct world *w)
{
	if (w->acc)
		account_close(w->acc);
	store_close(w->store);
	arena_fini(&w->arena);
}

/* ---- operations ---- */

static inline struct err op_create(struct world *w)
{
	return account_create(w->store, STR("a"), &w->acc);
}

static inline struct err append_n(struct world *w, const char *mailbox, size_t n, size_t size)
{
	struct message_add m[4];

	for (size_t i = 0; i < n; i++) {
		char *text = arena_alloc(&w->arena, size + 1);

		assert_non_null(text);
		memset(text, 'a' + (int)i, size);
		m[i] = testing_message(&w->arena, mailbox, text);
		m[i].mailbox_create = true;
	}
	return message_append(w->acc, m, n);
}

static inline struct err op_append(struct world *w)
{
	return append_n(w, "Inbox", 1, 100);
}

static inline struct err op_append_three(struct world *w)
{
	return append_n(w, "Inbox", 3, 500);
}

static inline struct err op_append_own(struct world *w)
{
	return append_n(w, "Big/one", 1, 5000);
}

static inline struct err op_deliver(struct world *w)
{
	struct delivery d = {.account = STR("a"),
			     .add = testing_message(&w->arena, "Inbox", "delivered")};

	message_deliver(w->store, &d, 1);
	return d.ret_code == ERR_NONE ? ERR_OK : err_make(d.ret_code, "%s", d.ret_why);
}

static inline struct err flags(struct world *w, const char *set, const char *name)
{
	UIDS_AUTO u = {0};
	struct str names[] = {str_z(name), STR("work")};
	struct flags_change c = {.mailbox = 1, .uids = &u};

	testing_uids(&u, set);
	TRY(flagset_parse(names, 2, &w->arena, &c.set));
	return entry_flags(w->acc, &c);
}

static inline struct err op_store(struct world *w)
{
	return flags(w, "1:2", "\\Seen");
}

static inline struct err op_store_deleted(struct world *w)
{
	return flags(w, "1,3", "\\Deleted");
}

static inline struct err op_copy(struct world *w)
{
	UIDS_AUTO u = {0};
	struct copy_result r;
	bool nowhere;

	testing_uids(&u, "1:2");
	return entry_copy(w->acc, 1, &u, STR("Archive"), &w->arena, &r, &nowhere);
}

static inline struct err op_move(struct world *w)
{
	UIDS_AUTO u = {0};
	struct copy_result r;
	bool nowhere;

	testing_uids(&u, "2:3");
	return entry_move(w->acc, 1, &u, STR("Trash"), &w->arena, &r, &nowhere);
}

static inline struct err op_expunge(struct world *w)
{
	uint64_t modseq;

	return entry_expunge(w->acc, 1, NULL, true, NULL, &modseq);
}

static inline struct err op_expunge_all(struct world *w)
{
	uint64_t modseq;

	return entry_expunge(w->acc, 1, NULL, false, NULL, &modseq);
}

static inline struct err op_mailbox_create(struct world *w)
{
	return mailbox_create(w->acc, STR("x/y"), 0, NULL);
}

static inline struct err op_mailbox_rename(struct world *w)
{
	return mailbox_rename(w->acc, STR("x"), STR("z"));
}

static inline struct err op_mailbox_delete(struct world *w)
{
	return mailbox_delete(w->acc, STR("z/y"));
}

/* Housekeeping tells nobody how it went; what it does must not be seen. */
static inline struct err op_work(struct world *w)
{
	clock_step(&w->clock, 7200 * NS_PER_S);
	store_work(w->store);
	return ERR_OK;
}

static inline struct err op_rebuild(struct world *w)
{
	struct check_report report = {0};

	account_close(w->acc);
	w->acc = NULL;
	struct err e = account_rebuild(w->store, STR("a"), &report);

	struct err again = account_open(w->store, STR("a"), &w->acc);

	return err_failed(e) ? e : again;
}

static const struct scenario scenarios[] = {
	{"create", 0, {op_create, op_append}, true},
	{"deliver", 2, {op_create, op_append, op_deliver, op_deliver}},
	{"append", 2, {op_create, op_append, op_append_three, op_append_three, op_append_own}},
	{"store", 2, {op_create, op_append_three, op_store, op_store_deleted}},
	{"copy and move", 2, {op_create, op_append_three, op_copy, op_move}},
	{"expunge", 3, {op_create, op_append_three, op_store_deleted, op_expunge, op_append}},
	{"mailboxes", 1, {op_create, op_mailbox_create, op_mailbox_rename, op_mailbox_delete}},
	{"housekeeping",
	 6,
	 {op_create, op_append_three, op_append_three, op_copy, op_append_own, op_expunge_all,
	  op_work, op_append, op_work, op_append_three},
	 true},
	{"rebuild", 3, {op_create, op_append_three, op_append_own, op_rebuild, op_append}, true},
};

static inline int ops_count(const struct scenario *s)
{
	int n = 0;

	while (n < OPS_MAX && s->ops[n])
		n++;
	return n;
}

/* ---- what an account is ---- */

static inline void dump_mailbox(struct account *acc, const struct mailbox *m, struct buf *b)
{
	struct entry_query q = {.mailbox = m->id, .want = WANT_FACTS};
	struct entries e;
	struct arena a;

	arena_init(&a, 16 << 20);
	buf_printf(b, "%u %.*s validity %u next %u modseq %llu sub %d use %u total %u\n", m->id,
		   STR_ARG(m->name), m->uidvalidity, m->uidnext,
		   (unsigned long long)m->highestmodseq, m->subscribed, m->use, m->total);
	assert_ok(entry_list(acc, &q, &a, &e));
	for (size_t i = 0; i < e.n; i++) {
		struct message_body body;
		char *p = arena_alloc(&a, e.e[i].size);
		size_t n;

		assert_ok(message_open(acc, e.e[i].message, &body));
		assert_ok(message_read(&body, 0, p, e.e[i].size, &n));
		message_close(&body);
		buf_printf(b, " %u modseq %llu flags %u+%zu size %llu bytes %llx\n", e.e[i].uid,
			   (unsigned long long)e.e[i].modseq, e.e[i].set.flags,
			   e.e[i].set.keyword_count, (unsigned long long)e.e[i].size,
			   (unsigned long long)str_hash(str_of(p, n), 0));
	}
	arena_fini(&a);
}

/* "none" without the account. */
static inline void dump(struct world *w, struct buf *b)
{
	struct mailbox *m;
	struct arena a;
	size_t n;

	buf_clear(b);
	if (!w->acc) {
		buf_str_add(b, STR("none"));
		return;
	}
	arena_init(&a, 16 << 20);
	assert_ok(mailbox_list(w->acc, &a, &m, &n));
	for (size_t i = 0; i < n; i++)
		dump_mailbox(w->acc, &m[i], b);
	arena_fini(&a);
	assert_false(buf_failed(b));
}

static inline void print_found(void *arg, struct str what)
{
	print_error("%s: %.*s\n", (const char *)arg, STR_ARG(what));
}

/* Nothing is wrong with the account. quiet: whoever expects that there is. */
static inline bool consistent(struct world *w, const char *name, bool quiet)
{
	struct check_report r = {.found = quiet ? NULL : print_found,
				 .arg = (void *)(uintptr_t)name};

	if (!w->acc)
		return true;
	return err_is_ok(account_check(w->acc, CHECK_BYTES, &r)) && r.findings == 0;
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
		else
			copy_file(a, b);
	}
	closedir(d);
}

/* A folder in which the scenario's first operations are done, and its dumps: dumps[i] is the
 * account after i more operations. */
struct prepared {
	char folder[48];
	int n; /* operations of the test itself */
	struct buf dumps[OPS_MAX + 1];
};

static inline void prepare(const struct scenario *s, struct prepared *p)
{
	struct world w = {0};
	int n = ops_count(s);

	/* In memory where there is such a place: thousands of syncs. */
	snprintf(p->folder, sizeof(p->folder), "%s/mox-crash-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(p->folder));
	snprintf(w.root, sizeof(w.root), "%s", p->folder);
	world_open(&w, NULL);
	for (int i = 0; i < s->prepare; i++)
		assert_ok(s->ops[i](&w));
	world_close(&w);
	/* The rest on a copy. */
	snprintf(w.root, sizeof(w.root), "%s-run", p->folder);
	copy_tree(p->folder, w.root);
	world_open(&w, NULL);
	p->n = n - s->prepare;
	for (int i = 0; i <= p->n; i++) {
		buf_init(&p->dumps[i], DUMP_MAX);
		dump(&w, &p->dumps[i]);
		if (i < p->n)
			assert_ok(s->ops[s->prepare + i](&w));
	}
	assert_true(consistent(&w, s->name, false));
	world_close(&w);
	testing_remove(w.root);
}

static inline void prepared_fini(struct prepared *p)
{
	for (int i = 0; i <= p->n; i++)
		buf_fini(&p->dumps[i]);
	testing_remove(p->folder);
}

/* Opens what a crash left: it is consistent, and what was acknowledged is there, and of what was
 * not all or nothing; then the account goes on. */
static inline bool survived(const struct scenario *s, const struct prepared *p, const char *root,
			    int acknowledged, bool quiet)
{
	struct world w = {0};
	BUF_AUTO now = BUF_INIT(DUMP_MAX);

	snprintf(w.root, sizeof(w.root), "%s", root);
	struct err e = world_try_open(&w, NULL);

	if (err_failed(e) && !quiet)
		print_error("%s: %.*s\n", s->name, STR_ARG(err_text(e)));
	bool ok = err_is_ok(e) && consistent(&w, s->name, quiet);

	if (ok) {
		dump(&w, &now);
		ok = str_eq(buf_str(&now), buf_str(&p->dumps[acknowledged])) ||
		     (acknowledged < p->n &&
		      str_eq(buf_str(&now), buf_str(&p->dumps[acknowledged + 1])));
		if (!ok && !quiet)
			print_error("%s: after %d operations:\n%.*swant:\n%.*s", s->name,
				    acknowledged, STR_ARG(buf_str(&now)),
				    STR_ARG(buf_str(&p->dumps[acknowledged])));
	}
	if (ok && !w.acc)
		assert_ok(op_create(&w));
	if (ok) {
		assert_ok(op_append(&w));
		ok = consistent(&w, s->name, quiet);
	}
	world_close(&w);
	return ok;
}

#endif
