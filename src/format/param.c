#include "format/param.h"

#include "base/cur.h"
#include "base/hex.h"
#include "format/header.h"

/* RFC 2045 §5.1 token: no space, control or tspecial. */
static bool is_token(char c)
{
	return c > ' ' && c < 127 && !strchr("()<>@,;:\\\"/[]?=", c);
}

/* The type of a part and the name of a parameter are compared and printed: ASCII only. */
static struct str dup_lower(struct arena *a, struct str s)
{
	struct str copy = arena_dup(a, s);

	for (size_t i = 0; i < copy.n; i++)
		((char *)copy.p)[i] = ch_lower(copy.p[i]);
	return copy;
}

/* A comment from its parenthesis on, nested ones inside (RFC 5322 §3.2.2). Without an end it goes
 * to the end of the value. */
static void skip_comment(struct cur *c)
{
	size_t depth = 0;

	do {
		char ch = c->s.p[c->at++];

		depth += ch == '(';
		depth -= ch == ')';
		if (ch == '\\' && !cur_end(c))
			c->at++;
	} while (depth && !cur_end(c));
}

static void skip_cfws(struct cur *c)
{
	for (;;) {
		int ch = cur_peek(c);

		if (ch == '(')
			skip_comment(c);
		else if (ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n')
			c->at++;
		else
			return;
	}
}

static struct str opt_token(struct cur *c)
{
	struct str t = cur_opt_run(c, is_token);

	skip_cfws(c);
	return t;
}

/* Quoted text without its quotes (RFC 2045 §5.1). RFC 5322 §3.2.4 NOT: a backslash quotes only `"`
 * and itself, the two that need it; Netscape and others write filename="C:\TEMP\x.png". */
static struct str quoted_value(struct cur *c, struct arena *a)
{
	struct str rest = str_from(c->s, c->at + 1);
	size_t i = 0, n = 0;

	while (i < rest.n && rest.p[i] != '"')
		i += rest.p[i] == '\\' && i + 1 < rest.n ? 2 : 1;
	char *to = arena_alloc(a, i);

	for (size_t k = 0; to && k < i; k++) {
		if (rest.p[k] == '\\' && k + 1 < i &&
		    (rest.p[k + 1] == '"' || rest.p[k + 1] == '\\'))
			k++;
		to[n++] = rest.p[k];
	}
	c->at = c->s.n - rest.n + i + (i < rest.n);
	return str_of(to, n);
}

/* Whether `name=` starts here: then the `;` before it is missing. */
static bool at_parameter(const struct cur *c)
{
	struct cur ahead = *c;

	return cur_opt_run(&ahead, is_token).n && cur_opt(&ahead, '=');
}

/* What follows white space in a value without quotes: more of it, or its end? */
static bool value_goes_on(struct cur *c)
{
	while (cur_peek(c) == ' ' || cur_peek(c) == '\t')
		c->at++;
	return !cur_end(c) && cur_peek(c) != '(' && cur_peek(c) != ';' && !at_parameter(c);
}

/* `at_parameter` looks ahead over a word that is then consumed, or followed by a value: linear. */
static struct str bare_value(struct cur *c, struct arena *a)
{
	size_t from = c->at, to = from;

	while (!cur_end(c) && cur_peek(c) != ';') {
		if (ch_is_wsp(c->s.p[c->at])) {
			if (!value_goes_on(c))
				break;
			continue;
		}
		to = ++c->at;
	}
	return arena_dup(a, str_sub(c->s, from, to));
}

/* One parameter; its name is empty if what stands here is none. Behind it follows `;`, the next
 * parameter, or the end. */
static struct param next_parameter(struct cur *c, struct arena *a)
{
	struct str name = opt_token(c);
	struct param p = {0};

	if (cur_opt(c, '=')) {
		skip_cfws(c);
		p.value = cur_peek(c) == '"' ? quoted_value(c, a) : bare_value(c, a);
		p.name = dup_lower(a, name);
	}
	skip_cfws(c);
	while (!cur_end(c) && cur_peek(c) != ';' && !at_parameter(c)) {
		/* Junk: word by word, so that at_parameter sees each word once. */
		while (!cur_end(c) && cur_peek(c) != ';' && !ch_is_wsp(c->s.p[c->at]))
			c->at++;
		skip_cfws(c);
	}
	return p;
}

static bool has_name(const struct param_list *list, struct str name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i].name, name))
			return true;
	return false;
}

