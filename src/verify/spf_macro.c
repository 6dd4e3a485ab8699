#include "verify/spf_macro.h"

#include "base/utf8.h"
#include "dns/name.h"
#include <assert.h>

enum {
	VALUE_MAX = 4096, /* of one macro; escaped, three times that */
	TEXT_MAX = 1 << 20,
	PARTS_MAX = VALUE_MAX + 1, /* more than a value can have */
};

struct macro {
	char letter; /* lower case, or one of % _ - */
	bool escape; /* was in upper case */
	bool change; /* has transformers or delimiters */
	bool reverse;
	unsigned parts;
	struct str delimiters;
};

static bool is_delimiter(char c)
{
	return c && strchr(".-+,/_=", c);
}

/* RFC 7208 §7.1 macro-literal: visible characters except "%". */
static bool is_literal(char c)
{
	return c > 0x20 && c < 0x7f && c != '%';
}

static bool is_text_literal(char c)
{
	return is_literal(c) || c == ' ';
}

static char x_letter(struct cur *c, enum spf_macro_place place)
{
	char letter = ch_lower((char)cur_peek(c));

	if (cur_end(c) || !letter || !strchr("slodiphcrtv", letter))
		cur_fail(c, "a macro letter");
	/* RFC 7208 §7.2: c, r and t are allowed only in "exp" text. */
	else if (place == SPF_MACRO_NAME && strchr("crt", letter))
		cur_fail(c, "a macro letter for names");
	else
		c->at++;
	return letter;
}

/* RFC 7208 §7.3: "If a DIGIT is specified, the value MUST be nonzero." */
static unsigned x_parts(struct cur *c)
{
	struct str digits = cur_opt_run(c, ch_is_digit);
	unsigned v = 0;

	for (size_t i = 0; i < digits.n && v < PARTS_MAX; i++)
		v = 10 * v + (unsigned)(digits.p[i] - '0');
	if (digits.n && v == 0)
		cur_fail(c, "a number of parts above 0");
	return digits.n ? v : PARTS_MAX;
}

/* RFC 7208 §7.1 macro-expand. */
static struct macro x_macro(struct cur *c, enum spf_macro_place place)
{
	struct macro m = {0};

	cur_xlit(c, "%");
	if (!cur_end(c) && cur_peek(c) != '{') {
		m.letter = (char)cur_peek(c);
		if (!m.letter || !strchr("%_-", m.letter))
			cur_fail(c, "\"%%\", \"%_\", \"%-\" or \"%{\"");
		else
			c->at++;
		return m;
	}
	cur_xlit(c, "{");
	m.escape = cur_peek(c) >= 'A' && cur_peek(c) <= 'Z';
	m.letter = x_letter(c, place);
	size_t from = c->at;

	m.parts = x_parts(c);
	m.reverse = cur_opt_nocase(c, STR("r"));
	m.delimiters = cur_opt_run(c, is_delimiter);
	m.change = c->at > from;
	cur_xlit(c, "}");
	return m;
}

/* Consumes all; *ret_tail is where the literal at its end begins. */
static void x_macros(struct cur *c, enum spf_macro_place place, size_t *ret_tail)
{
	*ret_tail = c->at;
	while (!cur_end(c)) {
		if (cur_opt_run(c, place == SPF_MACRO_TEXT ? is_text_literal : is_literal).n)
			continue;
		if (cur_peek(c) != '%')
			cur_fail(c, "a visible ASCII character");
		x_macro(c, place);
		*ret_tail = c->at;
	}
}

void x_spf_macro_string(struct cur *c, enum spf_macro_place place)
{
	size_t tail;

	x_macros(c, place, &tail);
}

