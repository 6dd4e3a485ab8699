/* The facts of any message can be built; what is written of them reads back as the same, and the
 * wire texts are what they claim to be. */
#include "facts/build.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool parenthesized(struct str s)
{
	return s.n >= 2 && s.p[0] == '(' && s.p[s.n - 1] == ')';
}

static void check(const struct facts *f, size_t size)
{
	assert(f->size == size && f->header_n <= size);
	assert(parenthesized(f->envelope) && parenthesized(f->body));
	assert(parenthesized(f->bodystructure));
	assert(f->parts[0].header_n == f->header_n);
	for (size_t i = 0; i < f->part_count; i++) {
		assert(f->parts[i].type.n && f->parts[i].subtype.n);
		assert(f->parts[i].kind == FACTS_PART_LEAF || facts_part_child(f, i));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct facts f, g;
	BUF_AUTO b = BUF_INIT(FACTS_SIZE_MAX - FACTS_ORIGIN_MAX);
	BUF_AUTO again = BUF_INIT(FACTS_SIZE_MAX);
	struct err e;

	arena_init(&a, FACTS_ARENA_MAX);
	e = facts_build(str_of(data, size), NULL, &a, &f);
	assert(err_is_ok(e));
	check(&f, size);
	e = facts_write(&f, &b);
	assert(err_is_ok(e));
	e = facts_read(buf_str(&b), &a, &g);
	assert(err_is_ok(e));
	e = facts_write(&g, &again);
	assert(err_is_ok(e) && str_eq(buf_str(&b), buf_str(&again)));
	arena_fini(&a);
	return 0;
}
