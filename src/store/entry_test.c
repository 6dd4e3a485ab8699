#include "store/testing.h"

struct env {
	struct testing t;
	struct account *acc;
	struct mailbox inbox;
};

static void begin(struct env *v, int messages)
{
	testing_begin(&v->t);
	assert_ok(account_create(v->t.store, STR("a"), &v->acc));
	for (int i = 0; i < messages; i++)
		testing_append(v->acc, &v->t.arena, "Inbox", "Subject: x\r\n\r\nhello\r\n");
	assert_ok(mailbox_get(v->acc, STR("Inbox"), &v->t.arena, &v->inbox));
}

static void end(struct env *v)
{
	account_close(v->acc);
	testing_end(&v->t);
}

static struct flagset set_of(struct env *v, const char *a, const char *b)
{
	struct str names[] = {str_z(a), str_z(b)};
	struct flagset s;

	assert_ok(flagset_parse(names, b ? 2 : 1, &v->t.arena, &s));
	return s;
}

static struct entry one(struct env *v, uint32_t uid)
{
	struct entry_query q = {.mailbox = v->inbox.id, .uid_from = uid, .max = 1};
	struct entries e;

	assert_ok(entry_list(v->acc, &q, &v->t.arena, &e));
	assert_int_equal(e.n, 1);
	assert_int_equal(e.e[0].uid, uid);
	return e.e[0];
}

static void parse_flags(void **state)
{
	struct env v;
	struct flagset s;
	struct str bad[] = {STR("\\Nope")}, worse[] = {STR("a b")}, empty[] = {STR("")};
	struct str all[] = {STR("Work"), STR("\\seen"),   STR("$JUNK"),
			    STR("work"), STR("\\Recent"), STR("A")};

	(void)state;
	begin(&v, 0);
	assert_err(flagset_parse(bad, 1, &v.t.arena, &s), ERR_SYNTAX);
	assert_err(flagset_parse(worse, 1, &v.t.arena, &s), ERR_SYNTAX);
	assert_err(flagset_parse(empty, 1, &v.t.arena, &s), ERR_SYNTAX);
	assert_ok(flagset_parse(all, ARRAY_LEN(all), &v.t.arena, &s));
	assert_int_equal(s.flags, FLAG_SEEN | FLAG_JUNK);
	assert_int_equal(s.keyword_count, 2);
	assert_str("sorted", s.keywords[0], STR("a"));
	end(&v);
}

static void store_flags(void **state)
{
	struct env v;
	UIDS_AUTO uids = {0};
	UIDS_AUTO changed = {0};
	UIDS_AUTO modified = {0};

	(void)state;
	begin(&v, 5);
	testing_uids(&uids, "2:3,9");
	struct flags_change c = {
		.mailbox = v.inbox.id,
		.uids = &uids,
		.how = FLAGS_ADD,
		.set = set_of(&v, "\\Seen", "work"),
		.ret_changed = &changed,
		.ret_modified = &modified,
	};

	assert_ok(entry_flags(v.acc, &c));
	assert_uids(&changed, "2:3");
	assert_int_equal(c.ret_present, 2);
	assert_int_equal(one(&v, 2).modseq, c.ret_modseq);
	assert_int_equal(one(&v, 3).set.flags, FLAG_SEEN);
	assert_str("keyword", one(&v, 3).set.keywords[0], STR("work"));
	assert_int_equal(one(&v, 1).set.flags, 0);
	uint64_t first = c.ret_modseq;

	uids_clear(&changed);
	assert_ok(entry_flags(v.acc, &c));
	assert_uids(&changed, "");
	assert_int_equal(c.ret_modseq, 0);

	/* RFC 7162 §3.1.3: 2 and 3 have changed since, 1 has not. */
	testing_uids(&uids, "1:3");
	c.conditional = true;
	c.unchanged_since = first - 1;
	c.how = FLAGS_REPLACE;
	c.set = set_of(&v, "\\Flagged", NULL);
	assert_ok(entry_flags(v.acc, &c));
	assert_uids(&changed, "1");
	assert_uids(&modified, "2:3");
	assert_int_equal(c.ret_present, 3);

	c.conditional = false;
	c.how = FLAGS_REMOVE;
	c.set = set_of(&v, "\\Seen", "work");
	uids_clear(&changed);
	assert_ok(entry_flags(v.acc, &c));
	assert_uids(&changed, "2:3");
	assert_int_equal(one(&v, 2).set.keyword_count, 0);
	assert_ok(mailbox_get(v.acc, STR("Inbox"), &v.t.arena, &v.inbox));
	assert_int_equal(v.inbox.unseen, 5);
	assert_int_equal(v.inbox.keyword_count, 1);
	c.mailbox = 99;
	assert_err(entry_flags(v.acc, &c), ERR_NOT_FOUND);
	end(&v);
}

