/* Telling what changed in the selected mailbox: RFC 9051 §7.5.1, §5.2; RFC 7162 §3.2.
 *
 * In slices: a mailbox may have changed by more than should be sent at once. */
#include "imapd/user.h"

enum { EXPUNGES_SLICE = 500, FLAGS_SLICE = 200 };

static bool pending(const struct imapd_view *v)
{
	return v->expunged.n || v->flagged.n || v->exists || v->keywords || v->gone;
}

/* The members of u that are (or are not) in `in`, added to ret. */
static struct err filter(const struct uids *u, const struct uids *in, bool want, struct uids *ret)
{
	for (uint32_t uid = uids_next(u, 1); uid; uid = uids_next(u, uid + 1)) {
		if (uids_has(in, uid) == want)
			TRY(uids_add(ret, uid));
		if (uid == UINT32_MAX)
			break;
	}
	return ERR_OK;
}

/* What is new in the store becomes what is to be told. */
static struct err take(struct imapd_view *v, const struct changes *c)
{
	UIDS_AUTO added = {0};

	TRY(filter(&c->expunged, &v->uids, true, &v->expunged));
	TRY(filter(&c->added, &c->expunged, false, &added));
	TRY(uids_add_all(&v->flagged, &c->flagged));
	TRY(uids_add_all(&v->flagged, &added));
	TRY(uids_add_all(&v->uids, &added));
	v->exists = v->exists || added.n;
	v->keywords = v->keywords || c->keywords;
	v->gone = c->gone;
	v->modseq = c->modseq;
	return ERR_OK;
}

/* What was removed is not known any more: compare. */
static struct err resync(struct imapd *s, struct imapd_view *v)
{
	UIDS_AUTO now = {0}, added = {0};
	struct mailbox m;
	uint32_t unseen;
	struct err e = entry_uids(imapd_account(s), v->mailbox, &now, &m, &s->mem, &unseen);

	if (err_is(e, ERR_NOT_FOUND)) {
		v->gone = true;
		return ERR_OK;
	}
	TRY(e);
	TRY(filter(&v->uids, &now, false, &v->expunged));
	TRY(filter(&now, &v->uids, false, &added));
	TRY(uids_add_all(&v->flagged, &now));
	TRY(uids_add_all(&v->uids, &added));
	v->exists = added.n != 0;
	v->keywords = true;
	v->modseq = m.highestmodseq;
	return ERR_OK;
}

static struct err ask(struct imapd *s, struct imapd_view *v)
{
	CHANGES_AUTO c = {0};

	TRY(changes_since(imapd_account(s), v->mailbox, v->modseq, &c));
	if (c.gone) {
		v->gone = true;
		return ERR_OK;
	}
	return c.resync ? resync(s, v) : take(v, &c);
}

/* RFC 7162 §3.2.10: uids, in place of message numbers. */
static struct err vanished_tell(struct imapd *s, struct imapd_view *v)
{
	UIDS_AUTO all = {0};

	TRY(uids_add_all(&all, &v->expunged));
	imapd_vanished_write(s, &all, false);
	for (uint32_t uid = uids_next(&all, 1); uid; uid = uids_next(&all, uid + 1)) {
		TRY(uids_remove(&v->uids, uid));
		TRY(uids_remove(&v->flagged, uid));
		TRY(uids_remove(&v->saved, uid));
		if (uid == UINT32_MAX)
			break;
	}
	uids_clear(&v->expunged);
	return ERR_OK;
}

/* From the highest down, so that no number told moves those that follow. */
static struct err expunges_tell(struct imapd *s, struct imapd_view *v)
{
	if (imapd_is_enabled(s, IMAPD_QRESYNC))
		return vanished_tell(s, v);
	struct buf *b = imapd_out(s);
	uint64_t seq = 0;
	uint32_t before = 0;

