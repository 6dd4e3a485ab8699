#include "base/regexp.h"

#include "base/buf.h"
#include <ctype.h>

/* A set of bytes. NUL is never in it: a POSIX pattern can't hold one. */
struct set {
	bool has[256];
};

/* Reads s and writes the POSIX extended expression that means the same. */
struct translator {
	struct str s;
	size_t at;
	struct buf out;
	const char *wrong;
	unsigned depth;
	unsigned unroll[REGEXP_DEPTH_MAX +
			1]; /* by depth: copies the matcher makes of what's there */
	unsigned last;      /* the same for the last atom */
	bool atom;          /* an atom stands before: * may follow */
};

static int peek(const struct translator *t, size_t ahead)
{
	return t->at + ahead < t->s.n ? (unsigned char)t->s.p[t->at + ahead] : -1;
}

static void fail(struct translator *t, const char *why)
{
	if (!t->wrong)
		t->wrong = why;
	t->at = t->s.n;
}

static void atom_add(struct translator *t, struct str text)
{
	buf_str_add(&t->out, text);
	t->atom = true;
	t->last = 1;
}

static int is_word(int c)
{
	return isalnum(c) || c == '_';
}

static int is_space(int c) /* RE2's \s has no vertical tab */
{
	return isspace(c) && c != '\v';
}

struct class
{
	const char *name; /* in [: :] */
	char escape;      /* after a backslash; upper case: all others */
	int (*is)(int c);
};

static const struct class classes[] = {
	{"digit", 'd', isdigit}, {"word", 'w', is_word},  {"", 's', is_space},
	{"alpha", 0, isalpha},   {"alnum", 0, isalnum},   {"upper", 0, isupper},
	{"lower", 0, islower},   {"space", 0, isspace},   {"punct", 0, ispunct},
	{"blank", 0, isblank},   {"xdigit", 0, isxdigit}, {"cntrl", 0, iscntrl},
	{"graph", 0, isgraph},   {"print", 0, isprint},
};

static void set_add(struct set *set, const struct class *c, bool negate)
{
	for (int i = 1; i < 256; i++)
		if ((i < 128 && c->is(i)) != negate)
			set->has[i] = true;
}

/* A class escape like \d, given the character behind the backslash. */
static bool set_add_escape(struct set *set, int c)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (classes[i].escape && ch_lower((char)c) == classes[i].escape) {
			set_add(set, &classes[i], c != classes[i].escape);
			return true;
		}
	return false;
}

/* Runs of bytes as ranges where that is safe; ] [ ^ - have their places. */
static void set_write(const struct set *set, struct buf *b)
{
	size_t start = b->n;

	buf_char(b, '[');
	if (set->has[']'])
		buf_char(b, ']');
	for (int i = 1; i < 256; i++) {
		int last = i;

		if (!set->has[i] || strchr("][^-", i))
			continue;
		while (last < 255 && set->has[last + 1] && !strchr("][^-", last + 1))
			last++;
		buf_char(b, (char)i);
		if (last > i + 1)
			buf_char(b, '-');
		if (last > i)
			buf_char(b, (char)last);
		i = last;
	}
	if (set->has['['])
		buf_char(b, '[');
	if (set->has['^'] && b->n == start + 1) { /* it would negate if it stood first */
		buf_truncate(b, start);
		buf_str_add(b, set->has['-'] ? STR("[-^]") : STR("\\^"));
		return;
	}
	if (set->has['^'])
		buf_char(b, '^');
	if (set->has['-'])
		buf_char(b, '-');
	buf_char(b, ']');
}

static void set_finish(struct translator *t, struct set *set, bool negate)
{
	size_t count = 0;

	for (int i = 1; i < 256; i++) {
		set->has[i] ^= negate;
		count += set->has[i];
	}
	if (count == 0)
		fail(t, "brackets that match nothing");
	set_write(set, &t->out);
	atom_add(t, STR(""));
}

static bool is_punct(int c)
{
	return c > 0 && c < 128 && ispunct(c);
}

static int control_of(int c)
{
	return c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : -1;
}

static void literal_add(struct translator *t, int c)
{
	char text[2] = {'\\', (char)c};

	atom_add(t, strchr("\\^.[]$()|*+?{}", c) ? str_of(text, 2) : str_of(text + 1, 1));
}

