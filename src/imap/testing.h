/* testing: tables of texts for the rules of the grammar. A rule is tested through a function that
 * parses and writes what it found.
 */
#ifndef MOX_IMAP_TESTING_H
#define MOX_IMAP_TESTING_H

#include "base/test.h"

#include "base/cur.h"
#include "imap/parse.h"

typedef void imap_testing_rule(struct cur *c, struct arena *a, struct buf *out);

struct imap_testing_case {
	imap_testing_rule *rule;
	struct str in;
	const char *want; /* NULL: a syntax error */
};

/* Whether the text is what the rule says, to its end. */
static inline bool imap_testing_parse(imap_testing_rule *rule, struct str in, struct buf *out)
{
	struct arena a;
	struct cur c = cur_of(in);

	arena_init(&a, 1 << 20);
	rule(&c, &a, out);
	cur_xend(&c);
	arena_fini(&a);
	return !cur_failed(&c);
}

static inline void imap_testing_cases(const struct imap_testing_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		BUF_AUTO out = BUF_INIT(65536);
		bool ok = imap_testing_parse(cases[i].rule, cases[i].in, &out);

		if (ok != !!cases[i].want)
			fail_msg("%.*s: taken %d", STR_ARG(cases[i].in), ok);
		if (ok)
			assert_str(cases[i].in.p, buf_str(&out), str_z(cases[i].want));
	}
}

/* The same for head, n times item, and tail: limits are tested at n and n+1. */
static inline bool imap_testing_repeated(imap_testing_rule *rule, const char *head,
					 const char *item, size_t n, const char *tail)
{
	BUF_AUTO in = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);

	buf_str_add(&in, str_z(head));
	for (size_t i = 0; i < n; i++)
		buf_str_add(&in, str_z(item));
	buf_str_add(&in, str_z(tail));
	return imap_testing_parse(rule, buf_str(&in), &out);
}

static inline void imap_testing_flags_write(struct buf *out, struct imap_flags f)
{
	buf_u64(out, f.system);
	for (size_t i = 0; i < f.n; i++)
		buf_strs(out, STR(" "), f.keywords[i]);
}

#endif
