/* Runs every argument grammar over the input; what parses must keep its promises, and the name of a
 * fetch attribute, as written, must parse to the same name again. */
#include "imap/args.h"
#include "imap/fetch.h"
#include "imap/search.h"
#include "imap/write.h"

#include <assert.h>

static struct arena arena;

static void check_inside(struct str s, struct str in)
{
	/* A string is as long as the input at most: nothing is made up. */
	assert(s.n <= in.n);
}

static void try_fetch(struct str in)
{
	struct cur c = cur_of(in);
	struct imap_fetch f = {0};

	imap_x_fetch(&c, &arena, &f);
	assert(f.n <= IMAP_FETCH_MAX);
	for (size_t i = 0; i < f.n; i++) {
		BUF_AUTO name = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
		struct imap_fetch g = {0};

		if (f.atts[i].partial)
			continue;
		buf_str_add(&name, STR("1 "));
		buf_imap_fetch_name(&name, &f.atts[i]);
		struct cur c2 = cur_of(buf_str(&name));

		imap_x_fetch(&c2, &arena, &g);
		if (arena_failed(&arena))
			return;
		assert(!cur_failed(&c2) && g.n == 1);
		buf_str_add(&again, STR("1 "));
		buf_imap_fetch_name(&again, &g.atts[0]);
		assert(str_eq(buf_str(&name), buf_str(&again)));
	}
}

static unsigned key_depth(const struct imap_search_key *k)
{
	unsigned deepest = 0;

	for (size_t i = 0; i < k->key_count; i++) {
		unsigned d = key_depth(&k->keys[i]);

		if (d > deepest)
			deepest = d;
	}
	return deepest + 1;
}

static void try_search(struct str in)
{
	struct cur c = cur_of(in);
	struct imap_search s = {0};

	imap_x_search(&c, &arena, &s);
	/* UNSEEN and its like add a level. */
	assert(key_depth(&s.root) <= IMAP_SEARCH_DEPTH + 2);
	if (!cur_failed(&c))
		assert(!s.extended || s.ret);
}

static void try_set(struct str in)
{
	struct cur c = cur_of(in);
	struct imap_seqset s = imap_x_seqset(&c, &arena), r = {0};

	if (!imap_seqset_resolve(s, 1000, &arena, &r))
		return;
	for (size_t i = 0; i < r.n; i++) {
		assert(r.r[i].from && r.r[i].from <= r.r[i].to);
		assert(i == 0 || (uint64_t)r.r[i - 1].to + 1 < r.r[i].from);
		assert(imap_seqset_has(r, r.r[i].to));
	}
}

static void try_string(struct str in)
{
	struct cur c = cur_of(in);
	struct str s = imap_x_astring(&c, &arena);
	BUF_AUTO b = BUF_INIT(1 << 20);

	check_inside(s, in);
	if (cur_failed(&c))
		return;
	buf_imap_astring(&b, s);
	struct cur c2 = cur_of(buf_str(&b));
	struct str again = imap_x_astring(&c2, &arena);

	if (!arena_failed(&arena))
		assert(!cur_failed(&c2) && cur_end(&c2) && str_eq(s, again));
}

static void try_date_time(struct str in)
{
	struct cur c = cur_of(in);
	int64_t t = imap_x_date_time(&c);
	BUF_AUTO b = BUF_INIT(100);

	if (cur_failed(&c) || t < -62167219200 || t > 253402300799)
		return;
	buf_imap_date_time(&b, t);
	struct cur c2 = cur_of(buf_str(&b));

	assert(imap_x_date_time(&c2) == t && !cur_failed(&c2) && cur_end(&c2));
}

static void try_others(struct str in)
{
	struct imap_append append;
	struct imap_store store;
	struct imap_list list = {0};
	struct imap_id id = {0};
	struct imap_enable enable;
	struct imap_select sel;
	struct imap_create create;
	struct cur c = cur_of(in);

	imap_x_append(&c, &arena, &append);
	c = cur_of(in);
	imap_x_store(&c, &arena, &store);
	c = cur_of(in);
	imap_x_list(&c, &arena, &list);
	assert(list.n <= IMAP_PATTERNS_MAX);
	c = cur_of(in);
	imap_x_id(&c, &arena, &id);
	assert(id.n <= IMAP_ID_MAX);
	c = cur_of(in);
	imap_x_enable(&c, &arena, &enable);
	c = cur_of(in);
	imap_x_create(&c, &arena, &create);
	c = cur_of(in);
	imap_x_select(&c, &arena, &sel);
	c = cur_of(in);
	imap_x_date(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct str) = {try_fetch,  try_search,    try_set,
						    try_string, try_date_time, try_others};
	struct str in = str_of(data, size);

	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		arena_init(&arena, 256 * 1024);
		tries[i](in);
		arena_fini(&arena);
	}
	return 0;
}