/* At a backslash outside of brackets. */
static void x_escape(struct translator *t)
{
	int c = peek(t, 1);
	struct set set = {0};

	t->at += 2;
	if (c < 0)
		fail(t, "backslash at the end");
	else if (set_add_escape(&set, c))
		set_finish(t, &set, false);
	else if (is_punct(c))
		literal_add(t, c);
	else if (control_of(c) > 0)
		literal_add(t, control_of(c));
	else if (c == 'A' || c == 'z')
		buf_char(&t->out, c == 'A' ? '^' : '$'), t->atom = false;
	else if (c == 'b' || c == 'B')
		buf_add(&t->out, (char[]){'\\', (char)c}, 2), t->atom = false;
	else
		fail(t, "unknown \\ sequence");
}

/* [:name:] with t->at on its bracket. */
static void x_class(struct translator *t, struct set *set)
{
	ssize_t end = str_find(t->s, STR(":]"), t->at + 2);

	if (end < 0) {
		fail(t, "missing :] in brackets");
		return;
	}
	struct str name = str_sub(t->s, t->at + 2, (size_t)end);
	bool negate = name.n > 0 && name.p[0] == '^';

	t->at = (size_t)end + 2;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (name.n > 0 && str_eq(str_from(name, negate), str_z(classes[i].name))) {
			set_add(set, &classes[i], negate);
			return;
		}
	fail(t, "unknown class in brackets");
}

/* One end of a range; -1 if a class was added instead, or on failure. */
static int x_range_end(struct translator *t, struct set *set)
{
	int c = peek(t, 0);

	t->at++;
	if (c != '\\')
		return c;
	c = peek(t, 0);
	t->at++;
	if (c > 0 && set && set_add_escape(set, c))
		return -1;
	if (control_of(c) > 0)
		return control_of(c);
	if (!is_punct(c))
		fail(t, "unknown \\ sequence in brackets");
	return is_punct(c) ? c : -1;
}

static void x_member(struct translator *t, struct set *set)
{
	if (peek(t, 0) == '[' && peek(t, 1) == ':') {
		x_class(t, set);
		return;
	}
	int from = x_range_end(t, set), to = from;

	if (from < 0)
		return;
	if (peek(t, 0) == '-' && peek(t, 1) >= 0 && peek(t, 1) != ']') {
		t->at++;
		to = x_range_end(t, NULL);
	}
	if (to < from || (from != to && to >= 128))
		fail(t, "bad range in brackets");
	for (int i = from; i <= to; i++)
		set->has[i] = true;
}

static void x_bracket(struct translator *t)
{
	struct set set = {0};
	bool negate = peek(t, 1) == '^';

	t->at += negate ? 2 : 1;
	do {
		if (peek(t, 0) < 0)
			fail(t, "missing ]");
		else
			x_member(t, &set);
	} while (!t->wrong && peek(t, 0) != ']');
	t->at++;
	set_finish(t, &set, negate);
}

static void x_group_open(struct translator *t)
{
	t->at++;
	if (peek(t, 0) == '?' && peek(t, 1) == ':')
		t->at += 2;
	else if (peek(t, 0) == '?')
		fail(t, "(? other than (?: and a leading (?i)");
	if (t->depth == REGEXP_DEPTH_MAX)
		fail(t, "groups nested too deep");
	else
		t->unroll[++t->depth] = 0;
	buf_char(&t->out, '(');
	t->atom = false;
}

static void x_group_close(struct translator *t)
{
	t->at++;
	if (t->depth == 0) {
		fail(t, ") without (");
		return;
	}
	unsigned inside = t->unroll[t->depth--];

	atom_add(t, STR(")"));
	t->last = inside ? inside : 1;
	t->unroll[t->depth] += inside;
}

/* Digits of a repetition; -1 when there are none. */
static int x_count(struct translator *t)
{
	int v = -1;

	while (peek(t, 0) >= '0' && peek(t, 0) <= '9' && v <= REGEXP_REPEAT_MAX) {
		v = (v < 0 ? 0 : v * 10) + (peek(t, 0) - '0');
		t->at++;
	}
	return v;
}

