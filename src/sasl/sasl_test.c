#include "base/test.h"

#include "sasl/sasl.h"

static void plain(void **state)
{
	static const struct {
		struct str response;
		enum sasl_verdict want;
	} cases[] = {
		{STR_INIT("\0tim\0tanstaaftanstaaf"), SASL_CREDENTIALS},
		{STR_INIT("tim\0tim\0tanstaaftanstaaf"), SASL_CREDENTIALS},
		{STR_INIT("Ursel\0Kurt\0xipj3plmq"), SASL_AUTHZID},
		{STR_INIT("\0tim\0"), SASL_MALFORMED},
		{STR_INIT("\0\0secret"), SASL_MALFORMED},
		{STR_INIT("\0tim"), SASL_MALFORMED},
		{STR_INIT("tim"), SASL_MALFORMED},
		{STR_INIT(""), SASL_MALFORMED},
		{STR_INIT("\0tim\0a\0b"), SASL_MALFORMED},
		{STR_INIT("\0tim\0\xff"), SASL_MALFORMED},
		{STR_INIT("\0\xc3\xa9\0\xc3\xa9"), SASL_CREDENTIALS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sasl_server s;
		struct str challenge;

		sasl_server_init(&s, sasl_mech_find(STR("plain")));
		enum sasl_verdict got = sasl_server_step(&s, cases[i].response, &challenge);

		if (got != cases[i].want)
			fail_msg("case %zu: %d", i, (int)got);
		assert_int_equal(secret_is_set(&s.password), got == SASL_CREDENTIALS);
		if (i == 0) {
			assert_str("user", buf_str(&s.user), STR("tim"));
			assert_true(secret_eq(&s.password, STR("tanstaaftanstaaf")));
		}
		sasl_server_fini(&s);
	}
}

static void login(void **state)
{
	struct sasl_server s;
	struct str challenge;

	(void)state;
	sasl_server_init(&s, sasl_mech_find(STR("LOGIN")));
	assert_str("first", s.mech->first_challenge, STR("Username:"));
	assert_int_equal(sasl_server_step(&s, STR("tim"), &challenge), SASL_CHALLENGE);
	assert_str("second", challenge, STR("Password:"));
	assert_int_equal(sasl_server_step(&s, STR("secret"), &challenge), SASL_CREDENTIALS);
	assert_str("user", buf_str(&s.user), STR("tim"));
	assert_true(secret_eq(&s.password, STR("secret")));
	sasl_server_fini(&s);

	sasl_server_init(&s, sasl_mech_find(STR("LOGIN")));
	assert_int_equal(sasl_server_step(&s, STR(""), &challenge), SASL_MALFORMED);
	sasl_server_fini(&s);
}

static enum sasl_verdict login_with_user_of(size_t n)
{
	static char user[SASL_VALUE_MAX + 1];
	struct sasl_server s;
	struct str challenge;

	memset(user, 'u', sizeof(user));
	sasl_server_init(&s, sasl_mech_find(STR("LOGIN")));
	enum sasl_verdict got = sasl_server_step(&s, str_of(user, n), &challenge);

	sasl_server_fini(&s);
	return got;
}

static void limits(void **state)
{
	(void)state;
	assert_int_equal(login_with_user_of(SASL_VALUE_MAX), SASL_CHALLENGE);
	assert_int_equal(login_with_user_of(SASL_VALUE_MAX + 1), SASL_MALFORMED);
}

static void mechanisms(void **state)
{
	(void)state;
	assert_null(sasl_mech_find(STR("XOAUTH2")));
	assert_str("strongest first", sasl_mech_at(0)->name, STR("PLAIN"));
	for (size_t i = 0; sasl_mech_at(i); i++)
		assert_ptr_equal(sasl_mech_find(sasl_mech_at(i)->name), sasl_mech_at(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(login),
		cmocka_unit_test(limits),
		cmocka_unit_test(mechanisms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
