#include "store/testing.h"

#include "base/rand.h"
#include "store/internal.h"

enum { MESSAGES = 60, ROUNDS = 25 };

/* Where a message's record lies, and whether its bytes were damaged. */
struct at {
	uint32_t segment;
	uint64_t from, body, to;
	bool header_hit, body_hit;
};

struct env {
	struct testing t;
	struct account *acc;
	struct at at[MESSAGES + 1]; /* by number of the message */
	struct buf report;
	uint64_t lost_named;
};

static void message_text(int i, char *p, size_t n)
{
	snprintf(p, n, "Subject: number %d\r\nMessage-ID: <m%d@x>\r\n\r\n%0*d\r\n", i, i,
		 20 + i * 37 % 900, i);
}

static void begin(struct env *v)
{
	testing_begin(&v->t);
	v->t.options.segment_max = 20000;
	v->t.options.own_segment_min = 900;
	testing_restart(&v->t);
	buf_init(&v->report, 1 << 20);
	v->lost_named = 0;
	assert_ok(account_create(v->t.store, STR("a"), &v->acc));
	for (int i = 1; i <= MESSAGES; i++) {
		char text[1100], id[20];
		struct message_add m;

		message_text(i, text, sizeof(text));
		snprintf(id, sizeof(id), "m%d@x", i);
		m = testing_message(&v->t.arena, i % 2 ? "Inbox" : "Lists/even", text);
		m.facts = testing_facts(&v->t.arena, str_z(id), str_z(id), str_z(text));
		m.mailbox_create = true;
		m.received = 1700000000 + i;
		m.set.flags = i % 3 ? 0 : FLAG_FLAGGED;
		assert_ok(message_append(v->acc, &m, 1));
	}
}

static void end(struct env *v)
{
	buf_fini(&v->report);
	testing_end(&v->t);
}

static void places(struct env *v)
{
	READER_AUTO c = {0};

	assert_ok(reader_take(v->acc, &c));
	Q_AUTO q = q_of(c.db, "SELECT id, segment, at, body_at, body_at + size FROM message");

	while (q_row(&q))
		v->at[q_col_i64(&q, 0)] = (struct at){(uint32_t)q_col_i64(&q, 1),
						      (uint64_t)q_col_i64(&q, 2),
						      (uint64_t)q_col_i64(&q, 3),
						      (uint64_t)q_col_i64(&q, 4),
						      false,
						      false};
	assert_ok(q_end(&q));
}

static void file_path(struct env *v, const char *name, char *p, size_t n)
{
	snprintf(p, n, "%s/accounts/a/%s", v->t.root, name);
}

static void index_delete(struct env *v)
{
	static const char *const names[] = {"index.db", "index.db-wal", "index.db-shm"};
	char path[200];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		file_path(v, names[i], path, sizeof(path));
		unlink(path);
	}
}

/* Zeroes or flips n bytes of a segment; notes which messages that touches. */
static void damage(struct env *v, uint32_t segment, uint64_t from, size_t n, bool flip)
{
	char name[32], path[200], p[600];

	snprintf(name, sizeof(name), "mail/%06u", segment);
	file_path(v, name, path, sizeof(path));
	auto_close int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	ssize_t got = pread(fd, p, n, (off_t)from);

	for (ssize_t i = 0; i < got; i++) {
		char before = p[i];

		p[i] = flip ? (char)~p[i] : '\0';
		for (int m = 1; m <= MESSAGES && p[i] != before; m++) {
			struct at *at = &v->at[m];
			uint64_t place = from + (uint64_t)i;

			if (at->segment != segment || place < at->from || place >= at->to)
				continue;
			at->header_hit |= place < at->body;
			at->body_hit |= place >= at->body;
		}
	}
	assert_int_equal(pwrite(fd, p, (size_t)got, (off_t)from), got);
}

static void found(void *arg, struct str what)
{
	struct env *v = arg;

	buf_str_add(&v->report, what);
	buf_char(&v->report, '\n');
}

