#include "format/compose.h"

#include "base/utf8.h"
#include "format/date.h"
#include "format/domain.h"
#include "format/word.h"
#include <assert.h>

enum { WORD_PLAIN_MAX = 900 }; /* longer ones would not leave room in a line of 998 */

/* The line being written. */
struct line {
	struct buf *b;
	size_t column;
	size_t max;  /* COMPOSE_LINE, or SIZE_MAX for no folding */
	bool behind; /* something stands on it that a fold may follow */
	bool broken; /* the white space for the next word stands there already */
};

static struct line line_begin(struct buf *b, struct str name)
{
	assert(compose_name_ok(name));
	buf_strs(b, name, STR(":"));
	return (struct line){.b = b, .column = name.n + 1, .max = COMPOSE_LINE};
}

static void line_end(struct line *l)
{
	buf_str_add(l->b, STR("\r\n"));
}

/* Room for n bytes behind white space: writes the white space, or a fold that is the same. */
static void line_space(struct line *l, struct str space, size_t n)
{
	if (l->broken) {
		l->broken = false;
		return;
	}
	if (l->behind && l->column + space.n + n > l->max) {
		buf_str_add(l->b, STR("\r\n"));
		l->column = 0;
	}
	buf_str_add(l->b, space);
	l->column += space.n;
	l->behind = true;
}

static void line_add(struct line *l, struct str s)
{
	buf_str_add(l->b, s);
	l->column += s.n;
	l->behind = true;
}

/* The next word begins a line. */
static void line_break(struct line *l)
{
	buf_str_add(l->b, STR("\r\n\t"));
	l->column = 8;
	l->behind = false;
	l->broken = true;
}

static void line_word(struct line *l, struct str space, struct str word)
{
	line_space(l, space, word.n);
	line_add(l, word);
}

/* Encoded words fold on their own, but for the first, which is behind a space of ours. */
static void line_words(struct line *l, struct str s)
{
	enum { FIRST = 24 }; /* what buf_words wants room for */

	line_space(l, STR(" "), FIRST + COMPOSE_LINE - WORD_LINE_MAX);
	l->column = buf_words(l->b, s, l->column);
}

bool compose_name_ok(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f || name.p[i] == ':')
			return false;
	return name.n > 0 && name.n <= COMPOSE_NAME_MAX;
}

/* UTF-8 on one line, without white space at its ends. */
static struct str clean(struct str s, struct buf *b)
{
	buf_utf8_repair(b, s);
	for (size_t i = 0; i < b->n; i++)
		if (b->p[i] == '\r' || b->p[i] == '\n' || b->p[i] == '\0')
			b->p[i] = ' ';
	return str_trim(buf_str(b));
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

/* Whether s must be written as encoded words: it is not what it looks like without them. */
static bool needs_words(struct str s, bool utf8)
{
	return has_control(s) || (!utf8 && !utf8_is_ascii(s)) || str_find(s, STR("=?"), 0) >= 0 ||
	       s.n > WORD_PLAIN_MAX;
}

/* The next word from *at on, and the run of spaces before it. */
static bool word_next(struct str s, size_t *at, struct str *ret_space, struct str *ret_word)
{
	size_t from = *at, word = from, to;

	while (word < s.n && s.p[word] == ' ')
		word++;
	for (to = word; to < s.n && s.p[to] != ' ';)
		to++;
	*ret_space = str_sub(s, from, word);
	*ret_word = str_sub(s, word, to);
	*at = to;
	return to > from;
}

/* The part of a text, whole words, that is to be encoded: from the first to the last word that
 * needs it. Runs of more than one space are inside, for others fold and unfold what is outside. */
static struct str encoded_part(struct str s, bool utf8)
{
	size_t from = s.n, to = 0, before = 0;
	struct str space, word;

