#include "base/utf8.h"
#include "format/word.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines and words of what buf_words wrote from `column` on keep their limits. */
static void check_lines(struct str s, size_t column)
{
	struct str line;

	while (s.n) {
		bool more = str_cut(s, '\n', &line, &s);

		if (more)
			assert(str_ends(line, STR("\r")));
		assert(column + line.n - more <= WORD_LINE_MAX || line.n <= 1 || column > 50);
		assert(str_trim(line).n <= WORD_MAX);
		column = 0;
	}
}

/* Decoded text is one line of UTF-8, bounded; encoded text decodes to what it was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of(data, size);
	size_t max = size * WORD_GROWTH + 64;
	BUF_AUTO text = BUF_INIT(max), coded = BUF_INIT(max * 20), again = BUF_INIT(max * 20);

	word_decode(in, &text);
	assert(!buf_failed(&text) && utf8_valid(buf_str(&text)));
	for (size_t i = 0; i < text.n; i++)
		assert(text.p[i] != '\r' && text.p[i] != '\n' && text.p[i] != '\0');
	/* A decoder takes a byte order mark for none of the text. */
	if (str_starts(buf_str(&text), STR("\xef\xbb\xbf")))
		return 0;
	buf_words(&coded, buf_str(&text), size % 60);
	assert(utf8_is_ascii(buf_str(&coded)));
	check_lines(buf_str(&coded), size % 60);
	word_decode(buf_str(&coded), &again);
	assert(str_eq(buf_str(&text), buf_str(&again)));
	return 0;
}
