#include "base/hex.h"

void buf_hex(struct buf *b, struct str s)
{
	static const char digits[] = "0123456789abcdef";
	char *to = s.n > SIZE_MAX / 2 ? NULL : buf_reserve(b, s.n * 2);

	if (!to || s.n == 0)
		return;
	for (size_t i = 0; i < s.n; i++) {
		*to++ = digits[(unsigned char)s.p[i] >> 4];
		*to++ = digits[(unsigned char)s.p[i] & 15];
	}
	buf_commit(b, s.n * 2);
}

int hex_digit(char c)
{
	if (ch_is_digit(c))
		return c - '0';
	c = ch_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(struct str s, struct buf *ret)
{
	if (s.n % 2)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (hex_digit(s.p[i]) < 0)
			return false;
	char *to = buf_reserve(ret, s.n / 2);

	if (!to || s.n == 0)
		return true;
	for (size_t i = 0; i < s.n; i += 2)
		*to++ = (char)(hex_digit(s.p[i]) << 4 | hex_digit(s.p[i + 1]));
	buf_commit(ret, s.n / 2);
	return true;
}
