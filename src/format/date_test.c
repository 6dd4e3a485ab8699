#include "base/test.h"

#include "base/attr.h"
#include "format/date.h"

static void parse(void **state)
{
	static const struct {
		const char *in;
		int64_t want;
		int zone;
		bool known;
	} cases[] = {
		{"Mon, 2 Jan 2006 15:04:05 +0100", 1136210645, 60, true},
		{"2 Jan 2006 15:04:05 -0000", 1136214245, 0, false},
		{"2 Jan 2006 15:04:05 +0000", 1136214245, 0, true},
		{"2 Jan 2006 15:04:05", 1136214245, 0, false},
		{"2 Jan 2006 15:04:05 Z", 1136214245, 0, true},
		{"2 Jan 2006 15:04:05 J", 1136214245, 0, false},
		{"2 Jan 2006 15:04:05 CEST", 1136214245, 0, false},
		{"2 Jan 06 15:04:05 PDT", 1136239445, -420, true},
		{"2 Jan 106 15:04:05 GMT", 1136214245, 0, true},
		{"2-Jan-2006 15:04:05 GMT", 1136214245, 0, true},
		{"Monday, 02-Jan-06 15:04:05 GMT", 1136214245, 0, true},
		{"Mon Jan  2 15:04:05 2006", 1136214245, 0, false},
		{"Mon Jan  2 15:04:05 MST 2006", 1136239445, -420, true},
		{"Mon Jan  2 15:04:05 2006 -0700", 1136239445, -420, true},
		{"January 2, 2006 3:04:05 PM", 1136214245, 0, false},
		{"January 2, 2006 12:04 AM +0000", 1136160240, 0, true},
		{"2006-01-02T15:04:05Z", 1136214245, 0, true},
		{"2006-01-02T15:04:05.25+01:00", 1136210645, 60, true},
		{"2006-01-02 15:04:05 -0700", 1136239445, -420, true},
		{"Mon, 2 Jan 2006 15.04.05 GMT", 1136214245, 0, true},
		{"Mon,2 Jan 2006 15:04 GMT", 1136214240, 0, true},
		{"Mon, 2 Jan 2006 15 : 04 : 05 GMT+0200", 1136207045, 120, true},
		{"2 Jan 2006 15:04:05 +5:30", 1136194445, 330, true},
		{"2 Jan 2006 15:04:05 +0190", 1136214245, 0, false},
		{"31 Dec 2016 23:59:60 +0000", 1483228800, 0, true},
		{"29 Feb 2000 0:00:00 +0000", 951782400, 0, true},
		{"1 Jan 1900 00:00:00 +0000", -2208988800, 0, true},
		{"31 Dec 9999 23:59:59 +0000", 253402300799, 0, true},
		{"1 Jan 50 00:00 GMT", -631152000, 0, true},
		{"1 Jan 49 00:00 GMT", 2493072000, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct date d = {0};

		if (!date_parse(str_z(cases[i].in), &d) || d.unix_seconds != cases[i].want ||
		    d.zone != cases[i].zone || d.zone_known != cases[i].known)
			fail_msg("%s: got %lld zone %d %d", cases[i].in, (long long)d.unix_seconds,
				 d.zone, d.zone_known);
	}
}

static void refuse(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"now",
		"Mon",
		"Mon, ",
		"2 Jan",
		"2 Jan 2006",
		"2 Jan 2006 15",
		"2 Jan 2006 15:",
		"2 Jan 1899 15:04:05",
		"2 Jan 10000 15:04:05",
		"0 Jan 2006 15:04:05",
		"32 Jan 2006 15:04:05",
		"30 Feb 2004 15:04:05",
		"29 Feb 2100 15:04:05",
		"2 Jan 2006 24:00:00",
		"2 Jan 2006 15:60:00",
		"2 Jan 2006 15:04:61",
		"2 Jan 2006 13:04 PM",
		"2006-13-02T15:04:05Z",
		"2006-00-02T15:04:05Z",
		"2 (Jan 2006 15:04:05",
		"1/2/2006 15:04",
		"99999999999999999999 Jan 2006 15:04:05",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct date d;

		if (date_parse(str_z(cases[i]), &d))
			fail_msg("%s: %lld", cases[i], (long long)d.unix_seconds);
	}
}

