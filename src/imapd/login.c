/* Checking credentials, for LOGIN and AUTHENTICATE. */
#include "imapd/session.h"

/* As many may fail before the next one waits; then the connection is slow, too. */
enum { FAILURES_FREE = 3 };

bool imapd_login_allowed(struct imapd *s)
{
	if (s->base.conn.tls || !s->service->settings.require_tls)
		return true;
	imapd_no(s, STR("PRIVACYREQUIRED"), STR("STARTTLS is required"));
	return false;
}

/* The message is fixed: fail2ban and the like look for it. */
static void failed(struct imapd *s, enum err_code code)
{
	log_info(&s->base.log, "failed authentication attempt",
		 F_STR("username", buf_str(&s->sasl.user)), F_STR("remote", s->base.log.peer),
		 F_Z("code", err_row(code)->name));
	if (++s->auth_failures >= FAILURES_FREE)
		conn_set_slow(&s->base.conn, true);
	imapd_no(s, str_z(err_row(code)->imap), str_z(err_row(code)->text));
}

static void logged_in(struct imapd *s, struct str account)
{
	BUF_AUTO caps = BUF_INIT(4096);
	struct err e = imapd_user_new(s, account);

	if (err_failed(e)) {
		imapd_fail(s, e);
		return;
	}
	s->state = IMAPD_USER;
	s->auth_failures = 0;
	conn_set_slow(&s->base.conn, false);
	session_set_key(&s->base, str_hash(account, 0) | 1);
	s->base.read_timeout = IMAPD_READ_TIMEOUT;
	s->base.write_timeout = IMAPD_WRITE_TIMEOUT;
	s->reader.literal_max = IMAP_LITERAL_MAX;
	s->reader.literal_total = IMAP_LITERAL_TOTAL;
	log_info(&s->base.log, "login", F_STR("account", account),
		 F_STR("username", buf_str(&s->sasl.user)));
	buf_imapd_capability(&caps, s);
	imapd_ok(s, buf_str(&caps), STR("logged in"));
}

static void answered(struct imapd *s)
{
	bool done = s->call && question_is_answered(&s->call->question);
	struct imapd_answer a =
		done ? s->call->answer : (struct imapd_answer){.code = ERR_AUTH_TEMP};

	if (s->call)
		question_leave(&s->call->question);
	s->call = NULL;
	imapd_count_login(s, a.code);
	if (a.code == ERR_NONE)
		logged_in(s, str_z(a.account));
	else
		failed(s, a.code);
	sasl_server_fini(&s->sasl);
}

static void ask(struct imapd *s)
{
	s->call = question_new(&s->base, sizeof(*s->call), NULL);
	if (!s->call) {
		answered(s);
		return;
	}
	imapd_park(s, session_wait(clock_mono(s->base.clock) + IMAPD_LOGIN_TIMEOUT), answered);
	s->env->login(s->env->arg, s->call, &s->base, buf_str(&s->sasl.user),
		      secret_view(&s->sasl.password));
}

/* Who keeps guessing waits longer each time. */
void imapd_login(struct imapd *s)
{
	int64_t over = (int64_t)s->auth_failures - FAILURES_FREE;

	if (over > 0)
		imapd_park(s, session_delay(clock_mono(s->base.clock) + over * NS_PER_S), ask);
	else
		ask(s);
}
