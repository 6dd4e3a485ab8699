#include "store/testing.h"

static void canonical_names(void **state)
{
	static const struct {
		const char *name, *want; /* NULL: refused */
	} cases[] = {
		{"inbox", "Inbox"},
		{"INBOX/a", "Inbox/a"},
		{"inboxes", "inboxes"},
		{"a/INBOX", "a/INBOX"},
		{"a/b/", "a/b"},
		{"a&b #%*", "a&b #%*"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"", NULL},
		{"/", NULL},
		{"/a", NULL},
		{"a//b", NULL},
		{"a//", NULL},
		{"a/../b", NULL},
		{".", NULL},
		{"a\nb", NULL},
		{"a\x7f", NULL},
		{"a\xc2\x85", NULL},
		{"a\xe2\x80\xa8", NULL},
		{"a\xff", NULL},
		{"u\xcc\x88", NULL}, /* u and a combining diaeresis: not NFC */
	};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str got = STR("");
		struct err e = mailbox_name(str_z(cases[i].name), &a, &got);

		if (!cases[i].want)
			assert_err(e, ERR_CANNOT);
		else
			assert_str(cases[i].name, got, str_z(cases[i].want));
	}
	arena_fini(&a);
}

static struct str list_text(struct testing *t, struct account *acc)
{
	struct mailbox *m;
	size_t n;
	struct str s = STR("");

	assert_ok(mailbox_list(acc, &t->arena, &m, &n));
	for (size_t i = 0; i < n; i++)
		s = arena_printf(&t->arena, "%.*s %.*s", STR_ARG(s), STR_ARG(m[i].name));
	return s;
}

static void create_delete(void **state)
{
	struct testing t;
	struct account *acc;
	struct mailbox m;
	uint32_t id;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	assert_ok(mailbox_create(acc, STR("x/y/z"), 0, &id));
	assert_str("with parents", list_text(&t, acc),
		   STR(" Inbox Archive Drafts Junk Sent Trash x x/y x/y/z"));
	assert_err(mailbox_create(acc, STR("x/y"), 0, NULL), ERR_EXISTS);
	assert_err(mailbox_delete(acc, STR("x")), ERR_HAS_CHILDREN);
	assert_err(mailbox_delete(acc, STR("Inbox")), ERR_CANNOT);
	assert_err(mailbox_delete(acc, STR("q")), ERR_NOT_FOUND);
	testing_append(acc, &t.arena, "x/y/z", "hello");
	assert_ok(mailbox_get_id(acc, id, &t.arena, &m));
	assert_int_equal(m.total, 1);
	assert_ok(mailbox_delete(acc, STR("x/y/z")));
	assert_err(mailbox_get_id(acc, id, &t.arena, &m), ERR_NOT_FOUND);
	uint32_t old = m.uidvalidity;

	assert_ok(mailbox_create(acc, STR("x/y/z"), 0, &id));
	assert_ok(mailbox_get(acc, STR("x/y/z"), &t.arena, &m));
	assert_true(m.uidvalidity > old);
	account_close(acc);
	testing_end(&t);
}

static void rename_tree(void **state)
{
	struct testing t;
	struct account *acc;
	struct mailbox before, m;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	assert_ok(mailbox_create(acc, STR("p/q"), 0, NULL));
	assert_ok(mailbox_create(acc, STR("pq"), 0, NULL));
	testing_append(acc, &t.arena, "p/q", "hello");
	assert_ok(mailbox_get(acc, STR("p/q"), &t.arena, &before));
	assert_ok(mailbox_rename(acc, STR("p"), STR("n/m")));
	assert_str("children too, and parents made", list_text(&t, acc),
		   STR(" Inbox Archive Drafts Junk Sent Trash n n/m n/m/q pq"));
	assert_ok(mailbox_get(acc, STR("n/m/q"), &t.arena, &m));
	assert_int_equal(m.id, before.id);
	assert_int_equal(m.total, 1);
	assert_true(m.uidvalidity > before.uidvalidity);
	assert_ok(mailbox_rename(acc, STR("pq"), STR("pq/r")));
	assert_str("below itself", list_text(&t, acc),
		   STR(" Inbox Archive Drafts Junk Sent Trash n n/m n/m/q pq pq/r"));
	assert_err(mailbox_rename(acc, STR("n"), STR("Sent")), ERR_EXISTS);
	assert_err(mailbox_rename(acc, STR("none"), STR("z")), ERR_NOT_FOUND);
	account_close(acc);
	testing_end(&t);
}

/* RFC 9051 §6.3.6: INBOX's messages move, INBOX stays, and is empty. */
static void rename_inbox(void **state)
{
	struct testing t;
	struct account *acc;
	struct mailbox inbox, old;
	CHANGES_AUTO c = {0};

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	for (int i = 0; i < 3; i++)
		testing_append(acc, &t.arena, "Inbox", "hello");
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &inbox));
	assert_ok(mailbox_rename(acc, STR("Inbox"), STR("Old")));
	assert_ok(changes_since(acc, inbox.id, inbox.highestmodseq, &c));
	assert_uids(&c.expunged, "1:3");
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &inbox));
	assert_ok(mailbox_get(acc, STR("Old"), &t.arena, &old));
	assert_int_equal(inbox.total, 0);
	assert_int_equal(inbox.uidnext, 4);
	assert_int_equal(old.total, 3);
	account_close(acc);
	testing_end(&t);
}

static void subscriptions(void **state)
{
	struct testing t;
	struct account *acc;
	struct str *names;
	struct mailbox m;
	size_t n;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	assert_ok(mailbox_subscribe(acc, STR("not/there"), true));
	assert_ok(mailbox_subscribe(acc, STR("not/there"), true));
	assert_ok(mailbox_subscribe(acc, STR("Junk"), false));
	assert_ok(mailbox_subscriptions(acc, &t.arena, &names, &n));
	assert_int_equal(n, 6);
	assert_str("last", names[5], STR("not/there"));
	assert_ok(mailbox_get(acc, STR("Junk"), &t.arena, &m));
	assert_false(m.subscribed);
	account_close(acc);
	testing_end(&t);
}

static void special_uses(void **state)
{
	struct testing t;
	struct account *acc;
	struct mailbox m;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	assert_ok(mailbox_create(acc, STR("Spam"), MAILBOX_JUNK, NULL));
	assert_ok(mailbox_get_use(acc, MAILBOX_JUNK, &t.arena, &m));
	assert_str("the new one has it", m.name, STR("Spam"));
	assert_ok(mailbox_use_set(acc, STR("Junk"), MAILBOX_JUNK | MAILBOX_TRASH));
	assert_ok(mailbox_get(acc, STR("Spam"), &t.arena, &m));
	assert_int_equal(m.use, 0);
	assert_ok(mailbox_get(acc, STR("Trash"), &t.arena, &m));
	assert_int_equal(m.use, 0);
	assert_err(mailbox_use_set(acc, STR("none"), 0), ERR_NOT_FOUND);
	account_close(acc);
	testing_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_names), cmocka_unit_test(create_delete),
		cmocka_unit_test(rename_tree),     cmocka_unit_test(rename_inbox),
		cmocka_unit_test(subscriptions),   cmocka_unit_test(special_uses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
