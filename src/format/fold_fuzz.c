/* Pieces of any size fold to the same; output is bounded, UTF-8, and without two spaces together.
 */
#include "format/fold.h"

#include "base/utf8.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	BUF_AUTO whole = BUF_INIT(FOLD_GROWTH * size + FOLD_EXTRA);
	BUF_AUTO pieces = BUF_INIT(FOLD_GROWTH * size + FOLD_EXTRA);
	struct fold f;
	uint32_t cp;

	buf_fold(&whole, s);
	assert(!buf_failed(&whole) && utf8_valid(buf_str(&whole)));
	assert(str_find(buf_str(&whole), STR("  "), 0) < 0);
	fold_init(&f);
	for (size_t at = 0, n; (n = utf8_decode_lossy(s, at, &cp)); at += n)
		fold_add(&f, str_sub(s, at, at + n), &pieces);
	fold_end(&f, &pieces);
	assert(str_eq(buf_str(&whole), buf_str(&pieces)));
	return 0;
}
