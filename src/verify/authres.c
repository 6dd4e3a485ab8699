#include "verify/authres.h"

#include "base/utf8.h"
#include "format/address_spec.h"
#include "format/compose.h"
#include "format/domain.h"
#include <assert.h>

void authres_init(struct authres *r, struct arena *a, struct str id)
{
	*r = (struct authres){.id = id, .version = 1, .arena = a};
}

static struct authres_method *last(struct authres *r)
{
	assert(r->n > 0);
	return &r->method[r->n - 1];
}

static void method_add(struct authres *r, struct str name, struct str result)
{
	struct authres_method *m = NULL;

	if (!r->failed && r->n < AUTHRES_METHODS_MAX)
		m = ARENA_GROW(r->arena, r->method, r->n);
	if (!m) {
		r->failed = true;
		return;
	}
	r->method = m;
	m[r->n++] = (struct authres_method){.name = name, .version = 1, .result = result};
}

void authres_add(struct authres *r, struct str name, enum auth_result result)
{
	method_add(r, name, auth_result_name(result));
}

void authres_reason(struct authres *r, struct str text)
{
	if (!r->failed)
		last(r)->reason = text;
}

void authres_comment(struct authres *r, struct str text)
{
	if (!r->failed)
		last(r)->comment = text;
}

void authres_property(struct authres *r, struct str type, struct str name, struct str value)
{
	struct authres_method *m = r->failed ? NULL : last(r);
	struct authres_property *p = NULL;

	if (m && m->n < AUTHRES_PROPERTIES_MAX)
		p = ARENA_GROW(r->arena, m->property, m->n);
	if (!p) {
		r->failed = true;
		return;
	}
	m->property = p;
	p[m->n++] = (struct authres_property){type, name, value};
}

/* RFC 2045 §5.1 token. */
static bool is_token(char c)
{
	return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

static bool is_domain_name(char c)
{
	return ch_is_alnum(c) || c == '-' || c == '.' || c == '_';
}

static bool all_are(struct str s, bool (*is)(char))
{
	for (size_t i = 0; i < s.n; i++)
		if (!is(s.p[i]))
			return false;
	return s.n > 0;
}

/* s between two marks, with a backslash before what would end it. */
static void buf_marked(struct buf *b, char begin, struct str s, char end, const char *specials)
{
	uint32_t cp;

	buf_char(b, begin);
	for (size_t i = 0, n; (n = utf8_decode_lossy(s, i, &cp)) > 0; i += n) {
		if (cp == '\t' || cp == '\r' || cp == '\n')
			buf_char(b, ' ');
		else if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == UTF8_REPLACEMENT)
			buf_char(b, '?');
		else if (cp < 0x7f && strchr(specials, (int)cp))
			buf_strs(b, STR("\\"), str_sub(s, i, i + n));
		else
			buf_str_add(b, str_sub(s, i, i + n));
	}
	buf_char(b, end);
}

static void buf_quoted(struct buf *b, struct str s)
{
	buf_marked(b, '"', s, '"', "\"\\");
}

static void buf_value(struct buf *b, struct str s)
{
	if (all_are(s, is_token))
		buf_str_add(b, s);
	else
		buf_quoted(b, s);
}

/* An email identity stands as local-part@domain-name, all else as a value. */
static void buf_pvalue(struct buf *b, struct str s)
{
	ssize_t at = str_rchr(s, '@');
	struct str local = str_sub(s, 0, (size_t)at), domain = str_from(s, (size_t)at + 1);

	if (at < 0 || !all_are(domain, is_domain_name)) {
		buf_value(b, s);
		return;
	}
	if (!local.n || (utf8_is_ascii(local) && address_is_dot_atom(local)))
		buf_str_add(b, local);
	else
		buf_quoted(b, local);
	buf_strs(b, STR("@"), domain);
}

static void buf_property(struct buf *b, const struct authres_property *p)
{
	if (p->value.n > AUTHRES_VALUE_MAX)
		return;
	buf_char(b, ' ');
	if (p->type.n)
		buf_strs(b, p->type, STR("."));
	buf_strs(b, p->name, STR("="));
	buf_pvalue(b, p->value);
}

