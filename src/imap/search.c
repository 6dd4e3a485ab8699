#include "imap/search.h"

struct parse {
	struct cur *c;
	struct arena *a;
	size_t keys;
	bool modseq;
};

static void x_key(struct parse *p, unsigned depth, struct imap_search_key *ret);

static void push_key(struct parse *p, unsigned depth, struct imap_search_key *list)
{
	struct imap_search_key *k = ARENA_GROW(p->a, list->keys, list->key_count);

	if (!k) {
		cur_fail(p->c, "fewer search keys");
		return;
	}
	list->keys = k;
	k[list->key_count] = (struct imap_search_key){0};
	x_key(p, depth, &k[list->key_count]);
	list->key_count++;
}

static void x_key_list(struct parse *p, unsigned depth, struct imap_search_key *ret)
{
	do
		push_key(p, depth, ret);
	while (cur_opt(p->c, ' '));
}

static void arg_none(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	(void)p, (void)depth, (void)k;
}

static void arg_text(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	(void)depth;
	imap_x_sp(p->c);
	k->text = imap_x_astring(p->c, p->a);
}

static void arg_header(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	imap_x_sp(p->c);
	k->name = imap_x_astring(p->c, p->a);
	arg_text(p, depth, k);
}

static void arg_keyword(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	(void)depth;
	imap_x_sp(p->c);
	k->text = imap_x_atom(p->c);
}

static void arg_date(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	(void)depth;
	imap_x_sp(p->c);
	k->date = imap_x_date(p->c);
}

static void arg_number(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	(void)depth;
	imap_x_sp(p->c);
	k->n = imap_x_number64(p->c);
}

/* RFC 5032 §4: nz-number. */
static void arg_seconds(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	(void)depth;
	imap_x_sp(p->c);
	k->n = imap_x_nz_number(p->c);
}

static void arg_set(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	(void)depth;
	imap_x_sp(p->c);
	k->set = imap_x_seqset(p->c, p->a);
}

static void arg_not(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	imap_x_sp(p->c);
	push_key(p, depth + 1, k);
}

static void arg_or(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	arg_not(p, depth, k);
	arg_not(p, depth, k);
}

/* "MODSEQ" [SP entry-name SP entry-type-req] SP n, RFC 7162 §3.1.5. Flags have one mod-sequence
 * together, so the entry tells nothing. */
static void arg_modseq(struct parse *p, unsigned depth, struct imap_search_key *k)
{
	p->modseq = true;
	if (cur_peek_at(p->c, 1) == '"') {
		imap_x_sp(p->c);
		struct str entry = imap_x_string(p->c, p->a);

		if (!str_starts_nocase(entry, STR("/flags/")))
			cur_fail(p->c, "entry-name");
		imap_x_sp(p->c);
		struct str type = imap_x_word(p->c);

		if (!str_eq_nocase(type, STR("priv")) && !str_eq_nocase(type, STR("shared")) &&
		    !str_eq_nocase(type, STR("all")))
			cur_fail(p->c, "entry-type-req");
	}
	arg_number(p, depth, k);
}

