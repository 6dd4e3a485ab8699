#include "imapd/matcher.h"

#include "base/utf8.h"
#include "format/charset.h"
#include "format/header.h"
#include "format/word.h"
#include "imapd/parts.h"

#include <utf8proc.h>

enum { PIECE = 64 * 1024 };

void buf_imapd_fold(struct buf *b, struct str s)
{
	uint32_t cp;
	size_t n;

	for (size_t at = 0; (n = utf8_decode_lossy(s, at, &cp)) > 0; at += n) {
		if (cp < 0x80)
			buf_char(b, ch_lower((char)cp));
		else
			buf_utf8(b, (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp));
	}
}

static struct err fold(struct imapd *s, struct str *text)
{
	BUF_AUTO b = BUF_INIT(4 * IMAP_LITERAL_MAX);

	buf_imapd_fold(&b, *text);
	*text = arena_dup(&s->mem, buf_str(&b));
	return buf_failed(&b) || arena_failed(&s->mem) ? err_make(ERR_LIMIT, "search strings")
						       : ERR_OK;
}

/* $Junk and its like are flags; no message is \Recent, which is what OR of nothing says. */
static struct err keyword_map(struct imapd *s, struct imap_search_key *k)
{
	struct flagset set = {0};

	if (k->op == IMAP_SEARCH_FLAG) {
		if (k->flag & IMAP_FLAG_RECENT)
			*k = (struct imap_search_key){.op = IMAP_SEARCH_OR};
		return ERR_OK;
	}
	TRY(flagset_parse(&k->text, 1, &s->mem, &set));
	if (set.flags)
		*k = (struct imap_search_key){.op = IMAP_SEARCH_FLAG, .flag = set.flags};
	else if (set.keyword_count)
		k->text = set.keywords[0];
	return ERR_OK;
}

static struct err set_resolve(struct imapd *s, struct imap_search_key *k)
{
	const struct uids *u = &imapd_view(s)->uids;
	bool uid = k->op == IMAP_SEARCH_UID;
	uint64_t count = uids_count(u);
	uint32_t last = uid ? (u->n ? u->r[u->n - 1].last : 0) : (uint32_t)count;

	if (k->set.saved)
		return ERR_OK;
	if (!uid && imapd_view_no_such(count, k->set))
		return err_make(ERR_SYNTAX, "no such message number");
	if (!imap_seqset_resolve(k->set, last, &s->mem, &k->set))
		return err_make(ERR_LIMIT, "set of messages is too long");
	return ERR_OK;
}

/* Recurses at most IMAP_SEARCH_DEPTH deep. */
static struct err prepare(struct imapd *s, struct imap_search_key *k, unsigned *want)
{
	switch (k->op) {
	case IMAP_SEARCH_SEQ:
	case IMAP_SEARCH_UID: TRY(set_resolve(s, k)); break;
	case IMAP_SEARCH_FLAG:
	case IMAP_SEARCH_KEYWORD: TRY(keyword_map(s, k)); break;
	case IMAP_SEARCH_HEADER:
	case IMAP_SEARCH_BODY:
	case IMAP_SEARCH_TEXT: TRY(fold(s, &k->text)); FALLTHROUGH;
	case IMAP_SEARCH_SENTBEFORE:
	case IMAP_SEARCH_SENTON:
	case IMAP_SEARCH_SENTSINCE: *want |= WANT_PLACE | WANT_FACTS; break;
	default: break;
	}
	for (size_t i = 0; i < k->key_count; i++)
		TRY(prepare(s, &k->keys[i], want));
	return ERR_OK;
}

bool imapd_matcher_prepare(struct imapd *s, struct imap_search_key *root, unsigned *ret_want)
{
	*ret_want = 0;
	struct err e = prepare(s, root, ret_want);

	if (err_failed(e))
		imapd_fail(s, e);
	return err_is_ok(e);
}

/* One message that is being looked at. */
struct look {
	struct imapd *s;
	const struct entry *e;
	uint64_t seq;
	bool is_open;
	struct message_body body;
	bool has_header;
	struct buf header; /* raw */
	struct err err;
};

static bool body_open(struct look *l)
{
	if (l->is_open || err_failed(l->err))
		return l->is_open;
	l->err = message_open(imapd_account(l->s), l->e->message, &l->body);
	l->is_open = err_is_ok(l->err);
	return l->is_open;
}

static bool header_read(struct look *l)
{
	uint64_t n = l->e->prefix_n + l->e->facts->header_n;

	if (l->has_header)
		return true;
	if (!body_open(l))
		return false;
	l->header = BUF_INIT(IMAPD_HEADER_MAX);
	l->err = imapd_body_read(
		&l->body, (struct imapd_range){0, n < IMAPD_HEADER_MAX ? n : IMAPD_HEADER_MAX},
		&l->header);
	l->has_header = err_is_ok(l->err);
	return l->has_header;
}

