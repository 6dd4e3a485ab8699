#include "format/charset.h"

#include "base/utf8.h"
#include "format/charset_shift.h"
#include "format/charset_table.h"
#include <assert.h>

static bool is_ignored(char c)
{
	return c == '-' || c == '_' || c == ' ' || c == '"';
}

/* The name in lower case without `-`, `_` and spaces. */
static struct str name_fold(struct str name, char ret[CHARSET_NAME_MAX])
{
	size_t n = 0;

	name = str_trim(name);
	for (size_t i = 0; i < name.n && n < CHARSET_NAME_MAX; i++)
		if (!is_ignored(name.p[i]))
			ret[n++] = ch_lower(name.p[i]);
	return str_of(ret, n);
}

/* Whether want, folded, is the name that ends at a space or NUL. */
static bool is_name(const char *name, struct str want)
{
	size_t n = 0;

	for (; *name && *name != ' '; name++) {
		if (is_ignored(*name))
			continue;
		if (n == want.n || ch_lower(*name) != want.p[n])
			return false;
		n++;
	}
	return n == want.n;
}

static bool is_alias(const char *aliases, struct str want)
{
	while (aliases && *aliases) {
		if (is_name(aliases, want))
			return true;
		aliases = strchr(aliases, ' ');
		aliases += aliases != NULL;
	}
	return false;
}

const struct charset *charset_find(struct str name)
{
	char folded[CHARSET_NAME_MAX];
	struct str want = name_fold(name, folded);

	if (name.n > CHARSET_NAME_MAX || !want.n)
		return NULL;
	for (size_t i = 0; i < charset_table_n; i++)
		if (is_name(charset_table[i].name, want) ||
		    is_alias(charset_table[i].aliases, want))
			return &charset_table[i];
	return NULL;
}

struct str charset_name(const struct charset *cs)
{
	return str_z(cs->name);
}

static void add_code_point(struct buf *b, uint32_t cp)
{
	buf_utf8(b, cp > UTF8_LAST || (cp >= 0xd800 && cp <= 0xdfff) ? UTF8_REPLACEMENT : cp);
}

static void add_byte(struct buf *b, const uint16_t *table, unsigned char byte)
{
	if (byte < 0x80)
		buf_char(b, (char)byte);
	else
		buf_utf8(b, table[byte - 0x80] ? table[byte - 0x80] : UTF8_REPLACEMENT);
}

/* Each run_* takes the staged bytes, and returns how many it is done with: all with last, else all
 * but the beginning of a character. */
typedef size_t run_fn(struct charset_decoder *d, struct str s, bool last, struct buf *ret);

static size_t run_table(struct charset_decoder *d, struct str s, bool last, struct buf *ret)
{
	for (size_t i = 0; i < s.n; i++) {
		size_t same = utf8_ascii_run(s, i);

		buf_str_add(ret, str_sub(s, i, i + same));
		i += same;
		if (i < s.n)
			add_byte(ret, d->cs->table, (unsigned char)s.p[i]);
	}
	return s.n;
}

/* The length of a character's beginning at the end of s, 0-3. */
static size_t utf8_tail(struct str s)
{
	uint32_t cp;

	for (size_t k = 1; k <= 3 && k <= s.n; k++) {
		unsigned char c = (unsigned char)s.p[s.n - k];

		if (c < 0x80)
			return 0;
		if (c >= 0xc0)
			return !utf8_decode(s, s.n - k, &cp) &&
					       utf8_decode_lossy(s, s.n - k, &cp) == k
				       ? k
				       : 0;
	}
	return 0;
}

static size_t run_utf8(struct charset_decoder *d, struct str s, bool last, struct buf *ret)
{
	size_t n = s.n - (last ? 0 : utf8_tail(s));
	struct str whole = str_sub(s, 0, n);

	/* The byte order mark is no text. */
	if (!d->started && str_starts(whole, STR("\xef\xbb\xbf")))
		whole = str_from(whole, 3);
	d->started |= n > 0;
	buf_utf8_repair(ret, whole);
	return n;
}

