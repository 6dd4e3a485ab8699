/* buf: a growing buffer with a maximum, for what we compose.
 *
 * A buf is born with a maximum and fails stickily: after a write that would pass the maximum (or
 * memory running out) nothing is added any more and buf_failed is true, so that a caller composes
 * freely and asks once. The failed write adds nothing, never a part.
 * Memory: from malloc; buf_fini frees it, BUF_AUTO at the end of the scope.
 */
#ifndef MOX_BASE_BUF_H
#define MOX_BASE_BUF_H

#include "base/attr.h"
#include "base/str.h"
#include <stdarg.h>

struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max;
	bool failed;
};

#define BUF_INIT(maximum)        \
	(struct buf)             \
	{                        \
		.max = (maximum) \
	}
#define BUF_AUTO CLEANUP(buf_fini) struct buf

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);
/* Empties it and forgets a failure, keeps the memory. */
void buf_clear(struct buf *b);
/* Empties it and gives the memory back. */
void buf_release(struct buf *b);
static inline bool buf_failed(const struct buf *b)
{
	return b->failed;
}
static inline struct str buf_str(const struct buf *b)
{
	return str_of(b->p, b->n);
}

void buf_add(struct buf *b, const void *p, size_t n);
void buf_str_add(struct buf *b, struct str s);
void buf_char(struct buf *b, char c);
void buf_char_n(struct buf *b, char c, size_t n);
void buf_u64(struct buf *b, uint64_t v);
void buf_i64(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF(2, 0);
/* Adds several strs: buf_strs(b, STR("a"), x, STR("c")). */
#define buf_strs(b, ...)                                   \
	buf_strs_n((b), (const struct str[]){__VA_ARGS__}, \
		   sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
void buf_strs_n(struct buf *b, const struct str *s, size_t n);

/* Room for n more bytes to be written at the returned place, then buf_commit(m <= n). NULL (and
 * failed) past the maximum. */
char *buf_reserve(struct buf *b, size_t n) NODISCARD;
void buf_commit(struct buf *b, size_t n);
/* Removes the first n bytes; the rest moves to the front. */
void buf_consume(struct buf *b, size_t n);
/* Cuts to the first n bytes. */
void buf_truncate(struct buf *b, size_t n);

#endif
