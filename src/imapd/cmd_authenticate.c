/* AUTHENTICATE, RFC 9051 §6.2.2, with an initial response (RFC 4959). */
#include "base/base64.h"
#include "imapd/command.h"

static void exchange_bad(struct imapd *s, enum err_code code, struct str text)
{
	imapd_count_login(s, code);
	sasl_server_fini(&s->sasl);
	imapd_bad(s, text);
}

static void line(struct imapd *s, struct str text);

static void challenge_send(struct imapd *s, struct str challenge)
{
	s->line = line;
	buf_str_add(imapd_out(s), STR("+ "));
	buf_base64(imapd_out(s), challenge);
	buf_str_add(imapd_out(s), STR("\r\n"));
}

static void response(struct imapd *s, struct str octets)
{
	struct str challenge = STR("");

	switch (sasl_server_step(&s->sasl, octets, &challenge)) {
	case SASL_CHALLENGE: challenge_send(s, challenge); break;
	case SASL_CREDENTIALS: imapd_login(s); break;
	case SASL_MALFORMED: exchange_bad(s, ERR_SYNTAX, STR("response is malformed")); break;
	case SASL_AUTHZID:
		imapd_count_login(s, ERR_UNSUPPORTED);
		sasl_server_fini(&s->sasl);
		imapd_no(s, STR("AUTHORIZATIONFAILED"), STR("acting for others is not offered"));
		break;
	}
}

/* "*" cancels (BAD: RFC 9051 §6.2.2); anything else is base64. */
static void line(struct imapd *s, struct str text)
{
	BUF_AUTO octets = BUF_INIT(IMAP_LINE_MAX);

	s->line = NULL;
	if (str_eq(text, STR("*")))
		exchange_bad(s, ERR_CANCELED, STR("canceled"));
	else if (!base64_decode(text, &octets))
		exchange_bad(s, ERR_SYNTAX, STR("not base64"));
	else
		response(s, buf_str(&octets));
	if (octets.p)
		secret_wipe(octets.p, octets.cap);
}

static bool is_base64(char c)
{
	return ch_is_alnum(c) || c == '+' || c == '/' || c == '=';
}

void imapd_cmd_authenticate(struct imapd *s, struct cur *c)
{
	imap_x_sp(c);
	struct str name = imap_x_atom(c);
	bool has_initial = cur_opt(c, ' ');
	struct str initial =
		has_initial ? cur_xrun(c, is_base64, IMAP_LINE_MAX, "initial-resp") : STR("");
	const struct sasl_mech *mech = sasl_mech_find(name);

	if (!imapd_args_end(s, c))
		return;
	if (!mech) {
		imapd_no(s, STR("CANNOT"), STR("no such mechanism"));
		return;
	}
	if (mech->plaintext && !imapd_login_allowed(s))
		return;
	if (has_initial && !mech->initial) {
		imapd_bad(s, STR("the mechanism has no initial response"));
		return;
	}
	sasl_server_init(&s->sasl, mech);
	if (!has_initial)
		challenge_send(s, mech->first_challenge);
	else if (str_eq(initial, STR("=")))
		response(s, STR(""));
	else
		line(s, initial);
}
