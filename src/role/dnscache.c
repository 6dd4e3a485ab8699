#include "role/dnscache.h"

#include "role/dns_wire.h"
#include <assert.h>
#include <stdlib.h>

struct kept {
	struct list in_age;
	int64_t expires; /* of the TTL, monotonic ns */
	int64_t until;   /* how long it is given */
	struct arena mem;
	struct msg_dns_answer answer;
	struct str key;
	char key_bytes[DNSCACHE_KEY_MAX];
};

void dnscache_init(struct dnscache *c, struct clock *clock, size_t max, struct map_seed seed)
{
	c->clock = clock;
	map_init(&c->by_key, max, seed);
	list_init(&c->by_age);
}

static void drop(struct dnscache *c, struct kept *k)
{
	map_remove(&c->by_key, k->key);
	list_remove(&k->in_age);
	arena_fini(&k->mem);
	free(k);
}

void dnscache_clear(struct dnscache *c)
{
	list_for_each_safe (&c->by_age, n)
		drop(c, CONTAINER_OF(n, struct kept, in_age));
}

void dnscache_fini(struct dnscache *c)
{
	dnscache_clear(c);
	map_fini(&c->by_key);
}

/* Room for one more, which is not there yet. */
static void make_room(struct dnscache *c, struct str key)
{
	struct kept *k = map_get(&c->by_key, key);

	if (k)
		drop(c, k);
	if (c->by_key.n >= c->by_key.max)
		drop(c, CONTAINER_OF(c->by_age.next, struct kept, in_age));
}

static struct kept *kept_new(struct str key, enum dns_type type, const struct dns_answer *a)
{
	struct kept *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	memcpy(k->key_bytes, key.p, key.n);
	k->key = str_of(k->key_bytes, key.n);
	arena_init(&k->mem, DNSCACHE_ANSWER_MAX);
	dns_wire_answer_write(type, a, &k->mem, &k->answer);
	if (k->answer.status != MSG_DNS_STATUS_FAILED)
		return k;
	arena_fini(&k->mem);
	free(k);
	return NULL;
}

void dnscache_put(struct dnscache *c, struct str key, enum dns_type type,
		  const struct dns_answer *a)
{
	int64_t now = clock_mono(c->clock);
	uint32_t seconds = a->ttl < DNSCACHE_S ? a->ttl : DNSCACHE_S;
	void *old;

	assert(key.n <= DNSCACHE_KEY_MAX);
	if (dns_is_temporary(a) || seconds == 0)
		return;
	make_room(c, key);
	struct kept *k = kept_new(key, type, a);

	if (!k)
		return;
	list_add_tail(&c->by_age, &k->in_age);
	k->expires = now + a->ttl * NS_PER_S;
	k->until = now + seconds * NS_PER_S;
	if (!map_put(&c->by_key, k->key, k, &old))
		drop(c, k);
}

bool dnscache_get(struct dnscache *c, struct str key, struct msg_dns_answer *ret)
{
	struct kept *k = map_get(&c->by_key, key);
	int64_t now = clock_mono(c->clock);

	if (k && k->until <= now) {
		drop(c, k);
		k = NULL;
	}
	if (!k)
		return false;
	*ret = k->answer;
	ret->ttl = (uint32_t)((k->expires - now) / NS_PER_S);
	return true;
}
