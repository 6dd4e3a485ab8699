#include "base/test.h"

#include "smtpd/special.h"

static void local_parts(void **state)
{
	static const struct {
		const char *local;
		enum smtpd_special_at at;
		unsigned code; /* 0: nothing special */
		bool timeout;
	} cases[] = {
		{"mox", SMTPD_SPECIAL_MESSAGE, 0, false},
		{"xtemperror", SMTPD_SPECIAL_MESSAGE, 451, false},
		{"xtemperror", SMTPD_SPECIAL_RCPT, 0, false},
		{"temperror", SMTPD_SPECIAL_MAIL, 0, false},
		{"permerror", SMTPD_SPECIAL_MESSAGE, 550, false},
		{"rcpttopermerror", SMTPD_SPECIAL_RCPT, 550, false},
		{"rcpttopermerror", SMTPD_SPECIAL_MESSAGE, 0, false},
		{"mailfromx521", SMTPD_SPECIAL_MAIL, 521, false},
		{"a400", SMTPD_SPECIAL_MESSAGE, 400, false},
		{"a399", SMTPD_SPECIAL_MESSAGE, 0, false},
		{"a599", SMTPD_SPECIAL_MESSAGE, 599, false},
		{"a600", SMTPD_SPECIAL_MESSAGE, 0, false},
		{"1450", SMTPD_SPECIAL_MESSAGE, 450, false},
		{"50", SMTPD_SPECIAL_MESSAGE, 0, false},
		{"timeout", SMTPD_SPECIAL_MESSAGE, 451, true},
		{"mailfromtimeout", SMTPD_SPECIAL_MAIL, 451, true},
		{"mailfrom", SMTPD_SPECIAL_MAIL, 0, false},
		{"", SMTPD_SPECIAL_MESSAGE, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtpd_special got = {0};
		bool is = smtpd_special_of(str_z(cases[i].local), cases[i].at, &got);

		if (is != (cases[i].code != 0) || (is && got.code != cases[i].code) ||
		    (is && got.timeout != cases[i].timeout))
			fail_msg("%s: %d %u", cases[i].local, is, got.code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(local_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
