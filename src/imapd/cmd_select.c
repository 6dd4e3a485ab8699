/* SELECT, EXAMINE, UNSELECT, CLOSE: RFC 9051 §6.3.2, §6.3.3, §6.4.1, §6.4.2; RFC 7162 §3.1.8. */
#include "imapd/user.h"

static void code_u64(struct imapd *s, const char *name, uint64_t v)
{
	BUF_AUTO code = BUF_INIT(100);

	buf_printf(&code, "%s %ju", name, (uintmax_t)v);
	imapd_untagged_ok(s, buf_str(&code), STR("-"));
}

static void selected_tell(struct imapd *s, const struct mailbox *m, uint32_t first_unseen)
{
	const struct imapd_view *v = imapd_view(s);
	struct buf *b = imapd_out(s);
	struct imapd_walk walk = {0};

	imapd_mailbox_flags_tell(s, m);
	imapd_permanentflags_tell(s, m);
	buf_printf(b, "* %ju EXISTS\r\n", (uintmax_t)uids_count(&v->uids));
	if (!imapd_is_enabled(s, IMAPD_REV2))
		buf_str_add(b, STR("* 0 RECENT\r\n"));
	if (first_unseen && !imapd_is_enabled(s, IMAPD_REV2))
		code_u64(s, "UNSEEN", imapd_view_seq(v, &walk, first_unseen));
	code_u64(s, "UIDVALIDITY", m->uidvalidity);
	code_u64(s, "UIDNEXT", m->uidnext);
	code_u64(s, "HIGHESTMODSEQ", m->highestmodseq);
	imapd_list_line(s, m);
}

static void select_mailbox(struct imapd *s, struct cur *c, bool readonly)
{
	struct imap_select args = {0};
	struct mailbox m;
	struct str name;
	uint32_t first_unseen;

	imap_x_sp(c);
	imap_x_select(c, &s->mem, &args);
	/* RFC 7162 §3.2.5: BAD without ENABLE QRESYNC. */
	if (args.qresync && !imapd_is_enabled(s, IMAPD_QRESYNC))
		cur_fail(c, "ENABLE QRESYNC first");
	if (!imapd_args_end(s, c))
		return;
	/* Whatever comes of it, the mailbox selected before is not any more. */
	if (s->state == IMAPD_SELECTED) {
		imapd_view_close(s);
		imapd_untagged_ok(s, STR("CLOSED"), STR("-"));
	}
	if (!imapd_name(s, args.mailbox, &name))
		return;
	struct err e = imapd_view_open(s, name, readonly, &m, &first_unseen);

	if (err_failed(e)) {
		imapd_fail(s, e);
		return;
	}
	if (args.condstore)
		s->enabled |= IMAPD_CONDSTORE;
	selected_tell(s, &m, first_unseen);
	if (args.qresync)
		e = imapd_qresync(s, &args, &m);
	if (err_failed(e)) {
		imapd_view_close(s);
		imapd_fail(s, e);
		return;
	}
	imapd_ok(s, readonly ? STR("READ-ONLY") : STR("READ-WRITE"), STR("selected"));
}

void imapd_cmd_select(struct imapd *s, struct cur *c)
{
	select_mailbox(s, c, false);
}

void imapd_cmd_examine(struct imapd *s, struct cur *c)
{
	select_mailbox(s, c, true);
}

void imapd_cmd_unselect(struct imapd *s, struct cur *c)
{
	if (!imapd_args_end(s, c))
		return;
	imapd_view_close(s);
	imapd_ok(s, STR(""), STR("unselected"));
}

void imapd_cmd_close(struct imapd *s, struct cur *c)
{
	const struct imapd_view *v = imapd_view(s);
	struct err e = ERR_OK;

	if (!imapd_args_end(s, c))
		return;
	if (!v->readonly) {
		uint64_t modseq;

		e = entry_expunge(imapd_account(s), v->mailbox, &v->uids, true, NULL, &modseq);
	}
	imapd_view_close(s);
	if (err_failed(e) && !err_is(e, ERR_NOT_FOUND))
		imapd_fail(s, e);
	else
		imapd_ok(s, STR(""), STR("closed"));
}