static void x_braces(struct translator *t)
{
	size_t from = t->at++;
	int low = x_count(t), high = low;

	if (peek(t, 0) == ',') {
		t->at++;
		high = x_count(t);
	}
	if (low < 0 || peek(t, 0) != '}' || (high >= 0 && high < low)) {
		fail(t, "bad repetition in { }");
		return;
	}
	t->at++;
	unsigned copies = (unsigned)(high > low ? high : low);

	t->unroll[t->depth] += t->last * (copies + 1);
	if (copies > REGEXP_REPEAT_MAX || t->unroll[t->depth] > REGEXP_UNROLL_MAX) {
		fail(t, "too many repetitions in { }");
		return;
	}
	buf_str_add(&t->out, str_sub(t->s, from, t->at));
}

/* * + ? { behind an atom; then nothing but a lazy mark may follow: RE2 refuses a** as well. */
static void x_repeat(struct translator *t)
{
	if (!t->atom) {
		fail(t, "repetition of nothing");
		return;
	}
	if (peek(t, 0) == '{')
		x_braces(t);
	else
		buf_char(&t->out, t->s.p[t->at++]);
	if (peek(t, 0) == '?')
		t->at++;
	t->atom = false;
}

static void x_plain(struct translator *t)
{
	int c = peek(t, 0);

	t->at++;
	if (c == '^' || c == '$' || c == '|') {
		buf_char(&t->out, (char)c);
		t->atom = false;
	} else if (c == '.') {
		atom_add(t, STR("."));
	} else if (c == 0) {
		fail(t, "NUL byte");
	} else {
		literal_add(t, c);
	}
}

static void x_expression(struct translator *t)
{
	while (t->at < t->s.n) {
		int c = peek(t, 0);

		if (c == '\\')
			x_escape(t);
		else if (c == '[')
			x_bracket(t);
		else if (c == '(')
			x_group_open(t);
		else if (c == ')')
			x_group_close(t);
		else if (strchr("*+?{", c) && c)
			x_repeat(t);
		else
			x_plain(t);
	}
	if (t->depth > 0)
		fail(t, "( without )");
}

const char *regexp_compile(struct str s, struct regexp *ret)
{
	struct translator t = {.s = s};
	int flags = REG_EXTENDED;

	if (s.n > REGEXP_LENGTH_MAX)
		return "longer than 1024 bytes";
	if (str_starts(s, STR("(?i)"))) {
		flags |= REG_ICASE;
		t.at = 4;
	}
	buf_init(&t.out, (size_t)256 * REGEXP_LENGTH_MAX);
	x_expression(&t);
	buf_char(&t.out, '\0');
	if (!t.wrong && buf_failed(&t.out))
		t.wrong = "too large";
	if (!t.wrong && regcomp(&ret->posix, t.out.p, flags) != 0)
		t.wrong = "not understood by the matcher";
	buf_fini(&t.out);
	return t.wrong;
}

void regexp_fini(struct regexp *r)
{
	regfree(&r->posix);
}

bool regexp_match(const struct regexp *r, struct str s, struct regexp_group *groups, size_t n)
{
	struct str text = str_sub(s, 0, REGEXP_TEXT_MAX);
	regmatch_t m[REGEXP_GROUPS_MAX] = {{.rm_so = 0, .rm_eo = (regoff_t)text.n}};
	BUF_AUTO b = BUF_INIT(REGEXP_TEXT_MAX + 1);

	/* A terminated copy, which REG_STARTEND does without on glibc but not everywhere. */
	buf_str_add(&b, text);
	buf_char(&b, '\0');
	if (n > REGEXP_GROUPS_MAX)
		n = REGEXP_GROUPS_MAX;
	if (buf_failed(&b) || regexec(&r->posix, b.p, n ? n : 1, m, REG_STARTEND) != 0)
		return false;
	for (size_t i = 0; groups && i < n; i++)
		groups[i] = (struct regexp_group){m[i].rm_so, m[i].rm_eo};
	return true;
}

const char *regexp_why_not(struct str s)
{
	struct regexp r;
	const char *why = regexp_compile(s, &r);

	if (!why)
		regexp_fini(&r);
	return why;
}