static void buf_method(struct buf *b, const struct authres_method *m)
{
	buf_str_add(b, m->name);
	if (m->version != 1)
		buf_printf(b, "/%u", m->version);
	buf_strs(b, STR("="), m->result);
	if (m->comment.n) {
		buf_char(b, ' ');
		buf_marked(b, '(', utf8_cut(m->comment, AUTHRES_VALUE_MAX), ')', "()\\");
	}
	if (m->reason.n) {
		buf_str_add(b, STR(" reason="));
		buf_value(b, utf8_cut(m->reason, AUTHRES_VALUE_MAX));
	}
	for (size_t i = 0; i < m->n; i++)
		buf_property(b, &m->property[i]);
}

void buf_authres(struct buf *b, const struct authres *r)
{
	BUF_AUTO v = BUF_INIT(8U << 20);
	size_t from[AUTHRES_METHODS_MAX + 2] = {0};
	struct str part[AUTHRES_METHODS_MAX + 1];

	buf_value(&v, utf8_cut(r->id, AUTHRES_VALUE_MAX));
	if (r->version != 1)
		buf_printf(&v, " %u", r->version);
	buf_str_add(&v, r->n ? STR(";") : STR("; none"));
	for (size_t i = 0; i < r->n; i++) {
		from[i + 1] = v.n;
		buf_method(&v, &r->method[i]);
		if (i + 1 < r->n)
			buf_char(&v, ';');
	}
	from[r->n + 1] = v.n;
	for (size_t i = 0; i <= r->n; i++)
		part[i] = str_sub(buf_str(&v), from[i], from[i + 1]);
	buf_header_parts(b, STR("Authentication-Results"), part, r->n + 1);
	b->failed = b->failed || buf_failed(&v);
}

/* What is being read: a cursor, and where it goes. */
struct reader {
	struct cur c;
	struct authres *to;
};

static bool is_keyword(char c)
{
	return ch_is_alnum(c) || c == '-';
}

static struct str x_keyword(struct cur *c)
{
	return cur_xrun(c, is_keyword, AUTHRES_SIZE_MAX, "keyword");
}

static void x_version(struct cur *c, uint32_t *ret)
{
	*ret = (uint32_t)cur_xu64(c, UINT32_MAX, "version");
}

static struct str x_quoted(struct cur *c, struct arena *a)
{
	BUF_AUTO b = BUF_INIT(AUTHRES_SIZE_MAX);

	address_xquoted(c, &b);
	struct str s = arena_dup(a, buf_str(&b));

	if (!s.p || buf_failed(&b))
		cur_fail(c, "less (memory limit)");
	return s;
}

/* RFC 2045 §5.1 value. */
static struct str x_value(struct cur *c, struct arena *a)
{
	return cur_peek(c) == '"' ? x_quoted(c, a)
				  : cur_xrun(c, is_token, AUTHRES_SIZE_MAX, "value");
}

/* What pvalue may be without quotes, and more: see the header. */
static bool is_unquoted(char c)
{
	return (unsigned char)c >= 0x80 || (c > ' ' && c < 0x7f && !strchr(";()\"", c));
}

/* pvalue; a quoted string may be a local part. */
static struct str x_pvalue(struct cur *c, struct arena *a)
{
	address_opt_cfws(c);
	if (cur_peek(c) != '"')
		return cur_xrun(c, is_unquoted, AUTHRES_SIZE_MAX, "value");
	struct str s = x_quoted(c, a);

	if (cur_peek(c) != '@')
		return s;
	struct str domain = cur_xrun(c, is_unquoted, AUTHRES_SIZE_MAX, "domain");
	struct str whole = arena_printf(a, "%.*s%.*s", STR_ARG(s), STR_ARG(domain));

	if (!whole.p)
		cur_fail(c, "less (memory limit)");
	return whole;
}

/* The text of a comment that was read: between the outer parentheses, quoted pairs and folds
 * undone. */
static struct str comment_text(struct str raw, struct arena *a)
{
	BUF_AUTO b = BUF_INIT(AUTHRES_SIZE_MAX);
	size_t depth = 0;

	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		depth -= c == ')';
		if (c == '\\')
			c = raw.p[++i];
		else if (c == '(' && depth++ == 0)
			continue;
		else if (c == ')' && depth == 0)
			break;
		if (depth > 0 && c != '\r' && c != '\n')
			buf_char(&b, c);
	}
	return arena_dup(a, buf_str(&b));
}

