/* build: the facts of a message from its bytes.
 *
 * Input: a message as received (RFC 5322), whatever a stranger sent, of any length, in memory or
 * mapped. It is parsed once; cost is linear in its length, memory bounded whatever it holds.
 * No message is refused. What cannot be worked out stays empty; what is too long is cut:
 *   - more than FACTS_PARTS_MAX parts, or a structure text too long: the message is one
 *     application/octet-stream leaf, in the part table and in body and bodystructure alike;
 *   - an envelope too long: fields past BUILD_ENVELOPE_FIELD_MAX bytes are NIL in it, or all;
 *   - addresses and references past their number or their sum: the first and, of references, the
 *     root and the nearest are kept.
 * So the result is always one that facts_write takes, with room for `origin`, and facts_read reads.
 * Memory: results live in the caller's arena, at most FACTS_ARENA_MAX bytes of it; nothing points
 * into the message. Scratch memory, about MIME_ARENA_MAX for the worst message, comes and goes.
 */
#ifndef MOX_FACTS_BUILD_H
#define MOX_FACTS_BUILD_H

#include "facts/facts.h"

enum {
	FACTS_ARENA_MAX = 4 << 20,
	/* Shares of FACTS_SIZE_MAX; what they leave is for origin and numbers. */
	BUILD_ENVELOPE_MAX = 128 << 10,
	BUILD_BODY_MAX = 128 << 10,
	BUILD_BODYSTRUCTURE_MAX = 256 << 10,
	BUILD_PARTS_TEXT_MAX = 96 << 10,
	BUILD_ADDRESSES_TEXT_MAX = 96 << 10,
	BUILD_REFERENCES_TEXT_MAX = 64 << 10,
	BUILD_SUBJECT_MAX = 16 << 10,
	BUILD_ENVELOPE_FIELD_MAX = 1 << 10,
};

/* What the caller knows already. */
struct facts_known {
	const uint8_t *sha256; /* of the message, 32 bytes; NULL: computed here */
};

/* Everything of struct facts but `origin`, which is left empty. known may be NULL.
 * RESOURCES if memory runs out or the arena has not FACTS_ARENA_MAX bytes left. */
struct err facts_build(struct str message, const struct facts_known *known, struct arena *a,
		       struct facts *ret);

/* Loads what libraries load at their first use: to be called before a sandbox is taken, once, from
 * one thread. */
struct err facts_preload(void);

#endif