static void list(void **state)
{
	struct env v;
	struct entries e;
	UIDS_AUTO uids = {0};

	(void)state;
	begin(&v, 10);
	struct entry_query q = {.mailbox = v.inbox.id, .max = 4};

	assert_ok(entry_list(v.acc, &q, &v.t.arena, &e));
	assert_int_equal(e.n, 4);
	assert_true(e.more);
	q.uid_from = 9;
	assert_ok(entry_list(v.acc, &q, &v.t.arena, &e));
	assert_int_equal(e.n, 2);
	assert_false(e.more);
	q.newest_first = true;
	assert_ok(entry_list(v.acc, &q, &v.t.arena, &e));
	assert_int_equal(e.e[0].uid, 9);
	assert_int_equal(e.e[3].uid, 6);
	testing_uids(&uids, "2,4:5,8,20");
	q = (struct entry_query){.mailbox = v.inbox.id, .uids = &uids, .uid_from = 5};
	assert_ok(entry_list(v.acc, &q, &v.t.arena, &e));
	assert_int_equal(e.n, 2);
	assert_int_equal(e.e[1].uid, 8);
	q = (struct entry_query){.mailbox = v.inbox.id, .changed_since = one(&v, 7).modseq};
	assert_ok(entry_list(v.acc, &q, &v.t.arena, &e));
	assert_int_equal(e.n, 3);
	q.mailbox = 77;
	assert_err(entry_list(v.acc, &q, &v.t.arena, &e), ERR_NOT_FOUND);
	end(&v);
}

static void expunge(void **state)
{
	struct env v;
	UIDS_AUTO uids = {0};
	UIDS_AUTO gone = {0};
	UIDS_AUTO left = {0};
	CHANGES_AUTO ch = {0};
	uint64_t modseq;
	uint32_t unseen;
	struct mailbox m;

	(void)state;
	begin(&v, 6);
	testing_uids(&uids, "2:4,6");
	struct flags_change c = {
		.mailbox = v.inbox.id, .uids = &uids, .set = set_of(&v, "\\Deleted", "\\Seen")};

	assert_ok(entry_flags(v.acc, &c));
	testing_uids(&uids, "1:4");
	assert_ok(entry_expunge(v.acc, v.inbox.id, &uids, true, &gone, &modseq));
	assert_uids(&gone, "2:4");
	assert_int_equal(modseq, c.ret_modseq + 1);
	assert_ok(changes_since(v.acc, v.inbox.id, modseq - 1, &ch));
	assert_uids(&ch.expunged, "2:4");
	assert_uids(&ch.flagged, "");
	assert_int_equal(ch.modseq, modseq);
	assert_ok(entry_expunge(v.acc, v.inbox.id, &uids, true, NULL, &modseq));
	assert_int_equal(modseq, 0);
	assert_ok(entry_uids(v.acc, v.inbox.id, &left, &m, &v.t.arena, &unseen));
	assert_uids(&left, "1,5:6");
	assert_int_equal(unseen, 1);
	assert_int_equal(m.deleted, 1);
	assert_ok(entry_expunge(v.acc, v.inbox.id, NULL, false, NULL, &modseq));
	assert_int_equal(testing_append(v.acc, &v.t.arena, "Inbox", "x"), 7);
	end(&v);
}

