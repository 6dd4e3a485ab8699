#include "base/test.h"

#include "smtp/limit.h"
#include "smtp/syntax.h"

enum { ALL = 31 };

static const struct smtp_syntax strangers = {.params = ALL};
static const struct smtp_syntax users = {.submission = true, .params = ALL};
static const struct smtp_syntax pedants = {.submission = true, .pedantic = true, .params = ALL};
static const struct smtp_syntax utf8_rcpt = {.utf8 = true, .params = ALL};
static const struct smtp_syntax few = {.params = SMTP_PARAM_SIZE};

/* A command as one line of text, to compare. */
static void print(struct buf *b, const struct smtp_cmd *c)
{
	buf_str_add(b, c->verb ? smtp_verb_name(c->verb) : STR("?"));
	if (smtp_host_is_set(&c->hello)) {
		buf_char(b, ' ');
		buf_smtp_host(b, &c->hello);
	}
	if (c->verb == SMTP_MAIL || c->verb == SMTP_RCPT) {
		buf_char(b, ' ');
		buf_smtp_path(b, &c->path);
	}
	if (c->mail.params & SMTP_PARAM_SIZE)
		buf_printf(b, " size=%llu", (unsigned long long)c->mail.size);
	if (c->mail.params & SMTP_PARAM_BODY)
		buf_printf(b, " body=%d", (int)c->mail.body);
	if (c->mail.params & SMTP_PARAM_AUTH)
		buf_strs(b, STR(" auth="), c->mail.auth);
	if (c->mail.params & SMTP_PARAM_SMTPUTF8)
		buf_str_add(b, STR(" utf8"));
	if (c->mail.params & SMTP_PARAM_REQUIRETLS)
		buf_str_add(b, STR(" requiretls"));
	if (c->verb == SMTP_BDAT)
		buf_printf(b, " %llu%s", (unsigned long long)c->bdat.size,
			   c->bdat.last ? " last" : "");
	if (c->auth.mech.n)
		buf_strs(b, STR(" "), c->auth.mech);
	if (c->auth.has_initial)
		buf_strs(b, STR(" "), c->auth.initial);
	if (c->verb != SMTP_EHLO && c->verb != SMTP_HELO && c->text.n)
		buf_strs(b, STR(" "), c->text);
}

