/* uids: sets of message numbers as sorted, disjoint ranges. */
#ifndef MOX_STORE_UIDS_H
#define MOX_STORE_UIDS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct uid_range {
	uint32_t first, last; /* both included, first <= last */
};

/* Sorted, ranges neither overlap nor touch. Zero is the empty set. Memory: from malloc. */
struct uids {
	struct uid_range *r;
	size_t n, cap;
};

#define UIDS_AUTO CLEANUP(uids_fini) struct uids

void uids_fini(struct uids *u);
/* Removes all, keeps the memory. */
void uids_clear(struct uids *u);
/* Adds one, or a range; adding at the end is constant time. RESOURCES if memory runs out. */
struct err uids_add(struct uids *u, uint32_t uid);
struct err uids_add_range(struct uids *u, uint32_t first, uint32_t last);
struct err uids_add_all(struct uids *u, const struct uids *more);
/* Removes one; splitting a range may need memory. */
struct err uids_remove(struct uids *u, uint32_t uid);
bool uids_has(const struct uids *u, uint32_t uid);
/* How many uids are in it; how many are below uid (so the sequence number of a member is that
 * plus one). */
uint64_t uids_count(const struct uids *u);
uint64_t uids_below(const struct uids *u, uint32_t uid);
/* The k-th uid, from 0; 0 if there are fewer. Linear in the ranges. */
uint32_t uids_at(const struct uids *u, uint64_t k);
/* The smallest member >= uid, or 0. */
uint32_t uids_next(const struct uids *u, uint32_t uid);

/* IMAP's form, "1:3,7" (RFC 9051 §9 uid-set); nothing for the empty set. */
void uids_text(const struct uids *u, struct buf *b);
/* The packed form of the database: gaps and lengths as variable-length numbers. */
void uids_pack(const struct uids *u, struct buf *b);
/* Adds what is packed; CORRUPT if it is not what uids_pack writes. */
struct err uids_unpack(struct str packed, struct uids *u);

#endif
