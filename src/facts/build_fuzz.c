/* Every message has facts; what is written is read back; ranges are inside the message. */
#include "facts/build.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str message = str_of(data, size);
	struct arena a, b;
	struct facts f, g;
	BUF_AUTO out = BUF_INIT(FACTS_SIZE_MAX);
	BUF_AUTO again = BUF_INIT(FACTS_SIZE_MAX);

	arena_init(&a, FACTS_ARENA_MAX);
	arena_init(&b, 8 << 20);
	assert(err_is_ok(facts_build(message, NULL, &a, &f)));
	assert(f.size == size && f.header_n <= size && f.part_count > 0);
	assert(err_is_ok(facts_write(&f, &out)));
	assert(err_is_ok(facts_read(buf_str(&out), &b, &g)));
	assert(err_is_ok(facts_write(&g, &again)));
	assert(str_eq(buf_str(&out), buf_str(&again)));
	arena_fini(&a);
	arena_fini(&b);
	return 0;
}
