#include "imap/args.h"

struct word_bit {
	struct str word;
	unsigned bit;
};

/* The bit of the next word; fails if the table has no such word. */
static unsigned x_word_bit(struct cur *c, const struct word_bit *table, size_t n,
			   const char *expected)
{
	struct str w = imap_x_word(c);

	for (size_t i = 0; w.n && i < n; i++) {
		if (str_eq_nocase(w, table[i].word))
			return table[i].bit;
	}
	cur_fail(c, expected);
	return 0;
}

static const struct word_bit status_words[] = {
	{STR_INIT("MESSAGES"), IMAP_STATUS_MESSAGES},
	{STR_INIT("UIDNEXT"), IMAP_STATUS_UIDNEXT},
	{STR_INIT("UIDVALIDITY"), IMAP_STATUS_UIDVALIDITY},
	{STR_INIT("UNSEEN"), IMAP_STATUS_UNSEEN},
	{STR_INIT("DELETED"), IMAP_STATUS_DELETED},
	{STR_INIT("SIZE"), IMAP_STATUS_SIZE},
	{STR_INIT("RECENT"), IMAP_STATUS_RECENT},
	{STR_INIT("HIGHESTMODSEQ"), IMAP_STATUS_HIGHESTMODSEQ},
	{STR_INIT("APPENDLIMIT"), IMAP_STATUS_APPENDLIMIT},
};

unsigned imap_x_status_atts(struct cur *c)
{
	unsigned bits = 0;

	cur_xlit(c, "(");
	do
		bits |= x_word_bit(c, status_words, ARRAY_LEN(status_words), "status-att");
	while (cur_opt(c, ' '));
	cur_xlit(c, ")");
	return bits;
}

void imap_x_append_opts(struct cur *c, struct arena *a, struct imap_append *ret)
{
	struct imap_append v = {.mailbox = ret->mailbox};

	if (cur_peek(c) == '(') {
		v.flags = imap_x_flag_list(c, a);
		imap_x_sp(c);
	}
	if (cur_peek(c) == '"') {
		v.has_date = true;
		v.date = imap_x_date_time(c);
		imap_x_sp(c);
	}
	v.utf8 = cur_opt_nocase(c, STR("UTF8 ("));
	if (cur_peek(c) != '{' && (cur_peek(c) != '~' || cur_peek_at(c, 1) != '{'))
		cur_fail(c, "literal");
	if (!cur_failed(c))
		*ret = v;
}

static void x_unchangedsince(struct cur *c, struct imap_store *ret)
{
	cur_xlit_nocase(c, "(UNCHANGEDSINCE ");
	ret->has_unchangedsince = true;
	ret->unchangedsince = imap_x_number64(c);
	cur_xlit(c, ") ");
}

void imap_x_append(struct cur *c, struct arena *a, struct imap_append *ret)
{
	struct imap_append v = {.mailbox = imap_x_astring(c, a)};

	imap_x_sp(c);
	imap_x_append_opts(c, a, &v);
	if (!cur_failed(c))
		*ret = v;
}

void imap_x_store(struct cur *c, struct arena *a, struct imap_store *ret)
{
	struct imap_store v = {.set = imap_x_seqset(c, a), .op = '='};

	imap_x_sp(c);
	if (cur_peek(c) == '(')
		x_unchangedsince(c, &v);
	if (cur_opt(c, '+'))
		v.op = '+';
	else if (cur_opt(c, '-'))
		v.op = '-';
	cur_xlit_nocase(c, "FLAGS");
	v.silent = cur_opt_nocase(c, STR(".SILENT"));
	imap_x_sp(c);
	v.flags = imap_x_flags(c, a);
	if (!cur_failed(c))
		*ret = v;
}

void imap_x_create(struct cur *c, struct arena *a, struct imap_create *ret)
{
	struct imap_create v = {.mailbox = imap_x_astring(c, a)};

	if (cur_opt(c, ' ')) {
		cur_xlit_nocase(c, "(USE (");
		while (!cur_end(c) && cur_peek(c) != ')') {
			if (v.n)
				imap_x_sp(c);
			cur_xlit(c, "\\");
			imap_x_push(c, a, &v.uses, &v.n, IMAP_USES_MAX, imap_x_atom(c));
		}
		cur_xlit(c, "))");
	}
	if (!cur_failed(c))
		*ret = v;
}

/* nstring; Thunderbird 102 sends its version as an atom. */
static struct str x_id_value(struct cur *c, struct arena *a)
{
	bool nil = imap_opt_word(c, STR("NIL"));

	return nil ? str_of(NULL, 0) : imap_x_astring(c, a);
}

void imap_x_id(struct cur *c, struct arena *a, struct imap_id *ret)
{
	struct imap_id v = {0};

	if (imap_opt_word(c, STR("NIL"))) {
		*ret = v;
		return;
	}
	cur_xlit(c, "(");
	while (!cur_end(c) && cur_peek(c) != ')') {
		struct imap_id_pair *p = v.n < IMAP_ID_MAX ? ARENA_GROW(a, v.pairs, v.n) : NULL;

		if (!p) {
			cur_fail(c, "fewer id fields");
			return;
		}
		v.pairs = p;
		if (v.n)
			imap_x_sp(c);
		p[v.n].field = imap_x_string(c, a);
		imap_x_sp(c);
		p[v.n].value = x_id_value(c, a);
		if (p[v.n].field.n > IMAP_ID_FIELD_MAX || p[v.n].value.n > IMAP_ID_VALUE_MAX)
			cur_fail(c, "shorter id field");
		v.n++;
	}
	cur_xlit(c, ")");
	if (!cur_failed(c))
		*ret = v;
}

