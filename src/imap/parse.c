#include "imap/parse.h"

#include "base/utf8.h"
#include "format/date.h"
#include "imap/read.h"

#include <assert.h>

/* atom-specials, RFC 9051 §9; CHAR has no NUL and nothing above 0x7f. */
bool imap_is_atom_char(char c)
{
	return c > ' ' && c < 0x7f && c != '(' && c != ')' && c != '{' && c != '%' && c != '*' &&
	       c != '"' && c != '\\' && c != ']';
}

bool imap_is_astring_char(char c)
{
	return imap_is_atom_char(c) || c == ']';
}

static bool is_tag_char(char c)
{
	return imap_is_astring_char(c) && c != '+';
}

static bool is_list_char(char c)
{
	return imap_is_astring_char(c) || c == '%' || c == '*';
}

static bool is_word_char(char c)
{
	return ch_is_alnum(c) || c == '.' || c == '-' || c == '_';
}

void imap_x_sp(struct cur *c)
{
	cur_xlit(c, " ");
}

struct str imap_x_tag(struct cur *c)
{
	return cur_xrun(c, is_tag_char, IMAP_TAG_MAX, "tag");
}

struct str imap_x_atom(struct cur *c)
{
	return cur_xrun(c, imap_is_atom_char, IMAP_LINE_MAX, "atom");
}

struct str imap_x_word(struct cur *c)
{
	return cur_xrun(c, is_word_char, IMAP_TAG_MAX, "keyword");
}

bool imap_opt_word(struct cur *c, struct str w)
{
	size_t at = c->at;

	if (cur_failed(c))
		return false;
	if (str_eq_nocase(cur_opt_run(c, is_word_char), w))
		return true;
	cur_back(c, at);
	return false;
}

/* The n bytes at p without the backslashes that quote. */
static struct str unquote(struct cur *c, struct arena *a, struct str s)
{
	char *p = ARENA_NEW_N(a, char, s.n);
	size_t n = 0;

	if (!p) {
		cur_fail(c, "less data");
		return str_of(NULL, 0);
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		p[n++] = s.p[i];
	}
	return str_of(p, n);
}

/* quoted = DQUOTE *QUOTED-CHAR DQUOTE; the opening DQUOTE is next. */
static struct str x_quoted(struct cur *c, struct arena *a)
{
	bool escapes = false;

	cur_xlit(c, "\"");
	size_t from = c->at;

	while (!cur_end(c) && cur_peek(c) != '"') {
		int ch = cur_peek(c);

		if (ch == '\\') {
			escapes = true;
			c->at++;
			ch = cur_peek(c);
			if (ch != '\\' && ch != '"')
				cur_fail(c, "quoted-specials after \"\\\"");
		}
		if (ch == 0 || ch == '\r' || ch == '\n')
			cur_fail(c, "TEXT-CHAR");
		if (!cur_failed(c))
			c->at++;
	}
	struct str s = str_sub(c->s, from, c->at);

	cur_xlit(c, "\"");
	if (!cur_failed(c) && !utf8_valid(s))
		cur_fail(c, "UTF-8 in quoted");
	if (cur_failed(c))
		return str_of(NULL, 0);
	return escapes ? unquote(c, a, s) : s;
}

/* literal = "{" number64 ["+"] "}" CRLF *CHAR8; the reader has checked the header. */
static struct str x_literal(struct cur *c)
{
	cur_xlit(c, "{");
	uint64_t n = cur_xu64(c, IMAP_LITERAL_TOTAL, "literal size");

	cur_opt(c, '+');
	cur_xlit(c, "}\r\n");
	struct str s = cur_xtake(c, (size_t)n, "literal");

	if (!cur_failed(c) && str_chr(s, '\0') >= 0)
		cur_fail(c, "literal without NUL");
	return cur_failed(c) ? str_of(NULL, 0) : s;
}

struct str imap_x_string(struct cur *c, struct arena *a)
{
	if (cur_peek(c) == '"')
		return x_quoted(c, a);
	if (cur_peek(c) == '{')
		return x_literal(c);
	cur_fail(c, "string");
	return str_of(NULL, 0);
}

static struct str x_string_or_run(struct cur *c, struct arena *a, bool (*is)(char),
				  const char *expected)
{
	if (cur_peek(c) == '"' || cur_peek(c) == '{')
		return imap_x_string(c, a);
	return cur_xrun(c, is, IMAP_LINE_MAX, expected);
}

struct str imap_x_astring(struct cur *c, struct arena *a)
{
	return x_string_or_run(c, a, imap_is_astring_char, "astring");
}

struct str imap_x_list_mailbox(struct cur *c, struct arena *a)
{
	return x_string_or_run(c, a, is_list_char, "list-mailbox");
}

struct str imap_x_nstring(struct cur *c, struct arena *a, bool *ret_nil)
{
	*ret_nil = imap_opt_word(c, STR("NIL"));
	return *ret_nil ? str_of(NULL, 0) : imap_x_string(c, a);
}

uint32_t imap_x_nz_number(struct cur *c)
{
	if (cur_peek(c) == '0')
		cur_fail(c, "nz-number");
	return (uint32_t)cur_xu64(c, UINT32_MAX, "nz-number");
}

uint64_t imap_x_number64(struct cur *c)
{
	return cur_xu64(c, INT64_MAX, "number64");
}

static uint32_t x_seq_number(struct cur *c)
{
	return cur_opt(c, '*') ? 0 : imap_x_nz_number(c);
}

struct imap_seqset imap_x_seqset(struct cur *c, struct arena *a)
{
	struct imap_seqset s = {0};