/* The messages there are, by number; each with its bytes. */
static void present(struct env *v, bool there[MESSAGES + 1])
{
	struct mailbox *m;
	struct arena a;
	size_t n;

	memset(there, 0, (MESSAGES + 1) * sizeof(bool));
	arena_init(&a, 16 << 20);
	assert_ok(mailbox_list(v->acc, &a, &m, &n));
	for (size_t i = 0; i < n; i++) {
		struct entry_query q = {.mailbox = m[i].id};
		struct entries e;

		assert_ok(entry_list(v->acc, &q, &a, &e));
		for (size_t k = 0; k < e.n; k++) {
			char want[1100], got[1200];
			struct message_body b;
			size_t got_n;
			int number = (int)(e.e[k].received - 1700000000);

			message_text(number, want, sizeof(want));
			assert_ok(message_open(v->acc, e.e[k].message, &b));
			assert_ok(message_read(&b, b.prefix_n, got, sizeof(got), &got_n));
			message_close(&b);
			assert_str("bytes", str_of(got, got_n), str_z(want));
			assert_int_equal(e.e[k].set.flags, number % 3 ? 0 : FLAG_FLAGGED);
			assert_str("mailbox", m[i].name,
				   number % 2 ? STR("Inbox") : STR("Lists/even"));
			there[number] = true;
		}
	}
	arena_fini(&a);
}

static void without_index(void **state)
{
	static struct env v;
	bool there[MESSAGES + 1];
	struct mailbox before, after;

	(void)state;
	begin(&v);
	assert_ok(mailbox_get(v.acc, STR("Inbox"), &v.t.arena, &before));
	account_close(v.acc);
	store_close(v.t.store);
	index_delete(&v);
	assert_ok(store_open(&v.t.options, &v.t.store));
	assert_ok(account_open(v.t.store, STR("a"), &v.acc));
	present(&v, there);
	for (int i = 1; i <= MESSAGES; i++)
		assert_true(there[i]);
	assert_ok(mailbox_get(v.acc, STR("Inbox"), &v.t.arena, &after));
	assert_true(after.uidvalidity > before.uidvalidity);
	assert_int_equal(after.total, MESSAGES / 2);
	testing_append(v.acc, &v.t.arena, "Inbox", "life goes on");
	account_close(v.acc);
	end(&v);
}

static void damage_anywhere(struct env *v, struct rand_test *r)
{
	for (int i = 0; i < 3; i++) {
		struct at *at = &v->at[1 + rand_below(&r->src, MESSAGES)];
		uint64_t from = at->from + rand_below(&r->src, at->to - at->from);
		size_t n = 1 + (size_t)rand_below(&r->src, i == 0 ? 1 : 600);

		damage(v, at->segment, from, n, rand_below(&r->src, 2));
	}
	/* And sometimes a segment's header. */
	if (rand_below(&r->src, 3) == 0)
		damage(v, v->at[1].segment, 0, SEGMENT_HEADER, false);
}

/* Only messages of which a byte was hit are lost, and there is a line for each piece. */
static void damaged_segments(void **state)
{
	struct rand_test r;

	(void)state;
	rand_test_init(&r, 7);
	for (int round = 0; round < ROUNDS; round++) {
		static struct env v;
		struct check_report report = {.found = found, .arg = &v};
		bool there[MESSAGES + 1];
		int lost = 0;

		begin(&v);
		places(&v);
		account_close(v.acc);
		damage_anywhere(&v, &r);
		assert_ok(account_rebuild(v.t.store, STR("a"), &report));
		assert_ok(account_open(v.t.store, STR("a"), &v.acc));
		present(&v, there);
		for (int i = 1; i <= MESSAGES; i++) {
			const struct at *at = &v.at[i];

			if (!there[i] && !at->header_hit && !at->body_hit)
				fail_msg("round %d: message %d is lost though untouched", round, i);
			if (there[i])
				assert_false(at->body_hit);
			lost += !there[i];
		}
		assert_int_equal(report.salvaged, MESSAGES - lost);
		assert_int_equal(lost > 0, report.lost > 0);
		assert_true(report.lost <= (uint64_t)lost);
		assert_int_equal(report.findings, report.lost);
		assert_int_equal(lost > 0, v.report.n > 0);
		account_unref(v.acc); /* damaged records would be found by the check */
		v.t.options.check = false;
		end(&v);
	}
}

