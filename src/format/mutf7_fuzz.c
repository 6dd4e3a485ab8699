/* What is read, written again, is the same; what is written can be read. */
#include "format/mutf7.h"

#include "base/utf8.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO a = BUF_INIT(1 << 20);
	BUF_AUTO b = BUF_INIT(1 << 20);
	struct str in = str_of(data, size);

	if (err_is_ok(mutf7_decode(in, &a))) {
		assert(utf8_valid(buf_str(&a)));
		mutf7_encode(buf_str(&a), &b);
		assert(str_eq(buf_str(&b), in));
	}
	buf_clear(&a);
	buf_clear(&b);
	mutf7_encode(in, &a);
	assert(err_is_ok(mutf7_decode(buf_str(&a), &b)));
	assert(!utf8_valid(in) || str_eq(buf_str(&b), in));
	return 0;
}
