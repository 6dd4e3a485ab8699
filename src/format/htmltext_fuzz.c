/* Pieces of any size give the same text, which is not longer than promised. */
#include "format/htmltext.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void convert(struct str html, bool attributes, size_t piece, struct buf *ret)
{
	struct htmltext h;

	htmltext_init(&h, attributes);
	for (size_t i = 0; i < html.n; i += piece)
		htmltext_add(&h, str_sub(html, i, i + piece), ret);
	htmltext_end(&h, ret);
	assert(!buf_failed(ret));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	size_t max = HTMLTEXT_GROWTH * size + HTMLTEXT_EXTRA;

	for (int attributes = 0; attributes < 2; attributes++) {
		BUF_AUTO whole = BUF_INIT(max);
		BUF_AUTO pieces = BUF_INIT(max);

		convert(s, attributes, size + 1, &whole);
		convert(s, attributes, 1, &pieces);
		assert(str_eq(buf_str(&whole), buf_str(&pieces)));
	}
	return 0;
}
