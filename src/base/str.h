/* str: a borrowed piece of bytes, passed by value.
 *
 * Bytes may be anything, NUL included; there is no terminator. A str owns nothing: it lives as
 * long as what it was cut from. NUL-terminated strings exist only at the system's border
 * (str_z, arena_strz).
 */
#ifndef MOX_BASE_STR_H
#define MOX_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

struct str {
	const char *p;
	size_t n;
};

/* A str of a string literal; anything but a literal does not compile. */
#define STR(lit) ((struct str){"" lit "", sizeof(lit) - 1})
/* The same as a constant initializer, for tables. */
#define STR_INIT(lit)                      \
	{                                  \
		"" lit "", sizeof(lit) - 1 \
	}
/* For printf: "%.*s", STR_ARG(s). */
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_of(const void *p, size_t n)
{
	return (struct str){p, n};
}

/* A str over a NUL-terminated string; NULL gives the empty str. */
static inline struct str str_z(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}

/* The piece [from, to); both are clamped to the length. */
static inline struct str str_sub(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct str){s.n ? s.p + from : s.p, to - from};
}

static inline struct str str_from(struct str s, size_t from)
{
	return str_sub(s, from, s.n);
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Order by bytes, a prefix before the longer: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
/* Equal without regard to the case of ASCII letters. */
bool str_eq_nocase(struct str a, struct str b);
int str_cmp_nocase(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_starts_nocase(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_ends_nocase(struct str s, struct str suffix);

/* Index of the first c (the last for rchr), or -1. */
ssize_t str_chr(struct str s, char c);
ssize_t str_rchr(struct str s, char c);
/* Index of the first needle at or after from, or -1. The empty needle is found at from. */
ssize_t str_find(struct str s, struct str needle, size_t from);
ssize_t str_find_nocase(struct str s, struct str needle, size_t from);

/* ASCII letters in lower case, written to room; cut to max bytes. */
struct str str_lower(struct str s, char *room, size_t max);
/* Without ASCII space, tab, CR and LF at either end. */
struct str str_trim(struct str s);
/* Cuts s at the first c: *ret_head is before it, *ret_tail after. Without c: false, head is s. */
bool str_cut(struct str s, char c, struct str *ret_head, struct str *ret_tail);

/* An unsigned decimal number that is the whole of s, at most max; no sign, no spaces. Leading
 * zeros are allowed. False if it is not such a number. */
bool str_u64(struct str s, uint64_t max, uint64_t *ret);

/* Constant-time comparison for secrets; the length is not hidden. */
bool str_eq_secret(struct str a, struct str b);

/* FNV-1a style 64-bit hash for maps; not for adversarial keys unless seeded. */
uint64_t str_hash(struct str s, uint64_t seed);

/* ASCII only, whatever the locale. */
static inline char ch_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}
static inline char ch_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}
static inline bool ch_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool ch_is_alpha(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
static inline bool ch_is_alnum(char c)
{
	return ch_is_digit(c) || ch_is_alpha(c);
}
static inline bool ch_is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

#endif
