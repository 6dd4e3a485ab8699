/* cur: a sticky cursor over a complete, length-limited piece, for parsers shaped like grammars.
 *
 * Functions named x_* are grammar rules: they consume or fail. On the first failure the cursor
 * remembers what was expected and where; later calls do nothing and return empty values, so a
 * parser reads like its grammar and the caller asks once (cur_failed, cur_err).
 * Functions named cur_opt_* consume if they can and never fail.
 */
#ifndef MOX_BASE_CUR_H
#define MOX_BASE_CUR_H

#include "base/err.h"
#include "base/str.h"

struct cur {
	struct str s;
	size_t at;
	const char *expected; /* NULL while all is well */
	size_t failed_at;
};

static inline struct cur cur_of(struct str s)
{
	return (struct cur){.s = s};
}
static inline bool cur_failed(const struct cur *c)
{
	return c->expected != NULL;
}
/* At the end, or failed. */
static inline bool cur_end(const struct cur *c)
{
	return c->expected || c->at >= c->s.n;
}
/* The next byte without consuming it, or -1. */
static inline int cur_peek(const struct cur *c)
{
	return cur_end(c) ? -1 : (unsigned char)c->s.p[c->at];
}
/* The byte k after the next one, or -1. */
static inline int cur_peek_at(const struct cur *c, size_t k)
{
	return c->expected || k >= c->s.n - c->at ? -1 : (unsigned char)c->s.p[c->at + k];
}
static inline struct str cur_rest(const struct cur *c)
{
	return c->expected ? str_of(NULL, 0) : str_from(c->s, c->at);
}

/* Fails with what was expected (a constant text); the first failure stays. */
void cur_fail(struct cur *c, const char *expected);
/* For alternatives: restores a position saved as c->at, and forgets a failure made since. */
static inline void cur_back(struct cur *c, size_t at)
{
	c->at = at;
	c->expected = NULL;
}

/* Consumes exactly lit, or fails with lit as what was expected. */
#define cur_xlit(c, lit)        cur_xlit_((c), STR(lit), "\"" lit "\"")
#define cur_xlit_nocase(c, lit) cur_xlit_nocase_((c), STR(lit), "\"" lit "\"")
void cur_xlit_(struct cur *c, struct str lit, const char *expected);
void cur_xlit_nocase_(struct cur *c, struct str lit, const char *expected);
bool cur_opt(struct cur *c, char ch);
bool cur_opt_lit(struct cur *c, struct str lit);
bool cur_opt_nocase(struct cur *c, struct str lit);
/* The longest run of bytes for which is(byte) holds; x fails on an empty run or past max. */
struct str cur_opt_run(struct cur *c, bool (*is)(char));
struct str cur_xrun(struct cur *c, bool (*is)(char), size_t max, const char *expected);
/* Exactly n bytes. */
struct str cur_xtake(struct cur *c, size_t n, const char *expected);
/* 1*DIGIT of at most max. */
uint64_t cur_xu64(struct cur *c, uint64_t max, const char *expected);
/* Exactly n digits. */
unsigned cur_xdigits(struct cur *c, unsigned n, const char *expected);
/* Nothing may be left. */
void cur_xend(struct cur *c);

/* ERR_OK, or SYNTAX: `expected X at byte N`. */
struct err cur_err(const struct cur *c);

#endif
