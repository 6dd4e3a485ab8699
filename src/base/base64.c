#include "base/base64.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct buf *b, struct str s, const char *digits, bool pad)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t tail = s.n % 3;
	char *to = s.n > SIZE_MAX / 2 ? NULL : buf_reserve(b, s.n / 3 * 4 + (tail ? 4 : 0));
	char *start = to;

	if (!to || s.n == 0)
		return;
	for (size_t i = 0; i + 3 <= s.n; i += 3) {
		unsigned v = (unsigned)p[i] << 16 | (unsigned)p[i + 1] << 8 | p[i + 2];

		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = digits[v >> 6 & 63];
		*to++ = digits[v & 63];
	}
	if (tail) {
		unsigned v =
			(unsigned)p[s.n - tail] << 16 | (tail == 2 ? (unsigned)p[s.n - 1] << 8 : 0);

		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		if (tail == 2)
			*to++ = digits[v >> 6 & 63];
		for (size_t i = tail; pad && i < 3; i++)
			*to++ = '=';
	}
	buf_commit(b, (size_t)(to - start));
}

void buf_base64(struct buf *b, struct str s)
{
	encode(b, s, standard, true);
}

void buf_base64url(struct buf *b, struct str s)
{
	encode(b, s, url_safe, false);
}

static int digit_value(char c, const char *digits)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == digits[62])
		return 62;
	return c == digits[63] ? 63 : -1;
}

/* s without padding. */
static bool decode(struct str s, const char *digits, struct buf *ret)
{
	size_t n = s.n / 4 * 3 + (s.n % 4 ? s.n % 4 - 1 : 0);
	size_t start = ret->n;
	char *to = s.n % 4 == 1 ? NULL : buf_reserve(ret, n);
	unsigned v = 0, bits = 0;

	if (s.n % 4 == 1)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int d = digit_value(s.p[i], digits);

		if (d < 0)
			return false;
		v = (v << 6 | (unsigned)d) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (to)
				*to++ = (char)(v >> bits);
		}
	}
	if (v & ((1u << bits) - 1))
		return false;
	if (to && n)
		buf_commit(ret, n);
	return ret->failed || ret->n == start + n;
}

bool base64_decode(struct str s, struct buf *ret)
{
	if (s.n % 4)
		return false;
	for (int i = 0; i < 2 && s.n && s.p[s.n - 1] == '='; i++)
		s.n--;
	return decode(s, standard, ret);
}

bool base64url_decode(struct str s, struct buf *ret)
{
	return decode(s, url_safe, ret);
}
