/* scenario: what the crash tests do to accounts, and what these are then.
 *
 * A scenario is a list of operations. Each run does the same; the accounts after each operation are
 * known as texts (world.h), and after a crash each must be one of two: that of the last operation
 * acknowledged, or that with the next one done. An operation of the store alone is acknowledged
 * when it returns, one of a server when its peer has read so.
 */
#ifndef MOX_TEST_CRASH_SCENARIO_H
#define MOX_TEST_CRASH_SCENARIO_H

#include "exchange.h"

enum { OPS_MAX = 16 };

typedef struct err (*op_fn)(struct world *w);

struct scenario {
	const char *name;
	int prepare;        /* this many first operations are not part of the test */
	op_fn ops[OPS_MAX]; /* NULL ends */
	bool unseen;        /* has operations that nobody sees: their syncs may be lost */
	bool server;        /* exchanges with a server */
};

/* ---- operations ---- */

static inline struct err op_create(struct world *w)
{
	return account_create(w->store, STR(ACCOUNT), &w->acc);
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
	struct delivery d = {.account = STR(ACCOUNT),
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
	struct copy_args args = {.mailbox = 1, .uids = &u, .destination = STR("Archive")};
	bool nowhere;

	testing_uids(&u, "1:2");
	return entry_copy(w->acc, &args, &w->arena, &r, &nowhere);
}

static inline struct err op_move(struct world *w)
{
	UIDS_AUTO u = {0};
	struct copy_result r;
	struct copy_args args = {.mailbox = 1, .uids = &u, .destination = STR("Trash")};
	bool nowhere;

	testing_uids(&u, "2:3");
	return entry_move(w->acc, &args, &w->arena, &r, &nowhere);
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
	struct err e = account_rebuild(w->store, STR(ACCOUNT), &report);

	struct err again = account_open(w->store, STR(ACCOUNT), &w->acc);

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
	{"smtp", 1, {op_data, op_data, op_data_two, op_bdat}, .server = true},
	{"smtp spooled", 1, {op_data, op_data_spooled, op_data_own}, .server = true},
	{"imap append",
	 1,
	 {op_imap_append, op_imap_append, op_imap_append_three, op_imap_append_own},
	 .server = true},
	{"imap store",
	 1,
	 {op_imap_append_three, op_imap_store, op_imap_store_silent},
	 .server = true},
	{"imap copy and move",
	 1,
	 {op_imap_append_three, op_imap_copy, op_imap_move},
	 .server = true},
	{"imap expunge",
	 3,
	 {op_imap_append_three, op_imap_store_silent, op_imap_copy, op_imap_expunge,
	  op_imap_expunge_all},
	 .server = true},
};

static inline int ops_count(const struct scenario *s)
{
	int n = 0;

	while (n < OPS_MAX && s->ops[n])
		n++;
	return n;
}

/* ---- where a test begins ---- */

/* A folder in which the scenario's first operations are done, and its dumps: dumps[i] is after i
 * more operations. */
struct prepared {
	char folder[48];
	int n; /* operations of the test itself */
	struct dumps dumps[OPS_MAX + 1];
};

static inline void prepare(const struct scenario *s, struct prepared *p)
{
	struct world w = {0};
	int n = ops_count(s);

	folder_make(p->folder);
	if (s->server)
		server_prepare(p->folder);
	snprintf(w.folder, sizeof(w.folder), "%s", p->folder);
	world_open(&w, s->server, NULL);
	for (int i = 0; i < s->prepare; i++)
		assert_ok(s->ops[i](&w));
	world_close(&w);
	/* The rest on a copy. */
	snprintf(w.folder, sizeof(w.folder), "%s-run", p->folder);
	copy_tree(p->folder, w.folder);
	world_open(&w, s->server, NULL);
	p->n = n - s->prepare;
	for (int i = 0; i <= p->n; i++) {
		dumps_init(&p->dumps[i]);
		dump(&w, &p->dumps[i]);
		if (i < p->n)
			assert_ok(s->ops[s->prepare + i](&w));
	}
	world_close(&w);
	testing_remove(w.folder);
}

static inline void prepared_fini(struct prepared *p)
{
	for (int i = 0; i <= p->n; i++)
		dumps_fini(&p->dumps[i]);
	testing_remove(p->folder);
}

/* ---- what is left ---- */

/* Consistent, and as after so many operations, or after one more. */
static inline bool intact(const struct scenario *s, const struct prepared *p, struct world *w,
			  int acknowledged, bool quiet)
{
	const struct dumps *now = &p->dumps[acknowledged],
			   *next = &p->dumps[acknowledged + (acknowledged < p->n)];
	struct dumps d;

	if (!consistent(w, s->name, quiet))
		return false;
	dumps_init(&d);
	dump(w, &d);
	bool ok = dumps_match(&d, now, next);

	if (!ok && !quiet)
		dumps_print(s->name, &d, now);
	dumps_fini(&d);
	return ok;
}

/* Opens what a crash left: nothing acknowledged is missing, and of what was not there is all or
 * nothing; then the account goes on. */
static inline bool survived(const struct scenario *s, const struct prepared *p, const char *folder,
			    int acknowledged, bool quiet)
{
	struct world w = {0};

	snprintf(w.folder, sizeof(w.folder), "%s", folder);
	struct err e = world_try_open(&w, s->server, NULL);

	if (err_failed(e) && !quiet)
		print_error("%s: %.*s\n", s->name, STR_ARG(err_text(e)));
	bool ok = err_is_ok(e) && intact(s, p, &w, acknowledged, quiet);

	if (ok && !s->server) {
		if (!w.acc)
			assert_ok(op_create(&w));
		assert_ok(op_append(&w));
		ok = consistent(&w, s->name, quiet);
	}
	world_close(&w);
	return ok;
}

/* What a server left is consistent, and this is what it is. */
static inline void left(const struct scenario *s, const char *folder, struct dumps *ret)
{
	struct world w = {0};

	snprintf(w.folder, sizeof(w.folder), "%s", folder);
	assert_ok(world_try_open(&w, s->server, NULL));
	assert_true(consistent(&w, s->name, false));
	dump(&w, ret);
	world_close(&w);
}

/* The server starts on what a crash left, and who heard nothing asks again: that is done, and
 * nothing is there more often than it was asked for (RFC 1047 §1). */
static inline void served_again(const struct scenario *s, const struct prepared *p,
				const char *folder, int acknowledged)
{
	int next = acknowledged + (acknowledged < p->n);
	unsigned before = p->dumps[acknowledged].messages, least = p->dumps[next].messages;
	struct world w = {0};
	struct dumps d;

	snprintf(w.folder, sizeof(w.folder), "%s", folder);
	world_open(&w, true, NULL);
	if (acknowledged < p->n)
		assert_ok(s->ops[s->prepare + acknowledged](&w));
	world_close(&w);
	dumps_init(&d);
	left(s, folder, &d);
	assert_in_range(d.messages, least, least > before ? 2 * least - before : least);
	dumps_fini(&d);
}

#endif