static bool parameters(struct cur *c, struct arena *a, struct param_list *ret)
{
	struct param all[PARAM_MAX];
	struct param_list list = {.v = all};

	while (!cur_end(c) && list.n < PARAM_MAX) {
		struct param p;

		cur_opt(c, ';');
		skip_cfws(c);
		p = next_parameter(c, a);
		if (p.name.n && p.value.p && !has_name(&list, p.name))
			all[list.n++] = p;
	}
	ret->n = list.n;
	ret->v = ARENA_NEW_N(a, struct param, list.n);
	if (ret->v && list.n)
		memcpy(ret->v, all, list.n * sizeof(all[0]));
	return !arena_failed(a);
}

/* The value on one line, or false past the limit. */
static bool start(struct str value, struct arena *a, struct cur *ret)
{
	if (value.n > PARAM_VALUE_MAX)
		return false;
	*ret = cur_of(header_unfold(a, value));
	skip_cfws(ret);
	return !arena_failed(a);
}

bool param_content_type(struct str value, struct arena *a, struct content_type *ret)
{
	struct content_type t = {0};
	struct cur c;

	if (!start(value, a, &c))
		return false;
	struct str type = opt_token(&c);

	if (type.n == 0 || !cur_opt(&c, '/'))
		return false;
	skip_cfws(&c);
	struct str subtype = opt_token(&c);

	if (subtype.n == 0 || !(cur_end(&c) || cur_peek(&c) == ';' || at_parameter(&c)))
		return false;
	t.type = dup_lower(a, type);
	t.subtype = dup_lower(a, subtype);
	t.type_written = arena_dup(a, type);
	t.subtype_written = arena_dup(a, subtype);
	if (!parameters(&c, a, &t.params))
		return false;
	*ret = t;
	return true;
}

bool param_content_disposition(struct str value, struct arena *a, struct content_disposition *ret)
{
	struct content_disposition d = {0};
	struct cur c;

	if (!start(value, a, &c))
		return false;
	struct str type = opt_token(&c);

	if (type.n == 0 || !(cur_end(&c) || cur_peek(&c) == ';' || at_parameter(&c)))
		return false;
	d.type = dup_lower(a, type);
	d.type_written = arena_dup(a, type);
	if (!parameters(&c, a, &d.params))
		return false;
	*ret = d;
	return true;
}

bool param_content_language(struct str value, struct arena *a, struct param_strs *ret)
{
	struct str all[PARAM_MAX];
	struct param_strs list = {0};
	struct cur c;

	if (!start(value, a, &c))
		return false;
	while (!cur_end(&c) && list.n < PARAM_MAX) {
		struct str tag = opt_token(&c);

		if (tag.n)
			all[list.n++] = arena_dup(a, tag);
		else if (!cur_end(&c))
			c.at++;
		skip_cfws(&c);
	}
	list.v = ARENA_NEW_N(a, struct str, list.n);
	if (list.n == 0 || arena_failed(a))
		return false;
	memcpy(list.v, all, list.n * sizeof(all[0]));
	*ret = list;
	return true;
}

bool param_content_text(struct str value, struct arena *a, struct str *ret)
{
	if (value.n > PARAM_VALUE_MAX)
		return false;
	struct str text = header_unfold(a, value);

	if (text.n == 0)
		return false;
	text = arena_dup(a, text);
	if (arena_failed(a))
		return false;
	*ret = text;
	return true;
}

struct str param_raw(const struct param_list *list, struct str name)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i].name, name))
			return list->v[i].value;
	return str_of(NULL, 0);
}

/* -- RFC 2231 -- */

/* What a name says: base["*" section]["*"]. */
struct name_parts {
	struct str base;
	int section; /* -1: none */
	bool extended;
};

/* RFC 2231 §7 parameter names. A name with stars in other places is a name with stars. */
static struct name_parts name_split(struct str name)
{
	struct name_parts plain = {.base = name, .section = -1}, r = plain;
	struct str tail;
	uint64_t section;