static bool folded_has(struct str text, struct str needle)
{
	BUF_AUTO b = BUF_INIT(4 * WORD_GROWTH * IMAPD_HEADER_MAX);

	buf_imapd_fold(&b, text);
	return str_find(buf_str(&b), needle, 0) >= 0;
}

/* The decoded forms of addresses and subject are in the facts. */
static bool address_has(const struct facts *f, enum facts_role role, struct str needle)
{
	for (size_t i = 0; i < f->address_count; i++) {
		const struct facts_address *a = &f->addresses[i];
		BUF_AUTO b = BUF_INIT(1 << 20);

		if (a->role != role)
			continue;
		buf_strs(&b, a->name, STR(" <"), a->local, STR("@"), a->domain, STR(">"));
		if (folded_has(buf_str(&b), needle))
			return true;
	}
	return false;
}

/* Of a header's bytes: encoded words decoded, folding undone. */
static bool raw_has(struct str raw, struct str needle)
{
	BUF_AUTO b = BUF_INIT(WORD_GROWTH * IMAPD_HEADER_MAX);

	word_decode(raw, &b);
	return folded_has(buf_str(&b), needle);
}

static bool raw_field_has(struct look *l, struct str name, struct str needle)
{
	struct header_iter it;
	struct header_field f;
	bool found = false;

	if (!header_read(l))
		return false;
	it = header_iter_of(buf_str(&l->header));
	while (!found && header_next(&it, &f)) {
		if (str_eq_nocase(f.name, name))
			found = needle.n == 0 || raw_has(f.value, needle);
	}
	return found;
}

static bool header_has(struct look *l, const struct imap_search_key *k)
{
	static const struct {
		struct str name;
		enum facts_role role;
	} roles[] = {
		{STR_INIT("from"), FACTS_FROM}, {STR_INIT("sender"), FACTS_SENDER},
		{STR_INIT("to"), FACTS_TO},     {STR_INIT("cc"), FACTS_CC},
		{STR_INIT("bcc"), FACTS_BCC},   {STR_INIT("reply-to"), FACTS_REPLY_TO},
	};
	const struct facts *f = l->e->facts;

	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		if (str_eq_nocase(k->name, roles[i].name) && address_has(f, roles[i].role, k->text))
			return true;
	}
	if (str_eq_nocase(k->name, STR("subject")) && k->text.n && folded_has(f->subject, k->text))
		return true;
	return raw_field_has(l, k->name, k->text);
}

/* Whether a part's text, decoded, in UTF-8 and folded, holds the needle; piece by piece, with so
 * much of what was before kept as a match may need. */
static bool part_has(struct look *l, const struct facts_part *p, struct imapd_range r,
		     enum encoding enc, struct str needle)
{
	BUF_AUTO raw = BUF_INIT(2 * PIECE), text = BUF_INIT(16 * PIECE),
		 window = BUF_INIT(64 * PIECE);
	const struct charset *cs = charset_find(p->charset.n ? p->charset : STR("us-ascii"));
	struct charset_decoder chars;
	struct imapd_decoder d;
	bool more = true, found = false;

	if (!body_open(l))
		return false;
	imapd_decoder_init(&d, &l->body, r, enc);
	if (cs)
		charset_decoder_init(&chars, cs);
	while (more && !found && err_is_ok(l->err)) {
		buf_clear(&raw);
		buf_clear(&text);
		l->err = imapd_decoder_read(&d, &raw, &more);
		if (cs)
			charset_decode(&chars, buf_str(&raw), !more, &text);
		buf_imapd_fold(&window, cs ? buf_str(&text) : buf_str(&raw));
		found = str_find(buf_str(&window), needle, 0) >= 0;
		if (window.n > needle.n)
			buf_consume(&window, window.n - needle.n);
	}
	if (cs)
		charset_decoder_fini(&chars);
	return found;
}

static bool body_has(struct look *l, struct str needle)
{
	const struct facts *f = l->e->facts;

	if (needle.n == 0)
		return true;
	for (size_t i = 0; i < f->part_count && err_is_ok(l->err); i++) {
		static const enum encoding encodings[] = {
			[FACTS_ENCODING_QUOTED_PRINTABLE] = ENCODING_QP,
			[FACTS_ENCODING_BASE64] = ENCODING_BASE64,
			[FACTS_ENCODING_UNKNOWN] = ENCODING_7BIT,
		};
		const struct facts_part *p = &f->parts[i];
		struct imapd_range r = {l->e->prefix_n + p->body_at, p->body_n};

		if (p->kind == FACTS_PART_LEAF && str_eq(p->type, STR("text")) &&
		    part_has(l, p, r, encodings[p->encoding], needle))
			return true;
	}
	return false;
}