	for (size_t at = 0; word_next(s, &at, &space, &word);) {
		size_t start = at - word.n;

		if (space.n > 1) {
			from = before < from ? before : from;
			to = at;
		}
		if (needs_words(word, utf8)) {
			from = start < from ? start : from;
			to = at;
		}
		before = start;
	}
	return str_sub(s, from, to);
}

static void line_plain(struct line *l, struct str s)
{
	struct str space, word;

	for (size_t at = 0; word_next(s, &at, &space, &word);)
		line_word(l, STR(" "), word);
}

void buf_header_text(struct buf *b, struct str name, struct str value, bool utf8)
{
	BUF_AUTO one_line = BUF_INIT(3 * value.n + 1);
	struct line l = line_begin(b, name);
	struct str s = clean(value, &one_line), part = encoded_part(s, utf8);
	size_t at = part.n ? (size_t)(part.p - s.p) : s.n;

	line_plain(&l, str_trim(str_sub(s, 0, at)));
	if (part.n)
		line_words(&l, part);
	line_plain(&l, str_trim(str_from(s, at + part.n)));
	line_end(&l);
}

void buf_header_structured(struct buf *b, struct str name, struct str value)
{
	BUF_AUTO one_line = BUF_INIT(3 * value.n + 1);
	struct line l = line_begin(b, name);

	line_plain(&l, clean(value, &one_line));
	line_end(&l);
}

void buf_header_parts(struct buf *b, struct str name, const struct str *part, size_t n)
{
	struct line l = line_begin(b, name);

	for (size_t i = 0; i < n; i++) {
		BUF_AUTO one_line = BUF_INIT(3 * part[i].n + 1);

		if (i)
			line_break(&l);
		line_plain(&l, clean(part[i], &one_line));
	}
	line_end(&l);
}

static void add_quoted(struct buf *b, struct str s)
{
	buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_char(b, '\\');
		buf_char(b, s.p[i]);
	}
	buf_char(b, '"');
}

/* Whether s is atoms with a space between: a phrase that needs no quotes. */
static bool is_atoms(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!address_is_atext(s.p[i]) &&
		    (s.p[i] != ' ' || i + 1 >= s.n || s.p[i + 1] == ' '))
			return false;
	return s.n > 0;
}

/* A quoted string may fold at its spaces (RFC 5322 §3.2.4). */
static void line_quoted(struct line *l, struct str s)
{
	BUF_AUTO quoted = BUF_INIT(2 * s.n + 2);
	struct str space, word;

	add_quoted(&quoted, s);
	for (size_t at = 0; word_next(buf_str(&quoted), &at, &space, &word);)
		line_word(l, at == word.n ? STR(" ") : space, word);
}

static void line_phrase(struct line *l, struct str name, bool utf8)
{
	BUF_AUTO one_line = BUF_INIT(3 * name.n + 1);
	struct str s = clean(name, &one_line);

	if (!s.n)
		return;
	if (needs_words(s, utf8))
		line_words(l, s);
	else if (is_atoms(s))
		line_plain(l, s);
	else
		line_quoted(l, s);
}

static void add_domain(struct buf *b, struct str domain, bool utf8)
{
	size_t start = b->n;

	if (!utf8 && !utf8_is_ascii(domain) && domain_ascii(domain, b))
		return;
	/* A literal may hold a colon. */
	bool literal = str_starts(domain, STR("[")) && str_ends(domain, STR("]"));

	for (size_t i = 0; i < domain.n; i++)
		if (address_is_atext(domain.p[i]) || domain.p[i] == '.' ||
		    (literal && (i == 0 || i + 1 == domain.n || domain.p[i] == ':')))
			buf_char(b, domain.p[i]);
	if (!utf8_valid(str_of(b->p + start, b->n - start)))
		buf_truncate(b, start);
}

static void add_spec(struct buf *b, const struct address *a, bool utf8)
{
	BUF_AUTO local = BUF_INIT(3 * a->local.n + 1), domain = BUF_INIT(4 * a->domain.n + 256);

	buf_utf8_repair(&local, a->local);
	for (size_t i = 0; i < local.n; i++)
		if ((unsigned char)local.p[i] < 0x20 || local.p[i] == 0x7f)
			local.p[i] = ' ';
	if (address_is_dot_atom(buf_str(&local)))
		buf_str_add(b, buf_str(&local));
	else
		add_quoted(b, buf_str(&local));
	add_domain(&domain, a->domain, utf8);
	if (domain.n)
		buf_strs(b, STR("@"), buf_str(&domain));
}

static void line_mailbox(struct line *l, const struct address *a, bool utf8)
{
	BUF_AUTO spec = BUF_INIT(7 * a->local.n + 4 * a->domain.n + 300);
	bool brackets = a->name.n > 0 || !a->domain.n;

	line_phrase(l, a->name, utf8);
	if (brackets)
		buf_char(&spec, '<');
	add_spec(&spec, a, utf8);
	if (brackets)
		buf_char(&spec, '>');
	line_word(l, STR(" "), buf_str(&spec));
}

static bool is_written(const struct address *a)
{
	return a->kind != ADDRESS_MAILBOX || a->local.n > 0;
}

void buf_header_addresses(struct buf *b, struct str name, const struct address *at, size_t n,
			  bool utf8)
{
	bool comma = false, any = false;

	for (size_t i = 0; i < n; i++)
		any |= is_written(&at[i]);
	if (!any)
		return;
	struct line l = line_begin(b, name);

	for (size_t i = 0; i < n; i++) {
		const struct address *a = &at[i];

		if (!is_written(a))
			continue;
		if (comma && a->kind != ADDRESS_GROUP_END)
			line_add(&l, STR(","));
		if (a->kind == ADDRESS_GROUP_BEGIN) {
			line_phrase(&l, str_trim(a->name).n ? a->name : STR("group"), utf8);
			line_add(&l, STR(":"));
		} else if (a->kind == ADDRESS_GROUP_END) {
			line_add(&l, STR(";"));
		} else {
			line_mailbox(&l, a, utf8);
		}
		comma = a->kind != ADDRESS_GROUP_BEGIN;
	}
	line_end(&l);
}

