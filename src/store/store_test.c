#include "store/testing.h"

#include "store/db.h"

static void names(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} cases[] = {
		{"a", true},
		{"a.b-c_9", true},
		{"", false},
		{".a", false},
		{"-a", false},
		{"a/b", false},
		{"..", false},
		{"a b", false},
		{"\xc3\xa4", false},
		{"0123456789012345678901234567890123456789012345678901234567890123", true},
		{"01234567890123456789012345678901234567890123456789012345678901234", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(account_name_ok(str_z(cases[i].name)), cases[i].ok);
}

static void new_account(void **state)
{
	struct testing t;
	struct account *acc, *again;
	struct mailbox *m;
	size_t n;

	(void)state;
	testing_begin(&t);
	assert_err(account_open(t.store, STR("a"), &acc), ERR_NOT_FOUND);
	assert_err(account_create(t.store, STR("../a"), &acc), ERR_CANNOT);
	assert_ok(account_create(t.store, STR("a"), &acc));
	assert_ok(account_open(t.store, STR("a"), &again));
	assert_ptr_equal(acc, again);
	account_close(again);
	assert_ok(mailbox_list(acc, &t.arena, &m, &n));
	assert_int_equal(n, 6);
	assert_str("first", m[0].name, STR("Inbox"));
	assert_str("then by name", m[1].name, STR("Archive"));
	assert_int_equal(m[3].use, MAILBOX_JUNK);
	for (size_t i = 0; i < n; i++) {
		assert_true(m[i].subscribed);
		assert_int_equal(m[i].uidnext, 1);
		assert_in_range(m[i].uidvalidity, clock_unix(&t.clock) / 2 - 10,
				clock_unix(&t.clock) / 2 + 10);
	}
	account_close(acc);
	testing_restart(&t);
	assert_ok(account_open(t.store, STR("a"), &acc));
	account_close(acc);
	testing_end(&t);
}

static void append_and_read(void **state)
{
	struct testing t;
	struct account *acc;
	struct entries e;
	struct message_body b;
	char p[100];
	size_t n;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	unsigned slot = store_notify_slot(STR("a"));
	uint32_t before = t.notify->counter[slot];

	assert_int_equal(testing_append(acc, &t.arena, "Inbox", "Subject: x\r\n\r\none\r\n"), 1);
	assert_int_equal(testing_append(acc, &t.arena, "Inbox", "Subject: y\r\n\r\ntwo\r\n"), 2);
	assert_int_equal(t.notify->counter[slot], before + 2);
	account_close(acc);
	testing_restart(&t);
	assert_ok(account_open(t.store, STR("a"), &acc));
	struct entry_query q = {.mailbox = 1, .want = WANT_FACTS | WANT_SIGNATURE};

	assert_ok(entry_list(acc, &q, &t.arena, &e));
	assert_int_equal(e.n, 2);
	assert_false(e.more);
	assert_int_equal(e.e[1].uid, 2);
	assert_true(e.e[1].modseq > e.e[0].modseq);
	assert_str("facts", e.e[0].facts->envelope, STR("(NIL)"));
	assert_str("signature", e.e[0].facts->signature, STR("12345678"));
	assert_ok(message_open(acc, e.e[1].message, &b));
	assert_int_equal(b.size, e.e[1].size);
	assert_ok(message_read(&b, 0, p, sizeof(p), &n));
	assert_str("added headers, then the message", str_of(p, n),
		   STR("Delivered-To: x@example.org\r\nSubject: y\r\n\r\ntwo\r\n"));
	assert_ok(message_read(&b, b.prefix_n, p, 10, &n));
	assert_str("received bytes", str_of(p, n), STR("Subject: y"));
	message_close(&b);
	assert_err(message_open(acc, 99, &b), ERR_EXPUNGED);
	account_close(acc);
	testing_end(&t);
}

/* A message of a megabyte has a segment of its own; segments end at their limit. */
static void segments(void **state)
{
	struct testing t;
	struct account *acc;
	char *big = calloc(1, (2 << 20) + 1);

	(void)state;
	memset(big, 'x', 2 << 20);
	testing_begin(&t);
	t.options.segment_max = 2000;
	testing_restart(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	for (int i = 0; i < 20; i++)
		testing_append(acc, &t.arena, "Inbox", "Subject: x\r\n\r\nsmall\r\n");
	assert_int_equal(testing_append(acc, &t.arena, "Inbox", big), 21);
	assert_int_equal(testing_append(acc, &t.arena, "Inbox", "small"), 22);
	account_close(acc);
	testing_end(&t);
	free(big);
}

static void multi_append_is_atomic(void **state)
{
	struct testing t;
	struct account *acc;
	struct mailbox m;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	struct message_add add[3] = {
		testing_message(&t.arena, "Inbox", "a"),
		testing_message(&t.arena, "Inbox", "b"),
		testing_message(&t.arena, "Nowhere", "c"),
	};

	assert_err(message_append(acc, add, 3), ERR_NOT_FOUND);
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &m));
	assert_int_equal(m.total, 0);
	assert_int_equal(m.uidnext, 1);
	add[2].mailbox_create = true;
	add[2].mailbox = STR("No/where");
	assert_ok(message_append(acc, add, 3));
	assert_int_equal(add[1].ret_uid, 2);
	assert_int_equal(add[2].ret_uid, 1);
	assert_int_equal(add[2].ret_modseq, add[0].ret_modseq);
	assert_ok(mailbox_get(acc, STR("No"), &t.arena, &m));
	account_close(acc);
	testing_end(&t);
}

