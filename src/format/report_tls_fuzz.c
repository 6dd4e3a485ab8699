/* What is read is written and read again, and then writes the same. */
#include "format/report_tls.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO first = BUF_INIT(OUT_MAX);
	BUF_AUTO second = BUF_INIT(OUT_MAX);
	struct report_tls r;
	struct arena a;

	arena_init(&a, REPORT_ARENA_MAX);
	if (err_is_ok(report_tls_read(str_of(data, size), &a, &r))) {
		report_tls_write(&r, &first);
		assert(err_is_ok(report_tls_read(buf_str(&first), &a, &r)));
		report_tls_write(&r, &second);
		assert(str_eq(buf_str(&first), buf_str(&second)));
	}
	arena_fini(&a);
	return 0;
}