static void copy_move(void **state)
{
	struct env v;
	UIDS_AUTO uids = {0};
	CHANGES_AUTO ch = {0};
	struct copy_result r;
	struct mailbox trash;
	bool nowhere;

	(void)state;
	begin(&v, 5);
	struct copy_args to_none = {v.inbox.id, &uids, STR("None"), false},
			 from_none = {77, &uids, STR("Trash"), false},
			 to_trash = {v.inbox.id, &uids, STR("Trash"), false},
			 to_inbox = {v.inbox.id, &uids, STR("Inbox"), false};

	testing_uids(&uids, "2,4:9");
	assert_err(entry_copy(v.acc, &to_none, &v.t.arena, &r, &nowhere), ERR_NOT_FOUND);
	assert_true(nowhere);
	assert_err(entry_copy(v.acc, &from_none, &v.t.arena, &r, &nowhere), ERR_NOT_FOUND);
	assert_false(nowhere);
	assert_ok(entry_copy(v.acc, &to_trash, &v.t.arena, &r, &nowhere));
	assert_ok(mailbox_get(v.acc, STR("Trash"), &v.t.arena, &trash));
	assert_int_equal(r.uidvalidity, trash.uidvalidity);
	assert_int_equal(r.n, 3);
	assert_int_equal(r.pairs[2].from, 5);
	assert_int_equal(r.pairs[2].to, 3);
	assert_ok(entry_copy(v.acc, &to_inbox, &v.t.arena, &r, &nowhere));
	assert_int_equal(r.pairs[0].to, 6);
	assert_int_equal(r.n, 3);
	testing_uids(&uids, "1:3");
	assert_ok(entry_move(v.acc, &to_trash, &v.t.arena, &r, &nowhere));
	assert_int_equal(r.n, 3);
	assert_int_equal(r.pairs[0].to, 4);
	assert_ok(changes_since(v.acc, v.inbox.id, r.modseq - 1, &ch));
	assert_uids(&ch.expunged, "1:3");
	assert_ok(changes_since(v.acc, trash.id, 0, &ch));
	assert_uids(&ch.added, "1:6");
	testing_uids(&uids, "4");
	assert_ok(entry_move(v.acc, &to_inbox, &v.t.arena, &r, &nowhere));
	assert_int_equal(r.pairs[0].to, 9);
	end(&v);
}

/* With `all`, one that is absent keeps the others where they are. */
static void copy_move_all(void **state)
{
	static struct err (*const how[])(struct account *, const struct copy_args *, struct arena *,
					 struct copy_result *, bool *) = {entry_copy, entry_move};
	static const char *const absent[] = {"6", "1:6", "2,4:9"};
	struct env v;
	UIDS_AUTO uids = {0}, left = {0};
	struct copy_result r;
	struct mailbox inbox, trash;
	uint32_t unseen;
	bool nowhere;

	(void)state;
	begin(&v, 5);
	struct copy_args args = {v.inbox.id, &uids, STR("Trash"), true};

	for (size_t i = 0; i < ARRAY_LEN(absent) * ARRAY_LEN(how); i++) {
		testing_uids(&uids, absent[i / 2]);
		assert_err(how[i % 2](v.acc, &args, &v.t.arena, &r, &nowhere), ERR_EXPUNGED);
		assert_false(nowhere);
	}
	assert_ok(mailbox_get(v.acc, STR("Trash"), &v.t.arena, &trash));
	assert_int_equal(trash.uidnext, 1);
	assert_ok(entry_uids(v.acc, v.inbox.id, &left, &inbox, &v.t.arena, &unseen));
	assert_uids(&left, "1:5");
	assert_int_equal(inbox.highestmodseq, v.inbox.highestmodseq);
	testing_uids(&uids, "1,3:5");
	assert_ok(entry_copy(v.acc, &args, &v.t.arena, &r, &nowhere));
	assert_int_equal(r.n, 4);
	assert_ok(entry_move(v.acc, &args, &v.t.arena, &r, &nowhere));
	assert_int_equal(r.n, 4);
	end(&v);
}