/* Any field, as it is decoded for other keys too. */
static bool any_header_has(struct look *l, struct str needle)
{
	const struct facts *f = l->e->facts;

	for (int role = 0; role < FACTS_ROLE_COUNT; role++) {
		if (address_has(f, (enum facts_role)role, needle))
			return true;
	}
	return folded_has(f->subject, needle) ||
	       (header_read(l) && raw_has(buf_str(&l->header), needle));
}

static int64_t days(int64_t seconds)
{
	return seconds >= 0 ? seconds / 86400 : -((-seconds + 86399) / 86400);
}

/* The day of the Date field, "disregarding time and timezone": as it is written there. */
static bool sent(const struct entry *e, int64_t *ret_day)
{
	*ret_day = days(e->facts->date + (int64_t)e->facts->date_zone * 60);
	return e->facts->has_date;
}

static bool has_keyword(const struct flagset *set, struct str keyword)
{
	for (size_t i = 0; i < set->keyword_count; i++) {
		if (str_eq(set->keywords[i], keyword))
			return true;
	}
	return false;
}

static bool match(struct look *l, const struct imap_search_key *k);

static bool match_list(struct look *l, const struct imap_search_key *k, bool all)
{
	for (size_t i = 0; i < k->key_count; i++) {
		if (match(l, &k->keys[i]) != all)
			return !all;
	}
	return all;
}

static bool match_set(struct look *l, const struct imap_search_key *k)
{
	if (k->set.saved)
		return uids_has(&imapd_view(l->s)->saved, l->e->uid);
	return imap_seqset_has(k->set, k->op == IMAP_SEARCH_UID ? l->e->uid : (uint32_t)l->seq);
}

/* The day that a key is about; false if the message has none. */
static bool day_of(const struct entry *e, enum imap_search_op op, int64_t *ret_day)
{
	switch (op) {
	case IMAP_SEARCH_SENTBEFORE:
	case IMAP_SEARCH_SENTON:
	case IMAP_SEARCH_SENTSINCE: return sent(e, ret_day);
	case IMAP_SEARCH_SAVEDBEFORE:
	case IMAP_SEARCH_SAVEDON:
	case IMAP_SEARCH_SAVEDSINCE: *ret_day = days(e->saved); return true;
	default: *ret_day = days(e->received); return true;
	}
}

static bool match_date(const struct look *l, const struct imap_search_key *k)
{
	int64_t day;

	if (!day_of(l->e, k->op, &day))
		return false;
	switch (k->op) {
	case IMAP_SEARCH_BEFORE:
	case IMAP_SEARCH_SAVEDBEFORE:
	case IMAP_SEARCH_SENTBEFORE: return day < k->date;
	case IMAP_SEARCH_ON:
	case IMAP_SEARCH_SAVEDON:
	case IMAP_SEARCH_SENTON: return day == k->date;
	default: return day >= k->date;
	}
}

/* RFC 5032 §3. */
static bool match_age(const struct look *l, const struct imap_search_key *k)
{
	int64_t age = clock_unix(l->s->base.clock) - l->e->received;

	return k->op == IMAP_SEARCH_OLDER ? age >= (int64_t)k->n : age <= (int64_t)k->n;
}

/* Recurses at most IMAP_SEARCH_DEPTH deep. */
static bool match(struct look *l, const struct imap_search_key *k)
{
	const struct entry *e = l->e;

	switch (k->op) {
	case IMAP_SEARCH_AND: return match_list(l, k, true);
	case IMAP_SEARCH_OR: return match_list(l, k, false);
	case IMAP_SEARCH_NOT: return !match(l, &k->keys[0]);
	case IMAP_SEARCH_SEQ:
	case IMAP_SEARCH_UID: return match_set(l, k);
	case IMAP_SEARCH_FLAG: return (e->set.flags & k->flag) == k->flag;
	case IMAP_SEARCH_KEYWORD: return has_keyword(&e->set, k->text);
	case IMAP_SEARCH_HEADER: return header_has(l, k);
	case IMAP_SEARCH_BODY: return body_has(l, k->text);
	case IMAP_SEARCH_TEXT: return any_header_has(l, k->text) || body_has(l, k->text);
	case IMAP_SEARCH_LARGER: return e->size > k->n;
	case IMAP_SEARCH_SMALLER: return e->size < k->n;
	case IMAP_SEARCH_MODSEQ: return e->modseq >= k->n;
	case IMAP_SEARCH_OLDER:
	case IMAP_SEARCH_YOUNGER: return match_age(l, k);
	default: return match_date(l, k);
	}
}

struct err imapd_matcher_match(struct imapd *s, const struct imap_search_key *root,
			       const struct entry *e, uint64_t seq, bool *ret)
{
	struct look l = {.s = s, .e = e, .seq = seq};

	*ret = match(&l, root);
	if (l.is_open)
		message_close(&l.body);
	buf_fini(&l.header);
	return l.err;
}
