/* ENABLE: RFC 9051 §6.3.1, RFC 5161. */
#include "imapd/user.h"

static const struct {
	struct str name;
	unsigned bits;
} extensions[] = {
	{STR_INIT("IMAP4rev2"), IMAPD_REV2},
	{STR_INIT("UTF8=ACCEPT"), IMAPD_UTF8}, /* RFC 9755 §3 */
	{STR_INIT("CONDSTORE"), IMAPD_CONDSTORE},
	{STR_INIT("QRESYNC"), IMAPD_QRESYNC},
};

/* RFC 7162 §3.1: the client learns where it begins, if a mailbox is open already. */
void imapd_condstore_enable(struct imapd *s)
{
	BUF_AUTO code = BUF_INIT(100);

	if (imapd_is_enabled(s, IMAPD_CONDSTORE))
		return;
	s->enabled |= IMAPD_CONDSTORE;
	if (s->state != IMAPD_SELECTED)
		return;
	buf_printf(&code, "HIGHESTMODSEQ %ju", (uintmax_t)imapd_view(s)->modseq);
	imapd_untagged_ok(s, buf_str(&code), STR("-"));
}

static void enable(struct imapd *s, struct str name, struct buf *told)
{
	for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
		if (!str_eq_nocase(extensions[i].name, name) ||
		    imapd_is_enabled(s, extensions[i].bits))
			continue;
		if (extensions[i].bits & (IMAPD_CONDSTORE | IMAPD_QRESYNC))
			imapd_condstore_enable(s);
		s->enabled |= extensions[i].bits;
		buf_strs(told, STR(" "), extensions[i].name);
	}
}

void imapd_cmd_enable(struct imapd *s, struct cur *c)
{
	struct imap_enable args = {0};
	BUF_AUTO told = BUF_INIT(1024);

	imap_x_enable(c, &s->mem, &args);
	if (!imapd_args_end(s, c))
		return;
	for (size_t i = 0; i < args.n; i++)
		enable(s, args.names[i], &told);
	buf_strs(imapd_out(s), STR("* ENABLED"), buf_str(&told), STR("\r\n"));
	imapd_ok(s, STR(""), STR("done"));
}
