/* arena: memory of one lifetime (connection, transaction, command, scratch), freed as a whole.
 *
 * An arena is born with a cap, so that a peer cannot make us eat memory: past it arena_alloc
 * returns NULL, and arena_failed tells. Freed and unused memory is poisoned under ASan. Pointers
 * into an arena are stored only in things that live as long or shorter.
 * Threads: one at a time.
 */
#ifndef MOX_BASE_ARENA_H
#define MOX_BASE_ARENA_H

#include "base/attr.h"
#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *top; /* the block in use; older ones hang below it */
	size_t used;             /* bytes of all blocks, against cap */
	size_t cap;
	bool failed;
};

/* No allocation is made before the first arena_alloc: an idle connection's arena costs nothing. */
void arena_init(struct arena *a, size_t cap);
/* Frees everything; the arena is as after init. */
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);

/* Zeroed memory aligned for any type; NULL past the cap (then arena_failed stays true until the
 * next reset). n = 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t n) NODISCARD;
/* count * size with the overflow checked. */
void *arena_array(struct arena *a, size_t count, size_t size) NODISCARD;
/* Room for one more element behind the n there are: returns the array, which moves when n is 0 or a
 * power of two, so that adding costs constant time and at most twice the memory. NULL past the
 * cap. */
void *arena_grow(struct arena *a, void *array, size_t n, size_t size) NODISCARD;
/* Copies; .p is NULL and .n 0 past the cap. */
struct str arena_dup(struct arena *a, struct str s);
/* A NUL-terminated copy for the system's border; NULL past the cap or if s contains NUL. */
char *arena_strz(struct arena *a, struct str s) NODISCARD;
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
static inline bool arena_failed(const struct arena *a)
{
	return a->failed;
}

#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_NEW_N(a, type, n) ((type *)arena_array((a), (n), sizeof(type)))
#define ARENA_GROW(a, array, n) ((__typeof__(array))arena_grow((a), (array), (n), sizeof(*(array))))

#endif
