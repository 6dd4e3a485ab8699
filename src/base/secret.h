/* secret: bytes that must not be printed and do not outlive their use.
 *
 * The bytes are behind a pointer that no format directive understands, are wiped before their
 * memory goes back, and leave it only through secret_view, which is easy to look for.
 * Memory: owns one block of malloc, never moved, so that no stale copy is left.
 */
#ifndef MOX_BASE_SECRET_H
#define MOX_BASE_SECRET_H

#include "base/attr.h"
#include "base/str.h"

struct secret_bytes;

struct secret {
	struct secret_bytes *bytes; /* NULL: no secret is held */
};

#define SECRET_AUTO CLEANUP(secret_fini) struct secret

/* Wipes what s held and takes a copy of v (which the caller wipes). False without memory: then s
 * is empty. */
bool secret_set(struct secret *s, struct str v) NODISCARD;
/* Wipes; s is empty and may be used again. An empty (zeroed) s is fine. */
void secret_fini(struct secret *s);
static inline bool secret_is_set(const struct secret *s)
{
	return s->bytes != NULL;
}
/* The bytes, for the function that needs them; valid until set or fini. */
struct str secret_view(const struct secret *s);
/* In constant time for equal lengths; false when no secret is held. */
bool secret_eq(const struct secret *s, struct str v);
/* Wipes memory in a way that the compiler does not leave out. */
void secret_wipe(void *p, size_t n);

#endif
