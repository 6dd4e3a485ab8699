/* IDLE: RFC 9051 §6.3.13, RFC 2177. */
#include "imapd/command.h"

static void line(struct imapd *s, struct str text)
{
	s->idle = false;
	if (str_eq_nocase(text, STR("DONE")))
		imapd_ok(s, STR(""), STR("done"));
	else
		imapd_bye(s, STR("CLIENTBUG"), STR("DONE expected"));
}

void imapd_cmd_idle(struct imapd *s, struct cur *c)
{
	if (!imapd_args_end(s, c))
		return;
	s->line = line;
	s->idle = true;
	imapd_continue(s, STR("idling"));
}
