#include "verify/auth.h"
#include "base/attr.h"

static const struct str names[AUTH_RESULT_N] = {
	[AUTH_NONE] = STR_INIT("none"),           [AUTH_PASS] = STR_INIT("pass"),
	[AUTH_FAIL] = STR_INIT("fail"),           [AUTH_SOFTFAIL] = STR_INIT("softfail"),
	[AUTH_NEUTRAL] = STR_INIT("neutral"),     [AUTH_POLICY] = STR_INIT("policy"),
	[AUTH_TEMPERROR] = STR_INIT("temperror"), [AUTH_PERMERROR] = STR_INIT("permerror"),
};

struct str auth_result_name(enum auth_result r)
{
	return names[r];
}

bool auth_result_parse(struct str s, enum auth_result *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_nocase(s, names[i])) {
			*ret = (enum auth_result)i;
			return true;
		}
	}
	return false;
}
