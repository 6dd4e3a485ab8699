/* HELO and EHLO: RFC 5321 §4.1.1.1. Both end a transaction (§4.1.4). */
#include "smtpd/count.h"
#include "smtpd/session.h"

static void remember(struct smtpd *s, const struct smtp_cmd *cmd)
{
	s->state = SMTPD_HELLO;
	smtpd_transaction_reset(s);
	arena_reset(&s->hello_mem);
	s->peer.hello = smtp_host_dup(&s->hello_mem, &cmd->hello);
	s->peer.hello_text = arena_dup(&s->hello_mem, cmd->text);
	s->peer.ehlo = cmd->verb == SMTP_EHLO;
}

static void greet_helo(struct smtpd *s)
{
	struct buf *out = conn_out(&s->base.conn);
	size_t from = out->n;

	smtp_reply_line(out, 250, false, s->settings->hostname);
	smtpd_count_reply(s, 250, "");
	smtpd_trace_out(s, from);
}

static void helo_checked(struct smtpd *s)
{
	if (s->sender != SENDER_NO_NAME) {
		greet_helo(s);
		return;
	}
	smtpd_forget_peer(s);
	smtpd_reply_code(s, SMTP_REPLY_HELO_UNKNOWN);
}

/* Who says HELO today is seldom a mail server; one whose name the DNS does not know never is.
 * EHLO's name is only recorded: many real servers give one that does not resolve. */
static void helo(struct smtpd *s, const struct smtp_cmd *cmd)
{
	remember(s, cmd);
	if (s->settings->verify && !s->settings->localserve && s->peer.hello.name.n)
		smtpd_verify_helo(s, helo_checked);
	else
		greet_helo(s);
}

/* Under TLS or where TLS is not asked for: a plain password is for nobody else's eyes. */
static bool auth_offered(const struct smtpd *s)
{
	return s->settings->submission && (s->base.conn.tls || !s->settings->require_tls);
}

static void auth_line(struct smtpd *s, struct buf *line)
{
	const struct sasl_mech *m;

	buf_str_add(line, STR("AUTH"));
	for (size_t i = 0; (m = sasl_mech_at(i)); i++)
		buf_strs(line, STR(" "), m->name);
}

/* RFC 5321 §4.1.1.1 ehlo-line, in this order; the last one is written by the caller. */
static void extensions(struct smtpd *s, struct buf *lines)
{
	buf_str_add(lines, STR("PIPELINING\n")); /* RFC 2920 */
	buf_printf(lines, "SIZE %llu\n", (unsigned long long)s->settings->max_size);
	if (session_can_starttls(&s->base))
		buf_str_add(lines, STR("STARTTLS\n")); /* RFC 3207 */
	else if (s->base.conn.tls && s->settings->requiretls)
		buf_str_add(lines, STR("REQUIRETLS\n")); /* RFC 8689 */
	if (auth_offered(s)) {
		auth_line(s, lines);
		buf_char(lines, '\n');
	}
	buf_str_add(lines, STR("ENHANCEDSTATUSCODES\n8BITMIME\nCHUNKING\n"));
	buf_printf(lines, "LIMITS RCPTMAX=%u\n", s->settings->max_rcpt); /* RFC 9422 */
}

static void ehlo(struct smtpd *s, const struct smtp_cmd *cmd)
{
	struct buf *out = conn_out(&s->base.conn);
	size_t from = out->n;
	BUF_AUTO lines = BUF_INIT(1024);
	struct str rest, line;

	remember(s, cmd);
	extensions(s, &lines);
	smtp_reply_line(out, 250, true, s->settings->hostname);
	rest = buf_str(&lines);
	while (str_cut(rest, '\n', &line, &rest))
		smtp_reply_line(out, 250, true, line);
	smtp_reply_line(out, 250, false, STR("SMTPUTF8"));
	smtpd_count_reply(s, 250, "");
	smtpd_trace_out(s, from);
}

const struct smtpd_command smtpd_cmd_helo = {
	.verb = SMTP_HELO, .states = SMTPD_ANY, .run = helo, .rfc = "RFC 5321 §4.1.1.1"};
const struct smtpd_command smtpd_cmd_ehlo = {
	.verb = SMTP_EHLO, .states = SMTPD_ANY, .run = ehlo, .rfc = "RFC 5321 §4.1.1.1"};
