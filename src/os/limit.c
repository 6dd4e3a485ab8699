#include "os/limit.h"

#include "base/map.h"
#include "base/rand.h"
#include "os/clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

const struct limit_opts limit_connection_rate = {
	.windows = {{.ns = 60 * NS_PER_S, .max = {300, 900, 2700}}},
};
const struct limit_opts limit_connections_open = {
	.windows = {{.ns = 0, .max = {30, 90, 270}}},
};

/* How often one network was counted in one window. */
struct count {
	unsigned char key[ADDR_CLASS_BYTES];
	int64_t n;
};

struct window {
	struct limit_window def;
	int64_t number; /* of the window, counted from the clock's beginning */
	struct map counts;
};

struct limit {
	struct clock *clock;
	bool exempt_loopback;
	size_t window_n;
	pthread_mutex_t lock;
	struct window windows[LIMIT_WINDOWS_MAX];
};

static void counts_forget(struct window *w)
{
	struct map_seed seed = w->counts.seed;

	map_for_each (&w->counts, e)
		free(e->value);
	map_fini(&w->counts);
	map_init(&w->counts, LIMIT_NETWORKS_MAX, seed);
}

/* Begins a new window when its time has come. */
static void window_turn(struct limit *l, struct window *w)
{
	int64_t number = w->def.ns ? clock_mono(l->clock) / w->def.ns : 0;

	if (number == w->number)
		return;
	w->number = number;
	counts_forget(w);
}

static int64_t count_get(struct window *w, struct ip ip, unsigned class)
{
	unsigned char key[ADDR_CLASS_BYTES];
	const struct count *c = map_get(&w->counts, addr_class_bytes(ip, class, key));

	return c ? c->n : 0;
}

static struct count *count_new(struct window *w, struct str key)
{
	struct count *c = malloc(sizeof(*c));
	void *old;

	if (!c)
		return NULL;
	*c = (struct count){0};
	memcpy(c->key, key.p, ADDR_CLASS_BYTES);
	if (!map_put(&w->counts, str_of(c->key, ADDR_CLASS_BYTES), c, &old)) {
		free(c);
		return NULL;
	}
	return c;
}

static void count_add(struct window *w, struct ip ip, unsigned class, int64_t n)
{
	unsigned char bytes[ADDR_CLASS_BYTES];
	struct str key = addr_class_bytes(ip, class, bytes);
	struct count *c = map_get(&w->counts, key);

	if (!c && n > 0)
		c = count_new(w, key);
	if (!c)
		return;
	c->n += n;
	if (c->n > 0)
		return;
	map_remove(&w->counts, key);
	free(c);
}

static bool can_add(struct limit *l, struct ip ip, int64_t n)
{
	for (size_t i = 0; i < l->window_n; i++) {
		struct window *w = &l->windows[i];

		window_turn(l, w);
		for (unsigned k = 0; k < ADDR_CLASSES; k++)
			if (n > w->def.max[k] - count_get(w, ip, k))
				return false;
	}
	return true;
}

static void add(struct limit *l, struct ip ip, int64_t n)
{
	for (size_t i = 0; i < l->window_n; i++)
		for (unsigned k = 0; k < ADDR_CLASSES; k++)
			count_add(&l->windows[i], ip, k, n);
}

static bool exempt(const struct limit *l, struct ip ip)
{
	return !ip_is_set(ip) || (l->exempt_loopback && ip_is_loopback(ip));
}

bool limit_add(struct limit *l, struct ip ip, int64_t n)
{
	if (exempt(l, ip))
		return true;
	pthread_mutex_lock(&l->lock);
	bool ok = can_add(l, ip, n);

	if (ok)
		add(l, ip, n);
	pthread_mutex_unlock(&l->lock);
	return ok;
}

bool limit_can_add(struct limit *l, struct ip ip, int64_t n)
{
	if (exempt(l, ip))
		return true;
	pthread_mutex_lock(&l->lock);
	bool ok = can_add(l, ip, n);

	pthread_mutex_unlock(&l->lock);
	return ok;
}

void limit_sub(struct limit *l, struct ip ip, int64_t n)
{
	if (exempt(l, ip))
		return;
	pthread_mutex_lock(&l->lock);
	add(l, ip, -n);
	pthread_mutex_unlock(&l->lock);
}

void limit_reset(struct limit *l, struct ip ip)
{
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->window_n; i++) {
		int64_t n = count_get(&l->windows[i], ip, 0);

		for (unsigned k = 0; n && k < ADDR_CLASSES; k++)
			count_add(&l->windows[i], ip, k, -n);
	}
	pthread_mutex_unlock(&l->lock);
}

struct limit *limit_new(struct clock *clock, const struct limit_opts *opts)
{
	struct limit *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->clock = clock;
	l->exempt_loopback = opts->exempt_loopback;
	pthread_mutex_init(&l->lock, NULL);
	while (l->window_n < LIMIT_WINDOWS_MAX && opts->windows[l->window_n].max[0]) {
		struct window *w = &l->windows[l->window_n];
		struct map_seed seed;

		rand_fill(rand_system(), &seed, sizeof(seed));
		map_init(&w->counts, LIMIT_NETWORKS_MAX, seed);
		w->def = opts->windows[l->window_n++];
	}
	assert(l->window_n > 0);
	return l;
}

void limit_free(struct limit *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->window_n; i++) {
		counts_forget(&l->windows[i]);
		map_fini(&l->windows[i].counts);
	}
	pthread_mutex_destroy(&l->lock);
	free(l);
}