static const struct {
	const char *line;
	const struct smtp_syntax *rules;
	const char *want;
	enum err_code code;
} cases[] = {
	{"EHLO a.example", &strangers, "EHLO a.example", 0},
	{"ehlo a.example  \t", &strangers, "EHLO a.example", 0},
	{"EHLO [192.0.2.1]", &strangers, "EHLO [192.0.2.1]", 0},
	{"EHLO [192.0.2.1] in the cellar", &strangers, "EHLO [192.0.2.1]", 0},
	{"EHLO [192.0.2.1]cellar", &strangers, "", ERR_SYNTAX},
	{"EHLO a.example cellar", &strangers, "", ERR_SYNTAX},
	{"EHLO [IPv6:2001:db8::1]", &strangers, "EHLO [IPv6:2001:db8::1]", 0},
	{"EHLO [2001:db8::1]", &strangers, "", ERR_SYNTAX},
	{"EHLO [2001:db8::1]", &users, "EHLO", 0},
	{"EHLO my laptop", &users, "EHLO", 0},
	{"EHLO", &users, "EHLO", 0},
	{"EHLO my laptop", &pedants, "", ERR_SYNTAX},
	{"EHLO", &strangers, "", ERR_SYNTAX},
	{"EHLO ", &strangers, "", ERR_SYNTAX},
	{"EHLO a_b.example", &strangers, "", ERR_SYNTAX},
	{"EHLO \xc3\xa9.example", &strangers, "", ERR_SYNTAX},
	{"HELO a.example", &strangers, "HELO a.example", 0},
	{"HELO [192.0.2.1]", &strangers, "", ERR_SYNTAX},

	{"MAIL FROM:<a@b.example>", &strangers, "MAIL <a@b.example>", 0},
	{"mail from:<>", &strangers, "MAIL <>", 0},
	{"MAIL FROM: <a@b.example>", &strangers, "MAIL <a@b.example>", 0},
	{"MAIL FROM: <a@b.example>", &pedants, "", ERR_SYNTAX},
	{"MAIL FROM:  <a@b.example>", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM :<a@b.example>", &strangers, "", ERR_SYNTAX},
	{"MAIL  FROM:<a@b.example>", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:a@b.example", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<postmaster>", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example>SIZE=1", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> size=012", &strangers, "MAIL <a@b.example> size=12", 0},
	{"MAIL FROM:<a@b.example> SIZE=99999999999999999999", &strangers,
	 "MAIL <a@b.example> size=18446744073709551615", 0},
	{"MAIL FROM:<a@b.example> SIZE=000000000000000000001", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> SIZE", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> SIZE=", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> SIZE=-1", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> SIZE=1x", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> SIZE=1=2", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> SIZE=1 SIZE=1", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example>  SIZE=1", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> BODY=8bitmime", &strangers, "MAIL <a@b.example> body=1", 0},
	{"MAIL FROM:<a@b.example> BODY=BINARYMIME", &strangers, "MAIL <a@b.example> body=2", 0},
	{"MAIL FROM:<a@b.example> BODY=7BIT", &strangers, "MAIL <a@b.example> body=0", 0},
	{"MAIL FROM:<a@b.example> BODY=9BIT", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> BODY=7BITS", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> AUTH=<>", &strangers, "MAIL <a@b.example> auth=<>", 0},
	{"MAIL FROM:<a@b.example> AUTH=e+3Dmc2@x.example", &strangers,
	 "MAIL <a@b.example> auth=e+3Dmc2@x.example", 0},
	{"MAIL FROM:<a@b.example> AUTH=e+3dmc2", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> AUTH=e+3", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> AUTH=e+", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<\xc3\xa9@b.example>", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<\xc3\xa9@b.example> SMTPUTF8", &strangers, "MAIL <\xc3\xa9@b.example> utf8",
	 0},
	{"MAIL FROM:<a@b.example> SMTPUTF8=1", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> REQUIRETLS SIZE=5", &strangers,
	 "MAIL <a@b.example> size=5 requiretls", 0},
	{"MAIL FROM:<a@b.example> REQUIRETLS=y", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<a@b.example> SIZE=5 REQUIRETLS", &few, "", ERR_PARAMETER},
	{"MAIL FROM:<a@b.example> X-COLOUR=red", &strangers, "", ERR_PARAMETER},
	{"MAIL FROM:<a@b.example> RET=HDRS", &strangers, "", ERR_PARAMETER},
	{"MAIL FROM:<a@b.example> =5", &strangers, "", ERR_SYNTAX},
	{"MAIL FROM:<\"> SIZE=1\"@b.example> SIZE=2", &strangers,
	 "MAIL <\"> SIZE=1\"@b.example> size=2", 0},
	{"MAIL", &strangers, "", ERR_SYNTAX},

	{"RCPT TO:<a@b.example>", &strangers, "RCPT <a@b.example>", 0},
	{"rcpt to:<Postmaster>", &strangers, "RCPT <Postmaster>", 0},
	{"RCPT TO: <a@b.example>", &users, "RCPT <a@b.example>", 0},
	{"RCPT TO: <a@b.example>", &pedants, "", ERR_SYNTAX},
	{"RCPT TO:<>", &strangers, "", ERR_SYNTAX},
	{"RCPT TO:<a@b.example> NOTIFY=NEVER", &strangers, "", ERR_PARAMETER},
	{"RCPT TO:<a@b.example> =", &strangers, "", ERR_SYNTAX},
	{"RCPT TO:<a@b.example>x", &strangers, "", ERR_SYNTAX},
	{"RCPT TO:<\xc3\xa9@b.example>", &strangers, "", ERR_SYNTAX},
	{"RCPT TO:<\xc3\xa9@b.example>", &utf8_rcpt, "RCPT <\xc3\xa9@b.example>", 0},

	{"DATA", &strangers, "DATA", 0},
	{"data ", &strangers, "DATA", 0},
	{"DATA now", &strangers, "", ERR_SYNTAX},
	{"BDAT 10", &strangers, "BDAT 10", 0},
	{"bdat 0 last", &strangers, "BDAT 0 last", 0},
	{"BDAT", &strangers, "", ERR_SYNTAX},
	{"BDAT -1", &strangers, "", ERR_SYNTAX},
	{"BDAT 10 LASTLY", &strangers, "", ERR_SYNTAX},
	{"BDAT 9223372036854775808", &strangers, "", ERR_SYNTAX},
	{"RSET", &strangers, "RSET", 0},
	{"RSET x", &strangers, "", ERR_SYNTAX},
	{"NOOP", &strangers, "NOOP", 0},
	{"NOOP what ever", &strangers, "NOOP what ever", 0},
	{"QUIT", &strangers, "QUIT", 0},
	{"QUIT x", &strangers, "", ERR_SYNTAX},
	{"VRFY <a@b.example>", &strangers, "VRFY <a@b.example>", 0},
	{"VRFY", &strangers, "", ERR_SYNTAX},
	{"EXPN list", &strangers, "EXPN list", 0},
	{"HELP", &strangers, "HELP", 0},
	{"HELP MAIL", &strangers, "HELP MAIL", 0},
	{"STARTTLS", &strangers, "STARTTLS", 0},
	{"STARTTLS now", &strangers, "", ERR_SYNTAX},
	{"AUTH PLAIN", &strangers, "AUTH PLAIN", 0},
	{"AUTH plain AGEAYg==", &strangers, "AUTH plain AGEAYg==", 0},
	{"AUTH PLAIN =", &strangers, "AUTH PLAIN =", 0},
	{"AUTH PLAIN  AGEAYg==", &users, "AUTH PLAIN AGEAYg==", 0},
	{"AUTH PLAIN  AGEAYg==", &pedants, "", ERR_SYNTAX},
	{"AUTH", &strangers, "", ERR_SYNTAX},
	{"AUTH PLAIN a b", &strangers, "", ERR_SYNTAX},
	{"AUTH ABCDEFGHIJKLMNOPQRST", &strangers, "AUTH ABCDEFGHIJKLMNOPQRST", 0},
	{"AUTH ABCDEFGHIJKLMNOPQRSTU", &strangers, "", ERR_SYNTAX},

	{"", &strangers, "?", 0},
	{" EHLO a", &strangers, "?", 0},
	{"GET / HTTP/1.1", &strangers, "?", 0},
	{"MAILFROM:<a@b.example>", &strangers, "?", 0},
	{"NOOP a\tb", &strangers, "", ERR_SYNTAX},
	{"NOOP \x7f", &strangers, "", ERR_SYNTAX},
};

static void commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtp_cmd cmd;
		struct arena a;
		BUF_AUTO b = BUF_INIT(4096);

		arena_init(&a, 4096);
		struct err e = smtp_cmd_parse(str_z(cases[i].line), cases[i].rules, &a, &cmd);

		if (err_code(e) != cases[i].code)
			fail_msg("%s: %s %.*s", cases[i].line, err_row(err_code(e))->name,
				 STR_ARG(err_text(e)));
		if (err_is_ok(e)) {
			print(&b, &cmd);
			assert_str(cases[i].line, buf_str(&b), str_z(cases[i].want));
		}
		arena_fini(&a);
	}
}

static void nul_is_a_control(void **state)
{
	struct smtp_cmd cmd;
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	assert_err(smtp_cmd_parse(STR("NOOP \0"), &strangers, &a, &cmd), ERR_SYNTAX);
	assert_int_equal(cmd.verb, SMTP_NOOP);
	arena_fini(&a);
}

/* The operator reads where and why. */
static void failures_say_where(void **state)
{
	struct smtp_cmd cmd;
	struct arena a;

	(void)state;
	arena_init(&a, 4096);
	struct err e = smtp_cmd_parse(STR("MAIL FROM:<a@b..example> SIZE=1"), &strangers, &a, &cmd);

	assert_str("where", err_text(e), STR("MAIL: expected domain label at byte 15"));
	e = smtp_cmd_parse(STR("MAIL FROM:<a@b.example> SIZE=1 BODY=x"), &strangers, &a, &cmd);
	assert_str("in a value", err_text(e),
		   STR("MAIL: expected 7BIT, 8BITMIME or BINARYMIME at byte 36"));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(nul_is_a_control),
		cmocka_unit_test(failures_say_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
