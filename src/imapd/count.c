/* What the session counts: metrics of the IMAP server, in the page of its service. */
#include "sasl/count.h"
#include "base/metric.h"
#include "imapd/session.h"

static struct metrics *metrics_of(const struct imapd *s)
{
	return s->base.service->metrics;
}

void imapd_count_connection(struct imapd *s)
{
	METRIC_ADD(metrics_of(s), IMAPD_CONNECTION, 1,
		   s->base.service->implicit_tls ? STR("imaps") : STR("imap"));
}

void imapd_count_login(struct imapd *s, enum err_code code)
{
	bool command = s->command && str_eq(s->command->name, STR("LOGIN"));

	sasl_count(metrics_of(s), STR("imap"), command ? s->command->name : s->sasl.mech->name,
		   code);
}

static struct str result_of(const struct imapd *s)
{
	struct str answer = buf_str(&s->ended);

	if (str_starts(answer, STR("OK")))
		return STR("ok");
	if (str_starts(answer, STR("BAD")))
		return STR("badsyntax");
	return s->server_error ? STR("servererror") : STR("usererror");
}

void imapd_count_command(struct imapd *s)
{
	char room[METRIC_LABEL_MAX];
	struct str name = s->command ? str_lower(s->command->name, room, sizeof(room))
				     : STR("(unrecognized)");

	METRIC_OBSERVE(metrics_of(s), IMAPD_COMMAND, clock_mono(s->base.clock) - s->command_at,
		       name, result_of(s));
}