/* [CFWS]; its first comment. */
static struct str opt_comment(struct cur *c, struct arena *a)
{
	size_t from = c->at;

	address_opt_cfws(c);
	struct str raw = str_sub(c->s, from, c->at);

	return cur_failed(c) || str_chr(raw, '(') < 0 ? STR("") : comment_text(raw, a);
}

/* reasonspec or propspec. */
static void x_detail(struct reader *r)
{
	struct cur *c = &r->c;
	struct str type = STR(""), name = x_keyword(c);

	address_opt_cfws(c);
	if (cur_opt(c, '.')) {
		type = name;
		address_opt_cfws(c);
		name = x_keyword(c);
		address_opt_cfws(c);
	}
	cur_xlit(c, "=");
	struct str value = x_pvalue(c, r->to->arena);

	if (cur_failed(c))
		return;
	if (!type.n && str_eq_nocase(name, STR("reason")))
		authres_reason(r->to, value);
	else
		authres_property(r->to, type, name, value);
	address_opt_cfws(c);
}

/* resinfo behind its ";". */
static void x_method(struct reader *r)
{
	struct cur *c = &r->c;
	struct str name = x_keyword(c);
	uint32_t version = 1;

	address_opt_cfws(c);
	if (cur_opt(c, '/')) {
		address_opt_cfws(c);
		x_version(c, &version);
		address_opt_cfws(c);
	}
	cur_xlit(c, "=");
	address_opt_cfws(c);
	method_add(r->to, name, x_keyword(c));
	if (r->to->failed)
		return;
	last(r->to)->version = version;
	last(r->to)->comment = opt_comment(c, r->to->arena);
	while (!cur_end(c) && cur_peek(c) != ';' && !r->to->failed)
		x_detail(r);
}

/* authserv-id and version. */
static void x_head(struct cur *c, struct arena *a, struct authres *ret)
{
	address_opt_cfws(c);
	authres_init(ret, a, x_value(c, a));
	address_opt_cfws(c);
	if (ch_is_digit((char)cur_peek(c)))
		x_version(c, &ret->version);
	address_opt_cfws(c);
	if (cur_peek(c) != ';')
		cur_fail(c, "\";\"");
}

static bool opt_none(struct cur *c)
{
	size_t at = c->at;

	if (cur_opt_nocase(c, STR("none"))) {
		address_opt_cfws(c);
		if (cur_end(c))
			return true;
	}
	cur_back(c, at);
	return false;
}

static void x_authres(struct reader *r)
{
	struct cur *c = &r->c;

	x_head(c, r->to->arena, r->to);
	while (cur_opt(c, ';') && !r->to->failed) {
		address_opt_cfws(c);
		if (cur_end(c) && r->to->n)
			break;
		if (r->to->n || !opt_none(c))
			x_method(r);
	}
	cur_xend(c);
}

struct err authres_parse(struct str value, struct arena *a, struct authres *ret)
{
	struct reader r = {.c = cur_of(value), .to = ret};

	if (value.n > AUTHRES_SIZE_MAX)
		return err_make(ERR_LIMIT, "more than %d bytes", AUTHRES_SIZE_MAX);
	ret->arena = a;
	x_authres(&r);
	if (arena_failed(a))
		return err_make(ERR_RESOURCES, "reading Authentication-Results");
	if (ret->failed)
		return err_make(ERR_LIMIT, "more than %d methods or %d properties of one",
				AUTHRES_METHODS_MAX, AUTHRES_PROPERTIES_MAX);
	return cur_err(&r.c);
}

bool authres_claims(struct str value, struct str id)
{
	struct cur c = cur_of(value);
	struct authres r;
	struct arena a;

	arena_init(&a, 2 * AUTHRES_SIZE_MAX);
	x_head(&c, &a, &r);
	bool claims =
		cur_failed(&c) || r.version != 1 || str_eq_nocase(r.id, id) || domain_eq(r.id, id);

	arena_fini(&a);
	return claims;
}