void imap_x_enable(struct cur *c, struct arena *a, struct imap_enable *ret)
{
	struct imap_enable v = {0};

	do {
		imap_x_sp(c);
		imap_x_push(c, a, &v.names, &v.n, IMAP_ENABLE_MAX, imap_x_atom(c));
	} while (cur_peek(c) == ' ');
	if (!cur_failed(c))
		*ret = v;
}

/* A set of plain numbers. */
static struct imap_seqset x_known_set(struct cur *c, struct arena *a)
{
	struct imap_seqset s = imap_x_seqset(c, a);

	if (s.saved || imap_seqset_has_star(s))
		cur_fail(c, "set without \"*\" and \"$\"");
	return s;
}

/* "(" uidvalidity SP modseq [SP known-uids] [SP "(" seqs SP uids ")"] ")" */
static void x_qresync(struct cur *c, struct arena *a, struct imap_select *v)
{
	v->qresync = true;
	cur_xlit(c, "(");
	v->uidvalidity = imap_x_nz_number(c);
	imap_x_sp(c);
	v->modseq = imap_x_number64(c);
	if (cur_peek(c) == ' ' && cur_peek_at(c, 1) != '(') {
		imap_x_sp(c);
		v->has_known = true;
		v->known = x_known_set(c, a);
	}
	if (cur_opt(c, ' ')) {
		cur_xlit(c, "(");
		v->match_seqs = x_known_set(c, a);
		imap_x_sp(c);
		v->match_uids = x_known_set(c, a);
		cur_xlit(c, ")");
	}
	cur_xlit(c, ")");
}

static void x_select_param(struct cur *c, struct arena *a, struct imap_select *v)
{
	if (imap_opt_word(c, STR("CONDSTORE"))) {
		v->condstore = true;
	} else {
		cur_xlit_nocase(c, "QRESYNC ");
		x_qresync(c, a, v);
	}
}

void imap_x_select(struct cur *c, struct arena *a, struct imap_select *ret)
{
	struct imap_select v = {.mailbox = imap_x_astring(c, a)};

	if (cur_opt(c, ' ')) {
		cur_xlit(c, "(");
		do
			x_select_param(c, a, &v);
		while (cur_opt(c, ' '));
		cur_xlit(c, ")");
	}
	if (!cur_failed(c))
		*ret = v;
}

static const struct word_bit select_words[] = {
	{STR_INIT("SUBSCRIBED"), IMAP_LIST_SUBSCRIBED},
	{STR_INIT("REMOTE"), IMAP_LIST_REMOTE},
	{STR_INIT("RECURSIVEMATCH"), IMAP_LIST_RECURSIVEMATCH},
	{STR_INIT("SPECIAL-USE"), IMAP_LIST_SPECIAL_USE},
};

static const struct word_bit return_words[] = {
	{STR_INIT("SUBSCRIBED"), IMAP_LIST_SUBSCRIBED},
	{STR_INIT("CHILDREN"), IMAP_LIST_CHILDREN},
	{STR_INIT("SPECIAL-USE"), IMAP_LIST_SPECIAL_USE},
	{STR_INIT("STATUS"), IMAP_LIST_STATUS},
};

/* list-select-opts, RFC 9051 §6.3.9.1. */
static unsigned x_list_select(struct cur *c)
{
	const unsigned base = IMAP_LIST_SUBSCRIBED | IMAP_LIST_SPECIAL_USE;
	unsigned bits = 0;

	cur_xlit(c, "(");
	if (cur_peek(c) != ')') {
		do
			bits |= x_word_bit(c, select_words, ARRAY_LEN(select_words),
					   "list-select-opt");
		while (cur_opt(c, ' '));
	}
	cur_xlit(c, ")");
	if ((bits & IMAP_LIST_RECURSIVEMATCH) && !(bits & base))
		cur_fail(c, "list-select-base-opt beside RECURSIVEMATCH");
	return bits;
}

static void x_list_return(struct cur *c, struct imap_list *ret)
{
	cur_xlit_nocase(c, "RETURN (");
	if (cur_peek(c) != ')') {
		do {
			unsigned bit = x_word_bit(c, return_words, ARRAY_LEN(return_words),
						  "return-option");

			ret->ret |= bit;
			if (bit == IMAP_LIST_STATUS) {
				imap_x_sp(c);
				ret->status |= imap_x_status_atts(c);
			}
		} while (cur_opt(c, ' '));
	}
	cur_xlit(c, ")");
}

static void x_pattern(struct cur *c, struct arena *a, struct imap_list *ret)
{
	imap_x_push(c, a, &ret->patterns, &ret->n, IMAP_PATTERNS_MAX, imap_x_list_mailbox(c, a));
}

void imap_x_list(struct cur *c, struct arena *a, struct imap_list *ret)
{
	struct imap_list v = {0};

	if (cur_peek(c) == '(') {
		v.extended = true;
		v.select = x_list_select(c);
		imap_x_sp(c);
	}
	v.reference = imap_x_astring(c, a);
	imap_x_sp(c);
	if (cur_opt(c, '(')) {
		v.extended = true;
		do
			x_pattern(c, a, &v);
		while (cur_opt(c, ' '));
		cur_xlit(c, ")");
	} else {
		x_pattern(c, a, &v);
	}
	if (cur_opt(c, ' ')) {
		v.extended = true;
		x_list_return(c, &v);
	}
	if (!cur_failed(c))
		*ret = v;
}

void imap_x_lsub(struct cur *c, struct arena *a, struct imap_list *ret)
{
	struct imap_list v = {.reference = imap_x_astring(c, a)};

	imap_x_sp(c);
	x_pattern(c, a, &v);
	if (!cur_failed(c))
		*ret = v;
}