static void change_history(void **state)
{
	struct env v;
	struct change_list l;
	uint64_t since;

	(void)state;
	begin(&v, 2);
	assert_ok(account_modseq(v.acc, &since));
	assert_ok(mailbox_create(v.acc, STR("n/m"), 0, NULL));
	assert_ok(mailbox_rename(v.acc, STR("n/m"), STR("o")));
	assert_ok(mailbox_subscribe(v.acc, STR("ghost"), true));
	testing_append(v.acc, &v.t.arena, "o", "x");
	assert_ok(mailbox_delete(v.acc, STR("o")));
	assert_ok(changes_list(v.acc, since, 0, 0, &v.t.arena, &l));
	static const enum change_kind want[] = {CHANGE_CREATE,    CHANGE_CREATE, CHANGE_RENAME,
						CHANGE_SUBSCRIBE, CHANGE_ADD,    CHANGE_DELETE};

	assert_int_equal(l.n, ARRAY_LEN(want));
	for (size_t i = 0; i < l.n; i++)
		assert_int_equal(l.c[i].kind, want[i]);
	assert_str("old", l.c[2].old_name, STR("n/m"));
	assert_str("new", l.c[2].name, STR("o"));
	assert_false(l.more);

	/* The two rows of one transaction stay together. */
	assert_ok(changes_list(v.acc, since, 0, 3, &v.t.arena, &l));
	assert_int_equal(l.n, 2);
	assert_true(l.more);
	assert_ok(changes_list(v.acc, l.modseq, 1u << CHANGE_RENAME, 0, &v.t.arena, &l));
	assert_int_equal(l.n, 1);
	end(&v);
}

static void threads(void **state)
{
	static const struct {
		const char *name, *id, *subject, *reference;
		bool reply;
		int64_t received;
		int thread; /* index of the message whose thread it is in */
	} cases[] = {
		{"first", "a@x", "hello", NULL, false, 1000000, 0},
		{"answer", "b@x", "hello", "a@x", true, 1000001, 0},
		{"answer to the answer", "c@x", "hello", "b@x", true, 1000002, 0},
		{"another subject", "d@x", "bye", "a@x", true, 1000003, 3},
		{"by subject alone", "e@x", "hello", NULL, true, 1000004, 0},
		{"not a reply", "f@x", "hello", NULL, false, 1000005, 5},
		{"the same id", "d@x", "whatever", NULL, false, 1000006, 3},
		{"too late", "g@x", "hello", NULL, true, 1000005 + 29 * 86400, 7},
	};
	struct env v;
	uint64_t thread[ARRAY_LEN(cases)];
	struct entries e;

	(void)state;
	begin(&v, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct message_add m = testing_message(&v.t.arena, "Inbox", "x");
		struct facts f = *m.facts;
		struct str reference = str_z(cases[i].reference);

		f.message_id = str_z(cases[i].id);
		f.subject_base = str_z(cases[i].subject);
		f.subject_is_reply = cases[i].reply;
		f.references = &reference;
		f.reference_count = cases[i].reference != NULL;
		m.facts = &f;
		m.received = cases[i].received;
		assert_ok(message_append(v.acc, &m, 1));
		thread[i] = m.ret_thread;
		if (thread[i] != thread[cases[i].thread])
			fail_msg("%s is in another thread", cases[i].name);
	}
	assert_ok(entry_by_thread(v.acc, thread[0], 10, &v.t.arena, &e));
	assert_int_equal(e.n, 4);
	assert_ok(entry_by_message_id(v.acc, STR("d@x"), 10, &v.t.arena, &e));
	assert_int_equal(e.n, 2);
	assert_int_equal(e.e[1].uid, 7);
	end(&v);
}

static void muted_thread(void **state)
{
	struct env v;
	bool muted, collapsed;

	(void)state;
	begin(&v, 0);
	struct message_add m = testing_message(&v.t.arena, "Inbox", "x");
	struct facts f = *m.facts;

	f.message_id = STR("a@x");
	m.facts = &f;
	assert_ok(message_append(v.acc, &m, 1));
	assert_ok(thread_set(v.acc, m.ret_thread, true, false));
	assert_ok(message_append(v.acc, &m, 1));
	assert_int_equal(one(&v, 2).set.flags, FLAG_SEEN);
	assert_ok(thread_get(v.acc, m.ret_thread, &muted, &collapsed));
	assert_true(muted);
	assert_false(collapsed);
	assert_ok(thread_set(v.acc, m.ret_thread, false, false));
	assert_ok(message_append(v.acc, &m, 1));
	assert_int_equal(one(&v, 3).set.flags, 0);
	end(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_flags),    cmocka_unit_test(store_flags),
		cmocka_unit_test(list),           cmocka_unit_test(expunge),
		cmocka_unit_test(copy_move),      cmocka_unit_test(copy_move_all),
		cmocka_unit_test(change_history), cmocka_unit_test(threads),
		cmocka_unit_test(muted_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
