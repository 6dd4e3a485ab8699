#include "base/test.h"

#include "dns/fake.h"
#include "os/ipc_packet.h"
#include "role/dns_wire.h"

static const char zone[] = "x.example A 192.0.2.1\n"
			   "x.example A 192.0.2.2\n"
			   "x.example AAAA 2001:db8::1\n"
			   "x.example NS ns.Example\n"
			   "x.example CNAME other.example\n"
			   "x.example PTR host.example\n"
			   "x.example MX 10 a.example\n"
			   "x.example MX 65535 .\n"
			   "x.example TXT \"one\" \"\" \"t\\255o\"\n"
			   "x.example TXT \"\"\n"
			   "x.example SRV 1 2 65535 host.example\n"
			   "x.example TLSA 3 1 255 00ff\n"
			   "x.example CAA 128 issue \"ca.example\"\n"
			   "sick.example A SERVFAIL\n"
			   "forged.example A BOGUS\n"
			   "x.example SECURE\n";

/* All that an answer says. */
static void text_of(enum dns_type type, const struct dns_answer *a, struct buf *b)
{
	buf_printf(b, "%d %d %d %u %.*s\n", a->status, a->authentic, a->ede, a->ttl,
		   STR_ARG(a->error));
	for (size_t i = 0; i < a->n; i++) {
		const struct dns_record *r = &a->record[i];

		switch (type) {
		case DNS_A:
		case DNS_AAAA: buf_ip(b, r->ip); break;
		case DNS_NS:
		case DNS_CNAME:
		case DNS_PTR: buf_str_add(b, r->name); break;
		case DNS_MX: buf_printf(b, "%u %.*s", r->mx.preference, STR_ARG(r->mx.host)); break;
		case DNS_TXT:
			buf_str_add(b, r->txt.joined);
			for (size_t k = 0; k < r->txt.parts; k++)
				buf_strs(b, STR(","), r->txt.part[k]);
			break;
		case DNS_SRV:
			buf_printf(b, "%u %u %u %.*s", r->srv.priority, r->srv.weight, r->srv.port,
				   STR_ARG(r->srv.target));
			break;
		case DNS_TLSA:
			buf_printf(b, "%u %u %u %.*s", r->tlsa.usage, r->tlsa.selector,
				   r->tlsa.matching, STR_ARG(r->tlsa.data));
			break;
		case DNS_CAA:
			buf_printf(b, "%u %.*s %.*s", r->caa.flags, STR_ARG(r->caa.tag),
				   STR_ARG(r->caa.value));
			break;
		}
		buf_char(b, '\n');
	}
	assert_false(buf_failed(b));
}

struct fixture {
	struct arena arena;
	struct dns_fake fake;
	struct buf bytes;
};

static void setup(struct fixture *f)
{
	arena_init(&f->arena, 16 << 20);
	dns_fake_init(&f->fake, &f->arena);
	dns_fake_zone(&f->fake, str_z(zone));
	f->bytes = BUF_INIT(1 << 20);
}

static void teardown(struct fixture *f)
{
	buf_fini(&f->bytes);
	arena_fini(&f->arena);
}

/* Through the wire: what the other end reads. */
static struct dns_answer through(struct fixture *f, enum dns_type type, const struct dns_answer *a)
{
	struct msg_dns_answer out, in;
	struct dns_answer ret;

	dns_wire_answer_write(type, a, &f->arena, &out);
	buf_clear(&f->bytes);
	msg_dns_answer_write(&f->bytes, &out);
	assert_false(buf_failed(&f->bytes));
	assert_ok(msg_dns_answer_read(buf_str(&f->bytes), &f->arena, &in));
	dns_wire_answer_read(type, &in, &f->arena, &ret);
	return ret;
}

static void answers_come_as_they_went(void **state)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} cases[] = {
		{"x.example", DNS_A},     {"x.example", DNS_AAAA},   {"x.example", DNS_NS},
		{"x.example", DNS_CNAME}, {"x.example", DNS_PTR},    {"x.example", DNS_MX},
		{"x.example", DNS_TXT},   {"x.example", DNS_SRV},    {"x.example", DNS_TLSA},
		{"x.example", DNS_CAA},   {"nope.example", DNS_A},   {"example", DNS_A},
		{"sick.example", DNS_A},  {"forged.example", DNS_A},
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_question q = {cases[i].type, str_z(cases[i].name)};
		BUF_AUTO want = BUF_INIT(4096);
		BUF_AUTO got = BUF_INIT(4096);
		struct dns_answer a, b;

		f.fake.resolver.resolve(&f.fake.resolver, &q, &f.arena, &a);
		b = through(&f, q.type, &a);
		text_of(q.type, &a, &want);
		text_of(q.type, &b, &got);
		assert_str(cases[i].name, buf_str(&got), buf_str(&want));
	}
	teardown(&f);
}

static struct dns_answer txt_answer(struct arena *a, size_t strings, size_t size)
{
	struct dns_answer ret = {.status = DNS_FOUND, .ede = DNS_EDE_NONE, .n = 1};
	struct dns_record *r = ARENA_NEW(a, struct dns_record);
	struct str *part = ARENA_NEW_N(a, struct str, strings);

	assert_true(r && part);
	r->txt.joined = str_of(arena_alloc(a, strings * size), strings * size);
	for (size_t i = 0; i < strings; i++)
		part[i] = str_sub(r->txt.joined, i * size, (i + 1) * size);
	r->txt.part = part;
	r->txt.parts = strings;
	ret.record = r;
	return ret;
}

