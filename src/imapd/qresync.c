/* Quick resynchronisation: RFC 7162 §3.2. */
#include "imapd/user.h"

enum { VANISHED_RANGES = 1000 };

struct err imapd_uids_of_set(struct imap_seqset set, struct uids *ret)
{
	for (size_t i = 0; i < set.n; i++)
		TRY(uids_add_range(ret, set.r[i].from, set.r[i].to));
	return ERR_OK;
}

void imapd_vanished_write(struct imapd *s, const struct uids *u, bool earlier)
{
	for (size_t i = 0; i < u->n; i += VANISHED_RANGES) {
		size_t n = u->n - i < VANISHED_RANGES ? u->n - i : VANISHED_RANGES;
		struct uids piece = {.r = u->r + i, .n = n};

		buf_str_add(imapd_out(s),
			    earlier ? STR("* VANISHED (EARLIER) ") : STR("* VANISHED "));
		uids_text(&piece, imapd_out(s));
		buf_str_add(imapd_out(s), STR("\r\n"));
	}
}

/* The uids of [first, last] that are not in u. */
static struct err gaps_add(const struct uids *u, struct uid_range r, struct uids *ret)
{
	uint64_t from = r.first;

	for (uint32_t next; from <= r.last; from = (uint64_t)next + 1) {
		next = uids_next(u, (uint32_t)from);
		if (next == 0 || next > r.last)
			return uids_add_range(ret, (uint32_t)from, r.last);
		if (next > from)
			TRY(uids_add_range(ret, (uint32_t)from, next - 1));
	}
	return ERR_OK;
}

/* Those of the known ones that are not there (any more). */
static struct err missing(const struct uids *known, const struct uids *now, uint32_t uidnext,
			  struct uids *ret)
{
	for (size_t i = 0; i < known->n && known->r[i].first < uidnext; i++) {
		struct uid_range r = known->r[i];

		if (r.last >= uidnext)
			r.last = uidnext - 1;
		TRY(gaps_add(now, r, ret));
	}
	return ERR_OK;
}

/* Members of u that are known, above `above`, and in the view or not, as wanted. */
static struct err select_known(const struct uids *u, const struct uids *known, uint32_t above,
			       const struct uids *view, bool in_view, struct uids *ret)
{
	uint32_t uid = above == UINT32_MAX ? 0 : uids_next(u, above + 1);

	while (uid) {
		if (uids_has(known, uid) && uids_has(view, uid) == in_view)
			TRY(uids_add(ret, uid));
		uid = uid == UINT32_MAX ? 0 : uids_next(u, uid + 1);
	}
	return ERR_OK;
}

struct err imapd_vanished_tell(struct imapd *s, uint64_t since, const struct uids *known,
			       uint32_t above, struct uids *ret_changed)
{
	const struct imapd_view *v = imapd_view(s);
	UIDS_AUTO vanished = {0}, absent = {0};
	CHANGES_AUTO c = {0};
	struct mailbox m;

	TRY(changes_since(imapd_account(s), v->mailbox, since, &c));
	if (c.gone)
		return ERR_OK;
	if (c.resync) {
		/* Nobody remembers what was expunged: all that is not there was. */
		TRY(mailbox_get_id(imapd_account(s), v->mailbox, &s->mem, &m));
		TRY(missing(known, &v->uids, m.uidnext, &absent));
		TRY(uids_add_all(&c.flagged, &v->uids));
	} else {
		TRY(uids_add_all(&absent, &c.expunged));
	}
	TRY(select_known(&absent, known, above, &v->uids, false, &vanished));
	imapd_vanished_write(s, &vanished, true);
	TRY(uids_add_all(&c.flagged, &c.added));
	return select_known(&c.flagged, known, 0, &v->uids, true, ret_changed);
}

/* RFC 7162 §3.2.5.2: how far numbers and uids that the client remembers agree with what is there.
 */
static struct err matching(struct imapd *s, const struct imap_select *args, uint32_t *ret_uid)
{
	const struct uids *u = &imapd_view(s)->uids;
	struct imap_seqset seqs, uids;
	UIDS_AUTO a = {0}, b = {0};
	uint32_t seq, uid;

	*ret_uid = 0;
	if (!imap_seqset_resolve(args->match_seqs, 0, &s->mem, &seqs) ||
	    !imap_seqset_resolve(args->match_uids, 0, &s->mem, &uids))
		return err_make(ERR_LIMIT, "seq-match-data");
	TRY(imapd_uids_of_set(seqs, &a));
	TRY(imapd_uids_of_set(uids, &b));
	seq = uids_next(&a, 1);
	uid = uids_next(&b, 1);
	while (seq && uid && uids_has(u, uid) && uids_below(u, uid) + 1 == seq) {
		*ret_uid = uid;
		seq = uids_next(&a, seq + 1);
		uid = uids_next(&b, uid + 1);
	}
	return ERR_OK;
}

struct err imapd_qresync(struct imapd *s, const struct imap_select *args, const struct mailbox *m)
{
	struct imapd_view *v = imapd_view(s);
	struct imap_seqset set;
	UIDS_AUTO known = {0};
	uint32_t above;

	if (args->uidvalidity != m->uidvalidity)
		return ERR_OK;
	if (args->has_known) {
		if (!imap_seqset_resolve(args->known, 0, &s->mem, &set))
			return err_make(ERR_LIMIT, "known-uids");
		TRY(imapd_uids_of_set(set, &known));
	} else if (m->uidnext > 1) {
		TRY(uids_add_range(&known, 1, m->uidnext - 1));
	}
	TRY(matching(s, args, &above));
	return imapd_vanished_tell(s, args->modseq, &known, above, &v->flagged);
}
