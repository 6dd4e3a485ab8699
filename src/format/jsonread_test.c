#include "base/test.h"

#include "format/jsonread.h"

/* RFC 8259, RFC 7493 §2. */
static void documents(void **state)
{
	static const struct {
		const char *name, *s;
		enum err_code want;
	} cases[] = {
		{"object", "{\"a\": [1, -2.5e3, true, null, \"x\"]}", ERR_NONE},
		{"value alone", " 1 ", ERR_NONE},
		{"byte order mark", "\xef\xbb\xbf{}", ERR_NONE},
		{"escapes", "\"\\u00fc\\ud83d\\ude00\\\"\\\\{{\"", ERR_NONE},
		{"nothing", "", ERR_SYNTAX},
		{"cut off", "{\"a\"", ERR_SYNTAX},
		{"cut off in a string", "\"a\\", ERR_SYNTAX},
		{"more behind", "{} x", ERR_SYNTAX},
		{"name twice", "{\"a\": 1, \"a\": 2}", ERR_SYNTAX},
		{"comma at the end", "[1,]", ERR_SYNTAX},
		{"not UTF-8", "\"\xff\"", ERR_SYNTAX},
		{"overlong", "\"\xc0\xaf\"", ERR_SYNTAX},
		{"half a surrogate pair", "\"\\ud83d\"", ERR_SYNTAX},
		{"U+0000", "\"\\u0000\"", ERR_SYNTAX},
		{"control character", "\"\n\"", ERR_SYNTAX},
		{"leading zero", "01", ERR_SYNTAX},
		{"too large a number", "99999999999999999999", ERR_SYNTAX},
		{"not a number", "NaN", ERR_SYNTAX},
		{"single quotes", "{'a': 1}", ERR_SYNTAX},
		{"comment", "/**/{}", ERR_SYNTAX},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		JSON_AUTO *j = NULL;

		if (!err_is(jsonread(str_z(cases[i].s), &j), cases[i].want))
			fail_msg("%s", cases[i].name);
	}
}

static struct err read_repeated(const char *before, const char *what, size_t n, const char *after)
{
	BUF_AUTO text = BUF_INIT(JSONREAD_SIZE_MAX + 1000);
	JSON_AUTO *j = NULL;

	buf_str_add(&text, str_z(before));
	if (strlen(what) == 1)
		buf_char_n(&text, what[0], n);
	else
		for (size_t i = 0; i < n; i++)
			buf_str_add(&text, str_z(what));
	buf_str_add(&text, str_z(after));
	assert_false(buf_failed(&text));
	return jsonread(buf_str(&text), &j);
}

static void limits(void **state)
{
	/* One value for the array, one for each element. */
	assert_err(read_repeated("[", "1,", JSONREAD_VALUES_MAX - 2, "1]"), ERR_NONE);
	assert_err(read_repeated("[", "1,", JSONREAD_VALUES_MAX - 1, "1]"), ERR_LIMIT);
	assert_err(read_repeated("[", "{},", JSONREAD_VALUES_MAX, "{}]"), ERR_LIMIT);
	assert_err(read_repeated("[\"", "{[,:", JSONREAD_VALUES_MAX, "\"]"), ERR_NONE);
	assert_err(read_repeated("", "[", JSONREAD_LEVELS_MAX, ""), ERR_SYNTAX);
	assert_err(read_repeated("", "[", JSONREAD_LEVELS_MAX + 1, ""), ERR_LIMIT);
	assert_err(read_repeated("", "{\"\":", 1000000, ""), ERR_LIMIT);
	assert_err(read_repeated("1", " ", JSONREAD_SIZE_MAX - 1, ""), ERR_NONE);
	assert_err(read_repeated("1", " ", JSONREAD_SIZE_MAX, ""), ERR_TOO_BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