	for (int k = 0; v->expunged.n && k < EXPUNGES_SLICE; k++) {
		uint32_t uid = v->expunged.r[v->expunged.n - 1].last;

		/* Next to the one before: no need to count again. */
		seq = before && uid + 1 == before ? seq - 1 : uids_below(&v->uids, uid) + 1;
		before = uid;
		buf_str_add(b, STR("* "));
		buf_u64(b, seq);
		buf_str_add(b, STR(" EXPUNGE\r\n"));
		TRY(uids_remove(&v->expunged, uid));
		TRY(uids_remove(&v->uids, uid));
		TRY(uids_remove(&v->flagged, uid));
		TRY(uids_remove(&v->saved, uid));
	}
	return ERR_OK;
}

static void exists_tell(struct imapd *s, struct imapd_view *v)
{
	struct buf *b = imapd_out(s);

	buf_str_add(b, STR("* "));
	buf_u64(b, uids_count(&v->uids));
	buf_str_add(b, STR(" EXISTS\r\n"));
	v->exists = false;
}

/* RFC 9051 §7.1 PERMANENTFLAGS MUST: a new one without \* when no more keywords fit. */
static struct err keywords_tell(struct imapd *s, struct imapd_view *v, struct arena *a)
{
	struct mailbox m;

	v->keywords = false;
	TRY(mailbox_get_id(imapd_account(s), v->mailbox, a, &m));
	imapd_mailbox_flags_tell(s, &m);
	if (mailbox_keywords_full(&m))
		imapd_permanentflags_tell(s, &m);
	return ERR_OK;
}

static bool is_own(const struct imapd_view *v, uint64_t modseq)
{
	for (size_t i = 0; i < v->own_n; i++) {
		if (v->own[i] == modseq)
			return true;
	}
	return false;
}

static struct err flags_tell(struct imapd *s, struct imapd_view *v, struct arena *a)
{
	struct entry_query q = {.mailbox = v->mailbox, .uids = &v->flagged, .max = FLAGS_SLICE};
	struct imapd_walk walk = {0};
	struct entries list;

	TRY(entry_list(imapd_account(s), &q, a, &list));
	for (size_t i = 0; i < list.n; i++) {
		const struct entry *e = &list.e[i];

		if (uids_has(&v->uids, e->uid) && !is_own(v, e->modseq))
			imapd_flags_tell(s, imapd_view_seq(v, &walk, e->uid), e, true, false);
	}
	if (!list.more) {
		uids_clear(&v->flagged);
		return ERR_OK;
	}
	for (size_t i = 0; i < list.n; i++)
		TRY(uids_remove(&v->flagged, list.e[i].uid));
	return ERR_OK;
}

static struct err slice(struct imapd *s, struct imapd_view *v)
{
	struct arena a;
	struct err e = ERR_OK;

	arena_init(&a, 4 << 20);
	if (v->expunged.n)
		e = expunges_tell(s, v);
	else if (v->exists)
		exists_tell(s, v);
	else if (v->keywords)
		e = keywords_tell(s, v, &a);
	else if (v->flagged.n)
		e = flags_tell(s, v, &a);
	arena_fini(&a);
	return e;
}

bool imapd_update(struct imapd *s)
{
	struct imapd_view *v;
	struct err e = ERR_OK;

	if (s->state != IMAPD_SELECTED)
		return true;
	v = imapd_view(s);
	if (!pending(v))
		e = ask(s, v);
	if (v->gone) {
		imapd_untagged_ok(s, STR("CLOSED"), STR("the mailbox was removed or renamed"));
		imapd_view_close(s);
		return true;
	}
	if (err_is_ok(e) && pending(v))
		e = slice(s, v);
	if (err_is(e, ERR_NOT_FOUND)) {
		v->gone = true;
		return false;
	}
	if (err_failed(e)) {
		/* The view can't be trusted any more. */
		log_error(&s->base.log, "telling changes", F_ERR(e));
		imapd_bye(s, STR("UNAVAILABLE"), STR("error processing"));
		return true;
	}
	return !pending(v);
}