bool compose_needs_utf8(const struct address *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (at[i].kind == ADDRESS_MAILBOX && !utf8_is_ascii(at[i].local))
			return true;
	return false;
}

void buf_address(struct buf *b, const struct address *a)
{
	BUF_AUTO text = BUF_INIT(8 * (a->name.n + a->local.n + a->domain.n) + 512);
	struct line l = {.b = &text, .max = SIZE_MAX};

	line_mailbox(&l, a, true);
	buf_str_add(b, str_trim(buf_str(&text)));
}

void buf_header_date(struct buf *b, struct str name, int64_t unix_seconds, int zone)
{
	struct line l = line_begin(b, name);

	line_space(&l, STR(" "), 0);
	buf_date(b, unix_seconds, zone);
	line_end(&l);
}

void buf_header_ids(struct buf *b, struct str name, const struct str *ids, size_t n)
{
	struct line l = {0};

	for (size_t i = 0; i < n; i++) {
		BUF_AUTO id = BUF_INIT(3 * ids[i].n + 3), valid = BUF_INIT(3 * ids[i].n + 1);

		buf_utf8_repair(&valid, ids[i]);
		buf_char(&id, '<');
		for (size_t k = 0; k < valid.n && id.n < WORD_PLAIN_MAX; k++)
			if ((unsigned char)valid.p[k] > ' ' && !strchr("<>\x7f", valid.p[k]))
				buf_char(&id, valid.p[k]);
		buf_char(&id, '>');
		if (id.n == 2)
			continue;
		if (!l.b)
			l = line_begin(b, name);
		line_word(&l, STR(" "), buf_str(&id));
	}
	if (l.b)
		line_end(&l);
}

/* RFC 2045 §5.1 */
static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("()<>@,;:\\\"/[]?=", s.p[i]))
			return false;
	return s.n > 0;
}

/* RFC 2231 §7 attribute-char */
static bool is_attribute_char(char c)
{
	return is_token(str_of(&c, 1)) && c != '*' && c != '\'' && c != '%';
}

/* name*0*=utf-8''...; name*1*=... with whole characters in each (RFC 2231 §4.1). */
static void line_extended(struct line *l, struct str name, struct str value)
{
	enum { PART = 40 }; /* bytes of percent signs and such */
	BUF_AUTO part = BUF_INIT(2 * COMPOSE_LINE + name.n);
	size_t at = 0, section = 0;
	uint32_t cp;

	do {
		buf_clear(&part);
		buf_printf(&part, "%.*s*%zu*=%s", STR_ARG(name), section, section ? "" : "utf-8''");
		for (size_t from = part.n; at < value.n && part.n - from < PART;) {
			size_t n = utf8_decode_lossy(value, at, &cp);

			for (size_t i = 0; i < n; i++, at++) {
				if (is_attribute_char(value.p[at]))
					buf_char(&part, value.p[at]);
				else
					buf_printf(&part, "%%%02X", (unsigned char)value.p[at]);
			}
		}
		if (at < value.n)
			buf_char(&part, ';');
		line_word(l, STR(" "), buf_str(&part));
		section++;
	} while (at < value.n);
}

static void line_param(struct line *l, const struct compose_param *p)
{
	enum { QUOTED_MAX = 200 };
	BUF_AUTO one_line = BUF_INIT(3 * p->value.n + 1),
		 text = BUF_INIT(p->name.n + 2 * QUOTED_MAX + 4);
	struct str value = clean(p->value, &one_line);

	line_add(l, STR(";"));
	if (value.n > QUOTED_MAX || needs_words(value, false)) {
		line_extended(l, p->name, value);
		return;
	}
	buf_strs(&text, p->name, STR("="));
	if (is_token(value))
		buf_str_add(&text, value);
	else
		add_quoted(&text, value);
	line_word(l, STR(" "), buf_str(&text));
}

void buf_header_params(struct buf *b, struct str name, struct str value,
		       const struct compose_param *params, size_t n)
{
	BUF_AUTO one_line = BUF_INIT(3 * value.n + 1);
	struct line l = line_begin(b, name);

	line_plain(&l, clean(value, &one_line));
	for (size_t i = 0; i < n; i++)
		line_param(&l, &params[i]);
	line_end(&l);
}
