#include "verify/spf_record.h"

#include "base/attr.h"
#include "verify/spf_macro.h"
#include <assert.h>

static const struct str version = STR_INIT("v=spf1");

/* RFC 7208 §4.6.1 name. */
static bool is_name(char c)
{
	return ch_is_alnum(c) || c == '-' || c == '_' || c == '.';
}

static bool is_not_slash(char c)
{
	return c != '/';
}

static void x_nothing(struct cur *c, struct spf_term *t)
{
	cur_xend(c);
}

/* ":" domain-spec, up to where the cursor ends. */
static void x_domain(struct cur *c, struct spf_term *t)
{
	cur_xlit(c, ":");
	t->domain = cur_rest(c);
	x_spf_domain_spec(c);
}

static void x_opt_domain(struct cur *c, struct spf_term *t)
{
	if (!cur_end(c))
		x_domain(c, t);
}

/* RFC 7208 §5.6: "0" / %x31-39 and digits, at most max. */
static unsigned x_bits(struct cur *c, unsigned max)
{
	if (cur_peek(c) == '0' && cur_peek_at(c, 1) >= 0 && ch_is_digit((char)cur_peek_at(c, 1)))
		cur_fail(c, "a prefix length without leading zeros");
	return (unsigned)cur_xu64(
		c, max, max == 32 ? "a prefix length of 0 to 32" : "a prefix length of 0 to 128");
}

/* Where slashes and digits begin with which s ends; s.n without. */
static size_t slash_before(struct str s, struct str slashes)
{
	size_t at = s.n;

	while (at > 0 && ch_is_digit(s.p[at - 1]))
		at--;
	return str_ends(str_sub(s, 0, at), slashes) && at < s.n ? at - slashes.n : s.n;
}

/* RFC 7208 §5.3: [":" domain-spec] [dual-cidr-length]. A slash may stand in a domain-spec, but not
 * at its end: what looks like prefix lengths at the end of the term is that. */
static void x_opt_domain_bits(struct cur *c, struct spf_term *t)
{
	size_t six = slash_before(c->s, STR("//"));
	size_t four = c->at + slash_before(str_sub(c->s, c->at, six), STR("/"));
	struct cur name = {.s = str_sub(c->s, 0, four), .at = c->at};

	x_opt_domain(&name, t);
	if (cur_failed(&name)) {
		*c = name;
		return;
	}
	c->at = four;
	if (four < six) {
		cur_xlit(c, "/");
		t->bits4 = x_bits(c, 32);
	}
	if (six < c->s.n) {
		cur_xlit(c, "//");
		t->bits6 = x_bits(c, 128);
	}
	cur_xend(c);
}

/* ":" and a network, up to the first slash; then its prefix length, if any. */
static void x_network(struct cur *c, bool (*parse)(struct str, struct ip *), struct ip *ret,
		      unsigned *bits)
{
	cur_xlit(c, ":");
	struct str text = cur_opt_run(c, is_not_slash);

	if (!cur_failed(c) && !parse(text, ret)) {
		c->at -= text.n;
		cur_fail(c, parse == ip4_parse ? "an IPv4 address" : "an IPv6 address");
	}
	if (cur_opt(c, '/'))
		*bits = x_bits(c, *bits);
	cur_xend(c);
}

static void x_ip4(struct cur *c, struct spf_term *t)
{
	x_network(c, ip4_parse, &t->net, &t->bits4);
}

static void x_ip6(struct cur *c, struct spf_term *t)
{
	x_network(c, ip6_parse, &t->net, &t->bits6);
}

static const struct {
	struct str name;
	void (*x_arguments)(struct cur *c, struct spf_term *t); /* up to the term's end */
} mechanisms[] = {
	[SPF_ALL] = {STR_INIT("all"), x_nothing},
	[SPF_INCLUDE] = {STR_INIT("include"), x_domain},
	[SPF_A] = {STR_INIT("a"), x_opt_domain_bits},
	[SPF_MX] = {STR_INIT("mx"), x_opt_domain_bits},
	[SPF_PTR] = {STR_INIT("ptr"), x_opt_domain},
	[SPF_IP4] = {STR_INIT("ip4"), x_ip4},
	[SPF_IP6] = {STR_INIT("ip6"), x_ip6},
	[SPF_EXISTS] = {STR_INIT("exists"), x_domain},
};

