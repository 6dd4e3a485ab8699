#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

static uint64_t rotl(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static uint64_t load(const char *p, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return w;
}

static void sip_word(uint64_t v[4], uint64_t w)
{
	v[3] ^= w;
	sip_round(v);
	v[0] ^= w;
}

uint64_t map_hash(struct str s, struct map_seed seed)
{
	uint64_t v[4] = {
		seed.k[0] ^ 0x736f6d6570736575u,
		seed.k[1] ^ 0x646f72616e646f6du,
		seed.k[0] ^ 0x6c7967656e657261u,
		seed.k[1] ^ 0x7465646279746573u,
	};
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8)
		sip_word(v, load(s.p + i, 8));
	sip_word(v, load(s.p + i, s.n - i) | (uint64_t)s.n << 56);
	v[2] ^= 0xff;
	for (int r = 0; r < 3; r++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void map_init(struct map *m, size_t max, struct map_seed seed)
{
	*m = (struct map){.max = max, .seed = seed};
}

void map_fini(struct map *m)
{
	free(m->table);
	map_init(m, m->max, m->seed);
}

/* The key's entry, or the free place where it belongs. */
static struct map_entry *place(const struct map *m, struct str key, uint64_t hash)
{
	size_t i = hash & m->mask;

	while (m->table[i].value && (m->table[i].hash != hash || !str_eq(m->table[i].key, key)))
		i = (i + 1) & m->mask;
	return &m->table[i];
}

void *map_get(const struct map *m, struct str key)
{
	return m->table ? place(m, key, map_hash(key, m->seed))->value : NULL;
}

/* Room for one more, at most three quarters full. */
static bool grow(struct map *m)
{
	size_t places = m->table ? m->mask + 1 : 0;

	if ((m->n + 1) * 4 <= places * 3)
		return true;
	struct map bigger = *m;

	bigger.mask = places ? places * 2 - 1 : 15;
	bigger.table = calloc(bigger.mask + 1, sizeof(struct map_entry));
	if (!bigger.table)
		return false;
	map_for_each (m, e)
		*place(&bigger, e->key, e->hash) = *e;
	free(m->table);
	*m = bigger;
	return true;
}

bool map_put(struct map *m, struct str key, void *value, void **ret_old)
{
	uint64_t hash = map_hash(key, m->seed);
	struct map_entry *e = m->table ? place(m, key, hash) : NULL;

	assert(value);
	*ret_old = e ? e->value : NULL;
	if (!*ret_old) {
		if (m->n >= m->max || !grow(m))
			return false;
		e = place(m, key, hash);
		m->n++;
	}
	*e = (struct map_entry){.key = key, .value = value, .hash = hash};
	return true;
}

/* Moves back what stood behind the hole, so that no entry is cut off from its first place. */
static void close_hole(struct map *m, size_t hole)
{
	for (size_t i = (hole + 1) & m->mask; m->table[i].value; i = (i + 1) & m->mask) {
		size_t home = m->table[i].hash & m->mask;

		if (((i - home) & m->mask) < ((i - hole) & m->mask))
			continue;
		m->table[hole] = m->table[i];
		hole = i;
	}
	m->table[hole] = (struct map_entry){0};
}

void *map_remove(struct map *m, struct str key)
{
	struct map_entry *e = m->table ? place(m, key, map_hash(key, m->seed)) : NULL;
	void *old = e ? e->value : NULL;

	if (old) {
		close_hole(m, (size_t)(e - m->table));
		m->n--;
	}
	return old;
}

struct map_entry *map_next_(const struct map *m, struct map_entry *e)
{
	size_t i = e ? (size_t)(e - m->table) + 1 : 0;

	for (; m->table && i <= m->mask; i++)
		if (m->table[i].value)
			return &m->table[i];
	return NULL;
}
