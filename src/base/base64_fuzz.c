#include "base/base64.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes is exactly what encoding writes; what is encoded decodes to the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of(data, size);
	BUF_AUTO plain = BUF_INIT(1 << 20);
	BUF_AUTO coded = BUF_INIT(1 << 20);

	if (base64_decode(in, &plain)) {
		buf_base64(&coded, buf_str(&plain));
		assert(str_eq(buf_str(&coded), in));
	}
	buf_clear(&plain);
	buf_clear(&coded);
	buf_base64url(&coded, in);
	assert(base64url_decode(buf_str(&coded), &plain));
	assert(str_eq(buf_str(&plain), in));
	return 0;
}