static size_t run_guess(struct charset_decoder *d, struct str s, bool last, struct buf *ret)
{
	size_t n = s.n - (last ? 0 : utf8_tail(s)), from = 0;
	struct str whole = str_sub(s, 0, n);
	uint32_t cp;

	for (size_t i = 0, len; i < n; i += len) {
		len = utf8_decode(whole, i, &cp);
		if (len)
			continue;
		buf_str_add(ret, str_sub(s, from, i));
		add_byte(ret, d->cs->table, (unsigned char)s.p[i]);
		len = 1;
		from = i + 1;
	}
	buf_str_add(ret, str_sub(s, from, n));
	return n;
}

/* A unit of UTF-16; d->high waits for its other half. */
static void add_unit(struct charset_decoder *d, uint32_t unit, struct buf *ret)
{
	bool low = unit >= 0xdc00 && unit <= 0xdfff;

	if (d->high && low) {
		buf_utf8(ret, 0x10000 + ((d->high - 0xd800) << 10) + (unit - 0xdc00));
		d->high = 0;
		return;
	}
	if (d->high)
		buf_utf8(ret, UTF8_REPLACEMENT);
	d->high = unit >= 0xd800 && unit <= 0xdbff ? unit : 0;
	if (!d->high)
		add_code_point(ret, unit);
}

static void end_of_units(struct charset_decoder *d, struct buf *ret)
{
	if (d->high)
		buf_utf8(ret, UTF8_REPLACEMENT);
	d->high = 0;
}

static uint32_t load(const char *p, size_t n, bool little_endian)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[little_endian ? n - 1 - i : i];
	return v;
}

/* UTF-16 and UTF-32 in either order; a byte order mark at the start decides, and is no text. */
static size_t run_wide(struct charset_decoder *d, struct str s, bool last, struct buf *ret)
{
	bool wide32 = d->cs->kind == CHARSET_UTF32 || d->cs->kind == CHARSET_UTF32LE;
	size_t width = wide32 ? 4 : 2, i = 0;

	for (; i + width <= s.n; i += width) {
		uint32_t v = load(s.p + i, width, d->little_endian);
		bool first = !d->started;

		d->started = true;
		if (first && v == (wide32 ? 0xfffe0000u : 0xfffeu)) {
			d->little_endian = !d->little_endian;
			continue;
		}
		if (first && v == 0xfeff)
			continue;
		if (wide32)
			add_code_point(ret, v);
		else
			add_unit(d, v, ret);
	}
	if (last) {
		end_of_units(d, ret);
		if (i < s.n)
			buf_utf8(ret, UTF8_REPLACEMENT);
		i = s.n;
	}
	return i;
}

