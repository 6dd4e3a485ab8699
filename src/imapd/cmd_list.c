/* LIST and LSUB: RFC 9051 §6.3.9, RFC 3501 §6.3.8, §6.3.9, RFC 5258, RFC 5819, RFC 6154.
 *
 * What is listed is worked out first: mailboxes and, where subscriptions are asked for, names that
 * are subscribed to and do not exist; ordered by name, so that children stand behind their parent.
 * Then a cursor tells. */
#include "imapd/match.h"
#include "imapd/user.h"

#include <stdlib.h>

struct row {
	struct str name;
	const struct mailbox *m; /* NULL: there is only a subscription */
	bool subscribed;
	bool children;         /* exist */
	bool subscribed_below; /* some name below is subscribed to */
};

struct list_job {
	struct imap_list args;
	bool lsub;
	struct str *patterns; /* with the reference in front */
	struct row *rows;
	size_t n, at;
};

static const struct {
	unsigned use;
	struct str name;
} uses[] = {
	{MAILBOX_ARCHIVE, STR_INIT("\\Archive")}, {MAILBOX_DRAFTS, STR_INIT("\\Drafts")},
	{MAILBOX_JUNK, STR_INIT("\\Junk")},       {MAILBOX_SENT, STR_INIT("\\Sent")},
	{MAILBOX_TRASH, STR_INIT("\\Trash")},
};

unsigned imapd_use_of(struct str attribute)
{
	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		if (str_eq_nocase(str_from(uses[i].name, 1), attribute))
			return uses[i].use;
	}
	return 0;
}

static void attribute(struct buf *b, struct str name, const char **sep)
{
	buf_strs(b, str_z(*sep), name);
	*sep = " ";
}

/* RFC 9051 §7.3.1; special uses are told always (RFC 6154 §2). */
static void attributes_write(struct buf *b, const struct list_job *j, const struct row *r)
{
	const char *sep = "";
	bool want_subscribed = !j->lsub && ((j->args.ret | j->args.select) & IMAP_LIST_SUBSCRIBED);

	if (!r->m && !j->lsub)
		attribute(b, STR("\\NonExistent"), &sep);
	if (j->lsub && !r->subscribed)
		attribute(b, STR("\\Noselect"), &sep);
	if (r->subscribed && want_subscribed)
		attribute(b, STR("\\Subscribed"), &sep);
	if (r->m && !j->lsub)
		attribute(b, r->children ? STR("\\HasChildren") : STR("\\HasNoChildren"), &sep);
	for (size_t i = 0; r->m && i < ARRAY_LEN(uses); i++) {
		if (r->m->use & uses[i].use)
			attribute(b, uses[i].name, &sep);
	}
}

static void row_tell(struct imapd *s, const struct list_job *j, const struct row *r)
{
	struct buf *b = imapd_out(s);

	buf_str_add(b, j->lsub ? STR("* LSUB (") : STR("* LIST ("));
	attributes_write(b, j, r);
	buf_str_add(b, STR(") \"/\" "));
	buf_imapd_name(b, s, r->name);
	if ((j->args.select & IMAP_LIST_RECURSIVEMATCH) &&
	    (j->args.select & IMAP_LIST_SUBSCRIBED) && r->subscribed_below)
		buf_str_add(b, STR(" (\"CHILDINFO\" (\"SUBSCRIBED\"))"));
	buf_str_add(b, STR("\r\n"));
	if ((j->args.ret & IMAP_LIST_STATUS) && r->m)
		imapd_status_line(s, r->m, j->args.status);
}

/* For SELECT (RFC 9051 §6.3.2), which need not say whether there are children. */
void imapd_list_line(struct imapd *s, const struct mailbox *m)
{
	struct buf *b = imapd_out(s);
	const char *sep = "";

	buf_str_add(b, STR("* LIST ("));
	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		if (m->use & uses[i].use)
			attribute(b, uses[i].name, &sep);
	}
	buf_str_add(b, STR(") \"/\" "));
	buf_imapd_name(b, s, m->name);
	buf_str_add(b, STR("\r\n"));
}

static bool matches(const struct list_job *j, struct str name)
{
	for (size_t i = 0; i < j->args.n; i++) {
		if (imapd_match(j->patterns[i], name))
			return true;
	}
	return false;
}

static bool asks_percent(const struct list_job *j)
{
	return str_chr(j->patterns[0], '%') >= 0;
}

/* RFC 9051 §6.3.9.1; RFC 3501 §6.3.9: LSUB with % tells of parents that are not subscribed to. */
static bool selected(const struct list_job *j, const struct row *r)
{
	const unsigned select = j->args.select;

	if (j->lsub)
		return r->subscribed || (r->subscribed_below && asks_percent(j));
	if ((select & IMAP_LIST_SUBSCRIBED) && !r->subscribed)
		return (select & IMAP_LIST_RECURSIVEMATCH) && r->subscribed_below;
	if ((select & IMAP_LIST_SPECIAL_USE) && !(r->m && r->m->use))
		return false;
	return r->m || (select & IMAP_LIST_SUBSCRIBED);
}

static void job(struct imapd *s)
{
	struct list_job *j = s->job_data;

	for (; j->at < j->n; j->at++) {
		const struct row *r = &j->rows[j->at];

		if (conn_out_full(&s->base.conn))
			return;
		if (selected(j, r) && matches(j, r->name))
			row_tell(s, j, r);
	}
	imapd_ok(s, STR(""), STR("done"));
}

