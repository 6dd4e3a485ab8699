#include "store/testing.h"

static size_t files(struct testing *t)
{
	char path[100];
	size_t n = 0;
	struct dirent *e;

	snprintf(path, sizeof(path), "%s/accounts/a/mail", t->root);
	DIR *d = opendir(path);

	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void body_is(struct account *acc, struct arena *a, uint32_t mailbox, uint32_t uid,
		    const char *want)
{
	struct entry_query q = {.mailbox = mailbox, .uid_from = uid, .max = 1};
	struct entries e;
	struct message_body b;
	char p[100];
	size_t n;

	assert_ok(entry_list(acc, &q, a, &e));
	assert_int_equal(e.n, 1);
	assert_ok(message_open(acc, e.e[0].message, &b));
	assert_ok(message_read(&b, b.prefix_n, p, sizeof(p), &n));
	assert_str("body", str_of(p, n), str_z(want));
	message_close(&b);
}

/* Expunged messages lose their rows, their segments lose their files, what lives moves. */
static void sweep(void **state)
{
	struct testing t;
	struct account *acc;
	struct mailbox inbox;
	struct entries e;
	struct message_body old;
	UIDS_AUTO uids = {0};
	uint64_t modseq;
	char text[20], p[20];
	size_t n;

	(void)state;
	testing_begin(&t);
	t.options.segment_max = 4000;
	testing_restart(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &inbox));
	for (int i = 1; i <= 60; i++) {
		snprintf(text, sizeof(text), "message %d", i);
		testing_append(acc, &t.arena, "Inbox", text);
	}
	size_t before = files(&t);

	assert_in_range(before, 5, 60);
	struct entry_query q = {.mailbox = inbox.id, .uid_from = 7, .max = 1};

	assert_ok(entry_list(acc, &q, &t.arena, &e));
	uint64_t seventh = e.e[0].message;

	assert_ok(message_open(acc, seventh, &old));
	testing_uids(&uids, "1:6,8:40,42:59");
	assert_ok(entry_expunge(acc, inbox.id, &uids, false, NULL, &modseq));
	store_work(t.store);
	assert_err(message_facts(acc, e.e[0].message - 1, &t.arena, e.e[0].facts), ERR_NOT_FOUND);
	body_is(acc, &t.arena, inbox.id, 7, "message 7");
	clock_step(&t.clock, 7200 * NS_PER_S);
	store_work(t.store);
	assert_in_range(files(&t), 1, 3);
	body_is(acc, &t.arena, inbox.id, 7, "message 7");
	body_is(acc, &t.arena, inbox.id, 41, "message 41");
	body_is(acc, &t.arena, inbox.id, 60, "message 60");
	/* Who had it open reads on. */
	assert_ok(message_read(&old, old.prefix_n, p, sizeof(p), &n));
	assert_str("old place", str_of(p, n), STR("message 7"));
	message_close(&old);
	account_close(acc);
	testing_end(&t);
}

/* A copy keeps the message alive; two copies expunged together let it go. */
static void copies(void **state)
{
	struct testing t;
	struct account *acc;
	struct mailbox inbox;
	struct copy_result r;
	struct message_body b;
	UIDS_AUTO uids = {0};
	uint64_t modseq;
	bool nowhere;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &inbox));
	struct message_add m = testing_message(&t.arena, "Inbox", "x");

	assert_ok(message_append(acc, &m, 1));
	testing_uids(&uids, "1");
	struct copy_args args = {inbox.id, &uids, STR("Inbox"), false};

	for (int i = 0; i < 2; i++)
		assert_ok(entry_copy(acc, &args, &t.arena, &r, &nowhere));
	assert_ok(entry_expunge(acc, inbox.id, &uids, false, NULL, &modseq));
	store_work(t.store);
	assert_ok(message_open(acc, m.ret_message, &b));
	message_close(&b);
	assert_ok(entry_expunge(acc, inbox.id, NULL, false, NULL, &modseq));
	store_work(t.store);
	assert_err(message_open(acc, m.ret_message, &b), ERR_EXPUNGED);
	account_close(acc);
	testing_end(&t);
}

static void strays(void **state)
{
	struct testing t;
	struct account *acc;
	char path[100];

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	testing_append(acc, &t.arena, "Inbox", "x");
	snprintf(path, sizeof(path), "%s/accounts/a/mail/000077", t.root);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fclose(f);
	store_work(t.store);
	assert_int_equal(files(&t), 2);
	clock_step(&t.clock, 7200 * NS_PER_S);
	store_work(t.store);
	assert_int_equal(files(&t), 1);
	account_close(acc);
	testing_end(&t);
}

/* Past the horizon there is no history: who asks from before is told to start anew. */
static void history_is_bounded(void **state)
{
	struct testing t;
	struct account *acc;
	struct change_list l;
	CHANGES_AUTO c = {0};
	uint64_t modseq;

	(void)state;
	testing_begin(&t);
	t.options.changes_keep = 8;
	testing_restart(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	for (int i = 0; i < 30; i++)
		testing_append(acc, &t.arena, "Inbox", "x");
	assert_ok(account_modseq(acc, &modseq));
	assert_ok(changes_since(acc, 1, 5, &c));
	assert_false(c.resync);
	store_work(t.store);
	assert_ok(changes_since(acc, 1, 5, &c));
	assert_true(c.resync);
	assert_ok(changes_list(acc, 5, 0, 0, &t.arena, &l));
	assert_true(l.resync);
	assert_ok(changes_since(acc, 1, modseq - 5, &c));
	assert_false(c.resync);
	assert_uids(&c.added, "26:30");
	account_close(acc);
	testing_end(&t);
}

static void account_removal(void **state)
{
	struct testing t;
	struct account *acc;
	struct stat st;
	char path[100];

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	testing_append(acc, &t.arena, "Inbox", "x");
	assert_err(account_remove(t.store, STR("a")), ERR_IN_USE);
	account_close(acc);
	assert_ok(account_remove(t.store, STR("a")));
	snprintf(path, sizeof(path), "%s/accounts", t.root);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 2); /* no folder in it */
	assert_err(account_open(t.store, STR("a"), &acc), ERR_NOT_FOUND);
	assert_err(account_remove(t.store, STR("a")), ERR_NOT_FOUND);
	testing_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep),           cmocka_unit_test(copies),
		cmocka_unit_test(strays),          cmocka_unit_test(history_is_bounded),
		cmocka_unit_test(account_removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
