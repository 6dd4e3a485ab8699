/* COPY, MOVE, EXPUNGE: RFC 9051 §6.4.7, §6.4.8, §6.4.3; RFC 4315. What goes away is told with the
 * other changes, before the tagged answer. */
#include "imapd/user.h"

/* A COPYUID of more ranges than fit into a response line is left out: RFC 9051 §7.1 lets a server
 * that can't tell do so. */
enum { CODE_MAX = 60 << 10 };

static void uids_of_pairs(const struct copy_result *r, bool to, struct arena *a, struct buf *b)
{
	struct imap_seqset_build set = {.arena = a};

	for (size_t i = 0; i < r->n; i++)
		imap_seqset_add(&set, to ? r->pairs[i].to : r->pairs[i].from);
	if (set.failed)
		b->failed = true;
	buf_imap_seqset(b, set.set);
}

/* "COPYUID uidvalidity from to", RFC 9051 §7.1; empty if nothing was copied. */
static void copyuid_write(struct imapd *s, const struct copy_result *r, struct buf *b)
{
	if (r->n == 0)
		return;
	buf_printf(b, "COPYUID %u ", r->uidvalidity);
	uids_of_pairs(r, false, &s->mem, b);
	buf_char(b, ' ');
	uids_of_pairs(r, true, &s->mem, b);
	if (buf_failed(b))
		buf_clear(b);
}

/* sequence-set SP mailbox */
static bool args_read(struct imapd *s, struct cur *c, struct imap_seqset *ret_set,
		      struct str *ret_destination)
{
	imap_x_sp(c);
	*ret_set = imap_x_seqset(c, &s->mem);
	imap_x_sp(c);
	struct str written = imap_x_astring(c, &s->mem);

	return imapd_args_end(s, c) && imapd_name(s, written, ret_destination);
}

/* With a message number of which the message is gone, nothing is done: RFC 2180 §4.4.1. A uid that
 * is gone is passed over: RFC 9051 §6.4.9. */
static bool transfer(struct imapd *s, struct cur *c,
		     struct err (*how)(struct account *, const struct copy_args *, struct arena *,
				       struct copy_result *, bool *),
		     struct copy_result *ret)
{
	struct imap_seqset set;
	UIDS_AUTO uids = {0};
	struct copy_args args = {.mailbox = imapd_view(s)->mailbox, .uids = &uids, .all = !s->uid};
	bool no_destination = false;

	if (!args_read(s, c, &set, &args.destination) || !imapd_view_resolve(s, set, s->uid, &uids))
		return false;
	struct err e = how(imapd_account(s), &args, &s->mem, ret, &no_destination);

	if (no_destination)
		imapd_no(s, STR("TRYCREATE"), STR("no such mailbox"));
	else if (err_failed(e))
		imapd_fail(s, e);
	return err_is_ok(e) && !no_destination;
}

void imapd_cmd_copy(struct imapd *s, struct cur *c)
{
	struct copy_result r = {0};
	BUF_AUTO code = BUF_INIT(CODE_MAX);

	if (!transfer(s, c, entry_copy, &r))
		return;
	copyuid_write(s, &r, &code);
	imapd_ok(s, buf_str(&code), STR("copied"));
}

/* RFC 9051 §6.4.8: COPYUID comes untagged, before the EXPUNGEs. */
void imapd_cmd_move(struct imapd *s, struct cur *c)
{
	struct copy_result r = {0};
	BUF_AUTO code = BUF_INIT(CODE_MAX);

	if (imapd_view(s)->readonly) {
		imapd_no(s, STR("NOPERM"), STR("the mailbox is selected read-only"));
		return;
	}
	if (!transfer(s, c, entry_move, &r))
		return;
	copyuid_write(s, &r, &code);
	if (code.n)
		imapd_untagged_ok(s, buf_str(&code), STR("moved"));
	imapd_ok(s, STR(""), STR("moved"));
}

void imapd_cmd_expunge(struct imapd *s, struct cur *c)
{
	const struct imapd_view *v = imapd_view(s);
	UIDS_AUTO uids = {0};
	struct imap_seqset set = {0};
	uint64_t modseq;

	if (s->uid) {
		imap_x_sp(c);
		set = imap_x_seqset(c, &s->mem);
	}
	if (!imapd_args_end(s, c))
		return;
	if (v->readonly) {
		imapd_no(s, STR("NOPERM"), STR("the mailbox is selected read-only"));
		return;
	}
	if (s->uid && !imapd_view_resolve(s, set, true, &uids))
		return;
	/* Only what the client knows of: a message that came, and was marked, meanwhile stays. */
	struct err e = entry_expunge(imapd_account(s), v->mailbox, s->uid ? &uids : &v->uids, true,
				     NULL, &modseq);

	if (err_failed(e)) {
		imapd_fail(s, e);
		return;
	}
	/* RFC 7162 §3.1.10 for the client that keeps count. */
	BUF_AUTO code = BUF_INIT(100);

	if (modseq && imapd_is_enabled(s, IMAPD_CONDSTORE))
		buf_printf(&code, "HIGHESTMODSEQ %ju", (uintmax_t)modseq);
	imapd_ok(s, buf_str(&code), STR("expunged"));
}