/* RFC 7208 §7.1 toplabel: letters, digits and hyphens, no hyphen at its ends, not all digits. */
static bool is_toplabel(struct str s)
{
	bool number = true;

	for (size_t i = 0; i < s.n; i++) {
		if (!ch_is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
		number &= ch_is_digit(s.p[i]);
	}
	return !number && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

void x_spf_domain_spec(struct cur *c)
{
	size_t from = c->at, tail;

	x_macros(c, SPF_MACRO_NAME, &tail);
	if (cur_failed(c) || (tail == c->at && tail > from))
		return;
	struct str end = dns_name_undot(str_from(c->s, tail));
	ssize_t dot = str_rchr(end, '.');

	if (dot < 0 || !is_toplabel(str_from(end, (size_t)dot + 1)))
		cur_fail(c, "a domain that ends in a macro or a top-level label");
}

/* The next piece: false at the end. A literal has letter 0. */
static bool piece_next(struct cur *c, struct str *ret_literal, struct macro *ret)
{
	*ret = (struct macro){0};
	if (cur_end(c))
		return false;
	*ret_literal = cur_opt_run(c, is_text_literal);
	if (!ret_literal->n)
		*ret = x_macro(c, SPF_MACRO_TEXT);
	assert(!cur_failed(c));
	return true;
}

size_t spf_macro_count(struct str s)
{
	struct cur c = cur_of(s);
	struct str literal;
	struct macro m;
	size_t n = 0;

	while (piece_next(&c, &literal, &m))
		n += m.letter != 0;
	return n;
}

bool spf_macro_uses(struct str s, struct str letters)
{
	struct cur c = cur_of(s);
	struct str literal;
	struct macro m;

	while (piece_next(&c, &literal, &m))
		if (m.letter && str_chr(letters, m.letter) >= 0)
			return true;
	return false;
}

/* RFC 7208 §7.3: 192.0.2.1, and for IPv6 nibbles with dots, in the upper case that the openspf
 * suite has; names are put in lower case later. */
static void add_dotted(struct buf *b, struct ip ip)
{
	if (ip.family == 4)
		buf_ip(b, ip);
	for (unsigned i = 0; ip.family == 6 && i < 16; i++)
		buf_printf(b, "%s%X.%X", i ? "." : "", ip.b[i] >> 4, ip.b[i] & 15U);
}

static void add_value(struct buf *b, char letter, const struct spf_values *v)
{
	switch (letter) {
	case 's': buf_strs(b, v->local, STR("@"), v->sender); break;
	case 'l': buf_str_add(b, v->local); break;
	case 'o': buf_str_add(b, v->sender); break;
	case 'd': buf_str_add(b, v->domain); break;
	case 'i': add_dotted(b, v->ip); break;
	case 'p': buf_str_add(b, v->host); break;
	case 'v': buf_str_add(b, v->ip.family == 4 ? STR("in-addr") : STR("ip6")); break;
	case 'h': buf_str_add(b, v->helo); break;
	case 'c': buf_ip(b, v->ip); break;
	case 'r': buf_str_add(b, v->receiver.n ? v->receiver : STR("unknown")); break;
	case 't': buf_i64(b, v->now); break;
	case '%': buf_char(b, '%'); break;
	case '_': buf_char(b, ' '); break;
	case '-': buf_str_add(b, STR("%20")); break;
	}
}

/* Where the part that ends at `to` begins. */
static size_t part_begin(struct str s, size_t to, struct str delimiters)
{
	while (to > 0 && str_chr(delimiters, s.p[to - 1]) < 0)
		to--;
	return to;
}

/* The last parts, in order. */
static void add_last(struct buf *b, struct str s, const struct macro *m)
{
	size_t at = part_begin(s, s.n, m->delimiters);

	for (unsigned n = m->parts; n > 1 && at > 0; n--)
		at = part_begin(s, at - 1, m->delimiters);
	for (; at < s.n; at++)
		buf_char(b, str_chr(m->delimiters, s.p[at]) < 0 ? s.p[at] : '.');
}

/* The first parts, the last of them in front: what is left of the reversed list. */
static void add_reversed(struct buf *b, struct str s, const struct macro *m)
{
	size_t end = 0, from;
	unsigned n = 0;

	for (; end < s.n; end++)
		if (str_chr(m->delimiters, s.p[end]) >= 0 && ++n == m->parts)
			break;
	for (;; end = from - 1) {
		from = part_begin(s, end, m->delimiters);
		buf_str_add(b, str_sub(s, from, end));
		if (from == 0)
			break;
		buf_char(b, '.');
	}
}

/* RFC 3986 §2.3 unreserved. */
static bool is_unreserved(char c)
{
	return ch_is_alnum(c) || (c && strchr("-._~", c));
}

static void add_escaped(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_unreserved(s.p[i]))
			buf_char(b, s.p[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)s.p[i]);
	}
}

static void add_macro(struct buf *b, struct macro *m, const struct spf_values *v)
{
	BUF_AUTO value = BUF_INIT(VALUE_MAX);
	BUF_AUTO changed = BUF_INIT(VALUE_MAX);
	struct str s;

	add_value(&value, m->letter, v);
	s = buf_str(&value);
	if (m->change) {
		if (!m->delimiters.n)
			m->delimiters = STR(".");
		(m->reverse ? add_reversed : add_last)(&changed, s, m);
		s = buf_str(&changed);
	}
	if (m->escape)
		add_escaped(b, s);
	else
		buf_str_add(b, s);
	b->failed |= buf_failed(&value);
}

void buf_spf_macro(struct buf *b, struct str s, const struct spf_values *v)
{
	struct cur c = cur_of(s);
	struct str literal;
	struct macro m;

	while (piece_next(&c, &literal, &m)) {
		if (m.letter)
			add_macro(b, &m, v);
		else
			buf_str_add(b, literal);
	}
}

bool spf_target_name(struct buf *b, struct str domain_spec, const struct spf_values *v)
{
	BUF_AUTO text = BUF_INIT(TEXT_MAX);

	buf_spf_macro(&text, domain_spec, v);
	struct str name = dns_name_undot(buf_str(&text));

	while (name.n > DNS_NAME_MAX)
		name = dns_name_parent(name);
	if (buf_failed(&text) || name.n == 0 || !dns_name_ok(name) || !utf8_is_ascii(name))
		return false;
	buf_dns_lower(b, name);
	return true;
}
