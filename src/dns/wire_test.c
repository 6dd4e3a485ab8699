#include "base/test.h"

#include "dns/testing.h"
#include "dns/text.h"
#include "dns/wire.h"

enum { RRS_MAX = 6, SOA = 6, RRSIG = 46, OPT = 41 };

/* The section a record stands in. */
enum section { END, ANSWER, AUTHORITY, ADDITIONAL };

struct rr {
	enum section section;
	const char *owner;
	unsigned type;
	uint32_t ttl;
	struct str rdata;
};

struct wire_case {
	const char *name;
	enum dns_type type;
	struct rr rr[RRS_MAX];
	enum dns_status status;
	const char *records; /* with " | " between */
	uint32_t ttl;
	const char *error;
	int ede;
	unsigned flags; /* of the header, that are other than in an answer; the rcode */
};

/* A record of a.example, whose name stands at byte 12, or of another name. */
/* clang-format off */
#define OWN(type, ttl, rdata)       {ANSWER, "@12", type, ttl, STR_INIT(rdata)}
#define OF(owner, type, ttl, rdata) {ANSWER, owner, type, ttl, STR_INIT(rdata)}
#define SOA_OF(ttl, rdata)          {AUTHORITY, "", SOA, ttl, STR_INIT(rdata)}
#define SOA_60                      "\0\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\x3c"
#define OPTIONS(rdata)              {ADDITIONAL, "", OPT, 0, STR_INIT(rdata)}
#define FOUND(records, ttl)         DNS_FOUND, records, ttl
#define FAILED(error)               DNS_FAILED, NULL, 0, error
#define BAD                         FAILED("malformed answer")
#define IP_1                        "\300\0\2\1"
#define IP_2                        "\300\0\2\2"

