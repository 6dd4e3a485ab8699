#include "base/cur.h"

void cur_fail(struct cur *c, const char *expected)
{
	if (!c->expected) {
		c->expected = expected;
		c->failed_at = c->at;
	}
}

void cur_xlit_(struct cur *c, struct str lit, const char *expected)
{
	if (str_starts(cur_rest(c), lit))
		c->at += lit.n;
	else
		cur_fail(c, expected);
}

void cur_xlit_nocase_(struct cur *c, struct str lit, const char *expected)
{
	if (str_starts_nocase(cur_rest(c), lit))
		c->at += lit.n;
	else
		cur_fail(c, expected);
}

bool cur_opt(struct cur *c, char ch)
{
	if (cur_peek(c) != (unsigned char)ch)
		return false;
	c->at++;
	return true;
}

bool cur_opt_lit(struct cur *c, struct str lit)
{
	if (cur_failed(c) || !str_starts(cur_rest(c), lit))
		return false;
	c->at += lit.n;
	return true;
}

bool cur_opt_nocase(struct cur *c, struct str lit)
{
	if (cur_failed(c) || !str_starts_nocase(cur_rest(c), lit))
		return false;
	c->at += lit.n;
	return true;
}

struct str cur_opt_run(struct cur *c, bool (*is)(char))
{
	size_t from = c->at;

	if (cur_failed(c))
		return str_of(NULL, 0);
	while (c->at < c->s.n && is(c->s.p[c->at]))
		c->at++;
	return str_sub(c->s, from, c->at);
}

struct str cur_xrun(struct cur *c, bool (*is)(char), size_t max, const char *expected)
{
	size_t from = c->at;
	struct str r = cur_opt_run(c, is);

	if (cur_failed(c))
		return str_of(NULL, 0);
	if (r.n == 0 || r.n > max) {
		c->at = from;
		cur_fail(c, expected);
		return str_of(NULL, 0);
	}
	return r;
}

struct str cur_xtake(struct cur *c, size_t n, const char *expected)
{
	if (cur_failed(c) || n > c->s.n - c->at) {
		cur_fail(c, expected);
		return str_of(NULL, 0);
	}
	c->at += n;
	return str_sub(c->s, c->at - n, c->at);
}

uint64_t cur_xu64(struct cur *c, uint64_t max, const char *expected)
{
	size_t from = c->at;
	uint64_t v = 0;

	if (!str_u64(cur_opt_run(c, ch_is_digit), max, &v)) {
		if (!cur_failed(c))
			c->at = from;
		cur_fail(c, expected);
		return 0;
	}
	return v;
}

unsigned cur_xdigits(struct cur *c, unsigned n, const char *expected)
{
	unsigned v = 0;

	for (unsigned i = 0; i < n; i++) {
		int ch = cur_peek(c);

		if (ch < '0' || ch > '9') {
			cur_fail(c, expected);
			return 0;
		}
		v = v * 10 + (unsigned)(ch - '0');
		c->at++;
	}
	return v;
}

void cur_xend(struct cur *c)
{
	if (!cur_end(c))
		cur_fail(c, "end of input");
}

struct err cur_err(const struct cur *c)
{
	if (!c->expected)
		return ERR_OK;
	return err_make(ERR_SYNTAX, "expected %s at byte %zu", c->expected, c->failed_at);
}
