/* Commands of a few lines that know nothing of the store: CAPABILITY, NOOP, CHECK, LOGOUT, ID,
 * STARTTLS, COMPRESS, NAMESPACE. */
#include "imap/write.h"
#include "imapd/command.h"

void imapd_cmd_capability(struct imapd *s, struct cur *c)
{
	if (!imapd_args_end(s, c))
		return;
	buf_str_add(imapd_out(s), STR("* "));
	buf_imapd_capability(imapd_out(s), s);
	buf_str_add(imapd_out(s), STR("\r\n"));
	imapd_ok(s, STR(""), STR("done"));
}

/* Also CHECK: everything that was acknowledged is on the disk already. */
void imapd_cmd_noop(struct imapd *s, struct cur *c)
{
	if (imapd_args_end(s, c))
		imapd_ok(s, STR(""), STR("done"));
}

void imapd_cmd_logout(struct imapd *s, struct cur *c)
{
	if (!imapd_args_end(s, c))
		return;
	imapd_bye(s, STR(""), STR("logging out"));
	imapd_ok(s, STR(""), STR("done"));
}

/* RFC 2971 §3. The version is for users only. */
void imapd_cmd_id(struct imapd *s, struct cur *c)
{
	struct imap_id id = {0};
	struct str version = s->service->settings.version;

	imap_x_sp(c);
	imap_x_id(c, &s->mem, &id);
	if (!imapd_args_end(s, c))
		return;
	for (size_t i = 0; i < id.n; i++)
		log_info(&s->base.log, "client id", F_STR("field", id.pairs[i].field),
			 F_STR("value", id.pairs[i].value));
	buf_str_add(imapd_out(s), STR("* ID (\"name\" \"mox\""));
	if (s->user && version.n) {
		buf_str_add(imapd_out(s), STR(" \"version\" "));
		buf_imap_string(imapd_out(s), version);
	}
	buf_str_add(imapd_out(s), STR(")\r\n"));
	imapd_ok(s, STR(""), STR("done"));
}

/* RFC 9051 §6.2.1: nothing sent behind the command in plain text is a command. */
void imapd_cmd_starttls(struct imapd *s, struct cur *c)
{
	if (!imapd_args_end(s, c))
		return;
	if (!session_can_starttls(&s->base)) {
		imapd_bad(s, s->base.conn.tls ? STR("TLS is active") : STR("TLS is not offered"));
		return;
	}
	imapd_ok(s, STR(""), STR("go ahead"));
	s->starttls = true;
}

/* RFC 4978 §3. It works and is not announced: some clients announce more than they can. */
void imapd_cmd_compress(struct imapd *s, struct cur *c)
{
	imap_x_sp(c);
	struct str algorithm = imap_x_atom(c);

	if (!imapd_args_end(s, c))
		return;
	if (!str_eq_nocase(algorithm, STR("DEFLATE"))) {
		imapd_bad(s, STR("only DEFLATE is known"));
		return;
	}
	if (!session_can_deflate(&s->base)) {
		imapd_no(s, STR("COMPRESSIONACTIVE"), STR("compression is active"));
		return;
	}
	imapd_ok(s, STR(""), STR("DEFLATE active"));
	s->deflate = true;
}

void imapd_cmd_namespace(struct imapd *s, struct cur *c)
{
	if (!imapd_args_end(s, c))
		return;
	buf_str_add(imapd_out(s), STR("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"));
	imapd_ok(s, STR(""), STR("done"));
}