/* RFC 7208 §4.6.2. */
static enum auth_result opt_qualifier(struct cur *c)
{
	if (cur_opt(c, '-'))
		return AUTH_FAIL;
	if (cur_opt(c, '~'))
		return AUTH_SOFTFAIL;
	if (cur_opt(c, '?'))
		return AUTH_NEUTRAL;
	cur_opt(c, '+');
	return AUTH_PASS;
}

static void x_directive(struct cur *c, struct spf_term *t)
{
	t->result = opt_qualifier(c);
	size_t from = c->at;

	t->name = cur_opt_run(c, is_name);
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++) {
		if (!str_eq_nocase(mechanisms[i].name, t->name))
			continue;
		t->kind = (enum spf_term_kind)i;
		mechanisms[i].x_arguments(c, t);
		return;
	}
	c->at = from;
	cur_fail(c, "a mechanism");
}

static bool is_modifier(const struct spf_term *t, struct str name)
{
	return t->kind == SPF_MODIFIER && str_eq_nocase(t->name, name);
}

/* RFC 7208 §4.6.1 modifier: a name and "=", which no mechanism has behind its name. */
static bool opt_modifier(struct cur *c, struct spf_term *t)
{
	size_t from = c->at;

	t->name = cur_opt_run(c, is_name);
	if (!t->name.n || !ch_is_alpha(t->name.p[0]) || !cur_opt(c, '=')) {
		c->at = from;
		return false;
	}
	t->kind = SPF_MODIFIER;
	t->domain = cur_rest(c);
	if (is_modifier(t, STR("redirect")) || is_modifier(t, STR("exp")))
		x_spf_domain_spec(c);
	else
		x_spf_macro_string(c, SPF_MACRO_VALUE);
	return true;
}

/* The term at or behind at, which goes behind it: false at the end. */
static bool term_next(struct str text, size_t *at, struct spf_term *ret, struct cur *ret_cur)
{
	size_t end;

	while (*at < text.n && text.p[*at] == ' ')
		++*at;
	if (*at == text.n)
		return false;
	for (end = *at; end < text.n && text.p[end] != ' ';)
		end++;
	*ret_cur = (struct cur){.s = str_sub(text, 0, end), .at = *at};
	*ret = (struct spf_term){.text = str_sub(text, *at, end), .bits4 = 32, .bits6 = 128};
	if (!opt_modifier(ret_cur, ret))
		x_directive(ret_cur, ret);
	*at = end;
	return true;
}

bool spf_record_is(struct str text)
{
	return str_starts_nocase(text, version) &&
	       (text.n == version.n || text.p[version.n] == ' ');
}

/* RFC 7208 §6: redirect and exp "MUST NOT appear in a record more than once each". */
static struct err once(struct spf_term *ret, const struct spf_term *t)
{
	if (ret->text.n)
		return err_make(ERR_SYNTAX, "%.*s= comes twice", STR_ARG(t->name));
	*ret = *t;
	return ERR_OK;
}

struct err spf_record_parse(struct str text, struct spf_record *ret)
{
	struct spf_record r = {.text = text};
	struct spf_term t;
	struct cur c;
	size_t at = version.n;

	if (text.n > SPF_RECORD_MAX)
		return err_make(ERR_LIMIT, "the record has more than %d bytes", SPF_RECORD_MAX);
	if (!spf_record_is(text))
		return err_make(ERR_SYNTAX, "expected \"v=spf1\"");
	for (; term_next(text, &at, &t, &c); r.terms++) {
		if (cur_failed(&c))
			return err_add(cur_err(&c), "%.*s", STR_ARG(t.text));
		if (is_modifier(&t, STR("redirect")))
			TRY(once(&r.redirect, &t));
		if (is_modifier(&t, STR("exp")))
			TRY(once(&r.exp, &t));
		r.has_all |= t.kind == SPF_ALL;
	}
	*ret = r;
	return ERR_OK;
}

bool spf_record_next(const struct spf_record *r, size_t *at, struct spf_term *ret)
{
	struct cur c = {0};

	if (*at < version.n)
		*at = version.n;
	bool more = term_next(r->text, at, ret, &c);

	assert(!cur_failed(&c));
	return more;
}
