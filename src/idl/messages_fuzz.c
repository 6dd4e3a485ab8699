/* Any bytes, read as every kind of message: what is accepted is written again as the same bytes.
 * The first byte picks the type.
 */
#include "idl/messages.h"
#include "idl/sample.h"
#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one(const struct wire_type *t, struct str in)
{
	struct arena a;
	BUF_AUTO b = BUF_INIT(1 << 20);
	void *v = malloc(t->size ? t->size : 1);

	assert(v);
	arena_init(&a, 1 << 20);
	struct err e = wire_read(in, &a, t, v);

	if (err_is_ok(e)) {
		assert(in.n >= t->min && in.n <= t->max);
		wire_write(&b, t, v);
		assert(!buf_failed(&b) && str_eq(buf_str(&b), in));
	} else {
		assert(err_is(e, ERR_SYNTAX) || err_is(e, ERR_RESOURCES));
	}
	arena_fini(&a);
	free(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = sample_types_n + msg_types_n;

	if (size == 0)
		return 0;
	size_t i = data[0] % n;

	one(i < sample_types_n ? sample_types[i] : msg_types[i - sample_types_n],
	    str_of(data + 1, size - 1));
	return 0;
}