static void field_vectors(void **state)
{
	BUF_AUTO file = BUF_INIT(1 << 20);
	struct str rest, in, want;
	size_t cases = 0;

	(void)state;
	test_data_read("test/data/fields/date.txt", &file);
	rest = buf_str(&file);
	for (; str_cut(rest, '\n', &in, &rest); cases++) {
		BUF_AUTO got = BUF_INIT(100), text = BUF_INIT(DATE_TEXT_MAX);
		struct date d;

		assert_true(str_starts(in, STR("> ")) && str_cut(rest, '\n', &want, &rest));
		for (size_t i = 2; i < in.n; i++) {
			if (in.p[i] == '\\')
				buf_char(&text, in.p[++i] == 'n' ? '\n' : '\t');
			else
				buf_char(&text, in.p[i]);
		}
		if (date_parse(buf_str(&text), &d))
			buf_printf(&got, "%lld %d", (long long)d.unix_seconds, d.zone);
		else
			buf_str_add(&got, STR("none"));
		if (!str_eq(buf_str(&got), want))
			assert_str("date.txt", in, want);
	}
	assert_int_equal(cases, 40);
}

/* From Python's datetime: year, month, day, days since 1970, weekday. */
static void calendar_samples(void **state)
{
	static const int cases[][5] = {
		{1, 1, 1, -719162, 1},     {9999, 12, 31, 2932896, 5}, {1970, 1, 1, 0, 4},
		{2000, 2, 29, 11016, 2},   {1900, 2, 28, -25509, 3},   {7154, 3, 2, 1893477, 2},
		{2934, 6, 8, 352252, 2},   {8519, 5, 26, 2392118, 5},  {4118, 4, 14, 784644, 4},
		{9132, 9, 12, 2616121, 1}, {7929, 10, 29, 2176781, 2}, {9664, 8, 2, 2810390, 6},
		{8497, 9, 16, 2384197, 1}, {7488, 9, 6, 2015657, 4},   {6087, 10, 10, 1503986, 5},
		{334, 2, 1, -597506, 4},   {9651, 3, 27, 2805513, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const int *c = cases[i];

		assert_int_equal(date_days(c[0], (unsigned)c[1], (unsigned)c[2]), c[3]);
		assert_int_equal(date_civil((int64_t)c[3] * 86400).weekday, c[4]);
	}
}

/* Every day from the year -400 to 10000 follows the one before. */
static void calendar_every_day(void **state)
{
	int64_t days = date_days(-400, 1, 1);
	struct date_civil want = {.year = -400, .month = 1, .day = 1};

	(void)state;
	while (want.year < 10000) {
		struct date_civil got = date_civil(days * 86400 + 86399);

		if (got.year != want.year || got.month != want.month || got.day != want.day ||
		    date_days(want.year, want.month, want.day) != days)
			fail_msg("%lld-%u-%u", (long long)want.year, want.month, want.day);
		assert_int_equal(got.hour * 10000 + got.minute * 100 + got.second, 235959);
		days++;
		if (++want.day > date_month_days(want.year, want.month)) {
			want.day = 1;
			want.month = want.month % 12 + 1;
			want.year += want.month == 1;
		}
	}
}

static void write_dates(void **state)
{
	BUF_AUTO b = BUF_INIT(1000);
	struct date d;

	(void)state;
	buf_date(&b, 1136210645, 60);
	assert_str("+0100", buf_str(&b), STR("Mon, 2 Jan 2006 15:04:05 +0100"));
	buf_clear(&b);
	buf_date(&b, 1136214245, -570);
	assert_str("-0930", buf_str(&b), STR("Mon, 2 Jan 2006 05:34:05 -0930"));
	buf_clear(&b);
	buf_date_rfc3339(&b, 1136214245);
	assert_str("RFC 3339", buf_str(&b), STR("2006-01-02T15:04:05Z"));
	assert_true(date_parse(STR("1 Jan 2006 00:30:00 +0100"), &d));
	assert_int_equal(date_day(&d), date_days(2006, 1, 1));
	assert_true(date_parse(STR("31 Dec 1969 23:30:00 -0100"), &d));
	assert_int_equal(date_day(&d), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(refuse),
		cmocka_unit_test(field_vectors),
		cmocka_unit_test(calendar_samples),
		cmocka_unit_test(calendar_every_day),
		cmocka_unit_test(write_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
