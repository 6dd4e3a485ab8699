#include "cli/envelope.h"

/* A quoted local part without its quotes; another as it is. */
static void local_unquote(struct str s, struct buf *ret)
{
	bool quoted = s.n > 1 && s.p[0] == '"' && s.p[s.n - 1] == '"';

	if (quoted)
		s = str_sub(s, 1, s.n - 1);
	for (size_t i = 0; i < s.n; i++) {
		if (quoted && s.p[i] == '\\' && i + 1 < s.n)
			i++;
		buf_char(ret, s.p[i]);
	}
}

/* local@domain, also in angle brackets; a domain alone; nothing, or <>, is the null path. */
static void sender_parse(struct str s, struct buf *local, struct spf_args *ret)
{
	if (str_starts(s, STR("<")) && str_ends(s, STR(">")))
		s = str_sub(s, 1, s.n - 1);
	ssize_t at = str_rchr(s, '@');

	local_unquote(str_sub(s, 0, at < 0 ? 0 : (size_t)at), local);
	ret->local = buf_str(local);
	ret->domain = str_from(s, (size_t)(at + 1));
}

struct err cli_envelope_read(struct cli *c, struct buf *local, struct spf_args *ret)
{
	struct str ip = str_z(cli_flag(c, "ip"));

	if (!ip.n)
		return err_make(ERR_USAGE, "-ip is missing: the address of the client");
	if (!ip_parse(ip, &ret->ip))
		return err_make(ERR_USAGE, "-ip: not an IP address: \"%.*s\"", STR_ARG(ip));
	ret->helo = str_z(cli_flag(c, "helo"));
	sender_parse(str_z(cli_flag(c, "from")), local, ret);
	if (buf_failed(local))
		return err_make(ERR_USAGE, "-from: a local part of more than %zu bytes",
				local->max);
	return ERR_OK;
}
