#include "base/test.h"

#include "smtp/limit.h"
#include "smtp/response.h"

/* Reads in steps of chunk octets. */
static enum smtp_response_verdict read_all(struct smtp_response *r, struct str in, size_t chunk,
					   struct str *ret_left)
{
	enum smtp_response_verdict v = SMTP_RESPONSE_MORE;
	size_t have = 0, taken = 0;

	while (v == SMTP_RESPONSE_MORE && have < in.n) {
		have = chunk && have + chunk < in.n ? have + chunk : in.n;
		struct str step = str_sub(in, taken, have), rest = step;

		v = smtp_response_read(r, &rest);
		taken += step.n - rest.n;
	}
	*ret_left = str_from(in, taken);
	return v;
}

static void replies(void **state)
{
	static const struct {
		const char *in;
		enum smtp_response_verdict want;
		unsigned code;
		const char *enhanced, *text, *left;
	} cases[] = {
		{"250 ok\r\n", SMTP_RESPONSE_DONE, 250, "", "ok", ""},
		{"250\r\n250 x\r\n", SMTP_RESPONSE_DONE, 250, "", "", "250 x\r\n"},
		{"250-a\r\n250-b\r\n250 c\r\nX", SMTP_RESPONSE_DONE, 250, "", "a\nb\nc", "X"},
		{"550 5.7.1 no\r\n", SMTP_RESPONSE_DONE, 550, "5.7.1", "5.7.1 no", ""},
		{"550 5.7.1\r\n", SMTP_RESPONSE_DONE, 550, "5.7.1", "5.7.1", ""},
		{"550 4.7.1 no\r\n", SMTP_RESPONSE_DONE, 550, "", "4.7.1 no", ""},
		{"550 5.7.1no\r\n", SMTP_RESPONSE_DONE, 550, "", "5.7.1no", ""},
		{"220 host\n", SMTP_RESPONSE_DONE, 220, "", "host", ""},
		{"250-a\r\n251 b\r\n", SMTP_RESPONSE_BAD, 250, "", "a", ""},
		{"25 a\r\n", SMTP_RESPONSE_BAD, 0, "", "", ""},
		{"250a\r\n", SMTP_RESPONSE_BAD, 0, "", "", ""},
		{"150 a\r\n", SMTP_RESPONSE_BAD, 0, "", "", ""},
		{"650 a\r\n", SMTP_RESPONSE_BAD, 0, "", "", ""},
		{"\r\n", SMTP_RESPONSE_BAD, 0, "", "", ""},
		{"HTTP/1.1 400 Bad Request\r\n", SMTP_RESPONSE_BAD, 0, "", "", ""},
		{"250-a\r\n250", SMTP_RESPONSE_MORE, 250, "", "a", "250"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t chunk = 0; chunk < 3; chunk++) {
			struct smtp_response r;
			struct str left;

			smtp_response_init(&r);
			assert_int_equal(read_all(&r, str_z(cases[i].in), chunk, &left),
					 cases[i].want);
			assert_str(cases[i].in, left, str_z(cases[i].left));
			assert_str(cases[i].in, buf_str(&r.text), str_z(cases[i].text));
			if (cases[i].want == SMTP_RESPONSE_DONE) {
				assert_int_equal(r.code, cases[i].code);
				assert_str(cases[i].in, r.enhanced, str_z(cases[i].enhanced));
			}
			smtp_response_fini(&r);
		}
	}
}

static enum smtp_response_verdict line_of(size_t n)
{
	struct smtp_response r;
	BUF_AUTO b = BUF_INIT(8192);
	struct str left;

	buf_str_add(&b, STR("250 "));
	buf_char_n(&b, 'x', n - 5);
	buf_char(&b, '\n');
	smtp_response_init(&r);
	enum smtp_response_verdict v = read_all(&r, buf_str(&b), 0, &left);

	smtp_response_fini(&r);
	return v;
}

static enum smtp_response_verdict lines_of(size_t n)
{
	struct smtp_response r;
	BUF_AUTO b = BUF_INIT(1 << 20);
	struct str left;

	for (size_t i = 1; i < n; i++)
		buf_str_add(&b, STR("250-twenty octets of text\r\n"));
	buf_str_add(&b, STR("250 x\r\n"));
	smtp_response_init(&r);
	enum smtp_response_verdict v = read_all(&r, buf_str(&b), 100, &left);

	assert_true(r.text.n <= LIMIT_SMTP_RESPONSE && !buf_failed(&r.text));
	smtp_response_fini(&r);
	return v;
}

static void limits(void **state)
{
	(void)state;
	assert_int_equal(line_of(LIMIT_SMTP_RESPONSE_LINE), SMTP_RESPONSE_DONE);
	assert_int_equal(line_of(LIMIT_SMTP_RESPONSE_LINE + 1), SMTP_RESPONSE_BAD);
	assert_int_equal(lines_of(LIMIT_SMTP_RESPONSE_LINES), SMTP_RESPONSE_DONE);
	assert_int_equal(lines_of(LIMIT_SMTP_RESPONSE_LINES + 1), SMTP_RESPONSE_BAD);
}

static void offers(void **state)
{
	struct smtp_response r;
	struct str left;

	(void)state;
	smtp_response_init(&r);
	read_all(&r,
		 STR("250-SIZE 5 is my name\r\n"
		     "250-size 12345\r\n"
		     "250-PIPELINING\r\n"
		     "250-AUTH PLAIN login\r\n"
		     "250-XFOO bar\r\n"
		     "250-LIMITS MAILMAX=5 rcptmax=100 X\r\n"
		     "250 SMTPUTF8\r\n"),
		 1, &left);
	struct smtp_offer o = smtp_offer_of(&r);

	assert_int_equal(o.ext,
			 SMTP_EXT_SIZE | SMTP_EXT_PIPELINING | SMTP_EXT_AUTH | SMTP_EXT_SMTPUTF8);
	assert_int_equal(o.size_max, 12345);
	assert_int_equal(o.rcpt_max, 100);
	assert_true(smtp_offer_has_mech(&o, STR("LOGIN")));
	assert_false(smtp_offer_has_mech(&o, STR("LOG")));
	smtp_response_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(limits),
		cmocka_unit_test(offers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
