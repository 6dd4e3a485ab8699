#include "store/uids.h"

#include "base/bytes.h"
#include <stdlib.h>

void uids_fini(struct uids *u)
{
	free(u->r);
	*u = (struct uids){0};
}

void uids_clear(struct uids *u)
{
	u->n = 0;
}

/* The first range whose last is >= uid; u->n if there is none. */
static size_t find(const struct uids *u, uint32_t uid)
{
	size_t lo = 0, hi = u->n;

	if (u->n && u->r[u->n - 1].last < uid)
		return u->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (u->r[mid].last < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Replaces the ranges [from, to) by the given one. */
static struct err splice(struct uids *u, size_t from, size_t to, struct uid_range r)
{
	if (from == to && u->n == u->cap) {
		size_t cap = u->cap ? u->cap * 2 : 4;
		struct uid_range *p = realloc(u->r, cap * sizeof(*p));

		if (!p)
			return err_make(ERR_RESOURCES, "no memory for %zu uid ranges", cap);
		u->r = p;
		u->cap = cap;
	}
	memmove(u->r + from + 1, u->r + to, (u->n - to) * sizeof(*u->r));
	u->r[from] = r;
	u->n = u->n + 1 - (to - from);
	return ERR_OK;
}

struct err uids_add_range(struct uids *u, uint32_t first, uint32_t last)
{
	/* Ranges that overlap or touch become one. */
	size_t from = find(u, first ? first - 1 : 0), to = from;
	struct uid_range r = {first, last};

	for (; to < u->n && u->r[to].first <= (last == UINT32_MAX ? last : last + 1); to++) {
		if (u->r[to].first < r.first)
			r.first = u->r[to].first;
		if (u->r[to].last > r.last)
			r.last = u->r[to].last;
	}
	return splice(u, from, to, r);
}

struct err uids_add(struct uids *u, uint32_t uid)
{
	return uids_add_range(u, uid, uid);
}

struct err uids_add_all(struct uids *u, const struct uids *more)
{
	for (size_t i = 0; i < more->n; i++)
		TRY(uids_add_range(u, more->r[i].first, more->r[i].last));
	return ERR_OK;
}

struct err uids_remove(struct uids *u, uint32_t uid)
{
	size_t i = find(u, uid);

	if (i == u->n || u->r[i].first > uid)
		return ERR_OK;
	struct uid_range *r = &u->r[i];

	if (r->first == r->last) {
		memmove(r, r + 1, (u->n - i - 1) * sizeof(*r));
		u->n--;
	} else if (r->first == uid) {
		r->first++;
	} else if (r->last == uid) {
		r->last--;
	} else {
		struct uid_range low = {r->first, uid - 1};

		r->first = uid + 1;
		struct err e = splice(u, i, i, low);

		if (err_failed(e)) {
			u->r[i].first = low.first;
			return e;
		}
	}
	return ERR_OK;
}

bool uids_has(const struct uids *u, uint32_t uid)
{
	size_t i = find(u, uid);

	return i < u->n && u->r[i].first <= uid;
}

static uint64_t range_count(struct uid_range r)
{
	return (uint64_t)r.last - r.first + 1;
}

uint64_t uids_count(const struct uids *u)
{
	uint64_t n = 0;

	for (size_t i = 0; i < u->n; i++)
		n += range_count(u->r[i]);
	return n;
}

uint64_t uids_below(const struct uids *u, uint32_t uid)
{
	uint64_t n = 0;

	for (size_t i = 0; i < u->n && u->r[i].first < uid; i++)
		n += u->r[i].last < uid ? range_count(u->r[i]) : (uint64_t)uid - u->r[i].first;
	return n;
}

uint32_t uids_at(const struct uids *u, uint64_t k)
{
	for (size_t i = 0; i < u->n; i++) {
		uint64_t n = range_count(u->r[i]);

		if (k < n)
			return u->r[i].first + (uint32_t)k;
		k -= n;
	}
	return 0;
}

uint32_t uids_next(const struct uids *u, uint32_t uid)
{
	size_t i = find(u, uid);

	if (i == u->n)
		return 0;
	return u->r[i].first > uid ? u->r[i].first : uid;
}

void uids_text(const struct uids *u, struct buf *b)
{
	for (size_t i = 0; i < u->n; i++) {
		if (i)
			buf_char(b, ',');
		buf_u64(b, u->r[i].first);
		if (u->r[i].last > u->r[i].first) {
			buf_char(b, ':');
			buf_u64(b, u->r[i].last);
		}
	}
}

void uids_pack(const struct uids *u, struct buf *b)
{
	uint32_t at = 0;

	for (size_t i = 0; i < u->n; i++) {
		buf_varint(b, u->r[i].first - at);
		buf_varint(b, u->r[i].last - u->r[i].first);
		at = u->r[i].last;
	}
}

struct err uids_unpack(struct str packed, struct uids *u)
{
	struct bytes in = bytes_of(packed);
	uint64_t at = 0;

	while (!in.failed && in.at < in.s.n) {
		uint64_t gap = bytes_varint(&in, UINT32_MAX), more = bytes_varint(&in, UINT32_MAX);

		if (in.failed || gap == 0 || at + gap + more > UINT32_MAX)
			return err_make(ERR_CORRUPT, "a packed uid set is malformed");
		TRY(uids_add_range(u, (uint32_t)(at + gap), (uint32_t)(at + gap + more)));
		at += gap + more;
	}
	if (in.failed)
		return err_make(ERR_CORRUPT, "a packed uid set is cut");
	return ERR_OK;
}
