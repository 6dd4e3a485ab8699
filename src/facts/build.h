/* build: the facts of a message, from its bytes.
 *
 * Input: a stranger's message in memory or mapped, of any size. It is never refused: what is too
 * deep, too large or not parsable is left out of the facts, or the whole is one
 * application/octet-stream.
 * Memory: results live in the arena, of which FACTS_ARENA_MAX bytes are enough; nothing points into
 * the message.
 */
#ifndef MOX_FACTS_BUILD_H
#define MOX_FACTS_BUILD_H

#include "facts/facts.h"
#include "format/mime.h"

enum { FACTS_ARENA_MAX = MIME_ARENA_MAX + (16 << 20) };

/* All but `origin` and `signature`. sha256 is that of the message, NULL: it is computed here.
 * RESOURCES if the arena is too small. */
struct err facts_build(struct str message, const uint8_t *sha256, struct arena *a,
		       struct facts *ret);

#endif