static int base64_value(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* RFC 2152: `+` shifts into UTF-16 in base64 until another byte, of which `-` is swallowed. d->mode
 * is 1 right behind the `+`, 2 later. */
static size_t run_utf7(struct charset_decoder *d, struct str s, bool last, struct buf *ret)
{
	for (size_t i = 0; i < s.n; i++) {
		int v = d->mode ? base64_value(s.p[i]) : -1;

		if (v >= 0) {
			d->mode = 2;
			d->bits = d->bits << 6 | (unsigned)v;
			d->bits_n += 6;
			if (d->bits_n >= 16) {
				d->bits_n -= 16;
				add_unit(d, d->bits >> d->bits_n & 0xffff, ret);
				d->bits &= (1u << d->bits_n) - 1;
			}
			continue;
		}
		bool shifted = d->mode, empty = d->mode == 1;

		if (shifted)
			end_of_units(d, ret);
		d->bits = d->bits_n = d->mode = 0;
		if (shifted && s.p[i] == '-') {
			if (empty)
				buf_char(ret, '+');
		} else if (s.p[i] == '+') {
			d->mode = 1;
		} else {
			add_code_point(ret, (unsigned char)s.p[i] < 0x80 ? (unsigned char)s.p[i]
									 : UTF8_REPLACEMENT);
		}
	}
	if (last)
		end_of_units(d, ret);
	return s.n;
}

static size_t run_east(struct charset_decoder *d, struct str s, bool last, struct buf *ret)
{
	char out[3 * sizeof(d->stage)]; /* U+FFFD for each byte at most */
	size_t i = 0, n = 0;

	assert(s.n <= sizeof(d->stage));
	while (i < s.n) {
		if ((unsigned char)s.p[i] < 0x80) {
			out[n++] = s.p[i++];
			continue;
		}
		struct charset_east c = d->cs->east((const unsigned char *)s.p + i, s.n - i);

		if (!c.n && !last)
			break;
		if (!c.n)
			c = (struct charset_east){s.n - i, UTF8_REPLACEMENT};
		for (; c.points; c.points >>= 32)
			n += utf8_encode((uint32_t)c.points, out + n);
		i += c.n;
	}
	buf_add(ret, out, n);
	return i;
}

static run_fn *const runs[] = {
	[CHARSET_TABLE] = run_table,    [CHARSET_GUESS] = run_guess,
	[CHARSET_UTF8] = run_utf8,      [CHARSET_UTF7] = run_utf7,
	[CHARSET_UTF16] = run_wide,     [CHARSET_UTF16LE] = run_wide,
	[CHARSET_UTF32] = run_wide,     [CHARSET_UTF32LE] = run_wide,
	[CHARSET_EAST] = run_east,      [CHARSET_ISO2022JP] = run_east,
	[CHARSET_ISO2022KR] = run_east, [CHARSET_HZ] = run_east,
};

/* Stages what there is room for, and returns how much of s that was. */
static size_t feed(struct charset_decoder *d, struct str s)
{
	size_t n = 0;

	if (charset_is_shifted(d->cs->kind)) {
		while (n < s.n && d->n + CHARSET_SHIFT_MAX <= sizeof(d->stage))
			charset_shift(d, (unsigned char)s.p[n++]);
		return n;
	}
	n = s.n < sizeof(d->stage) - d->n ? s.n : sizeof(d->stage) - d->n;
	if (n)
		memcpy(d->stage + d->n, s.p, n);
	d->n += n;
	return n;
}

void charset_decoder_init(struct charset_decoder *d, const struct charset *cs)
{
	*d = (struct charset_decoder){
		.cs = cs,
		.little_endian = cs->kind == CHARSET_UTF16LE || cs->kind == CHARSET_UTF32LE,
	};
}

static void run(struct charset_decoder *d, bool last, struct buf *ret)
{
	size_t done = runs[d->cs->kind](d, str_of(d->stage, d->n), last, ret);

	memmove(d->stage, d->stage + done, d->n - done);
	d->n -= done;
}

/* How many bytes s begins with that are the same in UTF-8: ASCII, in sets of which no character
 * begins with a byte below 128, where nothing is staged. */
static size_t same_run(const struct charset_decoder *d, struct str s)
{
	enum charset_kind k = d->cs->kind;
	bool keeps =
		k == CHARSET_TABLE || k == CHARSET_GUESS || k == CHARSET_UTF8 || k == CHARSET_EAST;

	return keeps && d->n == 0 ? utf8_ascii_run(s, 0) : 0;
}

void charset_decode(struct charset_decoder *d, struct str s, bool last, struct buf *ret)
{
	for (size_t i = 0; i < s.n && !buf_failed(ret);) {
		size_t same = same_run(d, str_from(s, i));

		buf_str_add(ret, str_sub(s, i, i + same));
		d->started |= same > 0;
		i += same;
		i += feed(d, str_from(s, i));
		run(d, false, ret);
	}
	if (!last)
		return;
	charset_shift_end(d);
	run(d, true, ret);
	charset_decoder_init(d, d->cs);
}

bool charset_to_utf8(struct str name, struct str s, struct buf *ret)
{
	const struct charset *cs = charset_find(name);
	struct charset_decoder d;

	if (!cs)
		return false;
	charset_decoder_init(&d, cs);
	charset_decode(&d, s, true, ret);
	return true;
}
