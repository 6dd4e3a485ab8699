#include "facts/signature.h"

#include "facts/text.h"
#include <stdlib.h>

enum {
	SLOTS = FACTS_SIGNATURE_MAX * 8,
	BITS_MIN = 3, /* for each different three; rounding up makes it 3 to 6 */
	FULL = SLOTS / 2,
	/* Of folded text, and each piece of it costs so much more: a hostile message of many short
	 * fields or of characters that fold to many is not worth its time. */
	TEXT_BUDGET = 32 << 20,
	PIECE_COST = 64,
};

struct builder {
	uint8_t *bits;  /* FACTS_SIGNATURE_MAX bytes */
	uint32_t count; /* of ones: of different threes, nearly */
	uint32_t last;  /* the bytes before, newest lowest */
	size_t have;    /* how many of them, at most 2 */
};

/* Of the lower 24 bits. Smaller signatures use the lower bits of it. */
static inline uint32_t three_hash(uint32_t v)
{
	v = (v & 0xffffff) * 0x9e3779b1u;
	v ^= v >> 15;
	v *= 0x85ebca77u;
	return v ^ v >> 13;
}

/* The bytes of the table may alias everything: what the loop changes is kept in variables. */
static void text_add(struct builder *b, struct str s)
{
	uint8_t *const bits = b->bits;
	uint32_t last = b->last, count = b->count;
	size_t i = 0;

	for (; i < s.n && b->have < 2; i++, b->have++)
		last = last << 8 | (unsigned char)s.p[i];
	for (; i < s.n; i++) {
		last = last << 8 | (unsigned char)s.p[i];
		uint32_t hash = three_hash(last);
		uint8_t *byte = &bits[(hash & (SLOTS - 1)) >> 3];
		unsigned old = *byte, bit = 1u << (hash & 7);

		count += !(old & bit);
		*byte = (uint8_t)(old | bit);
	}
	b->last = last;
	b->count = count;
}

static void halve(uint8_t *restrict low, const uint8_t *restrict high, size_t n)
{
	for (size_t i = 0; i < n; i++)
		low[i] |= high[i];
}

/* Halves it while enough bits for each three are left; the size. */
static size_t shrink(struct builder *b)
{
	size_t n = FACTS_SIGNATURE_MAX;

	for (; n > SIGNATURE_SIZE_MIN && n / 2 * 8 >= (size_t)b->count * BITS_MIN; n /= 2)
		halve(b->bits, b->bits + n / 2, n / 2);
	return n;
}

/* Takes all there is; *ret_whole is false if that would be too much. False: no memory. */
static bool text_take(struct builder *b, struct str message, const struct facts *f, bool *ret_whole)
{
	BUF_AUTO piece = BUF_INIT(FACTS_TEXT_PIECE_MAX);
	struct facts_text t;
	size_t cost = 0;
	bool starts;

	facts_text_init(&t, message, f, FACTS_TEXT_ALL);
	while (b->count < FULL && cost < TEXT_BUDGET && facts_text_next(&t, &piece, &starts) &&
	       !buf_failed(&piece)) {
		if (starts)
			b->have = 0;
		text_add(b, buf_str(&piece));
		cost += piece.n + PIECE_COST;
	}
	facts_text_fini(&t);
	*ret_whole = b->count < FULL && cost < TEXT_BUDGET;
	return !buf_failed(&piece);
}

struct str signature_of(struct str message, const struct facts *f, struct arena *a)
{
	struct builder b = {.bits = calloc(1, FACTS_SIGNATURE_MAX)};
	struct str s = STR("");
	bool whole;

	if (!b.bits)
		return s;
	if (text_take(&b, message, f, &whole))
		s = whole ? arena_dup(a, str_of(b.bits, shrink(&b)))
			  : STR("\xff\xff\xff\xff\xff\xff\xff\xff");
	free(b.bits);
	return s;
}

bool signature_may_have(struct str signature, struct str folded)
{
	size_t slots = signature.n * 8;
	uint32_t last = 0;

	if (signature.n < SIGNATURE_SIZE_MIN || signature.n > FACTS_SIGNATURE_MAX ||
	    signature.n & (signature.n - 1))
		return true;
	for (size_t i = 0; i < folded.n; i++) {
		last = last << 8 | (unsigned char)folded.p[i];
		if (i < 2)
			continue;
		uint32_t slot = three_hash(last) & (uint32_t)(slots - 1);

		if (!((unsigned char)signature.p[slot >> 3] >> (slot & 7) & 1))
			return false;
	}
	return true;
}
