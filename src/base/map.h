/* map: from bytes to a pointer, for keys that a stranger may choose.
 *
 * Open addressing over SipHash-1-3 with a key that the caller draws from its random source, so that
 * nobody outside can make keys collide. Bounded: past max entries map_put refuses.
 * Memory: the table from malloc. Keys and values are borrowed: a key lives as long as its entry
 * (put it into the value's struct).
 */
#ifndef MOX_BASE_MAP_H
#define MOX_BASE_MAP_H

#include "base/attr.h"
#include "base/str.h"

struct map_seed {
	uint64_t k[2];
};

struct map_entry {
	struct str key;
	void *value; /* NULL: the place is free */
	uint64_t hash;
};

struct map {
	struct map_entry *table;
	size_t n;
	size_t mask; /* places - 1, when there is a table */
	size_t max;
	struct map_seed seed;
};

/* Nothing is allocated before the first put. A fixed seed will do where keys are ours. */
void map_init(struct map *m, size_t max, struct map_seed seed);
void map_fini(struct map *m);
/* NULL if the key is not there. */
void *map_get(const struct map *m, struct str key);
/* Sets key's value, which is not NULL. An entry that is there keeps its key unless replaced:
 * *ret_old gets the value that was there, or NULL; its entry now borrows the new key. False at
 * max entries or without memory: then nothing changed. */
bool map_put(struct map *m, struct str key, void *value, void **ret_old) NODISCARD;
/* The value removed, or NULL. */
void *map_remove(struct map *m, struct str key);

/* SipHash-1-3 of s. */
uint64_t map_hash(struct str s, struct map_seed seed);

/* Walks e over all entries in no order; the body may neither put nor remove. */
#define map_for_each(m, e) \
	for (struct map_entry *e = map_next_((m), NULL); e; e = map_next_((m), e))
struct map_entry *map_next_(const struct map *m, struct map_entry *e);

#endif
