#include "smtp/path.h"

#include "base/utf8.h"
#include "smtp/limit.h"

static bool is_nonascii(char c)
{
	return (unsigned char)c >= 0x80;
}

/* RFC 5322 §3.2.3 atext; UTF-8 by RFC 6531 §3.3, whose well-formedness x_smtp_mailbox checks. */
static bool is_atext(char c)
{
	return ch_is_alnum(c) || is_nonascii(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_qtext(char c)
{
	return is_nonascii(c) || (c >= 0x20 && c < 0x7f && c != '"' && c != '\\');
}

static bool is_label(char c)
{
	return ch_is_alnum(c) || c == '-' || is_nonascii(c);
}

/* RFC 5321 §4.1.2 sub-domain. */
static void x_sub_domain(struct cur *c)
{
	struct str l = cur_xrun(c, is_label, LIMIT_SMTP_DOMAIN, "domain label");

	if (l.n == 0)
		return;
	if (l.p[0] == '-' || l.p[l.n - 1] == '-')
		cur_fail(c, "domain label without a hyphen at its ends");
	/* An internationalized label is measured as an A-label, by who converts it. */
	if (l.n > LIMIT_SMTP_LABEL && utf8_is_ascii(l))
		cur_fail(c, "domain label of at most 63 octets");
}

void x_smtp_domain(struct cur *c, bool utf8, struct smtp_host *ret)
{
	size_t from = c->at;

	do
		x_sub_domain(c);
	while (!cur_failed(c) && cur_opt(c, '.'));
	if (cur_failed(c))
		return;
	struct str name = str_sub(c->s, from, c->at);

	if (name.n > LIMIT_SMTP_DOMAIN)
		cur_fail(c, "domain of at most 255 octets");
	else if (!utf8_is_ascii(name) && !(utf8 && utf8_valid(name)))
		cur_fail(c, utf8 ? "valid UTF-8" : "ASCII domain (no SMTPUTF8)");
	else
		ret->name = name;
}

static bool is_literal(char c)
{
	return ch_is_alnum(c) || c == '.' || c == ':';
}

/* RFC 5321 §4.1.3: "::" stands for at least two groups; inet_pton lets it be one. */
static bool ip6_text_is_smtp(struct str text)
{
	unsigned groups = 0;

	if (str_find(text, STR("::"), 0) < 0)
		return true;
	for (size_t i = 0; i < text.n; i++)
		groups += text.p[i] != ':' && (i + 1 == text.n || text.p[i + 1] == ':');
	return groups + (str_chr(text, '.') >= 0) <= 6;
}

static bool literal_parse(struct str text, bool v6, struct ip *ret)
{
	return v6 ? ip6_text_is_smtp(text) && ip6_parse(text, ret) : ip4_parse(text, ret);
}

/* General-address-literal is refused: no other tag was ever registered. */
void x_smtp_address_literal(struct cur *c, struct smtp_host *ret)
{
	cur_xlit(c, "[");
	bool v6 = cur_opt_nocase(c, STR("IPv6:"));
	struct str text = cur_xrun(c, is_literal, 45, "IP address");

	if (cur_failed(c))
		return;
	if (!literal_parse(text, v6, &ret->ip))
		cur_fail(c, v6 ? "IPv6 address" : "IPv4 address, or \"IPv6:\" and an IPv6 address");
	cur_xlit(c, "]");
}

void x_smtp_host(struct cur *c, bool utf8, struct smtp_host *ret)
{
	if (cur_peek(c) == '[')
		x_smtp_address_literal(c, ret);
	else
		x_smtp_domain(c, utf8, ret);
}

/* RFC 5321 §4.1.2 Quoted-string. A copy is made only if something was escaped. */
static struct str x_quoted_string(struct cur *c, struct arena *a)
{
	bool escaped = false;

	cur_xlit(c, "\"");
	size_t from = c->at;

	for (;;) {
		cur_opt_run(c, is_qtext);
		if (!cur_opt(c, '\\'))
			break;
		escaped = true;
		if (cur_peek(c) < 0x20 || cur_peek(c) > 0x7e)
			cur_fail(c, "printable ASCII after a backslash");
		else
			c->at++;
	}
	struct str raw = str_sub(c->s, from, c->at);

	cur_xlit(c, "\"");
	if (cur_failed(c) || !escaped)
		return raw;
	char *p = arena_alloc(a, raw.n);
	size_t n = 0;

	if (!p) {
		cur_fail(c, "less (memory limit)");
		return raw;
	}
	for (size_t i = 0; i < raw.n; i++)
		p[n++] = raw.p[raw.p[i] == '\\' ? ++i : i];
	return str_of(p, n);
}

/* RFC 5321 §4.1.2 Dot-string. */
static struct str x_dot_string(struct cur *c)
{
	size_t from = c->at;

	do
		cur_xrun(c, is_atext, LIMIT_SMTP_PATH, "local part");
	while (!cur_failed(c) && cur_opt(c, '.'));
	return cur_failed(c) ? STR("") : str_sub(c->s, from, c->at);
}

/* Its length counts as it is written. */
static struct str x_local_part(struct cur *c, const struct smtp_path_rules *r, struct arena *a)
{
	size_t from = c->at;
	struct str local = cur_peek(c) == '"' ? x_quoted_string(c, a) : x_dot_string(c);

	if (cur_failed(c))
		return STR("");
	if (c->at - from > (r->pedantic ? LIMIT_SMTP_LOCALPART_PEDANTIC : LIMIT_SMTP_LOCALPART))
		cur_fail(c, "shorter local part");
	else if (!utf8_is_ascii(local) && !(r->utf8 && utf8_valid(local)))
		cur_fail(c, r->utf8 ? "valid UTF-8" : "ASCII local part (no SMTPUTF8)");
	return local;
}

void x_smtp_mailbox(struct cur *c, const struct smtp_path_rules *r, struct arena *a,
		    struct smtp_path *ret)
{
	ret->local = x_local_part(c, r, a);
	cur_xlit(c, "@");
	x_smtp_host(c, r->utf8, &ret->host);
}

/* RFC 5321 §4.1.1.3: A-d-l is accepted and ignored. */
static void source_route_skip(struct cur *c, bool utf8)
{
	struct smtp_host ignored;

	if (cur_peek(c) != '@')
		return;
	do {
		cur_xlit(c, "@");
		x_smtp_domain(c, utf8, &ignored);
	} while (!cur_failed(c) && cur_opt(c, ','));
	cur_xlit(c, ":");
}

static void x_path(struct cur *c, const struct smtp_path_rules *r, struct arena *a,
		   struct smtp_path *ret)
{
	size_t from = c->at;

	cur_xlit(c, "<");
	source_route_skip(c, r->utf8);
	x_smtp_mailbox(c, r, a, ret);
	cur_xlit(c, ">");
	if (!cur_failed(c) && c->at - from > LIMIT_SMTP_PATH)
		cur_fail(c, "path of at most 256 octets");
}

void x_smtp_reverse_path(struct cur *c, const struct smtp_path_rules *r, struct arena *a,
			 struct smtp_path *ret)
{
	*ret = (struct smtp_path){0};
	if (cur_opt_lit(c, STR("<>")))
		ret->null = true;
	else
		x_path(c, r, a, ret);
}

void x_smtp_forward_path(struct cur *c, const struct smtp_path_rules *r, struct arena *a,
			 struct smtp_path *ret)
{
	*ret = (struct smtp_path){0};
	size_t from = c->at;

	if (cur_opt_nocase(c, STR("<postmaster>")))
		ret->local = str_sub(c->s, from + 1, c->at - 1);
	else
		x_path(c, r, a, ret);
}

struct str x_smtp_path_raw(struct cur *c)
{
	size_t from = c->at;
	bool quoted = false;

	cur_xlit(c, "<");
	for (; !cur_end(c) && (quoted || c->s.p[c->at] != '>'); c->at++) {
		char ch = c->s.p[c->at];

		if (ch == '"')
			quoted = !quoted;
		else if (ch == '\\' && quoted && cur_peek_at(c, 1) >= 0)
			c->at++;
	}
	cur_xlit(c, ">");
	return cur_failed(c) ? STR("") : str_sub(c->s, from, c->at);
}

void buf_smtp_host(struct buf *b, const struct smtp_host *h)
{
	if (!ip_is_set(h->ip)) {
		buf_str_add(b, h->name);
		return;
	}
	buf_str_add(b, h->ip.family == 6 ? STR("[IPv6:") : STR("["));
	buf_ip(b, h->ip);
	buf_char(b, ']');
}

static bool is_dot_string(struct str s)
{
	struct cur c = cur_of(s);

	x_dot_string(&c);
	cur_xend(&c);
	return !cur_failed(&c);
}

void buf_smtp_local(struct buf *b, struct str local)
{
	if (is_dot_string(local)) {
		buf_str_add(b, local);
		return;
	}
	buf_char(b, '"');
	for (size_t i = 0; i < local.n; i++) {
		if (!is_qtext(local.p[i]))
			buf_char(b, '\\');
		buf_char(b, local.p[i]);
	}
	buf_char(b, '"');
}

void buf_smtp_mailbox(struct buf *b, const struct smtp_path *p)
{
	if (p->null)
		return;
	buf_smtp_local(b, p->local);
	if (smtp_host_is_set(&p->host)) {
		buf_char(b, '@');
		buf_smtp_host(b, &p->host);
	}
}

void buf_smtp_path(struct buf *b, const struct smtp_path *p)
{
	buf_char(b, '<');
	buf_smtp_mailbox(b, p);
	buf_char(b, '>');
}

bool smtp_host_eq(const struct smtp_host *a, const struct smtp_host *b)
{
	return str_eq_nocase(a->name, b->name) && ip_eq(a->ip, b->ip);
}

bool smtp_path_eq(const struct smtp_path *a, const struct smtp_path *b)
{
	return a->null == b->null && str_eq(a->local, b->local) && smtp_host_eq(&a->host, &b->host);
}

struct smtp_host smtp_host_dup(struct arena *a, const struct smtp_host *h)
{
	return (struct smtp_host){.name = arena_dup(a, h->name), .ip = h->ip};
}

struct smtp_path smtp_path_dup(struct arena *a, const struct smtp_path *p)
{
	return (struct smtp_path){.local = arena_dup(a, p->local),
				  .host = smtp_host_dup(a, &p->host),
				  .null = p->null};
}
