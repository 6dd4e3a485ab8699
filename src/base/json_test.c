#include "base/test.h"

#include "base/attr.h"
#include "base/json.h"

static void structure(void **state)
{
	BUF_AUTO b = BUF_INIT(1000);
	struct json j = json_of(&b);

	(void)state;
	json_object_begin(&j);
	json_key(&j, STR("a"));
	json_array_begin(&j);
	json_array_begin(&j);
	json_array_end(&j);
	json_object_begin(&j);
	json_object_end(&j);
	json_u64(&j, UINT64_MAX);
	json_i64(&j, INT64_MIN);
	json_nothing(&j);
	json_array_end(&j);
	json_key(&j, STR("\"b\""));
	json_bool(&j, true);
	json_key(&j, STR("c"));
	json_raw(&j, STR("{\"x\":1}"));
	json_key(&j, STR("d"));
	json_str(&j, STR("y"));
	assert_false(json_complete(&j));
	json_object_end(&j);
	assert_true(json_complete(&j));
	assert_str("structure", buf_str(&b),
		   STR("{\"a\":[[],{},18446744073709551615,-9223372036854775808,null],"
		       "\"\\\"b\\\"\":true,\"c\":{\"x\":1},\"d\":\"y\"}"));
}

static void strings(void **state)
{
	static const struct {
		struct str s, want;
	} cases[] = {
		{STR_INIT(""), STR_INIT("\"\"")},
		{STR_INIT("a\"\\/\b\f\n\r\t"), STR_INIT("\"a\\\"\\\\/\\b\\f\\n\\r\\t\"")},
		{STR_INIT("\0\x1f\x7f"), STR_INIT("\"\\u0000\\u001f\\u007f\"")},
		{STR_INIT("</script>&"), STR_INIT("\"\\u003c/script\\u003e\\u0026\"")},
		{STR_INIT("gr\u00fcn \U0001f600"), STR_INIT("\"gr\u00fcn \U0001f600\"")},
		{STR_INIT("\u2028\u2029"), STR_INIT("\"\\u2028\\u2029\"")},
		{STR_INIT("a\xff\xe2\x82z"), STR_INIT("\"a\ufffd\ufffdz\"")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(100);

		buf_json(&b, cases[i].s);
		assert_str("string", buf_str(&b), cases[i].want);
	}
}

static void deep(void **state)
{
	BUF_AUTO b = BUF_INIT(1000);
	struct json j = json_of(&b);

	(void)state;
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_array_begin(&j);
	json_u64(&j, 1);
	json_u64(&j, 2);
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_array_end(&j);
	assert_true(json_complete(&j));
	assert_int_equal(b.n, 2 * JSON_DEPTH_MAX + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structure),
		cmocka_unit_test(strings),
		cmocka_unit_test(deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
