#include "imapd/command.h"

void imapd_cmd_login(struct imapd *s, struct cur *c)
{
	imap_x_sp(c);
	struct str user = imap_x_astring(c, &s->mem);

	imap_x_sp(c);
	struct str password = imap_x_astring(c, &s->mem);

	if (!imapd_args_end(s, c) || !imapd_login_allowed(s))
		return;
	/* PLAIN's machine checks lengths and encoding (RFC 4616 §2), so that both ways in agree. */
	BUF_AUTO response = BUF_INIT(2 * SASL_VALUE_MAX + 2);
	struct str challenge;

	buf_char(&response, '\0');
	buf_str_add(&response, user);
	buf_char(&response, '\0');
	buf_str_add(&response, password);
	sasl_server_init(&s->sasl, sasl_mech_find(STR("PLAIN")));
	if (!buf_failed(&response) &&
	    sasl_server_step(&s->sasl, buf_str(&response), &challenge) == SASL_CREDENTIALS) {
		imapd_login(s);
	} else {
		sasl_server_fini(&s->sasl);
		imapd_bad(s, STR("user name or password is not possible"));
	}
	if (response.p)
		secret_wipe(response.p, response.cap);
}
