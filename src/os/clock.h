/* clock: time as a parameter.
 *
 * Wall time is the system's time plus an offset that only tests set and step; monotonic time (for
 * deadlines and delays) moves by the same steps. Times are signed nanoseconds.
 * Threads: any; stepping is for one thread at a time.
 */
#ifndef MOX_OS_CLOCK_H
#define MOX_OS_CLOCK_H

#include "base/attr.h"
#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_NEVER  INT64_MAX

enum { CLOCK_HOOKS_MAX = 8 };

struct clock {
	_Atomic int64_t wall_offset;
	_Atomic int64_t mono_offset;
	/* Called after each step: a loop settles the timers that became due (os/loop.h). */
	struct clock_hook {
		void (*stepped)(void *arg);
		void *arg;
	} hooks[CLOCK_HOOKS_MAX];
	int hook_count;
};

void clock_init(struct clock *c);
/* Nanoseconds since 1970 (UTC) and since some fixed moment. */
int64_t clock_wall(struct clock *c);
int64_t clock_mono(struct clock *c);
/* Whole seconds since 1970. */
static inline int64_t clock_unix(struct clock *c)
{
	return clock_wall(c) / NS_PER_S;
}
/* For struct log: clock_wall with the argument as log wants it. */
int64_t clock_wall_for_log(void *clock);

/* Tests only: sets wall time to wall_ns; moves both times forward by ns and runs the hooks, which
 * return when every timer then due has run. */
void clock_set(struct clock *c, int64_t wall_ns);
void clock_step(struct clock *c, int64_t ns);
/* At most CLOCK_HOOKS_MAX hooks. */
void clock_hook_add(struct clock *c, void (*stepped)(void *arg), void *arg);

#endif
