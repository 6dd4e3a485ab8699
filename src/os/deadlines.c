#include "os/deadlines.h"

#include <assert.h>
#include <stdlib.h>

void deadlines_fini(struct deadlines *d)
{
	free(d->heap);
	*d = (struct deadlines){0};
}

bool deadlines_room(struct deadlines *d, size_t n)
{
	size_t cap = d->cap ? d->cap : 64;

	while (cap < n)
		cap *= 2;
	if (cap == d->cap)
		return true;
	struct deadline *p = realloc(d->heap, cap * sizeof(*p));

	if (!p)
		return false;
	d->heap = p;
	d->cap = cap;
	return true;
}

static void put(struct deadlines *d, size_t i, struct deadline e)
{
	d->heap[i] = e;
	e.timer->place = i + 1;
}

static void up(struct deadlines *d, size_t i)
{
	struct deadline e = d->heap[i];

	while (i > 0 && d->heap[(i - 1) / 2].at > e.at) {
		put(d, i, d->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(d, i, e);
}

static void down(struct deadlines *d, size_t i)
{
	struct deadline e = d->heap[i];

	for (size_t child; (child = 2 * i + 1) < d->n; i = child) {
		if (child + 1 < d->n && d->heap[child + 1].at < d->heap[child].at)
			child++;
		if (d->heap[child].at >= e.at)
			break;
		put(d, i, d->heap[child]);
	}
	put(d, i, e);
}

int64_t deadlines_at(const struct deadlines *d, const struct timer *t)
{
	assert(t->place);
	return d->heap[t->place - 1].at;
}

void deadlines_set(struct deadlines *d, struct timer *t, int64_t at)
{
	assert(t->place || d->n < d->cap);
	size_t i = t->place ? t->place - 1 : d->n++;

	put(d, i, (struct deadline){at, t});
	up(d, i);
	down(d, t->place - 1);
}

void deadlines_remove(struct deadlines *d, struct timer *t)
{
	if (!t->place)
		return;
	size_t i = t->place - 1;
	struct deadline last = d->heap[--d->n];

	t->place = 0;
	if (last.timer == t)
		return;
	put(d, i, last);
	up(d, i);
	down(d, last.timer->place - 1);
}

struct timer *deadlines_first(const struct deadlines *d)
{
	return d->n ? d->heap[0].timer : NULL;
}
