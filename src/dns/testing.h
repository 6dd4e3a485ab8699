/* testing: packets of name servers, written for tests. */
#ifndef MOX_DNS_TESTING_H
#define MOX_DNS_TESTING_H

#include "base/hex.h"
#include "dns/resolver.h"

static inline void testing_be(struct buf *b, uint32_t v, unsigned n)
{
	while (n-- > 0)
		buf_char(b, (char)(v >> 8 * n));
}

/* Text to labels; "@N" as a label is a pointer to N. */
static inline void testing_name(struct buf *b, struct str name)
{
	struct str label;
	bool more = name.n > 0;
	uint64_t to;

	while (more) {
		more = str_cut(name, '.', &label, &name);
		if (str_starts(label, STR("@")) && str_u64(str_from(label, 1), 0x3fff, &to)) {
			testing_be(b, 0xc000 | (uint32_t)to, 2);
			return;
		}
		buf_char(b, (char)label.n);
		buf_str_add(b, label);
	}
	buf_char(b, '\0');
}

/* The header and the question; counts of the sections behind it. */
static inline void testing_question(struct buf *b, unsigned flags, unsigned type, struct str name,
				    unsigned answers, unsigned authority, unsigned additional)
{
	testing_be(b, 0x1234, 2);
	testing_be(b, 0x8180 | flags, 2);
	testing_be(b, 1, 2);
	testing_be(b, answers, 2);
	testing_be(b, authority, 2);
	testing_be(b, additional, 2);
	testing_name(b, name);
	testing_be(b, type, 2);
	testing_be(b, 1, 2);
}

static inline void testing_rr(struct buf *b, struct str owner, unsigned type, uint32_t ttl,
			      struct str rdata)
{
	testing_name(b, owner);
	testing_be(b, type, 2);
	testing_be(b, 1, 2);
	testing_be(b, ttl, 4);
	testing_be(b, (uint32_t)rdata.n, 2);
	buf_str_add(b, rdata);
}

#endif
