/* The protocol transcript (doc/design.md §2). */
#include "imapd/session.h"

/* What is hidden below its level still shows that something was there. */
void imapd_trace_in(struct imapd *s, struct str text, bool secret)
{
	enum log_level level = secret ? LOG_TRACEAUTH : LOG_TRACE;

	if (log_enabled(&s->base.log, level))
		LOG_AT(&s->base.log, level, "RC:", F_STR("line", text));
	else
		log_trace(&s->base.log, "RC:", F_Z("line", "***"), F_STR("tag", s->tag));
}

void imapd_trace_data(struct imapd *s, struct str piece)
{
	LOG_AT(&s->base.log, LOG_TRACEDATA, "RC:", F_STR("data", piece));
}

void imapd_trace_out(struct imapd *s, struct str status)
{
	log_trace(&s->base.log, "LC:", F_STR("tag", s->tag), F_STR("line", str_trim(status)));
}