/* clang-format off */
static const struct word {
	struct str word;
	enum imap_search_op op;
	void (*arg)(struct parse *p, unsigned depth, struct imap_search_key *k);
	unsigned flag;
	bool not;         /* the opposite of the key is meant */
	const char *name; /* of the header field */
} words[] = {
	{STR_INIT("ALL"),        IMAP_SEARCH_AND,        arg_none, 0, false, NULL},
	{STR_INIT("ANSWERED"),   IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_ANSWERED, false, NULL},
	{STR_INIT("BCC"),        IMAP_SEARCH_HEADER,     arg_text, 0, false, "bcc"},
	{STR_INIT("BEFORE"),     IMAP_SEARCH_BEFORE,     arg_date, 0, false, NULL},
	{STR_INIT("BODY"),       IMAP_SEARCH_BODY,       arg_text, 0, false, NULL},
	{STR_INIT("CC"),         IMAP_SEARCH_HEADER,     arg_text, 0, false, "cc"},
	{STR_INIT("DELETED"),    IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_DELETED, false, NULL},
	{STR_INIT("DRAFT"),      IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_DRAFT, false, NULL},
	{STR_INIT("FLAGGED"),    IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_FLAGGED, false, NULL},
	{STR_INIT("FROM"),       IMAP_SEARCH_HEADER,     arg_text, 0, false, "from"},
	{STR_INIT("HEADER"),     IMAP_SEARCH_HEADER,     arg_header, 0, false, NULL},
	{STR_INIT("KEYWORD"),    IMAP_SEARCH_KEYWORD,    arg_keyword, 0, false, NULL},
	{STR_INIT("LARGER"),     IMAP_SEARCH_LARGER,     arg_number, 0, false, NULL},
	{STR_INIT("MODSEQ"),     IMAP_SEARCH_MODSEQ,     arg_modseq, 0, false, NULL},
	/* RFC 3501 §6.4.4: of \Recent, which no message has here, NEW is a part, OLD the rest */
	{STR_INIT("NEW"),        IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_RECENT, false, NULL},
	{STR_INIT("NOT"),        IMAP_SEARCH_NOT,        arg_not, 0, false, NULL},
	{STR_INIT("OLD"),        IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_RECENT, true, NULL},
	{STR_INIT("OLDER"),      IMAP_SEARCH_OLDER,      arg_seconds, 0, false, NULL},
	{STR_INIT("ON"),         IMAP_SEARCH_ON,         arg_date, 0, false, NULL},
	{STR_INIT("OR"),         IMAP_SEARCH_OR,         arg_or, 0, false, NULL},
	{STR_INIT("RECENT"),     IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_RECENT, false, NULL},
	/* RFC 8514 §4.3: true for all, since all mailboxes have save dates */
	{STR_INIT("SAVEDATESUPPORTED"), IMAP_SEARCH_AND, arg_none, 0, false, NULL},
	{STR_INIT("SAVEDBEFORE"), IMAP_SEARCH_SAVEDBEFORE, arg_date, 0, false, NULL},
	{STR_INIT("SAVEDON"),    IMAP_SEARCH_SAVEDON,    arg_date, 0, false, NULL},
	{STR_INIT("SAVEDSINCE"), IMAP_SEARCH_SAVEDSINCE, arg_date, 0, false, NULL},
	{STR_INIT("SEEN"),       IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_SEEN, false, NULL},
	{STR_INIT("SENTBEFORE"), IMAP_SEARCH_SENTBEFORE, arg_date, 0, false, NULL},
	{STR_INIT("SENTON"),     IMAP_SEARCH_SENTON,     arg_date, 0, false, NULL},
	{STR_INIT("SENTSINCE"),  IMAP_SEARCH_SENTSINCE,  arg_date, 0, false, NULL},
	{STR_INIT("SINCE"),      IMAP_SEARCH_SINCE,      arg_date, 0, false, NULL},
	{STR_INIT("SMALLER"),    IMAP_SEARCH_SMALLER,    arg_number, 0, false, NULL},
	{STR_INIT("SUBJECT"),    IMAP_SEARCH_HEADER,     arg_text, 0, false, "subject"},
	{STR_INIT("TEXT"),       IMAP_SEARCH_TEXT,       arg_text, 0, false, NULL},
	{STR_INIT("TO"),         IMAP_SEARCH_HEADER,     arg_text, 0, false, "to"},
	{STR_INIT("UID"),        IMAP_SEARCH_UID,        arg_set, 0, false, NULL},
	{STR_INIT("UNANSWERED"), IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_ANSWERED, true, NULL},
	{STR_INIT("UNDELETED"),  IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_DELETED, true, NULL},
	{STR_INIT("UNDRAFT"),    IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_DRAFT, true, NULL},
	{STR_INIT("UNFLAGGED"),  IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_FLAGGED, true, NULL},
	{STR_INIT("UNKEYWORD"),  IMAP_SEARCH_KEYWORD,    arg_keyword, 0, true, NULL},
	{STR_INIT("UNSEEN"),     IMAP_SEARCH_FLAG,       arg_none, IMAP_FLAG_SEEN, true, NULL},
	{STR_INIT("YOUNGER"),    IMAP_SEARCH_YOUNGER,    arg_seconds, 0, false, NULL},
};
/* clang-format on */

