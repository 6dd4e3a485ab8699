/* deadlines: which of many timers comes first; a heap with its entries' places in the timers.
 *
 * Memory: room is asked for beforehand (deadlines_room), so that setting a timer can't fail.
 * Threads: one at a time.
 */
#ifndef MOX_OS_DEADLINES_H
#define MOX_OS_DEADLINES_H

#include "base/attr.h"
#include <stdbool.h>
#include <stdint.h>

/* Embedded in what waits; zeroed: not set. */
struct timer {
	size_t place; /* 1 + its place in the heap; 0: not there */
};

struct deadlines {
	struct deadline {
		int64_t at;
		struct timer *timer;
	} * heap;
	size_t n, cap;
};

void deadlines_fini(struct deadlines *d);
/* Room for n timers at once; false without memory. */
bool deadlines_room(struct deadlines *d, size_t n) NODISCARD;
static inline bool timer_is_set(const struct timer *t)
{
	return t->place != 0;
}
/* When a timer that is set goes off. */
int64_t deadlines_at(const struct deadlines *d, const struct timer *t);
void deadlines_set(struct deadlines *d, struct timer *t, int64_t at);
/* No matter whether it is set. */
void deadlines_remove(struct deadlines *d, struct timer *t);
/* The one that goes off first; NULL. */
struct timer *deadlines_first(const struct deadlines *d);

#endif
