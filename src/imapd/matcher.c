#include "imapd/matcher.h"

#include "facts/signature.h"
#include "facts/text.h"
#include "format/word.h"
#include "imapd/parts.h"
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer messages are mapped. */
enum { READ_MAX = 256 << 10 };

static struct err fold(struct imapd *s, struct str *text)
{
	BUF_AUTO b = BUF_INIT(FOLD_GROWTH * IMAP_LITERAL_MAX + FOLD_EXTRA);

	buf_fold(&b, *text);
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
	case IMAP_SEARCH_TEXT:
		TRY(fold(s, &k->text));
		*want |= WANT_SIGNATURE;
		FALLTHROUGH;
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
	bool is_open, is_read;
	struct message_body body;
	struct str bytes; /* with the headers added at delivery */
	struct buf memory;
	void *map; /* pages around bytes */
	size_t map_n;
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

static struct err body_map(struct look *l)
{
	uint64_t in_page = l->body.at % (uint64_t)sysconf(_SC_PAGESIZE);
	size_t n = (size_t)(l->body.size + in_page);
	struct stat st;

	/* A page that is not there would end the process. */
	if (fstat(l->body.fd, &st) != 0)
		return err_errno("find the size of a message's file");
	if ((uint64_t)st.st_size < l->body.at + l->body.size)
		return err_make(ERR_CORRUPT, "a message ends behind its file");
	void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, l->body.fd, (off_t)(l->body.at - in_page));
	if (p == MAP_FAILED)
		return err_errno("map a message of %ju bytes", (uintmax_t)l->body.size);
	l->map = p;
	l->map_n = n;
	l->bytes = str_of((char *)p + in_page, (size_t)l->body.size);
	return ERR_OK;
}

static struct err body_take(struct look *l)
{
	if (l->body.size > READ_MAX)
		return body_map(l);
	l->memory = BUF_INIT(READ_MAX);
	TRY(imapd_body_read(&l->body, (struct imapd_range){0, l->body.size}, &l->memory));
	l->bytes = buf_str(&l->memory);
	return ERR_OK;
}

/* Makes the whole message ready to be looked into. */
static bool body_read(struct look *l)
{
	if (!l->is_read && body_open(l)) {
		l->err = body_take(l);
		l->is_read = err_is_ok(l->err);
	}
	return l->is_read;
}

static void look_end(struct look *l)
{
	if (l->map)
		munmap(l->map, l->map_n);
	buf_fini(&l->memory);
	if (l->is_open)
		message_close(&l->body);
}

static bool folded_has(struct str text, struct str needle)
{
	BUF_AUTO b = BUF_INIT(FACTS_TEXT_PIECE_MAX);

	buf_fold(&b, text);
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

/* Of a field's value: encoded words decoded, folding undone. */
static bool value_has(struct str value, struct str needle)
{
	BUF_AUTO b = BUF_INIT(WORD_GROWTH * FACTS_TEXT_FIELD_MAX);

	word_decode(str_sub(value, 0, FACTS_TEXT_FIELD_MAX - 1), &b);
	return folded_has(buf_str(&b), needle);
}

/* Whether a field of that name (any field, if it is empty) in the section has the needle. */
static bool section_has(struct str section, struct str name, struct str needle)
{
	struct header_iter it = header_iter_of(section);
	struct header_field f;
	bool found = false;

	while (!found && header_next(&it, &f))
		if (name.n == 0 || str_eq_nocase(f.name, name))
			found = needle.n == 0 || value_has(f.value, needle);
	return found;
}

/* In the headers added at delivery, of which signature and text know nothing. */
static bool prefix_has(struct look *l, struct str name, struct str needle)
{
	BUF_AUTO b = BUF_INIT(UINT32_MAX);

	if (l->e->prefix_n == 0 || !body_open(l))
		return false;
	l->err = imapd_body_read(&l->body, (struct imapd_range){0, l->e->prefix_n}, &b);
	return section_has(buf_str(&b), name, needle);
}

static bool may_have(const struct look *l, struct str needle)
{
	return signature_may_have(l->e->facts->signature, needle);
}

static bool raw_field_has(struct look *l, struct str name, struct str needle)
{
	if (prefix_has(l, name, needle))
		return true;
	if (!may_have(l, needle) || !body_read(l))
		return false;
	return section_has(
		str_sub(l->bytes, l->e->prefix_n, l->e->prefix_n + l->e->facts->header_n), name,
		needle);
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

/* Whether the message's text has the needle: piece by piece, with so much of what was before kept
 * as a match may need. */
static bool text_has(struct look *l, unsigned want, struct str needle)
{
	BUF_AUTO piece = BUF_INIT(FACTS_TEXT_PIECE_MAX);
	BUF_AUTO window = BUF_INIT(2 * FACTS_TEXT_PIECE_MAX);
	struct facts_text t;
	bool found = false, starts;

	if (!may_have(l, needle) || !body_read(l))
		return false;
	facts_text_init(&t, str_from(l->bytes, l->e->prefix_n), l->e->facts, want);
	while (!found && !buf_failed(&window) && facts_text_next(&t, &piece, &starts)) {
		if (starts)
			buf_clear(&window);
		else if (window.n > needle.n)
			buf_consume(&window, window.n - needle.n);
		buf_str_add(&window, buf_str(&piece));
		window.failed |= buf_failed(&piece);
		found = str_find(buf_str(&window), needle, 0) >= 0;
	}
	facts_text_fini(&t);
	if (buf_failed(&window))
		l->err = err_make(ERR_RESOURCES, "no memory to search a message");
	return found;
}

static bool body_has(struct look *l, struct str needle)
{
	return needle.n == 0 || text_has(l, FACTS_TEXT_BODY, needle);
}

/* Addresses as they are decoded for other keys too. */
static bool anything_has(struct look *l, struct str needle)
{
	for (int role = 0; role < FACTS_ROLE_COUNT; role++) {
		if (address_has(l->e->facts, (enum facts_role)role, needle))
			return true;
	}
	return needle.n == 0 || prefix_has(l, STR(""), needle) ||
	       text_has(l, FACTS_TEXT_ALL, needle);
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
	case IMAP_SEARCH_TEXT: return anything_has(l, k->text);
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
	look_end(&l);
	return l.err;
}
