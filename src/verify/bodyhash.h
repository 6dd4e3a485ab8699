/* bodyhash: the body hashes that several signatures of a message want (RFC 6376 §3.7), DKIM's and
 * ARC's alike: SHA-256 of the canonical body, or of its first bytes (l=).
 *
 * One pass over the body for each canonicalisation that is wanted, however many want it: a length
 * limit takes a copy of the hash's state where it is reached.
 * Memory: the arena. Threads: one at a time.
 */
#ifndef MOX_VERIFY_BODYHASH_H
#define MOX_VERIFY_BODYHASH_H

#include "base/arena.h"
#include "base/err.h"
#include "verify/canon.h"

enum { BODYHASH_N = 32 };

#define BODYHASH_ALL UINT64_MAX

struct bodyhash_row {
	enum canon canon;
	uint64_t limit; /* canonical bytes, or BODYHASH_ALL */
	bool done;
	uint8_t hash[BODYHASH_N];
};

struct bodyhash {
	struct arena *arena;
	struct bodyhash_row *row;
	size_t n;
	uint64_t hashed; /* bytes hashed so far, over all canonicalisations */
};

void bodyhash_init(struct bodyhash *h, struct arena *arena);
/* Before the run: *ret_id names the hash; the same wish gets the same id. */
struct err bodyhash_want(struct bodyhash *h, enum canon c, uint64_t limit, size_t *ret_id);
struct err bodyhash_run(struct bodyhash *h, struct str body);
/* After the run: the hash's BODYHASH_N bytes; empty if the body has fewer bytes than the limit. */
struct str bodyhash_get(const struct bodyhash *h, size_t id);

#endif
