#include "base/rand.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static void system_fill(struct rand_src *r, void *p, size_t n)
{
	char *to = p;

	(void)r;
	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		/* Going on with a predictable key would be worse than not going on. */
		if (got <= 0)
			abort();
		to += got;
		n -= (size_t)got;
	}
}

struct rand_src *rand_system(void)
{
	static struct rand_src source = {system_fill};

	return &source;
}

/* splitmix64: even, quick, and not to be mistaken for something secret. */
static uint64_t test_next(struct rand_test *t)
{
	uint64_t z = t->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void test_fill(struct rand_src *r, void *p, size_t n)
{
	struct rand_test *t = CONTAINER_OF(r, struct rand_test, src);
	char *to = p;

	for (; n > 0; n -= n < 8 ? n : 8, to += 8) {
		uint64_t v = test_next(t);

		memcpy(to, &v, n < 8 ? n : 8);
	}
}

void rand_test_init(struct rand_test *t, uint64_t seed)
{
	*t = (struct rand_test){.src = {test_fill}, .state = seed};
}

uint64_t rand_u64(struct rand_src *r)
{
	uint64_t v;

	rand_fill(r, &v, sizeof(v));
	return v;
}

uint64_t rand_below(struct rand_src *r, uint64_t n)
{
	uint64_t v, rest;

	assert(n > 0);
	rest = (UINT64_MAX % n + 1) % n; /* 2^64 mod n: values at the top that would favour some */
	do
		v = rand_u64(r);
	while (v > UINT64_MAX - rest);
	return v % n;
}