/* With the index whole: damage is found and named, the rest is served. */
static void damage_is_named(void **state)
{
	static struct env v;
	struct check_report report = {.found = found, .arg = &v};
	struct message_body b;

	(void)state;
	begin(&v);
	places(&v);
	damage(&v, v.at[17].segment, v.at[17].body + 5, 3, true);
	assert_ok(account_check(v.acc, CHECK_INDEX, &report));
	assert_int_equal(report.findings, 0);
	assert_ok(account_check(v.acc, CHECK_BYTES, &report));
	assert_int_equal(report.findings, 1);
	assert_true(str_starts(buf_str(&v.report), STR("message 17 in segment ")));
	assert_ok(message_open(v.acc, 18, &b));
	message_close(&b);
	account_unref(v.acc);
	end(&v);
}

/* A segment that is not there any more: its messages are taken out, and the account is clean. */
static void missing_segment(void **state)
{
	static struct env v;
	struct check_report report = {.found = found, .arg = &v}, again = {0};
	bool there[MESSAGES + 1];
	char name[32], path[200];

	(void)state;
	begin(&v);
	places(&v);
	snprintf(name, sizeof(name), "mail/%06u", v.at[1].segment);
	file_path(&v, name, path, sizeof(path));
	assert_int_equal(unlink(path), 0);
	assert_ok(account_check(v.acc, CHECK_INDEX | CHECK_FIX, &report));
	assert_true(report.lost > 0 && report.lost == report.findings);
	store_work(v.t.store);
	assert_ok(account_check(v.acc, CHECK_BYTES, &again));
	assert_int_equal(again.findings, 0);
	present(&v, there);
	for (int i = 1; i <= MESSAGES; i++)
		assert_int_equal(there[i], v.at[i].segment != v.at[1].segment);
	account_close(v.acc);
	end(&v);
}

/* A message that contains a record, even one of this very account's form, is not taken for one: its
 * cookie is not known outside. */
static void forged_record(void **state)
{
	struct testing t;
	struct account *acc;
	struct mailbox inbox;
	struct check_report report = {0};
	BUF_AUTO forged = BUF_INIT(10000);
	struct record r = {.mailbox = STR("Inbox"), .received = 1};

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	memset(r.cookie, 'x', sizeof(r.cookie));
	buf_char_n(&forged, 'y', 100);
	record_header_write(&r, &forged);
	struct str bytes = buf_str(&forged);
	struct message_add m = testing_message(&t.arena, "Inbox", "");

	m.bytes = (struct message_bytes){.fd = -1, .memory = bytes, .size = bytes.n};
	m.facts = testing_facts(&t.arena, STR(""), STR(""), bytes);
	assert_ok(message_append(acc, &m, 1));
	testing_append(acc, &t.arena, "Inbox", "honest");
	account_close(acc);
	/* The outer record's header goes. */
	char path[200];

	snprintf(path, sizeof(path), "%s/accounts/a/mail/000001", t.root);
	auto_close int fd = open(path, O_RDWR);

	assert_int_equal(pwrite(fd, "\0\0\0\0", 4, SEGMENT_HEADER), 4);
	assert_ok(account_rebuild(t.store, STR("a"), &report));
	assert_int_equal(report.lost, 1);
	assert_int_equal(report.salvaged, 1);
	assert_ok(account_open(t.store, STR("a"), &acc));
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &inbox));
	assert_int_equal(inbox.total, 1);
	account_close(acc);
	testing_end(&t);
}

static void in_use(void **state)
{
	struct testing t;
	struct account *acc;
	struct check_report report = {0};

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	assert_err(account_rebuild(t.store, STR("a"), &report), ERR_IN_USE);
	account_close(acc);
	assert_err(account_rebuild(t.store, STR("b"), &report), ERR_NOT_FOUND);
	testing_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_index),   cmocka_unit_test(damaged_segments),
		cmocka_unit_test(damage_is_named), cmocka_unit_test(missing_segment),
		cmocka_unit_test(forged_record),   cmocka_unit_test(in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
