#include "smtp/stuff.h"

#include "smtp/data.h"
#include <assert.h>

/* Whatever is sent arrives, ends where we end it, and has proper line ends; what had them arrives
 * unchanged. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_stuff s = {0};
	struct smtp_data d;

	if (size < 1 || size > 65536)
		return 0;
	struct str in = str_of(data + 1, size - 1), piece;
	size_t step = data[0] + 1U;
	BUF_AUTO wire = BUF_INIT(4 * size + 16);
	BUF_AUTO back = BUF_INIT(4 * size + 16);

	for (size_t at = 0; at < in.n; at += step)
		smtp_stuff_add(&s, str_sub(in, at, at + step), &wire);
	smtp_stuff_end(&s, &wire);
	assert(!buf_failed(&wire));
	struct str rest = buf_str(&wire);

	smtp_data_init(&d);
	while ((piece = smtp_data_next(&d, &rest)).n)
		buf_str_add(&back, piece);
	assert(smtp_data_ended(&d) && rest.n == 0);
	assert(!d.facts.bare_cr && !d.facts.bare_lf && d.facts.ends_in_crlf);
	smtp_data_init(&d);
	smtp_data_chunk(&d, in);
	smtp_data_chunks_end(&d);
	if (!d.facts.bare_cr && !d.facts.bare_lf && d.facts.ends_in_crlf)
		assert(str_eq(buf_str(&back), in));
	return 0;
}
