#include "os/clock.h"

#include <assert.h>
#include <time.h>

static int64_t now(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void clock_init(struct clock *c)
{
	*c = (struct clock){0};
}

int64_t clock_wall(struct clock *c)
{
	return now(CLOCK_REALTIME) + c->wall_offset;
}

int64_t clock_mono(struct clock *c)
{
	return now(CLOCK_MONOTONIC) + c->mono_offset;
}

int64_t clock_wall_for_log(void *clock)
{
	return clock_wall(clock);
}

void clock_set(struct clock *c, int64_t wall_ns)
{
	c->wall_offset = wall_ns - now(CLOCK_REALTIME);
}

void clock_step(struct clock *c, int64_t ns)
{
	assert(ns >= 0);
	c->wall_offset += ns;
	c->mono_offset += ns;
	for (int i = 0; i < c->hook_count; i++)
		c->hooks[i].stepped(c->hooks[i].arg);
}

void clock_hook_add(struct clock *c, void (*stepped)(void *arg), void *arg)
{
	assert(c->hook_count < CLOCK_HOOKS_MAX);
	c->hooks[c->hook_count++] = (struct clock_hook){stepped, arg};
}
