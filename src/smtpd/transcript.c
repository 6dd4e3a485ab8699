/* The protocol transcript: RC is what the client says, LC what we say (doc/design.md §2, levels
 * trace, traceauth for credentials, tracedata for messages). */
#include "smtpd/session.h"

/* What is hidden below its level still shows that something was there. */
void smtpd_trace_in(struct smtpd *s, struct str line, enum log_level level)
{
	if (log_enabled(&s->base.log, level))
		LOG_AT(&s->base.log, level, "RC:", F_STR("line", line));
	else
		log_trace(&s->base.log, "RC:", F_Z("line", "***"));
}

void smtpd_trace_out(struct smtpd *s, size_t from)
{
	struct str rest = str_from(buf_str(conn_out(&s->base.conn)), from), line;

	if (!log_enabled(&s->base.log, LOG_TRACE))
		return;
	while (str_cut(rest, '\n', &line, &rest))
		log_trace(&s->base.log, "LC:", F_STR("line", str_trim(line)));
}

void smtpd_trace_data(struct smtpd *s, struct str octets)
{
	LOG_AT(&s->base.log, LOG_TRACEDATA, "RC:", F_STR("data", octets));
}
