/* Messages are inside the file, in order, and have CRLF at the end of every line; line ends turn to
 * and fro, but for CR CR LF, of which LF files cannot tell. */
#include "format/mbox.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	struct mbox m;
	struct mbox_message msg;
	const char *at = s.p;
	int64_t t;
	BUF_AUTO crlf = BUF_INIT(1 << 22);
	BUF_AUTO lf = BUF_INIT(1 << 22);
	BUF_AUTO again = BUF_INIT(1 << 22);

	for (bool ok = mbox_open(s, &m); ok && mbox_next(&m, &msg);) {
		BUF_AUTO out = BUF_INIT(1 << 22);

		assert(msg.from.p >= at && msg.raw.p + msg.raw.n <= s.p + s.n);
		at = msg.raw.p + msg.raw.n;
		mbox_message(msg.raw, &out);
		mbox_from_time(msg.from, &t);
		for (size_t i = 0; i < out.n; i++)
			assert(out.p[i] != '\n' || (i && out.p[i - 1] == '\r'));
	}
	buf_crlf(&crlf, s);
	buf_lf(&lf, buf_str(&crlf));
	buf_crlf(&again, buf_str(&lf));
	assert(buf_failed(&again) || str_find(buf_str(&crlf), STR("\r\r\n"), 0) >= 0 ||
	       str_eq(buf_str(&again), buf_str(&crlf)));
	return 0;
}
