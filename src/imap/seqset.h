/* seqset: sets of message numbers or UIDs: sequence-set and uid-set of RFC 9051 §9.
 *
 * As parsed, ranges are in the client's order and may hold `*` as 0 on either side. Resolved, they
 * are ascending, disjoint, not adjacent, and without `*`; every other function wants that.
 */
#ifndef MOX_IMAP_SEQSET_H
#define MOX_IMAP_SEQSET_H

#include "base/arena.h"
#include "base/buf.h"

struct imap_range {
	uint32_t from, to;
};

struct imap_seqset {
	struct imap_range *r;
	size_t n;
	bool saved; /* `$`: the result that SEARCH saved (RFC 5182); r is empty */
};

/* Resolves `*` to last, orders and merges. With last = 0 (an empty mailbox) `*` is no number and
 * ranges with it vanish. False past the arena's cap. Time n log n. */
bool imap_seqset_resolve(struct imap_seqset s, uint32_t last, struct arena *a,
			 struct imap_seqset *ret) NODISCARD;
/* The largest number of a parsed set, `*` not counted; 0 for none. */
uint32_t imap_seqset_max(struct imap_seqset s);
/* Whether it holds `*`. */
bool imap_seqset_has_star(struct imap_seqset s);
/* Time log n. */
bool imap_seqset_has(struct imap_seqset s, uint32_t v);
/* How many numbers. */
uint64_t imap_seqset_count(struct imap_seqset s);

/* Collects ascending numbers into ranges; a caller adds v > every number before. */
struct imap_seqset_build {
	struct imap_seqset set;
	struct arena *arena;
	bool failed; /* past the arena's cap */
};
void imap_seqset_add(struct imap_seqset_build *b, uint32_t v);
/* "1:3,7" */
void buf_imap_seqset(struct buf *b, struct imap_seqset s);

#endif
