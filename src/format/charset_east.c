#include "format/charset_east.h"

#include "base/attr.h"
#include "base/utf8.h"
#include "format/charset_east_tables.h"

static const struct charset_east unfinished = {.n = 0};

static struct charset_east one(uint32_t cp)
{
	return (struct charset_east){.n = 1, .points = cp};
}

static struct charset_east nothing(size_t n)
{
	return (struct charset_east){.n = n, .points = UTF8_REPLACEMENT};
}

/* The character that a trail byte ends, as byte n; cp is 0 if it ends none. */
static struct charset_east trailed(uint32_t cp, unsigned char trail, size_t n)
{
	if (!cp)
		return nothing(trail < 0x80 ? n - 1 : n);
	return (struct charset_east){.n = n, .points = cp};
}

static bool in(unsigned char byte, unsigned char from, unsigned char to)
{
	return byte >= from && byte <= to;
}

enum { LOW_COLUMNS = 0x3f };

/* The column of a trail byte, which is 0x40-0x7e or else from `from` to `to`. -1: it is none. */
static int column(unsigned char trail, unsigned char from, unsigned char to)
{
	if (in(trail, 0x40, 0x7e))
		return trail - 0x40;
	return in(trail, from, to) ? trail - from + LOW_COLUMNS : -1;
}

enum {
	FOUR_BMP = 39420,     /* pointers of the first plane */
	FOUR_OTHERS = 189000, /* the first of the others, which follow in order */
};

/* What a pointer of a four-byte form means, or 0. */
static uint32_t gb18030_ranged(uint32_t pointer)
{
	size_t from = 0, to = ARRAY_LEN(gb18030_ranges);

	if (pointer >= FOUR_OTHERS && pointer - FOUR_OTHERS <= UTF8_LAST - 0x10000)
		return pointer - FOUR_OTHERS + 0x10000;
	if (pointer >= FOUR_BMP)
		return 0;
	while (to - from > 1) {
		size_t middle = (from + to) / 2;

		if (gb18030_ranges[middle].pointer <= pointer)
			from = middle;
		else
			to = middle;
	}
	return gb18030_ranges[from].point + (pointer - gb18030_ranges[from].pointer);
}

/* Behind a lead byte and a digit. */
static struct charset_east gb18030_four(const unsigned char *p, size_t n)
{
	if (n > 2 && !in(p[2], 0x81, 0xfe))
		return nothing(1);
	if (n > 3 && !in(p[3], '0', '9'))
		return nothing(1);
	if (n < 4)
		return unfinished;
	uint32_t pointer = (p[0] - 0x81u) * 10 + (p[1] - '0');

	pointer = (pointer * 126 + (p[2] - 0x81u)) * 10 + (p[3] - '0');
	uint32_t cp = gb18030_ranged(pointer);

	return cp ? (struct charset_east){.n = 4, .points = cp} : nothing(4);
}

struct charset_east charset_east_gb18030(const unsigned char *p, size_t n)
{
	if (p[0] == 0x80)
		return one(0x20ac);
	if (p[0] == 0xff)
		return nothing(1);
	if (n < 2)
		return unfinished;
	if (in(p[1], '0', '9'))
		return gb18030_four(p, n);
	int col = column(p[1], 0x80, 0xfe);

	return trailed(col < 0 ? 0 : gb18030_index[(p[0] - 0x81) * 190 + col], p[1], 2);
}

/* A letter with two marks of which Unicode has not the whole. */
static const struct {
	uint16_t pointer, letter, mark;
} big5_pairs[] = {
	{1133, 0xca, 0x304},
	{1135, 0xca, 0x30c},
	{1164, 0xea, 0x304},
	{1166, 0xea, 0x30c},
};

/* The character of a pointer for which the index has nothing. */
static struct charset_east big5_other(uint32_t pointer, unsigned char trail)
{
	for (size_t i = 0; i < ARRAY_LEN(big5_pairs); i++)
		if (big5_pairs[i].pointer == pointer)
			return (struct charset_east){2, (uint64_t)big5_pairs[i].mark << 32 |
								big5_pairs[i].letter};
	return trailed(0, trail, 2);
}

struct charset_east charset_east_big5(const unsigned char *p, size_t n)
{
	if (!in(p[0], 0x81, 0xfe))
		return nothing(1);
	if (n < 2)
		return unfinished;
	int col = column(p[1], 0xa1, 0xfe);

	if (col < 0)
		return trailed(0, p[1], 2);
	uint32_t pointer = (p[0] - 0x81u) * 157 + (uint32_t)col;
	uint32_t plane = big5_plane[pointer / 8] >> pointer % 8 & 1;
	uint32_t cp = plane << 17 | big5_index[pointer];

	return cp ? trailed(cp, p[1], 2) : big5_other(pointer, p[1]);
}

enum { KATAKANA = 0xff61 - 0xa1 }; /* half-width: from one byte's value to the code point */

/* Of 94 rows of 94, in bytes from 0xa1; 0 if they are none of it. */
static uint32_t in_rows(const uint16_t *index, unsigned char row, unsigned char cell)
{
	if (!in(row, 0xa1, 0xfe) || !in(cell, 0xa1, 0xfe))
		return 0;
	return index[(row - 0xa1) * 94 + (cell - 0xa1)];
}

struct charset_east charset_east_euc_jp(const unsigned char *p, size_t n)
{
	if (!in(p[0], 0xa1, 0xfe) && p[0] != 0x8e && p[0] != 0x8f)
		return nothing(1);
	if (n < 2)
		return unfinished;
	if (p[0] == 0x8e)
		return trailed(in(p[1], 0xa1, 0xdf) ? p[1] + KATAKANA : 0u, p[1], 2);
	if (p[0] != 0x8f || !in(p[1], 0xa1, 0xfe))
		return trailed(in_rows(jis0208_index, p[0], p[1]), p[1], 2);
	if (n < 3)
		return unfinished;
	return trailed(in_rows(jis0212_index, p[1], p[2]), p[2], 3);
}

enum {
	OWN_FROM = 8836, /* pointers for users' own characters, as Windows maps them */
	OWN_TO = 10715,
	OWN = 0xe000,
};

struct charset_east charset_east_shift_jis(const unsigned char *p, size_t n)
{
	if (p[0] == 0x80)
		return one(0x80);
	if (in(p[0], 0xa1, 0xdf))
		return one(p[0] + KATAKANA);
	if (p[0] == 0xa0 || p[0] > 0xfc)
		return nothing(1);
	if (n < 2)
		return unfinished;
	int col = column(p[1], 0x80, 0xfc);

	if (col < 0)
		return trailed(0, p[1], 2);
	uint32_t pointer = (p[0] - (p[0] < 0xa0 ? 0x81u : 0xc1u)) * 188 + (uint32_t)col;

	if (pointer >= OWN_FROM && pointer <= OWN_TO)
		return trailed(OWN + pointer - OWN_FROM, p[1], 2);
	return trailed(jis0208_index[pointer], p[1], 2);
}

struct charset_east charset_east_euc_kr(const unsigned char *p, size_t n)
{
	if (!in(p[0], 0x81, 0xfe))
		return nothing(1);
	if (n < 2)
		return unfinished;
	bool is_trail = in(p[1], 0x41, 0xfe);

	return trailed(is_trail ? euc_kr_index[(p[0] - 0x81) * 190 + (p[1] - 0x41)] : 0, p[1], 2);
}
