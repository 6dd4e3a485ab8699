/* bytes: numbers and strings in binary records, little-endian.
 *
 * Writing is buf_u8 and friends on a struct buf; reading is a sticky struct bytes: past the end, or
 * over a limit, every later read gives zero and bytes_done tells.
 */
#ifndef MOX_BASE_BYTES_H
#define MOX_BASE_BYTES_H

#include "base/buf.h"

static inline void bytes_put(uint8_t *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint64_t bytes_get(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* n is 1 to 8 bytes. */
static inline void buf_le(struct buf *b, uint64_t v, unsigned n)
{
	uint8_t t[8];

	bytes_put(t, v, n);
	buf_add(b, t, n);
}

/* Seven bits a byte, the lowest first, the top bit says that more follow. */
static inline void buf_varint(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_char(b, (char)(v | 0x80));
	buf_char(b, (char)v);
}

/* A length (varint), then the bytes. */
static inline void buf_lstr(struct buf *b, struct str s)
{
	buf_varint(b, s.n);
	buf_str_add(b, s);
}

struct bytes {
	struct str s;
	size_t at;
	bool failed;
};

static inline struct bytes bytes_of(struct str s)
{
	return (struct bytes){.s = s};
}

/* All was there, and nothing is left. */
static inline bool bytes_done(const struct bytes *b)
{
	return !b->failed && b->at == b->s.n;
}

static inline struct str bytes_take(struct bytes *b, uint64_t n)
{
	if (b->failed || n > b->s.n - b->at) {
		b->failed = true;
		return str_of("", 0);
	}
	b->at += n;
	return str_of(b->s.p + b->at - n, n);
}

static inline uint64_t bytes_le(struct bytes *b, unsigned n)
{
	struct str s = bytes_take(b, n);

	return s.n == n ? bytes_get((const uint8_t *)s.p, n) : 0;
}

/* At most max, in the shortest form only, so that a value has one encoding. */
static inline uint64_t bytes_varint(struct bytes *b, uint64_t max)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t c = (uint8_t)bytes_le(b, 1);

		if (b->failed)
			return 0;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (c & 0x80)
			continue;
		if (v > max || (c == 0 && shift) || (shift == 63 && c > 1))
			break;
		return v;
	}
	b->failed = true;
	return 0;
}

static inline struct str bytes_lstr(struct bytes *b, size_t max)
{
	return bytes_take(b, bytes_varint(b, max));
}

#endif
