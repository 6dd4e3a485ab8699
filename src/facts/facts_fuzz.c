/* What facts_read accepts, facts_write writes back byte for byte; the part tree is walkable. */
#include "facts/facts.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct facts f;
	BUF_AUTO b = BUF_INIT(FACTS_SIZE_MAX);
	struct str in = str_of(data, size);

	arena_init(&a, 8 << 20);
	if (err_is_ok(facts_read(in, &a, &f))) {
		size_t seen = 1;

		for (size_t i = 0; i < f.part_count; i++)
			for (size_t c = facts_part_child(&f, i); c; c = facts_part_next(&f, c)) {
				assert(f.parts[c].parent == i);
				seen++;
			}
		assert(seen == f.part_count);
		assert(err_is_ok(facts_write(&f, &b)));
		assert(str_eq(buf_str(&b), in));
	}
	arena_fini(&a);
	return 0;
}
