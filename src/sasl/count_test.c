#include "base/test.h"

#include "sasl/count.h"

static void results(void **state)
{
	static const struct {
		enum err_code code;
		const char *want;
	} cases[] = {
		{ERR_NONE,
		 "mox_authentication_total{kind=\"imap\",variant=\"plain\",result=\"ok\"} 1\n"},
		{ERR_AUTH,
		 "mox_authentication_total{kind=\"imap\",variant=\"plain\",result=\"badcreds\"} 1\n"},
		{ERR_CANCELED,
		 "mox_authentication_total{kind=\"imap\",variant=\"plain\",result=\"aborted\"} 1\n"},
		{ERR_AUTH_TEMP,
		 "mox_authentication_total{kind=\"imap\",variant=\"plain\",result=\"error\"} 1\n"},
		{ERR_RATE_LIMIT, "mox_authentication_ratelimited_total{kind=\"imap\"} 1\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct metric_page *page = calloc(1, metric_page_size());
		BUF_AUTO text = BUF_INIT(1 << 20);
		struct metrics m;

		metrics_init(&m, page);
		sasl_count(&m, STR("imap"), STR("PLAIN"), cases[i].code);
		assert_true(metric_write(&page, 1, &text));
		if (str_find(buf_str(&text), str_z(cases[i].want), 0) < 0)
			fail_msg("%s is not in\n%.*s", cases[i].want, STR_ARG(buf_str(&text)));
		metrics_fini(&m);
		free(page);
	}
}

static void nowhere(void **state)
{
	sasl_count(NULL, STR("imap"), STR("PLAIN"), ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),
		cmocka_unit_test(nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