static void deliver_to_several(void **state)
{
	struct testing t;
	struct account *acc;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	account_close(acc);
	assert_ok(account_create(t.store, STR("b"), &acc));
	account_close(acc);
	struct delivery d[] = {
		{.account = STR("a"), .add = testing_message(&t.arena, "Inbox", "x")},
		{.account = STR("none"), .add = testing_message(&t.arena, "Inbox", "x")},
		{.account = STR("b"), .add = testing_message(&t.arena, "Lists", "x")},
	};

	d[2].add.mailbox_create = true;
	message_deliver(t.store, d, ARRAY_LEN(d));
	assert_int_equal(d[0].ret_code, ERR_NONE);
	assert_int_equal(d[1].ret_code, ERR_NOT_FOUND);
	assert_int_equal(d[2].ret_code, ERR_NONE);
	assert_int_equal(d[2].add.ret_uid, 1);
	testing_end(&t);
}

static void limits(void **state)
{
	struct testing t;
	struct account *acc;

	(void)state;
	testing_begin(&t);
	t.options.message_max = 10;
	testing_restart(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	struct message_add ten = testing_message(&t.arena, "Inbox", "0123456789");
	struct message_add eleven = testing_message(&t.arena, "Inbox", "0123456789a");

	assert_ok(message_append(acc, &ten, 1));
	assert_err(message_append(acc, &eleven, 1), ERR_TOO_BIG);
	account_close(acc);
	t.options.free_floor = UINT64_MAX - (1 << 20);
	testing_restart(&t);
	assert_ok(account_open(t.store, STR("a"), &acc));
	assert_err(message_append(acc, &ten, 1), ERR_DISK_FULL);
	account_close(acc);
	testing_end(&t);
}

/* A database of a newer program is left alone. */
static void newer_version(void **state)
{
	struct testing t;
	struct account *acc;
	struct db *db;
	char path[200];

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	account_close(acc);
	store_close(t.store);
	snprintf(path, sizeof(path), "%s/accounts/a/index.db", t.root);
	assert_ok(db_open(NULL, path, false, &db));
	assert_ok(db_exec(db, "PRAGMA user_version = 99"));
	db_close(db);
	assert_ok(store_open(&t.options, &t.store));
	assert_err(account_open(t.store, STR("a"), &acc), ERR_VERSION);
	assert_err(account_create(t.store, STR("a"), &acc), ERR_VERSION);
	testing_end(&t);
}

/* Files that this process has open, with this in their name. */
static size_t open_files(const char *part)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	size_t n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		char path[4096];
		ssize_t len = readlinkat(dirfd(d), e->d_name, path, sizeof(path));

		n += len > 0 && str_find(str_of(path, (size_t)len), str_z(part), 0) >= 0;
	}
	closedir(d);
	return n;
}

/* Idle accounts are kept open up to a number, their databases for a while; listed are all. */
static void idle_accounts(void **state)
{
	struct testing t;
	struct account *acc;
	struct str *names;
	size_t n;

	(void)state;
	testing_begin(&t);
	t.options.handles_max = 2;
	testing_restart(&t);
	for (int i = 0; i < 10; i++) {
		char name[8];

		snprintf(name, sizeof(name), "a%d", i);
		assert_ok(account_create(t.store, str_z(name), &acc));
		testing_append(acc, &t.arena, "Inbox", "x");
		account_close(acc);
	}
	assert_in_range(open_files("/index.db"), 2, 2 * 12);
	assert_int_equal(open_files("/lock"), 2);
	store_work(t.store);
	assert_in_range(open_files("/index.db"), 2, 2 * 12);
	clock_step(&t.clock, 3 * NS_PER_S);
	store_work(t.store);
	assert_int_equal(open_files("/index.db"), 0);
	assert_ok(store_accounts(t.store, &t.arena, &names, &n));
	assert_int_equal(n, 10);
	assert_str("sorted", names[9], STR("a9"));
	testing_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(new_account),
		cmocka_unit_test(append_and_read),
		cmocka_unit_test(segments),
		cmocka_unit_test(multi_append_is_atomic),
		cmocka_unit_test(deliver_to_several),
		cmocka_unit_test(limits),
		cmocka_unit_test(newer_version),
		cmocka_unit_test(idle_accounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