static int row_cmp(const void *a, const void *b)
{
	return str_cmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

static struct row *row_find(struct list_job *j, struct str name)
{
	struct row key = {.name = name};

	return bsearch(&key, j->rows, j->n, sizeof(key), row_cmp);
}

/* What each row says to those above it. */
static void parents_mark(struct list_job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		struct str name = j->rows[i].name;
		ssize_t slash;

		while ((slash = str_rchr(name, '/')) > 0) {
			name = str_sub(name, 0, (size_t)slash);
			struct row *r = row_find(j, name);

			if (!r)
				continue;
			r->children = r->children || j->rows[i].m;
			r->subscribed_below = r->subscribed_below || j->rows[i].subscribed;
		}
	}
}

static struct err row_add(struct imapd *s, struct list_job *j, struct row r)
{
	struct row *rows = ARENA_GROW(&s->mem, j->rows, j->n);

	if (!rows)
		return err_make(ERR_LIMIT, "too many mailboxes to list at once");
	j->rows = rows;
	rows[j->n++] = r;
	return ERR_OK;
}

/* A subscription, and the names above it: where no mailbox has them, they may be told of for its
 * sake (LSUB with %, RECURSIVEMATCH). */
static struct err subscription_add(struct imapd *s, struct list_job *j, struct str name)
{
	ssize_t slash;

	TRY(row_add(s, j, (struct row){.name = name, .subscribed = true}));
	while ((slash = str_rchr(name, '/')) > 0) {
		name = str_sub(name, 0, (size_t)slash);
		TRY(row_add(s, j, (struct row){.name = name}));
	}
	return ERR_OK;
}

/* Rows of one name become one. */
static void rows_merge(struct list_job *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++) {
		const struct row *r = &j->rows[i];

		if (n && str_eq(j->rows[n - 1].name, r->name)) {
			j->rows[n - 1].subscribed |= r->subscribed;
			if (r->m)
				j->rows[n - 1].m = r->m;
		} else {
			j->rows[n++] = *r;
		}
	}
	j->n = n;
}

/* Mailboxes and subscriptions, each name once. */
static struct err rows_read(struct imapd *s, struct list_job *j)
{
	struct mailbox *m;
	struct str *subs;
	size_t m_n, subs_n;

	TRY(mailbox_list(imapd_account(s), &s->mem, &m, &m_n));
	TRY(mailbox_subscriptions(imapd_account(s), &s->mem, &subs, &subs_n));
	for (size_t i = 0; i < m_n; i++)
		TRY(row_add(s, j, (struct row){.name = m[i].name, .m = &m[i]}));
	for (size_t i = 0; i < subs_n; i++)
		TRY(subscription_add(s, j, subs[i]));
	if (j->n)
		qsort(j->rows, j->n, sizeof(*j->rows), row_cmp);
	rows_merge(j);
	parents_mark(j);
	return ERR_OK;
}

/* The reference in front of each pattern; a pattern that begins with "/" stands alone. */
static struct err patterns_make(struct imapd *s, struct list_job *j)
{
	struct str reference = imapd_pattern(s, j->args.reference);

	j->patterns = ARENA_NEW_N(&s->mem, struct str, j->args.n);
	for (size_t i = 0; j->patterns && i < j->args.n; i++) {
		struct str p = imapd_pattern(s, j->args.patterns[i]);

		j->patterns[i] = arena_printf(&s->mem, "%.*s%.*s", STR_ARG(reference), STR_ARG(p));
	}
	return arena_failed(&s->mem) ? err_make(ERR_LIMIT, "patterns are too long") : ERR_OK;
}

/* RFC 9051 §6.3.9: an empty pattern asks for the separator. */
static bool asks_separator(const struct list_job *j)
{
	return !j->args.extended && j->args.n == 1 && j->args.patterns[0].n == 0;
}

static void begin(struct imapd *s, struct cur *c, struct list_job *j)
{
	if (!imapd_args_end(s, c))
		return;
	if (asks_separator(j)) {
		buf_str_add(imapd_out(s), j->lsub ? STR("* LSUB (\\Noselect) \"/\" \"\"\r\n")
						  : STR("* LIST (\\Noselect) \"/\" \"\"\r\n"));
		imapd_ok(s, STR(""), STR("done"));
		return;
	}
	struct err e = patterns_make(s, j);

	if (err_is_ok(e))
		e = rows_read(s, j);
	if (err_failed(e)) {
		imapd_fail(s, e);
		return;
	}
	if (j->args.status & IMAP_STATUS_HIGHESTMODSEQ)
		imapd_condstore_enable(s);
	s->job_data = j;
	s->job = job;
}

static void list(struct imapd *s, struct cur *c, bool lsub)
{
	struct list_job *j = ARENA_NEW(&s->mem, struct list_job);

	if (!j) {
		imapd_fail(s, err_make(ERR_RESOURCES, "list"));
		return;
	}
	j->lsub = lsub;
	imap_x_sp(c);
	if (lsub)
		imap_x_lsub(c, &s->mem, &j->args);
	else
		imap_x_list(c, &s->mem, &j->args);
	begin(s, c, j);
}

void imapd_cmd_list(struct imapd *s, struct cur *c)
{
	list(s, c, false);
}

void imapd_cmd_lsub(struct imapd *s, struct cur *c)
{
	list(s, c, true);
}
