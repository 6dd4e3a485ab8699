/* AUTH: RFC 4954. The mechanisms are sasl's; whether a password is right is answered by the role
 * that holds the verifiers. */
#include "smtpd/count.h"
#include "smtpd/session.h"

#include "base/base64.h"

enum {
	FAILURES_FREE = 3, /* as many may fail before the next one waits */
	CHALLENGE_MAX = 1024,
};

static struct smtp_reply check(struct smtpd *s, const struct smtp_cmd *cmd)
{
	if (!s->settings->submission)
		return smtp_reply_of(SMTP_REPLY_NOT_OFFERED);
	if (smtpd_is_authenticated(s))
		return smtp_reply_of(SMTP_REPLY_AUTH_ALREADY);
	if (s->settings->require_tls && !s->base.conn.tls)
		return smtp_reply_of(SMTP_REPLY_AUTH_NEEDS_TLS);
	if (!sasl_mech_find(cmd->auth.mech))
		return smtp_reply_of(SMTP_REPLY_AUTH_MECHANISM);
	return SMTPD_ALLOWED;
}

static void exchange_end(struct smtpd *s)
{
	sasl_server_fini(&s->sasl);
	s->mode = SMTPD_COMMANDS;
}

static void exchange_fail(struct smtpd *s, enum smtp_reply_code code)
{
	smtpd_count_login(s, code == SMTP_REPLY_AUTH_ABORTED ? ERR_CANCELED : ERR_SYNTAX);
	exchange_end(s);
	smtpd_reply_code(s, code);
}

/* RFC 4954 §4: 334 and the challenge in base64. */
static void challenge_send(struct smtpd *s, struct str challenge)
{
	struct smtp_reply r = smtp_reply_of(SMTP_REPLY_AUTH_CHALLENGE);
	BUF_AUTO text = BUF_INIT(CHALLENGE_MAX);

	buf_base64(&text, challenge);
	r.text = buf_str(&text);
	s->mode = SMTPD_AUTH_RESPONSE;
	smtpd_reply(s, &r);
}

static void logged_in(struct smtpd *s, const struct smtpd_answer *a)
{
	s->peer.account = arena_dup(&s->login_mem, str_z(a->account));
	s->peer.login = arena_dup(&s->login_mem, buf_str(&s->sasl.user));
	s->auth_failures = 0;
	conn_set_slow(&s->base.conn, false);
	session_set_key(&s->base, str_hash(s->peer.account, 0) | 1);
	log_info(&s->base.log, "login", F_STR("account", s->peer.account),
		 F_STR("username", s->peer.login));
	smtpd_reply_code(s, SMTP_REPLY_AUTH_OK);
}

/* The message is fixed: fail2ban and the like look for it. */
static void login_failed(struct smtpd *s, enum err_code code)
{
	log_info(&s->base.log, "failed authentication attempt",
		 F_STR("username", buf_str(&s->sasl.user)), F_STR("remote", s->base.log.peer),
		 F_Z("code", err_row(code)->name));
	if (++s->auth_failures >= FAILURES_FREE)
		conn_set_slow(&s->base.conn, true);
	smtpd_reply_err(s, code);
}

static void answered(struct smtpd *s)
{
	struct smtpd_answer timeout = {.code = ERR_AUTH_TEMP};
	const struct smtpd_answer *a = s->call ? &s->call->answer : &timeout;

	smtpd_count_login(s, a->code);
	if (a->code == ERR_NONE)
		logged_in(s, a);
	else
		login_failed(s, a->code);
	smtpd_call_end(s);
	exchange_end(s);
}

static void ask(struct smtpd *s)
{
	struct smtpd_call *call = smtpd_park_call(s, SMTPD_LOGIN_TIMEOUT, answered);

	if (!call) {
		exchange_end(s);
		smtpd_reply_err(s, ERR_RESOURCES);
		return;
	}
	s->env->login(s->env->arg, s->config, call, &s->peer, buf_str(&s->sasl.user),
		      secret_view(&s->sasl.password));
}

/* Who keeps guessing waits longer each time. */
static void credentials(struct smtpd *s)
{
	if (s->auth_failures > FAILURES_FREE)
		smtpd_park_delay(s, (s->auth_failures - FAILURES_FREE) * NS_PER_S, ask);
	else
		ask(s);
}

static void response(struct smtpd *s, struct str octets)
{
	struct str challenge = STR("");

	switch (sasl_server_step(&s->sasl, octets, &challenge)) {
	case SASL_CHALLENGE: challenge_send(s, challenge); break;
	case SASL_CREDENTIALS: credentials(s); break;
	case SASL_MALFORMED: exchange_fail(s, SMTP_REPLY_AUTH_SYNTAX); break;
	case SASL_AUTHZID: exchange_fail(s, SMTP_REPLY_AUTHZID); break;
	}
}

/* RFC 4954 §4: "*" cancels; anything else is base64. */
static void response_base64(struct smtpd *s, struct str text)
{
	BUF_AUTO octets = BUF_INIT(LIMIT_SMTP_AUTH_LINE);

	if (str_eq(text, STR("*")))
		exchange_fail(s, SMTP_REPLY_AUTH_ABORTED);
	else if (!base64_decode(text, &octets))
		exchange_fail(s, SMTP_REPLY_AUTH_BASE64);
	else
		response(s, buf_str(&octets));
	if (octets.p)
		secret_wipe(octets.p, octets.cap);
}

static void run(struct smtpd *s, const struct smtp_cmd *cmd)
{
	sasl_server_init(&s->sasl, sasl_mech_find(cmd->auth.mech));
	if (!cmd->auth.has_initial)
		challenge_send(s, s->sasl.mech->first_challenge);
	else if (str_eq(cmd->auth.initial, STR("=")))
		response(s, STR(""));
	else
		response_base64(s, cmd->auth.initial);
}

bool smtpd_auth_input(struct smtpd *s)
{
	struct str line;

	if (!smtpd_line(s, LIMIT_SMTP_AUTH_LINE, &line))
		return s->parked;
	smtpd_trace_in(s, line, LOG_TRACEAUTH);
	/* Back to commands unless another challenge is sent. */
	s->mode = SMTPD_COMMANDS;
	response_base64(s, line);
	conn_take(&s->base.conn, line.n + 2);
	return true;
}

/* RFC 4954 §4: not during a transaction. */
const struct smtpd_command smtpd_cmd_auth = {
	.verb = SMTP_AUTH, .states = SMTPD_HELLO, .check = check, .run = run, .rfc = "RFC 4954 §4"};
