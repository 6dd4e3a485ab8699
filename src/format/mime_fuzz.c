#include "format/mime_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every part is found under the section number that leads to it. A message that is a multipart has
 * no number, one that is not is its own part 1. */
static void check_find(const struct mime_tree *t, const struct mime_part *m)
{
	uint32_t path[MIME_DEPTH_MAX + 1];
	size_t at = MIME_DEPTH_MAX + 1;

	for (const struct mime_part *x = m; x; x = x->parent) {
		if (x->parent && x->parent->kind == MIME_MULTIPART)
			path[--at] = x->number;
		else if (x->kind != MIME_MULTIPART)
			path[--at] = 1;
		else if (x == m)
			return;
	}
	assert(mime_find(t, path + at, MIME_DEPTH_MAX + 1 - at) == m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	struct mime_tree t;
	struct arena a;

	arena_init(&a, MIME_ARENA_MAX);
	struct err e = mime_parse(s, &a, &t);

	assert(err_is_ok(e));
	mime_check(&t, s);
	for (const struct mime_part *m = t.root; m; m = mime_next(m))
		check_find(&t, m);
	arena_fini(&a);
	return 0;
}