static const struct word *word_find(struct str w)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_nocase(w, words[i].word))
			return &words[i];
	}
	return NULL;
}

/* Makes *k the NOT of what it was. */
static void negate(struct parse *p, struct imap_search_key *k)
{
	struct imap_search_key *inner = ARENA_NEW(p->a, struct imap_search_key);

	if (!inner) {
		cur_fail(p->c, "fewer search keys");
		return;
	}
	*inner = *k;
	*k = (struct imap_search_key){.op = IMAP_SEARCH_NOT, .keys = inner, .key_count = 1};
}

static void x_word_key(struct parse *p, unsigned depth, struct imap_search_key *ret)
{
	size_t at = p->c->at;
	const struct word *w = word_find(imap_x_word(p->c));

	if (cur_failed(p->c))
		return;
	if (!w) {
		cur_back(p->c, at);
		cur_fail(p->c, "search-key");
		return;
	}
	ret->op = w->op;
	ret->flag = w->flag;
	ret->name = str_z(w->name);
	w->arg(p, depth, ret);
	if (w->not )
		negate(p, ret);
}

static void x_key(struct parse *p, unsigned depth, struct imap_search_key *ret)
{
	int ch = cur_peek(p->c);

	if (depth > IMAP_SEARCH_DEPTH || ++p->keys > IMAP_SEARCH_KEYS) {
		cur_fail(p->c, "simpler search program");
		return;
	}
	if (ch == '(') {
		ret->op = IMAP_SEARCH_AND;
		cur_xlit(p->c, "(");
		x_key_list(p, depth + 1, ret);
		cur_xlit(p->c, ")");
	} else if (ch == '*' || ch == '$' || (ch >= '0' && ch <= '9')) {
		ret->op = IMAP_SEARCH_SEQ;
		ret->set = imap_x_seqset(p->c, p->a);
	} else {
		x_word_key(p, depth, ret);
	}
}

static unsigned x_return_opt(struct cur *c)
{
	static const struct {
		struct str word;
		unsigned bit;
	} opts[] = {
		{STR_INIT("MIN"), IMAP_SEARCH_MIN},   {STR_INIT("MAX"), IMAP_SEARCH_MAX},
		{STR_INIT("ALL"), IMAP_SEARCH_ALL},   {STR_INIT("COUNT"), IMAP_SEARCH_COUNT},
		{STR_INIT("SAVE"), IMAP_SEARCH_SAVE},
	};
	struct str w = imap_x_word(c);

	for (size_t i = 0; i < ARRAY_LEN(opts); i++) {
		if (str_eq_nocase(w, opts[i].word))
			return opts[i].bit;
	}
	cur_fail(c, "search-return-opt");
	return 0;
}

/* "(" [search-return-opt *(SP search-return-opt)] ")" */
static unsigned x_return_opts(struct cur *c)
{
	unsigned bits = 0;

	cur_xlit(c, "(");
	if (cur_peek(c) != ')') {
		do
			bits |= x_return_opt(c);
		while (cur_opt(c, ' '));
	}
	cur_xlit(c, ")");
	return bits ? bits : IMAP_SEARCH_ALL;
}

void imap_x_search(struct cur *c, struct arena *a, struct imap_search *ret)
{
	struct parse p = {.c = c, .a = a};
	struct imap_search v = {.root.op = IMAP_SEARCH_AND};

	imap_x_sp(c);
	if (cur_opt_nocase(c, STR("RETURN "))) {
		v.extended = true;
		v.ret = x_return_opts(c);
		imap_x_sp(c);
	}
	if (cur_opt_nocase(c, STR("CHARSET "))) {
		v.charset = imap_x_astring(c, a);
		imap_x_sp(c);
	}
	x_key_list(&p, 1, &v.root);
	v.modseq = p.modseq;
	if (!cur_failed(c))
		*ret = v;
}
