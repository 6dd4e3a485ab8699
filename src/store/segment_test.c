#include "base/test.h"

#include "store/segment.h"

static struct record sample(void)
{
	return (struct record){
		.cookie = "0123456789abcde",
		.key = 77,
		.received = -5,
		.uidvalidity = 9,
		.flags = 3,
		.mailbox = STR("Inbox"),
		.keywords = STR("a b"),
		.sha256 = {1, 2, 3},
		.facts_n = 10,
		.prefix_n = 3,
		.bytes_n = 20,
		.facts_crc = 0x11223344,
		.bytes_crc = 0x55667788,
	};
}

static void header_round_trip(void **state)
{
	struct record r = sample(), g;
	BUF_AUTO b = BUF_INIT(1000);

	(void)state;
	record_header_write(&r, &b);
	assert_int_equal(b.n, record_facts_at(&r));
	assert_int_equal(b.n % 8, 0);
	assert_int_equal(record_size(&r) % SEGMENT_ALIGN, 0);
	assert_true(record_header_read(buf_str(&b), r.cookie, record_size(&r), &g));
	assert_int_equal(g.key, 77);
	assert_int_equal(g.received, -5);
	assert_int_equal(g.bytes_crc, 0x55667788);
	assert_str("mailbox", g.mailbox, STR("Inbox"));
	assert_str("keywords", g.keywords, STR("a b"));
	/* The file ends before the record does. */
	assert_false(record_header_read(buf_str(&b), r.cookie, record_body_at(&r) + 22, &g));
}

/* No flipped bit, no other cookie, no shorter header passes. */
static void damaged_header(void **state)
{
	struct record r = sample(), g;
	BUF_AUTO b = BUF_INIT(1000);

	(void)state;
	record_header_write(&r, &b);
	for (size_t i = 0; i < b.n * 8; i++) {
		b.p[i / 8] ^= (char)(1 << i % 8);
		assert_false(record_header_read(buf_str(&b), r.cookie, 1000, &g));
		b.p[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t n = 0; n < b.n; n++)
		assert_false(record_header_read(str_sub(buf_str(&b), 0, n), r.cookie, 1000, &g));
	r.cookie[3] ^= 1;
	assert_false(record_header_read(buf_str(&b), r.cookie, 1000, &g));
}

static void finds_the_next(void **state)
{
	struct record r = sample();
	BUF_AUTO b = BUF_INIT(1000);

	(void)state;
	buf_char_n(&b, 'x', 33);
	record_header_write(&r, &b);
	assert_int_equal(record_find(buf_str(&b), r.cookie, 0), 33);
	assert_int_equal(record_find(buf_str(&b), r.cookie, 34), -1);
}

static void segment_header(void **state)
{
	struct segment_header h = {.cookie = "fedcba987654321", .number = 12}, g;
	uint8_t p[SEGMENT_HEADER];

	(void)state;
	segment_header_write(&h, p);
	assert_true(segment_header_read(p, &g));
	assert_int_equal(g.number, 12);
	assert_memory_equal(g.cookie, h.cookie, SEGMENT_COOKIE);
	for (size_t i = 0; i < sizeof(p) * 8; i++) {
		p[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(segment_header_read(p, &g));
		p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_round_trip),
		cmocka_unit_test(damaged_header),
		cmocka_unit_test(finds_the_next),
		cmocka_unit_test(segment_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
