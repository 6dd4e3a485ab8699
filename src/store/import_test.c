#include "store/testing.h"

#include "store/import.h"

static struct entry only(struct account *acc, struct arena *a, const char *mailbox)
{
	struct mailbox m;
	struct entries e;

	assert_ok(mailbox_get(acc, str_z(mailbox), a, &m));
	struct entry_query q = {.mailbox = m.id, .want = WANT_FACTS};

	assert_ok(entry_list(acc, &q, a, &e));
	assert_int_equal(e.n, 1);
	return e.e[0];
}

static void body_is(struct account *acc, const struct entry *e, const char *want)
{
	struct message_body b;
	char p[200];
	size_t n;

	assert_ok(message_open(acc, e->message, &b));
	assert_ok(message_read(&b, 0, p, sizeof(p), &n));
	assert_str("bytes", str_of(p, n), str_z(want));
	message_close(&b);
}

static void mbox(void **state)
{
	static const char file[] = "From a@b Mon Jan  2 15:04:05 2006\n"
				   "Subject: one\n"
				   "Status: RO\n"
				   "X-Status: F\n"
				   "X-Keywords: Work b(ad $Junk\n"
				   "\n"
				   ">From me\n"
				   "\n";
	struct testing t;
	struct account *acc;
	struct import_report r = {0};
	char path[100];

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	snprintf(path, sizeof(path), "%s/mbox", t.root);
	FILE *f = fopen(path, "w");

	fputs(file, f);
	fclose(f);
	assert_ok(import_mbox(acc, STR("Old/mail"), path, &r));
	assert_int_equal(r.messages, 1);
	struct entry e = only(acc, &t.arena, "Old/mail");

	assert_int_equal(e.received, 1136214245);
	assert_int_equal(e.set.flags, FLAG_SEEN | FLAG_FLAGGED | FLAG_JUNK);
	assert_int_equal(e.set.keyword_count, 1);
	assert_str("keyword", e.set.keywords[0], STR("work"));
	assert_str("subject", e.facts->subject, STR("one"));
	body_is(acc, &e,
		"Subject: one\r\nStatus: RO\r\nX-Status: F\r\n"
		"X-Keywords: Work b(ad $Junk\r\n\r\nFrom me\r\n");
	snprintf(path, sizeof(path), "%s/version", t.root);
	f = fopen(path, "w");
	fputs("no mbox", f);
	fclose(f);
	assert_err(import_mbox(acc, STR("Inbox"), path, &r), ERR_SYNTAX);
	account_close(acc);
	testing_end(&t);
}

/* Out as a maildir, and in again: flags, keywords, times and bytes are the same. */
static void maildir(void **state)
{
	struct testing t;
	struct account *acc;
	struct import_report r = {0};
	struct str names[] = {STR("\\Seen"), STR("\\Answered"), STR("$Forwarded"), STR("work")};
	char path[200];

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	struct message_add m = testing_message(&t.arena, "x/cur", "Subject: one\r\n\r\nbody\r\n");

	m.prefix = STR("");
	m.mailbox_create = true;
	m.received = 1136214245;
	assert_ok(flagset_parse(names, ARRAY_LEN(names), &t.arena, &m.set));
	assert_ok(message_append(acc, &m, 1));
	snprintf(path, sizeof(path), "%s/out", t.root);
	assert_ok(export_maildir(acc, path, &r));
	assert_int_equal(r.messages, 1);
	assert_err(export_maildir(acc, path, &r), ERR_EXISTS);
	snprintf(path, sizeof(path), "%s/out/x/=cur", t.root);
	assert_ok(import_maildir(acc, STR("again"), path, &r));
	struct entry e = only(acc, &t.arena, "again");

	assert_int_equal(e.received, 1136214245);
	assert_int_equal(e.set.flags, FLAG_SEEN | FLAG_ANSWERED | FLAG_FORWARDED);
	assert_int_equal(e.set.keyword_count, 1);
	body_is(acc, &e, "Subject: one\r\n\r\nbody\r\n");
	account_close(acc);
	testing_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(mbox), cmocka_unit_test(maildir)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
