#include "imap/section.h"

#include "base/test.h"

static void test_fields(void **state)
{
	const struct str header = STR("To: a\r\nCc: b\r\n c\r\nto: d\r\nX: e\r\n\r\n");
	struct str names[] = {STR("TO"), STR("nothing")};
	struct imap_section s = {.text = IMAP_SECTION_FIELDS, .fields = names, .field_n = 2};
	BUF_AUTO b = BUF_INIT(1000);

	(void)state;
	buf_imap_header_fields(&b, header, &s);
	assert_str("fields", buf_str(&b), STR("To: a\r\nto: d\r\n\r\n"));
	buf_clear(&b);
	s.text = IMAP_SECTION_FIELDS_NOT;
	buf_imap_header_fields(&b, header, &s);
	assert_str("not", buf_str(&b), STR("Cc: b\r\n c\r\nX: e\r\n\r\n"));
}

static const struct {
	bool partial;
	uint64_t offset, count, n, at, got;
} partials[] = {
	{false, 0, 0, 10, 0, 10},        {true, 0, 5, 10, 0, 5},
	{true, 5, 5, 10, 5, 5},          {true, 5, 6, 10, 5, 5},
	{true, 10, 1, 10, 10, 0},        {true, 11, 1, 10, 10, 0},
	{true, 0, INT64_MAX, 10, 0, 10}, {true, INT64_MAX, INT64_MAX, 10, 10, 0},
	{true, 3, UINT64_MAX, 10, 3, 7},
};

static void test_partial(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(partials); i++) {
		struct imap_fetch_att att = {.partial = partials[i].partial,
					     .offset = partials[i].offset,
					     .count = partials[i].count};
		uint64_t at, n;

		imap_partial(&att, partials[i].n, &at, &n);
		assert_int_equal(at, partials[i].at);
		assert_int_equal(n, partials[i].got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_partial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
