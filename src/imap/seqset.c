#include "imap/seqset.h"

#include <stdlib.h>

static int range_cmp(const void *a, const void *b)
{
	const struct imap_range *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

bool imap_seqset_resolve(struct imap_seqset s, uint32_t last, struct arena *a,
			 struct imap_seqset *ret)
{
	struct imap_range *r = ARENA_NEW_N(a, struct imap_range, s.n);
	size_t n = 0, out = 0;

	if (!r)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint32_t from = s.r[i].from ? s.r[i].from : last;
		uint32_t to = s.r[i].to ? s.r[i].to : last;

		if (from && to)
			r[n++] = from <= to ? (struct imap_range){from, to}
					    : (struct imap_range){to, from};
	}
	if (n)
		qsort(r, n, sizeof(*r), range_cmp);
	for (size_t i = 0; i < n; i++) {
		if (out && (uint64_t)r[out - 1].to + 1 >= r[i].from) {
			if (r[i].to > r[out - 1].to)
				r[out - 1].to = r[i].to;
		} else {
			r[out++] = r[i];
		}
	}
	*ret = (struct imap_seqset){.r = r, .n = out};
	return true;
}

uint32_t imap_seqset_max(struct imap_seqset s)
{
	uint32_t max = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.r[i].from > max)
			max = s.r[i].from;
		if (s.r[i].to > max)
			max = s.r[i].to;
	}
	return max;
}

bool imap_seqset_has_star(struct imap_seqset s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.r[i].from == 0 || s.r[i].to == 0)
			return true;
	}
	return false;
}

bool imap_seqset_has(struct imap_seqset s, uint32_t v)
{
	size_t lo = 0, hi = s.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s.r[mid].to < v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s.n && s.r[lo].from <= v;
}

uint64_t imap_seqset_count(struct imap_seqset s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (uint64_t)s.r[i].to - s.r[i].from + 1;
	return n;
}

void imap_seqset_add(struct imap_seqset_build *b, uint32_t v)
{
	struct imap_seqset *s = &b->set;

	if (b->failed)
		return;
	if (s->n && s->r[s->n - 1].to + 1 == v) {
		s->r[s->n - 1].to = v;
		return;
	}
	struct imap_range *r = ARENA_GROW(b->arena, s->r, s->n);

	if (!r) {
		b->failed = true;
		return;
	}
	s->r = r;
	s->r[s->n++] = (struct imap_range){v, v};
}

void buf_imap_seqset(struct buf *b, struct imap_seqset s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (i)
			buf_char(b, ',');
		buf_u64(b, s.r[i].from);
		if (s.r[i].to != s.r[i].from) {
			buf_char(b, ':');
			buf_u64(b, s.r[i].to);
		}
	}
}
