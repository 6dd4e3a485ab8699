/* The fields a server puts before a message (RFC 5321 §4.4). */
#include "format/date.h"
#include "smtpd/smtpd.h"
#include "verify/verify.h"

/* RFC 3848, RFC 6531 §4.3. */
static void protocol(struct buf *b, const struct smtpd_message *m)
{
	if (m->smtputf8)
		buf_str_add(b, STR("UTF8SMTP"));
	else
		buf_str_add(b, m->peer->ehlo ? STR("ESMTP") : STR("SMTP"));
	if (m->peer->tls)
		buf_char(b, 'S');
	if (m->peer->account.n)
		buf_char(b, 'A');
}

static void address_literal(struct buf *b, struct ip ip)
{
	struct smtp_host h = {.ip = ip};

	buf_smtp_host(b, &h);
}

/* RFC 5321 §4.4 TCP-info: the name that the DNS has for the address, if that name has the address,
 * too. */
static void reverse_name(struct buf *b, const struct smtpd_message *m)
{
	const struct iprev_result *i = m->verify ? &m->verify->result.iprev : NULL;

	if (i && i->result == AUTH_PASS)
		buf_strs(b, i->name, STR(" "));
}

/* Where a user sits is nobody's business: a submitted message comes from this server. */
static void from_clause(struct buf *b, const struct smtpd_message *m)
{
	buf_str_add(b, STR("Received: from "));
	if (m->settings->submission) {
		buf_str_add(b, m->settings->hostname);
		return;
	}
	buf_smtp_host(b, &m->peer->hello);
	if (ip_is_set(m->peer->remote.ip)) {
		buf_str_add(b, STR(" ("));
		reverse_name(b, m);
		address_literal(b, m->peer->remote.ip);
		buf_char(b, ')');
	}
}

static void by_clause(struct buf *b, const struct smtpd_message *m)
{
	buf_strs(b, STR("\r\n\tby "), m->settings->hostname);
	if (ip_is_set(m->peer->local.ip)) {
		buf_str_add(b, STR(" ("));
		address_literal(b, m->peer->local.ip);
		buf_char(b, ')');
	}
}

static void received(struct buf *b, const struct smtpd_message *m, const struct smtpd_rcpt *rcpt)
{
	from_clause(b, m);
	by_clause(b, m);
	buf_str_add(b, STR(" via tcp with "));
	protocol(b, m);
	if (m->requiretls)
		buf_str_add(b, STR(" (requiretls)"));
	buf_strs(b, STR("\r\n\tid "), m->id);
	if (m->peer->tls)
		buf_strs(b, STR(" ("), str_z(m->peer->tls->version), STR(" "),
			 str_z(m->peer->tls->cipher), STR(")"));
	buf_str_add(b, STR("\r\n\tfor "));
	buf_smtp_path(b, &rcpt->to);
	buf_str_add(b, STR(";\r\n\t"));
	buf_date(b, m->received, 0);
	buf_str_add(b, STR("\r\n"));
}

void smtpd_prefix(struct buf *b, const struct smtpd_message *m, const struct smtpd_rcpt *rcpt)
{
	buf_str_add(b, STR("Delivered-To: "));
	buf_smtp_mailbox(b, &rcpt->to);
	buf_str_add(b, STR("\r\nReturn-Path: "));
	buf_smtp_path(b, &m->from);
	buf_str_add(b, STR("\r\n"));
	/* RFC 8601 §5 NOT: fields of others that claim to be ours are not deleted, because a
	 * message's bytes are kept as they came. Ours stands above our Received, where no other
	 * can. */
	buf_str_add(b, m->results);
	received(b, m, rcpt);
	buf_str_add(b, m->added);
}
