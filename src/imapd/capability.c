#include "imapd/session.h"

/* What is offered always. Each name is announced only because all of it is there. */
static const char always[] =
	"IMAP4rev2 IMAP4rev1 APPENDLIMIT=%ju BINARY CHILDREN CONDSTORE CREATE-SPECIAL-USE ENABLE "
	"ESEARCH ID IDLE LIST-EXTENDED LIST-STATUS LITERAL- MOVE MULTIAPPEND NAMESPACE PREVIEW QRESYNC SASL-IR "
	"SAVEDATE SEARCHRES SPECIAL-USE STATUS=SIZE UIDPLUS UNSELECT UTF8=ACCEPT WITHIN";

static void mechanisms_write(struct buf *b, const struct imapd *s)
{
	bool tls = s->base.conn.tls || !s->service->settings.require_tls;
	const struct sasl_mech *m;

	for (size_t i = 0; (m = sasl_mech_at(i)); i++) {
		if (tls || !m->plaintext)
			buf_strs(b, STR(" AUTH="), m->name);
	}
	if (!tls)
		buf_str_add(b, STR(" LOGINDISABLED"));
}

void buf_imapd_capability(struct buf *b, const struct imapd *s)
{
	uint64_t max = s->service->settings.append_max;

	buf_str_add(b, STR("CAPABILITY "));
	buf_printf(b, always, (uintmax_t)(max ? max : IMAPD_APPEND_MAX));
	if (s->state != IMAPD_STRANGER)
		return;
	if (session_can_starttls(&s->base))
		buf_str_add(b, STR(" STARTTLS"));
	mechanisms_write(b, s);
}
