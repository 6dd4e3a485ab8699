#include "base/test.h"

#include "base/buf.h"
#include "base/log.h"

static void sink(void *arg, struct str line)
{
	buf_str_add(arg, line);
}

static void values_are_escaped(void **state)
{
	struct log l;
	BUF_AUTO out = BUF_INIT(65536);
	struct log_ctx c = {.log = &l, .pkg = "smtpd", .cid = 0x1f, .peer = STR("127.0.0.1")};

	(void)state;
	log_init(&l, -1, LOG_INFO);
	l.sink = sink;
	l.sink_arg = &out;
	log_info(&c, "said hello", F_STR("name", STR("a b\r\nl=error \"x\\\x1b\xc2\x9b")),
		 F_U64("n", 7), F_STR("empty", STR("")), F_I64("i", -1), F_BOOL("ok", true));
	assert_str("escaped", buf_str(&out),
		   STR("l=info m=\"said hello\" pkg=smtpd cid=1f remote=127.0.0.1 "
		       "name=\"a b\\r\\nl=error \\\"x\\\\\\x1b\\xc2\\x9b\" n=7 empty=\"\" i=-1 "
		       "ok=true\n"));
}

static void levels_per_package(void **state)
{
	struct log l;
	BUF_AUTO out = BUF_INIT(65536);
	struct log_ctx a = {.log = &l, .pkg = "store"}, b = {.log = &l, .pkg = "imapd"};
	enum log_level lv;

	(void)state;
	log_init(&l, -1, LOG_INFO);
	l.sink = sink;
	l.sink_arg = &out;
	assert_ok(log_level_set(&l, STR("imapd"), LOG_TRACE));
	log_debug(&a, "not seen");
	log_trace(&b, "seen");
	assert_str("one line", buf_str(&out), STR("l=trace m=seen pkg=imapd\n"));
	assert_ok(log_level_set(&l, STR("imapd"), LOG_ERROR));
	assert_false(log_enabled(&b, LOG_INFO));
	assert_true(log_level_parse(STR("tracedata"), &lv));
	assert_int_equal(lv, LOG_TRACEDATA);
	assert_false(log_level_parse(STR("loud"), &lv));
}

static void long_value_is_named(void **state)
{
	struct log l;
	BUF_AUTO out = BUF_INIT(65536);
	struct log_ctx c = {.log = &l};
	static char big[20000];

	(void)state;
	log_init(&l, -1, LOG_INFO);
	l.sink = sink;
	l.sink_arg = &out;
	log_info(&c, "big", F_STR("v", str_of(big, sizeof(big))), F_U64("after", 1));
	assert_str("whole line", buf_str(&out), STR("l=info m=big v=(too-long) after=1\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_escaped),
		cmocka_unit_test(levels_per_package),
		cmocka_unit_test(long_value_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
