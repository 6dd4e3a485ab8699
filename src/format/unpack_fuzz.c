/* What comes out of any bytes is within the limits, and goes into gzip and out of it again. */
#include "format/unpack.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { SMALL = 4 << 20 };
	BUF_AUTO out = BUF_INIT(SMALL);
	BUF_AUTO packed = BUF_INIT(2 * SMALL);
	BUF_AUTO again = BUF_INIT(SMALL);

	if (err_failed(unpack(str_of(data, size), &out)))
		return 0;
	assert(out.n <= UNPACK_RATIO_FREE || out.n / UNPACK_RATIO <= size);
	pack_gzip(buf_str(&out), &packed);
	if (out.n <= UNPACK_RATIO_FREE) {
		assert(err_is_ok(unpack(buf_str(&packed), &again)));
		assert(str_eq(buf_str(&again), buf_str(&out)));
	}
	return 0;
}