	if (cur_opt(c, '$'))
		return (struct imap_seqset){.saved = true};
	do {
		struct imap_range *r = ARENA_GROW(a, s.r, s.n);

		if (!r) {
			cur_fail(c, "shorter sequence-set");
			break;
		}
		s.r = r;
		uint32_t from = x_seq_number(c);

		s.r[s.n++] = (struct imap_range){from, cur_opt(c, ':') ? x_seq_number(c) : from};
	} while (cur_opt(c, ','));
	return cur_failed(c) ? (struct imap_seqset){0} : s;
}

static const struct {
	struct str name;
	unsigned bit;
} system_flags[] = {
	{STR_INIT("Seen"), IMAP_FLAG_SEEN},       {STR_INIT("Answered"), IMAP_FLAG_ANSWERED},
	{STR_INIT("Flagged"), IMAP_FLAG_FLAGGED}, {STR_INIT("Deleted"), IMAP_FLAG_DELETED},
	{STR_INIT("Draft"), IMAP_FLAG_DRAFT},     {STR_INIT("Recent"), IMAP_FLAG_RECENT},
};

static unsigned x_system_flag(struct cur *c)
{
	struct str name = imap_x_atom(c);

	for (size_t i = 0; i < ARRAY_LEN(system_flags); i++) {
		if (str_eq_nocase(name, system_flags[i].name))
			return system_flags[i].bit;
	}
	cur_fail(c, "known flag");
	return 0;
}

/* Adds s to an array of at most max, which is what ids, flags and patterns are. */
void imap_x_push(struct cur *c, struct arena *a, struct str **array, size_t *n, size_t max,
		 struct str s)
{
	struct str *p = *n < max ? ARENA_GROW(a, *array, *n) : NULL;

	if (!p) {
		cur_fail(c, "shorter list");
		return;
	}
	p[(*n)++] = s;
	*array = p;
}

static void x_flag(struct cur *c, struct arena *a, struct imap_flags *f)
{
	if (cur_opt(c, '\\'))
		f->system |= x_system_flag(c);
	else
		imap_x_push(c, a, &f->keywords, &f->n, IMAP_FLAGS_MAX, imap_x_atom(c));
}

static void x_flags_spaced(struct cur *c, struct arena *a, struct imap_flags *f)
{
	do
		x_flag(c, a, f);
	while (cur_opt(c, ' '));
}

struct imap_flags imap_x_flag_list(struct cur *c, struct arena *a)
{
	struct imap_flags f = {0};

	cur_xlit(c, "(");
	if (cur_peek(c) != ')')
		x_flags_spaced(c, a, &f);
	cur_xlit(c, ")");
	return cur_failed(c) ? (struct imap_flags){0} : f;
}

struct imap_flags imap_x_flags(struct cur *c, struct arena *a)
{
	struct imap_flags f = {0};

	if (cur_peek(c) == '(')
		return imap_x_flag_list(c, a);
	x_flags_spaced(c, a, &f);
	return cur_failed(c) ? (struct imap_flags){0} : f;
}

static unsigned x_month(struct cur *c)
{
	struct str s = cur_xtake(c, 3, "month");

	for (unsigned month = 1; month <= 12; month++)
		if (str_eq_nocase(s, date_month_name(month)))
			return month;
	cur_fail(c, "month");
	return 1;
}

/* "-" date-month "-" date-year, behind a day. */
static int32_t x_month_year(struct cur *c, unsigned day)
{
	cur_xlit(c, "-");
	unsigned month = x_month(c);

	cur_xlit(c, "-");
	unsigned year = cur_xdigits(c, 4, "year");

	if (!cur_failed(c) && (day < 1 || day > date_month_days(year, month)))
		cur_fail(c, "day of the month");
	return cur_failed(c) ? 0 : (int32_t)date_days(year, month, day);
}

int32_t imap_x_date(struct cur *c)
{
	bool quoted = cur_opt(c, '"');
	bool two = cur_peek_at(c, 1) >= '0' && cur_peek_at(c, 1) <= '9';
	unsigned day = cur_xdigits(c, two ? 2 : 1, "day");
	int32_t days = x_month_year(c, day);

	if (quoted)
		cur_xlit(c, "\"");
	return cur_failed(c) ? 0 : days;
}

static int64_t x_time(struct cur *c)
{
	unsigned h = cur_xdigits(c, 2, "hours");

	cur_xlit(c, ":");
	unsigned m = cur_xdigits(c, 2, "minutes");

	cur_xlit(c, ":");
	unsigned s = cur_xdigits(c, 2, "seconds");

	if (h > 23 || m > 59 || s > 60)
		cur_fail(c, "time of day");
	return (int64_t)h * 3600 + m * 60 + s;
}

static int64_t x_zone(struct cur *c)
{
	bool west = cur_opt(c, '-');

	if (!west)
		cur_xlit(c, "+");
	unsigned h = cur_xdigits(c, 2, "zone"), m = cur_xdigits(c, 2, "zone");

	if (h > 23 || m > 59)
		cur_fail(c, "zone");
	int64_t s = (int64_t)h * 3600 + m * 60;

	return west ? -s : s;
}

int64_t imap_x_date_time(struct cur *c)
{
	cur_xlit(c, "\"");
	unsigned day = cur_xdigits(c, cur_opt(c, ' ') ? 1 : 2, "day");
	int64_t days = x_month_year(c, day);

	imap_x_sp(c);
	int64_t seconds = x_time(c);

	imap_x_sp(c);
	int64_t zone = x_zone(c);

	cur_xlit(c, "\"");
	return cur_failed(c) ? 0 : days * 86400 + seconds - zone;
}