	if (!str_cut(name, '*', &r.base, &tail) || r.base.n == 0)
		return plain;
	r.extended = tail.n == 0 || str_ends(tail, STR("*"));
	if (tail.n == 0)
		return r;
	tail.n -= r.extended;
	/* `*00` and `*01` are not section numbers. */
	if (!str_u64(tail, PARAM_MAX, &section) || (tail.n > 1 && tail.p[0] == '0'))
		return plain;
	r.section = (int)section;
	return r;
}

static const struct param *segment_find(const struct param_list *list, struct str base, int section,
					bool *ret_extended)
{
	for (size_t i = 0; i < list->n; i++) {
		if (!str_starts(list->v[i].name, base))
			continue;
		struct name_parts n = name_split(list->v[i].name);

		if (n.section != section || !str_eq(n.base, base))
			continue;
		if (section < 0 && n.extended != *ret_extended)
			continue;
		*ret_extended = n.extended;
		return &list->v[i];
	}
	return NULL;
}

/* charset'language'text (RFC 2231 §4). Without the two quotes all is text. */
static struct str charset_take(struct str s, struct arena *a, struct param_text *t)
{
	struct str charset, language, text;

	if (!str_cut(s, '\'', &charset, &text) || !str_cut(text, '\'', &language, &text))
		return s;
	t->charset = dup_lower(a, charset);
	t->language = arena_dup(a, language);
	return text;
}

/* Undoes %XX in place; a percent sign before anything else stays. */
static size_t percent_decode(struct str s, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		bool coded = s.p[i] == '%' && i + 2 < s.n && hex_digit(s.p[i + 1]) >= 0 &&
			     hex_digit(s.p[i + 2]) >= 0;

		if (coded) {
			to[n++] = (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2]));
			i += 2;
		} else {
			to[n++] = s.p[i];
		}
	}
	return n;
}

static size_t segment_add(struct str s, bool extended, char *to)
{
	if (extended)
		return percent_decode(s, to);
	if (s.n)
		memcpy(to, s.p, s.n);
	return s.n;
}

/* name*0, name*1, ...: only the first has charset and language (RFC 2231 §4.1). */
static bool get_continued(const struct param_list *list, struct str name, struct arena *a,
			  struct param_text *t)
{
	size_t size = 0, n = 0;
	bool extended = false;
	const struct param *p;

	for (int i = 0; (p = segment_find(list, name, i, &extended)); i++)
		size += p->value.n;
	if (!segment_find(list, name, 0, &extended))
		return false;
	char *to = arena_alloc(a, size);

	for (int i = 0; to && (p = segment_find(list, name, i, &extended)); i++) {
		struct str s = i == 0 && extended ? charset_take(p->value, a, t) : p->value;

		n += segment_add(s, extended, to + n);
	}
	t->value = str_of(to, n);
	return true;
}

static bool get_single(const struct param_list *list, struct str name, struct arena *a,
		       struct param_text *t)
{
	bool extended = true;
	const struct param *p = segment_find(list, name, -1, &extended);

	if (!p) {
		extended = false;
		p = segment_find(list, name, -1, &extended);
	}
	if (!p)
		return false;
	struct str s = extended ? charset_take(p->value, a, t) : p->value;
	char *to = arena_alloc(a, s.n);

	t->value = str_of(to, to ? segment_add(s, extended, to) : 0);
	return true;
}

bool param_get(const struct param_list *list, struct str name, struct arena *a,
	       struct param_text *ret)
{
	struct param_text t = {0};

	if (!get_continued(list, name, a, &t) && !get_single(list, name, a, &t))
		return false;
	t.name = arena_dup(a, name);
	if (arena_failed(a))
		return false;
	*ret = t;
	return true;
}

static bool joined_has(const struct param_texts *t, struct str name)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->v[i].name, name))
			return true;
	return false;
}

bool param_join(const struct param_list *list, struct arena *a, struct param_texts *ret)
{
	struct param_texts t = {.v = ARENA_NEW_N(a, struct param_text, list->n)};

	for (size_t i = 0; t.v && i < list->n; i++) {
		struct str base = name_split(list->v[i].name).base;

		/* `name*3` alone is no parameter: it has no beginning. */
		if (!joined_has(&t, base) && param_get(list, base, a, &t.v[t.n]))
			t.n++;
	}
	if (arena_failed(a))
		return false;
	*ret = t;
	return true;
}