static const struct wire_case cases[] = {
	{"address", DNS_A, {OWN(DNS_A, 300, IP_1)}, FOUND("192.0.2.1", 300)},
	{"another case", DNS_A, {OF("A.Example", DNS_A, 1, IP_1)}, FOUND("192.0.2.1", 1)},
	{"two, the lower ttl", DNS_A, {OWN(DNS_A, 300, IP_1), OWN(DNS_A, 200, IP_2)},
	 FOUND("192.0.2.1 | 192.0.2.2", 200)},
	/* RFC 2181 §8 */
	{"negative ttl", DNS_A, {OWN(DNS_A, 0x80000000, IP_1)}, FOUND("192.0.2.1", 0)},
	{"address, short", DNS_A, {OWN(DNS_A, 300, "\300\0\2")}, BAD},
	{"address, long", DNS_A, {OWN(DNS_A, 300, IP_1 "\1")}, BAD},
	{"IPv6", DNS_AAAA, {OWN(DNS_AAAA, 9, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1")},
	 FOUND("2001:db8::1", 9)},
	{"IPv6, short", DNS_AAAA, {OWN(DNS_AAAA, 9, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0")}, BAD},
	{"mx", DNS_MX, {OWN(DNS_MX, 9, "\0\12\2mx\300\14")}, FOUND("10 mx.a.example.", 9)},
	/* RFC 7505 §3 */
	{"null mx", DNS_MX, {OWN(DNS_MX, 9, "\0\0\0")}, FOUND("0 .", 9)},
	{"mx with more behind", DNS_MX, {OWN(DNS_MX, 9, "\0\0\0\0")}, BAD},
	{"mx without host", DNS_MX, {OWN(DNS_MX, 9, "\0\0")}, BAD},
	{"ns", DNS_NS, {OWN(DNS_NS, 9, "\2ns\0")}, FOUND("ns.", 9)},
	{"ptr", DNS_PTR, {OWN(DNS_PTR, 9, "\1h\300\16")}, FOUND("h.example.", 9)},
	{"any byte in a label", DNS_PTR, {OWN(DNS_PTR, 9, "\3 \\\377\0")}, FOUND("\\032\\092\\255.", 9)},
	{"dot in a label", DNS_PTR, {OWN(DNS_PTR, 9, "\3a.b\0")}, FAILED("a name that has no text")},
	{"NUL in a label", DNS_PTR, {OWN(DNS_PTR, 9, "\3a\0b\0")}, FAILED("a name that has no text")},
	{"label of a reserved kind", DNS_PTR, {OWN(DNS_PTR, 9, "\100a\0")}, BAD},
	{"txt", DNS_TXT, {OWN(DNS_TXT, 9, "\1a\0\2\"\377")}, FOUND("\"a\" \"\" \"\\\"\\255\"", 9)},
	{"txt of nothing", DNS_TXT, {OWN(DNS_TXT, 9, ""), OWN(DNS_TXT, 9, "\1a")}, FOUND(" | \"a\"", 9)},
	{"txt past the end", DNS_TXT, {OWN(DNS_TXT, 9, "\1a\3ab")}, BAD},
	{"srv", DNS_SRV, {OWN(DNS_SRV, 9, "\0\1\0\2\3\341\1h\0")}, FOUND("1 2 993 h.", 9)},
	{"srv, short", DNS_SRV, {OWN(DNS_SRV, 9, "\0\1\0\2\3")}, BAD},
	{"tlsa", DNS_TLSA, {OWN(DNS_TLSA, 9, "\3\1\1\0\377")}, FOUND("3 1 1 00ff", 9)},
	{"tlsa, short", DNS_TLSA, {OWN(DNS_TLSA, 9, "\3\1")}, BAD},
	{"caa", DNS_CAA, {OWN(DNS_CAA, 9, "\200\5issueca")}, FOUND("128 issue \"ca\"", 9)},
	/* RFC 8659 §4.1: a tag is not empty */
	{"caa without tag", DNS_CAA, {OWN(DNS_CAA, 9, "\0\0ca")}, BAD},
	{"caa, long tag", DNS_CAA, {OWN(DNS_CAA, 9, "\0\3ca")}, BAD},

	{"others' names and types", DNS_A,
	 {OF("b.example", DNS_A, 1, IP_1), OWN(RRSIG, 1, "x"), OWN(DNS_A, 5, IP_2)},
	 FOUND("192.0.2.2", 5)},
	{"alias", DNS_A, {OWN(DNS_CNAME, 7, "\1b\300\16"), OF("b.example", DNS_A, 9, IP_1)},
	 FOUND("192.0.2.1", 7)},
	{"alias, last first", DNS_A,
	 {OF("c.example", DNS_A, 9, IP_1), OF("b.example", DNS_CNAME, 7, "\1c\300\16"),
	  OWN(DNS_CNAME, 7, "\1b\300\16")},
	 FOUND("192.0.2.1", 7)},
	{"the alias itself", DNS_CNAME,
	 {OWN(DNS_CNAME, 7, "\1b\300\16"), OF("b.example", DNS_CNAME, 9, "\1c\0")},
	 FOUND("b.example.", 7)},
	{"alias of itself", DNS_A, {OWN(DNS_CNAME, 7, "\300\14")}, FAILED("too many CNAMEs")},
	{"alias to nothing", DNS_A, {OWN(DNS_CNAME, 7, "\1b\300\16"), SOA_OF(900, SOA_60)},
	 DNS_NXDOMAIN, "", 7, .flags = 3},
	{"alias, long", DNS_A, {OWN(DNS_CNAME, 7, "\300\14\0")}, BAD},

	{"no such name", DNS_A, {SOA_OF(900, SOA_60)}, DNS_NXDOMAIN, "", 60, .flags = 3},
	/* RFC 2308 §5 */
	{"no data", DNS_A, {SOA_OF(30, SOA_60)}, DNS_NODATA, "", 30},
	{"no data, nobody says how long", DNS_A, {{END}}, DNS_NODATA, "", 0},
	{"SOA, short", DNS_A, {SOA_OF(30, "\0\0\0")}, BAD},
	{"no such name, with records", DNS_A, {OWN(DNS_A, 300, IP_1)}, BAD, .flags = 3},
	{"failure", DNS_A, {{END}}, FAILED("server failure"), .flags = 2},
	{"refused", DNS_A, {{END}}, FAILED("the server refuses"), .flags = 5},
	{"a code of no name", DNS_A, {{END}}, FAILED("the server says: error"), .flags = 9},
	{"failure with records", DNS_A, {OWN(DNS_A, 300, IP_1)}, FAILED("server failure"), .flags = 2},
	{"truncated", DNS_A, {OWN(DNS_A, 300, IP_1)}, FAILED("answer too large"), .flags = 0x200},
	{"a question back", DNS_A, {OWN(DNS_A, 300, IP_1)}, BAD, .flags = 0x8000},
	{"another operation", DNS_A, {OWN(DNS_A, 300, IP_1)}, BAD, .flags = 0x2000},

	/* RFC 8914 §2 */
	{"extended error", DNS_A, {OPTIONS("\0\12\0\1x\0\17\0\5\0\7abc")},
	 FAILED("server failure: abc"), 7, .flags = 2},
	{"the first extended error", DNS_A, {OPTIONS("\0\17\0\2\0\6\0\17\0\2\0\7")},
	 FAILED("server failure"), 6, .flags = 2},
	{"extended error of success", DNS_A, {OWN(DNS_A, 300, IP_1), OPTIONS("\0\17\0\2\0\3")},
	 FOUND("192.0.2.1", 300), .ede = 3},
	{"extended error, short", DNS_A, {OPTIONS("\0\17\0\1\0")}, BAD},
	{"option, short", DNS_A, {OPTIONS("\0\12\0\2x")}, BAD},
};
/* clang-format on */

static void packet_of(struct buf *b, const struct wire_case *c)
{
	unsigned count[4] = {0};

	for (size_t i = 0; i < RRS_MAX; i++)
		count[c->rr[i].section]++;
	testing_question(b, 0, c->type, STR("a.example"), count[ANSWER], count[AUTHORITY],
			 count[ADDITIONAL]);
	b->p[2] = (char)(b->p[2] ^ (c->flags >> 8));
	b->p[3] = (char)(b->p[3] | (c->flags & 15));
	for (size_t i = 0; i < RRS_MAX && c->rr[i].section; i++)
		testing_rr(b, str_z(c->rr[i].owner), c->rr[i].type, c->rr[i].ttl, c->rr[i].rdata);
	assert_false(buf_failed(b));
}

static void records_write(struct buf *b, enum dns_type type, const struct dns_answer *a)
{
	for (size_t i = 0; i < a->n; i++) {
		if (i)
			buf_str_add(b, STR(" | "));
		buf_dns_record(b, type, &a->record[i]);
	}
}

static void check_case(const struct wire_case *c)
{
	BUF_AUTO packet = BUF_INIT(1000), got = BUF_INIT(1000);
	struct dns_question q = {c->type, STR("a.example")};
	struct dns_answer a;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	packet_of(&packet, c);
	dns_wire_answer(buf_str(&packet), &q, &arena, &a);
	records_write(&got, c->type, &a);
	assert_str(c->name, dns_status_name(a.status), dns_status_name(c->status));
	assert_str(c->name, buf_str(&got), str_z(c->records));
	assert_str(c->name, a.error, str_z(c->error));
	if (a.ttl != c->ttl || a.ede != (c->ede ? c->ede : DNS_EDE_NONE) || a.authentic)
		fail_msg("%s: ttl %u, ede %d", c->name, a.ttl, a.ede);
	/* No beginning of it is an answer. */
	for (size_t n = 0; n < packet.n; n++) {
		dns_wire_answer(str_sub(buf_str(&packet), 0, n), &q, &arena, &a);
		if (a.status != DNS_FAILED)
			fail_msg("%s: an answer after %zu bytes", c->name, n);
	}
	/* One byte more is none either. */
	buf_char(&packet, 0);
	dns_wire_answer(buf_str(&packet), &q, &arena, &a);
	assert_int_equal(a.status, DNS_FAILED);
	arena_fini(&arena);
}

static void answers(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

static struct dns_answer read_of(struct arena *arena, const struct buf *packet, enum dns_type type,
				 struct str name)
{
	struct dns_question q = {type, name};
	struct dns_answer a;

	assert_false(buf_failed(packet));
	dns_wire_answer(buf_str(packet), &q, arena, &a);
	return a;
}

/* Who answers something else answers nothing. */
static void questions(void **state)
{
	static const struct {
		const char *name;
		enum dns_type type;
		bool ok;
	} others[] = {
		{"a.example", DNS_A, true},  {"A.EXAMPLE", DNS_A, true},
		{"b.example", DNS_A, false}, {"a.example", DNS_MX, false},
		{"example", DNS_A, false},
	};
	BUF_AUTO b = BUF_INIT(1000);
	struct arena arena;

	arena_init(&arena, 1 << 20);
	testing_question(&b, 0, DNS_A, STR("a.example"), 0, 0, 0);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct dns_answer a = read_of(&arena, &b, others[i].type, str_z(others[i].name));

		assert_int_equal(a.status, others[i].ok ? DNS_NODATA : DNS_FAILED);
	}
	b.p[b.n - 1] = 3; /* class CH */
	assert_int_equal(read_of(&arena, &b, DNS_A, STR("a.example")).status, DNS_FAILED);
	b.p[b.n - 1] = 1;
	b.p[5] = 2; /* two questions */
	assert_int_equal(read_of(&arena, &b, DNS_A, STR("a.example")).status, DNS_FAILED);
	b.p[5] = 0; /* none: what fails may do so */
	b.n = 12;
	assert_int_equal(read_of(&arena, &b, DNS_A, STR("a.example")).status, DNS_FAILED);
	b.p[3] |= 2;
	assert_str("without question", read_of(&arena, &b, DNS_A, STR("a.example")).error,
		   STR("server failure"));
	arena_fini(&arena);
}

/* RFC 1035 §4.1.4: a pointer goes to a prior occurrence. */
static void pointers(void **state)
{
	static const struct {
		const char *name, *owner;
		bool ok;
	} names[] = {
		{"to the question", "@12", true},  {"into the question's name", "a.@14", true},
		{"to itself", "@27", false},       {"to itself behind a label", "a.@27", false},
		{"forward", "@29", false},         {"into the header", "@4", false},
		{"past the end", "@16383", false},
	};
	BUF_AUTO b = BUF_INIT(1000);
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		buf_clear(&b);
		testing_question(&b, 0, DNS_A, STR("a.example"), 1, 0, 0);
		testing_rr(&b, str_z(names[i].owner), DNS_A, 1, STR("\1\2\3\4"));
		struct dns_answer a = read_of(&arena, &b, DNS_A, STR("a.example"));

		if ((a.status == DNS_FOUND) != names[i].ok)
			fail_msg("%s: status %d", names[i].name, a.status);
	}
	arena_fini(&arena);
}

/* A chain of n pointers to a.example's name, each to the one before, in front of the record. */
static void pointer_limit(void **state)
{
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t n = DNS_WIRE_POINTERS; n <= DNS_WIRE_POINTERS + 1; n++) {
		BUF_AUTO b = BUF_INIT(4000);
		BUF_AUTO chain = BUF_INIT(1000);
		size_t to = 12;

		testing_question(&b, 0, DNS_A, STR("a.example"), 2, 0, 0);
		for (size_t i = 0; i + 1 < n; i++) {
			testing_be(&chain, 0xc000 | (uint32_t)to, 2);
			to = b.n + 11 + 2 * i;
		}
		testing_rr(&b, STR(""), RRSIG, 1, buf_str(&chain));
		testing_be(&b, 0xc000 | (uint32_t)to, 2);
		testing_be(&b, DNS_A, 2);
		testing_be(&b, 1, 2);
		testing_be(&b, 1, 4);
		testing_be(&b, 4, 2);
		testing_be(&b, 0x01020304, 4);
		assert_int_equal(read_of(&arena, &b, DNS_A, STR("a.example")).status,
				 n > DNS_WIRE_POINTERS ? DNS_FAILED : DNS_FOUND);
	}
	arena_fini(&arena);
}

/* n CNAMEs, then an address. */
static void cname_limit(void **state)
{
	char owner[16], target[16];
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (unsigned n = DNS_WIRE_CNAMES; n <= DNS_WIRE_CNAMES + 1; n++) {
		BUF_AUTO b = BUF_INIT(4000);

		testing_question(&b, 0, DNS_A, STR("n100"), n + 1, 0, 0);
		for (unsigned i = 0; i < n; i++) {
			snprintf(owner, sizeof(owner), "n%u", 100 + i);
			snprintf(target, sizeof(target), "\4n%u", 101 + i);
			testing_rr(&b, str_z(owner), DNS_CNAME, 1, str_of(target, 6));
		}
		testing_rr(&b, str_of(target + 1, 4), DNS_A, 1, STR("\1\2\3\4"));
		assert_int_equal(read_of(&arena, &b, DNS_A, STR("n100")).status,
				 n > DNS_WIRE_CNAMES ? DNS_FAILED : DNS_FOUND);
	}
	arena_fini(&arena);
}

/* Records that count, and records in all. */
static void count_limits(void **state)
{
	static const struct {
		unsigned type;
		size_t n;
		enum dns_status below;
	} limits[] = {
		{DNS_A, DNS_RECORDS_MAX, DNS_FOUND},
		{RRSIG, DNS_WIRE_ANSWERS, DNS_NODATA},
	};
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		for (size_t n = limits[i].n; n <= limits[i].n + 1; n++) {
			BUF_AUTO b = BUF_INIT(DNS_WIRE_MAX);

			testing_question(&b, 0, DNS_A, STR("a"), (unsigned)n, 0, 0);
			for (size_t k = 0; k < n; k++)
				testing_rr(&b, STR("@12"), limits[i].type, 1, STR("\1\2\3\4"));
			struct dns_answer a = read_of(&arena, &b, DNS_A, STR("a"));

			assert_int_equal(a.status, n > limits[i].n ? DNS_FAILED : limits[i].below);
		}
	}
	arena_fini(&arena);
}

/* The bytes of data: as many as dns_batch_set lets through. */
static void size_limit(void **state)
{
	static char data[DNS_ANSWER_MAX + 4];
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (size_t over = 0; over < 2; over++) {
		BUF_AUTO b = BUF_INIT(DNS_WIRE_MAX);

		testing_question(&b, 0, DNS_TLSA, STR("a"), 1, 0, 0);
		testing_rr(&b, STR("@12"), DNS_TLSA, 1, str_of(data, DNS_ANSWER_MAX + 3 + over));
		struct dns_answer a = read_of(&arena, &b, DNS_TLSA, STR("a"));

		assert_int_equal(a.status, over ? DNS_FAILED : DNS_FOUND);
	}
	arena_fini(&arena);
}

/* A name of 255 bytes is read, one of 256 is not (RFC 1035 §2.3.4). */
static void name_limit(void **state)
{
	static char label[64];
	struct arena arena;

	memset(label, 'x', sizeof(label));
	arena_init(&arena, 1 << 20);
	for (size_t last = 61; last <= 62; last++) {
		BUF_AUTO b = BUF_INIT(1000);
		BUF_AUTO rdata = BUF_INIT(1000);

		for (size_t i = 0; i < 4; i++) {
			size_t n = i < 3 ? 63 : last;

			buf_char(&rdata, (char)n);
			buf_add(&rdata, label, n);
		}
		buf_char(&rdata, 0);
		testing_question(&b, 0, DNS_PTR, STR("a"), 1, 0, 0);
		testing_rr(&b, STR("@12"), DNS_PTR, 1, buf_str(&rdata));
		struct dns_answer a = read_of(&arena, &b, DNS_PTR, STR("a"));

		assert_int_equal(a.status, last > 61 ? DNS_FAILED : DNS_FOUND);
		if (last == 61)
			assert_int_equal(a.record->name.n, DNS_NAME_MAX);
	}
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),     cmocka_unit_test(questions),
		cmocka_unit_test(pointers),    cmocka_unit_test(pointer_limit),
		cmocka_unit_test(cname_limit), cmocka_unit_test(count_limits),
		cmocka_unit_test(size_limit),  cmocka_unit_test(name_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
