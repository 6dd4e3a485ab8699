#include "sasl/count.h"

static struct str result_of(enum err_code code)
{
	switch (code) {
	case ERR_NONE: return STR("ok");
	case ERR_AUTH: return STR("badcreds");
	case ERR_CANCELED: return STR("aborted");
	default: return STR("error");
	}
}

void sasl_count(struct metrics *m, struct str kind, struct str mechanism, enum err_code code)
{
	char variant[METRIC_LABEL_MAX];

	if (code == ERR_RATE_LIMIT) {
		METRIC_ADD(m, AUTHENTICATION_RATELIMITED, 1, kind);
		return;
	}
	METRIC_ADD(m, AUTHENTICATION, 1, kind, str_lower(mechanism, variant, sizeof(variant)),
		   result_of(code));
}
