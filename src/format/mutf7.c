#include "format/mutf7.h"

#include "base/utf8.h"

static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_direct(uint32_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

static int sextet(char c)
{
	const char *p = c ? strchr(alphabet, c) : NULL;

	return p ? (int)(p - alphabet) : -1;
}

/* A shifted piece being read: bits that wait for a whole unit, a high surrogate for its low. */
struct shifted {
	uint32_t bits;
	unsigned bit_count;
	uint32_t high;
};

static const char *unit_take(struct shifted *s, uint32_t unit, struct buf *ret)
{
	uint32_t c = unit;
	char utf8[4];

	if (s->high) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return "a high surrogate without its low one";
		c = 0x10000 + ((s->high - 0xd800) << 10) + (unit - 0xdc00);
		s->high = 0;
	} else if (unit >= 0xd800 && unit <= 0xdbff) {
		s->high = unit;
		return NULL;
	} else if (unit >= 0xdc00 && unit <= 0xdfff) {
		return "a low surrogate without its high one";
	}
	if (is_direct(c))
		return "printable ASCII in base64";
	buf_add(ret, utf8, utf8_encode(c, utf8));
	return NULL;
}

static const char *shifted_end(const struct shifted *s)
{
	if (s->high)
		return "a high surrogate without its low one";
	if (s->bit_count >= 6 || (s->bits & ((1u << s->bit_count) - 1)))
		return "bits left over in base64";
	return NULL;
}

/* Reads from behind '&' to the '-'; *at is moved behind it. */
static const char *shifted_read(struct str name, size_t *at, struct buf *ret)
{
	struct shifted s = {0};

	for (; *at < name.n && name.p[*at] != '-'; (*at)++) {
		int v = sextet(name.p[*at]);

		if (v < 0)
			return "what is not base64";
		s.bits = s.bits << 6 | (uint32_t)v;
		s.bit_count += 6;
		if (s.bit_count < 16)
			continue;
		s.bit_count -= 16;
		const char *why = unit_take(&s, s.bits >> s.bit_count & 0xffff, ret);

		if (why)
			return why;
		s.bits &= (1u << s.bit_count) - 1;
	}
	if (*at == name.n)
		return "\"&\" without \"-\"";
	(*at)++;
	return shifted_end(&s);
}

struct err mutf7_decode(struct str name, struct buf *ret)
{
	const char *why = NULL;
	bool was_shifted = false;

	for (size_t at = 0; at < name.n && !why;) {
		unsigned char c = (unsigned char)name.p[at++];

		if (!is_direct(c)) {
			why = "a byte that is not printable ASCII";
		} else if (c != '&') {
			buf_char(ret, (char)c);
			was_shifted = false;
		} else if (at < name.n && name.p[at] == '-') {
			buf_char(ret, '&');
			at++;
			was_shifted = false;
		} else {
			/* "&...-&...-" could have been one piece. */
			why = was_shifted ? "two shifts in a row" : shifted_read(name, &at, ret);
			was_shifted = true;
		}
	}
	if (why)
		return err_make(ERR_SYNTAX, "mailbox name is not modified UTF-7: %s", why);
	return buf_failed(ret) ? err_make(ERR_LIMIT, "mailbox name too long") : ERR_OK;
}

struct writer {
	struct buf *to;
	bool shifted;
	uint32_t bits;
	unsigned bit_count;
};

static void unit_put(struct writer *w, uint32_t unit)
{
	w->bits = w->bits << 16 | unit;
	for (w->bit_count += 16; w->bit_count >= 6; w->bit_count -= 6)
		buf_char(w->to, alphabet[w->bits >> (w->bit_count - 6) & 63]);
	w->bits &= (1u << w->bit_count) - 1;
}

static void shift_out(struct writer *w)
{
	if (!w->shifted)
		return;
	if (w->bit_count)
		buf_char(w->to, alphabet[w->bits << (6 - w->bit_count) & 63]);
	buf_char(w->to, '-');
	w->shifted = false;
	w->bits = w->bit_count = 0;
}

static void shifted_put(struct writer *w, uint32_t c)
{
	if (!w->shifted)
		buf_char(w->to, '&');
	w->shifted = true;
	if (c < 0x10000) {
		unit_put(w, c);
		return;
	}
	unit_put(w, 0xd800 + ((c - 0x10000) >> 10));
	unit_put(w, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

void mutf7_encode(struct str name, struct buf *ret)
{
	struct writer w = {.to = ret};

	for (size_t at = 0; at < name.n;) {
		uint32_t c;

		at += utf8_decode_lossy(name, at, &c);
		if (!is_direct(c)) {
			shifted_put(&w, c);
			continue;
		}
		shift_out(&w);
		buf_char(ret, (char)c);
		if (c == '&')
			buf_char(ret, '-');
	}
	shift_out(&w);
}
