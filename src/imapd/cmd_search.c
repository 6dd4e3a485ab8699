/* SEARCH: RFC 9051 §6.4.4, RFC 4731 (ESEARCH), RFC 5182 (SEARCHRES), RFC 7162 §3.1.5.
 *
 * A cursor over the messages, in slices, so that others have their turn; then one over the numbers
 * found. */
#include "imap/write.h"
#include "imapd/matcher.h"

#define SLICE_NS (50 * NS_PER_MS)
enum { BATCH = 500, BATCH_FACTS = 32, BATCH_MEM = 64 << 20 };

struct search {
	struct imap_search args;
	unsigned want;
	unsigned flags_all, flags_none; /* that all keys together ask for */
	struct uids todo, found;
	struct arena mem;
	struct imapd_walk walk;
	uint64_t modseq_first, modseq_last, modseq_highest; /* of what was found */
	/* telling */
	bool telling, ranges;
	struct imapd_walk told;
	uint32_t next;     /* uid */
	uint64_t from, to; /* the range that is being gathered; 0: none */
	const char *sep;
};

static void job_free(struct imapd *s)
{
	struct search *q = s->job_data;

	uids_fini(&q->todo);
	uids_fini(&q->found);
	arena_fini(&q->mem);
}

static struct err consider(struct imapd *s, struct search *q, const struct entry *e)
{
	bool yes;
	struct err err = imapd_matcher_match(s, &q->args.root, e,
					     imapd_view_seq(imapd_view(s), &q->walk, e->uid), &yes);

	if (err_is(err, ERR_EXPUNGED) || err_is(err, ERR_CORRUPT))
		return ERR_OK;
	TRY(err);
	if (!yes)
		return ERR_OK;
	if (q->found.n == 0)
		q->modseq_first = e->modseq;
	q->modseq_last = e->modseq;
	if (e->modseq > q->modseq_highest)
		q->modseq_highest = e->modseq;
	return uids_add(&q->found, e->uid);
}

static struct err batch_search(struct imapd *s, struct search *q)
{
	struct entry_query query = {
		.mailbox = imapd_view(s)->mailbox,
		.uids = &q->todo,
		.uid_from = q->next,
		.flags_all = q->flags_all,
		.flags_none = q->flags_none,
		.want = q->want,
		.max = q->want ? BATCH_FACTS : BATCH,
	};
	struct entries list;

	arena_reset(&q->mem);
	TRY(entry_list(imapd_account(s), &query, &q->mem, &list));
	int64_t until = clock_mono(s->base.clock) + SLICE_NS;

	for (size_t i = 0; i < list.n; i++) {
		TRY(consider(s, q, &list.e[i]));
		q->next = list.e[i].uid + 1;
		if (q->args.ret == IMAP_SEARCH_MIN && q->found.n) {
			q->telling = true;
			return ERR_OK;
		}
		/* Others have their turn; the rest of the batch is read again. */
		if (i + 1 < list.n && clock_mono(s->base.clock) > until)
			return ERR_OK;
	}
	q->telling = !list.more;
	return ERR_OK;
}

/* Whether MIN, MAX or both are all that is asked for. */
static bool only_ends(unsigned ret)
{
	return (ret & (IMAP_SEARCH_MIN | IMAP_SEARCH_MAX)) &&
	       !(ret & (IMAP_SEARCH_ALL | IMAP_SEARCH_COUNT));
}

/* RFC 5182 §2.1: with MIN or MAX alone only those are saved. */
static struct err save(struct imapd *s, struct search *q)
{
	const unsigned ret = q->args.ret;
	struct uids *saved = &imapd_view(s)->saved;

	uids_clear(saved);
	if (!only_ends(ret))
		return uids_add_all(saved, &q->found);
	if (q->found.n && (ret & IMAP_SEARCH_MIN))
		TRY(uids_add(saved, q->found.r[0].first));
	if (q->found.n && (ret & IMAP_SEARCH_MAX))
		TRY(uids_add(saved, q->found.r[q->found.n - 1].last));
	return ERR_OK;
}

/* A uid as this command's answer names it. */
static uint64_t number(struct imapd *s, struct imapd_walk *walk, uint32_t uid)
{
	return s->uid ? uid : imapd_view_seq(imapd_view(s), walk, uid);
}

/* RFC 4731 §3.2: with MIN or MAX alone, of those messages. */
static uint64_t modseq(const struct search *q)
{
	const unsigned ret = q->args.ret;

	if (!only_ends(ret))
		return q->modseq_highest;
	if (!(ret & IMAP_SEARCH_MAX))
		return q->modseq_first;
	if (!(ret & IMAP_SEARCH_MIN) || q->modseq_last > q->modseq_first)
		return q->modseq_last;
	return q->modseq_first;
}

static void result_u64(struct imapd *s, const char *name, uint64_t v)
{
	buf_printf(imapd_out(s), " %s %ju", name, (uintmax_t)v);
}

static void esearch_head(struct imapd *s, struct search *q)
{
	struct buf *b = imapd_out(s);
	struct imapd_walk a = {0}, z = {0};
	const unsigned ret = q->args.ret;

	buf_str_add(b, STR("* ESEARCH (TAG "));
	buf_imap_string(b, s->tag);
	buf_str_add(b, s->uid ? STR(") UID") : STR(")"));
	if (q->found.n && (ret & IMAP_SEARCH_MIN))
		result_u64(s, "MIN", number(s, &a, q->found.r[0].first));
	if (q->found.n && (ret & IMAP_SEARCH_MAX))
		result_u64(s, "MAX", number(s, &z, q->found.r[q->found.n - 1].last));
	if (ret & IMAP_SEARCH_COUNT)
		result_u64(s, "COUNT", uids_count(&q->found));
	if (q->args.modseq && q->found.n)
		result_u64(s, "MODSEQ", modseq(q));
}

