#include "imap/stored.h"

#include "base/utf8.h"
#include "imap/write.h"

void buf_imap_stored_string(struct buf *b, struct str s)
{
	s = utf8_valid(s) ? utf8_cut(s, IMAP_STORED_STRING_MAX)
			  : str_sub(s, 0, IMAP_STORED_STRING_MAX);
	buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\0' || c == '\r' || c == '\n')
			continue;
		if (c == '"' || c == '\\')
			buf_char(b, '\\');
		buf_char(b, c);
	}
	buf_char(b, '"');
}

void buf_imap_stored_nstring(struct buf *b, struct str s)
{
	if (s.p)
		buf_imap_stored_string(b, s);
	else
		buf_str_add(b, STR("NIL"));
}

/* Behind the quoted string whose first byte inside the quotes is at `at`; the index of its closing
 * quote, and how many bytes are escapes. */
static size_t quoted_end(struct str s, size_t at, size_t *ret_escapes)
{
	*ret_escapes = 0;
	while (at < s.n && s.p[at] != '"') {
		if (s.p[at] == '\\' && at + 1 < s.n) {
			at++;
			(*ret_escapes)++;
		}
		at++;
	}
	return at;
}

static void literal_write(struct buf *b, struct str quoted, size_t escapes)
{
	buf_imap_literal_head(b, quoted.n - escapes, false);
	for (size_t i = 0; i < quoted.n; i++) {
		if (quoted.p[i] == '\\' && i + 1 < quoted.n)
			i++;
		buf_char(b, quoted.p[i]);
	}
}

void buf_imap_stored(struct buf *b, struct str text, bool utf8)
{
	size_t done = 0, at = 0;

	if (utf8 ? utf8_valid(text) : utf8_is_ascii(text)) {
		buf_str_add(b, text);
		return;
	}
	while (at < text.n) {
		size_t escapes;

		if (text.p[at++] != '"')
			continue;
		size_t end = quoted_end(text, at, &escapes);
		struct str inside = str_sub(text, at, end);

		if (utf8 ? !utf8_valid(inside) : !utf8_is_ascii(inside)) {
			buf_str_add(b, str_sub(text, done, at - 1));
			literal_write(b, inside, escapes);
			done = end + 1;
		}
		at = end + 1;
	}
	buf_str_add(b, str_from(text, done));
}
