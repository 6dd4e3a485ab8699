/* rand: a random source as a parameter, so that a test can hold it.
 *
 * Threads: the system source may be shared; a test source belongs to one thread.
 */
#ifndef MOX_BASE_RAND_H
#define MOX_BASE_RAND_H

#include "base/attr.h"
#include <stdint.h>

struct rand_src {
	void (*fill)(struct rand_src *r, void *p, size_t n);
};

/* The kernel's generator, fit for keys. It cannot fail: where getrandom(2) does, the process
 * ends. */
struct rand_src *rand_system(void);

/* The same bytes for the same seed, for tests alone. */
struct rand_test {
	struct rand_src src;
	uint64_t state;
};
void rand_test_init(struct rand_test *t, uint64_t seed);

static inline void rand_fill(struct rand_src *r, void *p, size_t n)
{
	r->fill(r, p, n);
}
uint64_t rand_u64(struct rand_src *r);
/* Evenly from [0, n), n > 0. */
uint64_t rand_below(struct rand_src *r, uint64_t n);

#endif
