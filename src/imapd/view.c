#include "imapd/user.h"

struct err imapd_view_open(struct imapd *s, struct str name, bool readonly,
			   struct mailbox *ret_mailbox, uint32_t *ret_first_unseen)
{
	struct imapd_view *v = imapd_view(s);
	struct mailbox found;

	TRY(mailbox_get(imapd_account(s), name, &s->mem, &found));
	TRY(entry_uids(imapd_account(s), found.id, &v->uids, ret_mailbox, &s->mem,
		       ret_first_unseen));
	arena_init(&v->mem, 64 << 10);
	v->mailbox = found.id;
	v->uidvalidity = ret_mailbox->uidvalidity;
	v->name = arena_dup(&v->mem, name);
	v->readonly = readonly;
	v->modseq = ret_mailbox->highestmodseq;
	s->state = IMAPD_SELECTED;
	return ERR_OK;
}

void imapd_view_close(struct imapd *s)
{
	struct imapd_view *v = imapd_view(s);

	uids_fini(&v->uids);
	uids_fini(&v->saved);
	uids_fini(&v->expunged);
	uids_fini(&v->flagged);
	arena_fini(&v->mem);
	*v = (struct imapd_view){0};
	s->state = IMAPD_USER;
}

static uint64_t range_count(struct uid_range r)
{
	return (uint64_t)r.last - r.first + 1;
}

uint64_t imapd_view_seq(const struct imapd_view *v, struct imapd_walk *walk, uint32_t uid)
{
	const struct uids *u = &v->uids;

	while (walk->range < u->n && u->r[walk->range].last < uid)
		walk->below += range_count(u->r[walk->range++]);
	return walk->range < u->n ? walk->below + uid - u->r[walk->range].first + 1 : walk->below;
}

void imapd_view_own(struct imapd_view *v, uint64_t modseq)
{
	if (modseq == 0)
		return;
	if (v->own_n == IMAPD_OWN_MAX) {
		memmove(v->own, v->own + 1, (IMAPD_OWN_MAX - 1) * sizeof(v->own[0]));
		v->own_n--;
	}
	v->own[v->own_n++] = modseq;
}

/* The uids in both; ranges of both ascend. */
static struct err intersect_uids(const struct uids *u, struct imap_seqset set, struct uids *ret)
{
	size_t i = 0, k = 0;

	while (i < u->n && k < set.n) {
		struct uid_range a = u->r[i];
		struct imap_range b = set.r[k];
		uint32_t from = a.first > b.from ? a.first : b.from;
		uint32_t to = a.last < b.to ? a.last : b.to;

		if (from <= to)
			TRY(uids_add_range(ret, from, to));
		if (a.last <= b.to)
			i++;
		else
			k++;
	}
	return ERR_OK;
}

/* The uids of ascending ranges of message numbers. */
static struct err pick_seqs(const struct uids *u, struct imap_seqset set, struct uids *ret)
{
	uint64_t below = 0; /* messages before range i */
	size_t i = 0, k = 0;

	while (i < u->n && k < set.n) {
		uint64_t last = below + range_count(u->r[i]);
		uint64_t from = set.r[k].from > below ? set.r[k].from : below + 1;
		uint64_t to = set.r[k].to < last ? set.r[k].to : last;

		if (from <= to)
			TRY(uids_add_range(ret, (uint32_t)(u->r[i].first + (from - below - 1)),
					   (uint32_t)(u->r[i].first + (to - below - 1))));
		if (last <= set.r[k].to) {
			below = last;
			i++;
		} else {
			k++;
		}
	}
	return ERR_OK;
}

/* RFC 9051 §9 seq-number asks for BAD where a number is above the number of messages. NOT: also for
 * `*` in an empty mailbox; clients that open a mailbox with `FETCH 1:* FLAGS` do not know yet that
 * it is empty. */
bool imapd_view_no_such(uint64_t count, struct imap_seqset set)
{
	if (count == 0 && imap_seqset_has_star(set))
		return false;
	return imap_seqset_max(set) > count;
}

static struct err resolve(struct imapd *s, struct imap_seqset set, bool uid, struct uids *ret)
{
	const struct imapd_view *v = imapd_view(s);
	uint64_t count = uids_count(&v->uids);
	uint32_t last = v->uids.n ? v->uids.r[v->uids.n - 1].last : 0;
	struct imap_seqset r;

	if (!uid && imapd_view_no_such(count, set))
		return err_make(ERR_SYNTAX, "no such message number");
	if (!imap_seqset_resolve(set, uid ? last : (uint32_t)count, &s->mem, &r))
		return err_make(ERR_LIMIT, "set of messages is too long");
	return uid ? intersect_uids(&v->uids, r, ret) : pick_seqs(&v->uids, r, ret);
}

bool imapd_view_resolve(struct imapd *s, struct imap_seqset set, bool uid, struct uids *ret)
{
	struct imapd_view *v = imapd_view(s);
	struct err e;

	uids_clear(ret);
	e = set.saved ? uids_add_all(ret, &v->saved) : resolve(s, set, uid, ret);
	if (err_failed(e))
		imapd_fail(s, e);
	return err_is_ok(e);
}
