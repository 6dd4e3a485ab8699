#include "base/utf8.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Repair gives UTF-8 of the same code points, keeps what was right, and grows to three times at
 * most; a cut of UTF-8 is UTF-8 and loses less than a character. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of(data, size), out;
	BUF_AUTO b = BUF_INIT(3 * size + 1);
	BUF_AUTO again = BUF_INIT(3 * size + 1);

	buf_utf8_repair(&b, in);
	assert(!buf_failed(&b));
	out = buf_str(&b);
	assert(utf8_valid(out));
	assert(utf8_valid(in) == str_eq(in, out));
	for (size_t i = 0, n; i < in.n; i += n) {
		uint32_t cp;

		n = utf8_decode_lossy(in, i, &cp);
		assert(n > 0 && n <= in.n - i);
		buf_utf8(&again, cp);
	}
	assert(str_eq(buf_str(&again), out));
	for (size_t max = 0; max < out.n && max < 40; max++) {
		struct str cut = utf8_cut(out, max);

		assert(utf8_valid(cut) && cut.n <= max && cut.n + 3 >= max);
	}
	return 0;
}
