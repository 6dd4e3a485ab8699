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
	BUF_AUTO variant = BUF_INIT(METRIC_LABEL_MAX);

	if (code == ERR_RATE_LIMIT) {
		METRIC_ADD(m, AUTHENTICATION_RATELIMITED, 1, kind);
		return;
	}
	for (size_t i = 0; i < mechanism.n; i++)
		buf_char(&variant, ch_lower(mechanism.p[i]));
	METRIC_ADD(m, AUTHENTICATION, 1, kind, buf_str(&variant), result_of(code));
}