/* The largest answers fit a packet between roles. */
static void large_answers(void **state)
{
	enum { HALF = DNS_ANSWER_MAX / 2 };
	static const struct {
		const char *name;
		size_t strings, size;
		enum dns_status status;
	} cases[] = {
		{"many short strings", HALF, 1, DNS_FOUND},
		{"one more", HALF + 1, 1, DNS_FAILED},
		{"as many strings, empty", DNS_ANSWER_MAX, 0, DNS_FOUND},
		{"one more of these", DNS_ANSWER_MAX + 1, 0, DNS_FAILED},
		{"long strings", DNS_ANSWER_MAX / 256, 255, DNS_FOUND},
		{"a string of 256", 1, 256, DNS_FAILED},
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_answer a = txt_answer(&f.arena, cases[i].strings, cases[i].size);
		struct dns_answer b = through(&f, DNS_TXT, &a);

		if (b.status != cases[i].status)
			fail_msg("%s: status %d", cases[i].name, b.status);
		if (b.status == DNS_FOUND)
			assert_int_equal(b.record[0].txt.parts, cases[i].strings);
		assert_true(f.bytes.n <= IPC_BODY_INLINE - sizeof(uint16_t));
	}
	teardown(&f);
}

static void many_records(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t n = DNS_RECORDS_MAX; n <= DNS_RECORDS_MAX + 1; n++) {
		struct dns_record *r = ARENA_NEW_N(&f.arena, struct dns_record, n);
		struct dns_answer a = {.status = DNS_FOUND, .record = r, .n = n};

		assert_non_null(r);
		for (size_t i = 0; i < n; i++)
			r[i].ip.family = 6;
		struct dns_answer b = through(&f, DNS_AAAA, &a);

		assert_int_equal(b.status, n > DNS_RECORDS_MAX ? DNS_FAILED : DNS_FOUND);
		assert_int_equal(b.n, n > DNS_RECORDS_MAX ? 0 : n);
	}
	teardown(&f);
}

/* What a role that was taken over may send. */
static void bad_answers(void **state)
{
	struct str address = STR("1234"), long_address = STR("12345"), name = STR("a..b");
	struct msg_dns_mx mx = {1, STR("a.example")};
	struct msg_dns_txt txt = {STR("abc"), STR("\1\1")};
	const struct {
		const char *name;
		enum dns_type type;
		struct msg_dns_answer m;
	} cases[] = {
		{"found without records", DNS_A, {.status = MSG_DNS_STATUS_FOUND}},
		{"records without found",
		 DNS_A,
		 {.status = MSG_DNS_STATUS_NODATA, .addresses = &address, .addresses_n = 1}},
		{"records of another type",
		 DNS_A,
		 {.status = MSG_DNS_STATUS_FOUND, .mx = &mx, .mx_n = 1}},
		{"another type's beside them",
		 DNS_A,
		 {.status = MSG_DNS_STATUS_FOUND,
		  .addresses = &address,
		  .addresses_n = 1,
		  .mx = &mx,
		  .mx_n = 1}},
		{"no address",
		 DNS_A,
		 {.status = MSG_DNS_STATUS_FOUND, .addresses = &long_address, .addresses_n = 1}},
		{"an address of another family",
		 DNS_AAAA,
		 {.status = MSG_DNS_STATUS_FOUND, .addresses = &address, .addresses_n = 1}},
		{"no name",
		 DNS_PTR,
		 {.status = MSG_DNS_STATUS_FOUND, .names = &name, .names_n = 1}},
		{"strings that are not the text",
		 DNS_TXT,
		 {.status = MSG_DNS_STATUS_FOUND, .txt = &txt, .txt_n = 1}},
		{"a type that is none",
		 (enum dns_type)3,
		 {.status = MSG_DNS_STATUS_FOUND, .addresses = &address, .addresses_n = 1}},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_answer got;

		dns_wire_answer_read(cases[i].type, &cases[i].m, &a, &got);
		if (got.status != DNS_FAILED || got.n || got.error.n == 0)
			fail_msg("%s: status %d", cases[i].name, got.status);
	}
	arena_fini(&a);
}

static void bogus_is_not_authentic(void **state)
{
	const struct msg_dns_answer m = {.status = MSG_DNS_STATUS_BOGUS, .authentic = true};
	struct dns_answer got;
	struct arena a;

	(void)state;
	arena_init(&a, 1 << 20);
	dns_wire_answer_read(DNS_A, &m, &a, &got);
	assert_int_equal(got.status, DNS_BOGUS);
	assert_false(got.authentic);
	arena_fini(&a);
}

static void questions(void **state)
{
	static const struct {
		const char *name;
		struct msg_dns_question m;
		bool ok;
	} cases[] = {
		{"a name", {DNS_TXT, STR_INIT("x.example")}, true},
		{"the root", {DNS_NS, STR_INIT("")}, true},
		{"upper case", {DNS_TXT, STR_INIT("X.example")}, false},
		{"a dot at the end", {DNS_TXT, STR_INIT("x.example.")}, false},
		{"an unknown type", {255, STR_INIT("x.example")}, false},
		{"no type", {0, STR_INIT("x.example")}, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct msg_dns_question again;
		struct dns_question q;
		struct err e = dns_wire_question_read(&cases[i].m, &q);

		if (err_is_ok(e) != cases[i].ok)
			fail_msg("%s", cases[i].name);
		if (err_failed(e))
			continue;
		dns_wire_question_write(&q, &again);
		assert_int_equal(again.type, cases[i].m.type);
		assert_str(cases[i].name, again.name, cases[i].m.name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_as_they_went),
		cmocka_unit_test(large_answers),
		cmocka_unit_test(many_records),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(bogus_is_not_authentic),
		cmocka_unit_test(questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
