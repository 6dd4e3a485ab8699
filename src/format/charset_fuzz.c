#include "base/utf8.h"
#include "format/charset.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line with the name, then text: the result is UTF-8, bounded, and the same in two pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str name, text;

	str_cut(str_of(data, size), '\n', &name, &text);
	const struct charset *cs = charset_find(name);

	if (!cs)
		return 0;
	size_t max = text.n * CHARSET_GROWTH + CHARSET_EXTRA, half = text.n / 2;
	BUF_AUTO all = BUF_INIT(max), parts = BUF_INIT(max);
	struct charset_decoder d;

	assert(charset_to_utf8(name, text, &all));
	assert(!buf_failed(&all) && utf8_valid(buf_str(&all)));
	charset_decoder_init(&d, cs);
	charset_decode(&d, str_sub(text, 0, half), false, &parts);
	charset_decode(&d, str_from(text, half), true, &parts);
	assert(str_eq(buf_str(&all), buf_str(&parts)));
	return 0;
}
