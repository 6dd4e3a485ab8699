#include "smtp/reply.h"

#include "base/utf8.h"
#include "smtp/limit.h"
#include <assert.h>

/* Whatever is in the text, what is written is one reply of that code. RFC 5321 §4.2. */
static void check(struct str out, unsigned code, bool utf8)
{
	struct str line;
	bool more = true;

	assert(utf8 ? utf8_valid(out) : utf8_is_ascii(out));
	while (out.n) {
		assert(more);
		assert(str_cut(out, '\n', &line, &out));
		assert(line.n < LIMIT_SMTP_REPLY_LINE && line.n >= 5);
		assert(line.p[line.n - 1] == '\r');
		for (size_t i = 0; i + 1 < line.n; i++)
			assert((unsigned char)line.p[i] >= 0x20 && line.p[i] != 0x7f);
		assert(line.p[0] == '0' + (int)(code / 100));
		more = line.p[3] == '-';
	}
	assert(!more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO b = BUF_INIT(1 << 20);

	if (size < 2 || size > 32768)
		return 0;
	struct smtp_reply r = smtp_reply_of(data[0] % SMTP_REPLY_CODE_COUNT);
	struct str text = str_of(data + 2, size - 2);

	r.text = str_sub(text, 0, text.n / 2);
	r.detail = str_from(text, text.n / 2);
	r.id = data[1] & 2 ? r.detail : STR("");
	smtp_reply_write(&b, &r, data[1] & 1);
	assert(!buf_failed(&b));
	check(buf_str(&b), r.code, data[1] & 1);
	return 0;
}