/* Begins the answer; the numbers follow, unless q->next is 0. */
static void tell_begin(struct imapd *s, struct search *q)
{
	struct buf *b = imapd_out(s);

	q->next = 0;
	q->sep = "";
	if (q->args.extended && q->args.ret == IMAP_SEARCH_SAVE)
		return;
	q->ranges = q->args.extended || imapd_is_enabled(s, IMAPD_REV2);
	if (!q->ranges) {
		buf_str_add(b, STR("* SEARCH"));
		q->sep = " ";
		q->next = uids_next(&q->found, 1);
		return;
	}
	if (!q->args.extended)
		q->args.ret = IMAP_SEARCH_ALL;
	esearch_head(s, q);
	if (q->found.n && (q->args.ret & IMAP_SEARCH_ALL)) {
		q->sep = " ALL ";
		q->next = uids_next(&q->found, 1);
	}
}

static void range_tell(struct imapd *s, struct search *q)
{
	struct buf *b = imapd_out(s);

	if (q->from == 0)
		return;
	buf_printf(b, "%s%ju", q->sep, (uintmax_t)q->from);
	if (q->to != q->from)
		buf_printf(b, ":%ju", (uintmax_t)q->to);
	q->sep = q->ranges ? "," : " ";
}

static void numbers_tell(struct imapd *s, struct search *q)
{
	while (q->next && !conn_out_full(&s->base.conn)) {
		uint64_t n = number(s, &q->told, q->next);

		if (q->ranges && q->from && n == q->to + 1) {
			q->to = n;
		} else {
			range_tell(s, q);
			q->from = q->to = n;
		}
		q->next = q->next == UINT32_MAX ? 0 : uids_next(&q->found, q->next + 1);
	}
}

static void tell_end(struct imapd *s, struct search *q)
{
	struct buf *b = imapd_out(s);
	bool only_save = q->args.extended && q->args.ret == IMAP_SEARCH_SAVE;

	range_tell(s, q);
	if (!q->ranges && q->args.modseq && q->found.n)
		buf_printf(b, " (MODSEQ %ju)", (uintmax_t)q->modseq_highest);
	if (!only_save)
		buf_str_add(b, STR("\r\n"));
	imapd_ok(s, STR(""), STR("done"));
}

static void tell_job(struct imapd *s)
{
	struct search *q = s->job_data;

	numbers_tell(s, q);
	if (!q->next)
		tell_end(s, q);
}

static void search_job(struct imapd *s)
{
	struct search *q = s->job_data;
	struct err e = batch_search(s, q);

	if (err_is_ok(e) && q->telling && (q->args.ret & IMAP_SEARCH_SAVE))
		e = save(s, q);
	if (err_failed(e)) {
		uids_clear(&imapd_view(s)->saved);
		imapd_fail(s, e);
	} else if (q->telling) {
		tell_begin(s, q);
		s->job = tell_job;
	}
}

/* RFC 9051 §6.4.4: US-ASCII and UTF-8 MUST be supported; nothing else is. */
static bool charset_ok(struct imapd *s, const struct imap_search *args)
{
	if (args->charset.n == 0 || str_eq_nocase(args->charset, STR("UTF-8")) ||
	    str_eq_nocase(args->charset, STR("US-ASCII")))
		return true;
	imapd_no(s, STR("BADCHARSET (US-ASCII UTF-8)"), STR("no such charset"));
	return false;
}

/* What keys that all must hold say about flags and sets the store can answer, or the view. */
static struct err narrow(struct imapd *s, struct search *q)
{
	const struct imap_search_key *root = &q->args.root;
	const struct imap_search_key *set = NULL;

	for (size_t i = 0; i < root->key_count; i++) {
		const struct imap_search_key *k = &root->keys[i];

		if (k->op == IMAP_SEARCH_UID || k->op == IMAP_SEARCH_SEQ)
			set = k;
		else if (k->op == IMAP_SEARCH_FLAG)
			q->flags_all |= k->flag;
		else if (k->op == IMAP_SEARCH_NOT && k->keys[0].op == IMAP_SEARCH_FLAG)
			q->flags_none |= k->keys[0].flag;
	}
	if (!set)
		return uids_add_all(&q->todo, &imapd_view(s)->uids);
	/* If not, the command has ended. */
	(void)imapd_view_resolve(s, set->set, set->op == IMAP_SEARCH_UID, &q->todo);
	return ERR_OK;
}

static void begin(struct imapd *s, struct search *q)
{
	if (!charset_ok(s, &q->args) || !imapd_matcher_prepare(s, &q->args.root, &q->want))
		return;
	struct err e = narrow(s, q);

	if (err_failed(e))
		imapd_fail(s, e);
	if (imapd_has_ended(s))
		return;
	if (q->args.modseq)
		imapd_condstore_enable(s);
	s->job = search_job;
}

void imapd_cmd_search(struct imapd *s, struct cur *c)
{
	struct search *q = ARENA_NEW(&s->mem, struct search);

	if (!q) {
		imapd_fail(s, err_make(ERR_RESOURCES, "search"));
		return;
	}
	imap_x_search(c, &s->mem, &q->args);
	if (!imapd_args_end(s, c))
		return;
	arena_init(&q->mem, BATCH_MEM);
	s->job_data = q;
	s->job_free = job_free;
	begin(s, q);
	/* RFC 9051 §6.4.4.1: NO to a SEARCH with SAVE leaves an empty result, BAD the one before.
	 */
	if (str_starts(buf_str(&s->ended), STR("NO")) && (q->args.ret & IMAP_SEARCH_SAVE))
		uids_clear(&imapd_view(s)->saved);
}
