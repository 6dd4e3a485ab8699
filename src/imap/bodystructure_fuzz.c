/* Structure and envelope of any bytes are well-formed: balanced parentheses outside quoted strings,
 * nothing that ends a line; and so is what goes to a peer without UTF-8. */
#include "imap/bodystructure.h"
#include "imap/envelope.h"
#include "imap/parse.h"
#include "imap/stored.h"

#include <assert.h>

/* Walks one parenthesized value of strings, numbers, atoms and lists. */
static void check(struct str text, struct arena *a, bool literals)
{
	struct cur c = cur_of(text);
	size_t depth = 0;

	do {
		int ch = cur_peek(&c);

		assert(ch >= 0);
		if (ch == '(') {
			depth++;
			c.at++;
		} else if (ch == ')') {
			assert(depth-- > 0);
			c.at++;
		} else if (ch == ' ') {
			c.at++;
		} else if (ch == '"') {
			while (c.at++, cur_peek(&c) != '"') {
				assert(cur_peek(&c) > 0);
				assert(cur_peek(&c) != '\r' && cur_peek(&c) != '\n');
				if (cur_peek(&c) == '\\')
					c.at++;
			}
			c.at++;
		} else if (ch == '{') {
			assert(literals);
			imap_x_string(&c, a);
			assert(!cur_failed(&c));
		} else {
			imap_x_word(&c);
			assert(!cur_failed(&c));
		}
	} while (depth);
	assert(cur_end(&c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str message = str_of(data, size);
	struct arena a;
	struct mime_tree t;

	arena_init(&a, 64 << 20);
	if (err_is_ok(mime_parse(message, &a, &t))) {
		for (int i = 0; i < 3; i++) {
			BUF_AUTO b = BUF_INIT(64 << 20), sent = BUF_INIT(64 << 20);

			if (i == 2)
				buf_imap_envelope(&b, mime_header(t.root, message), &a);
			else
				buf_imap_bodystructure(&b, t.root, message, i == 1, &a);
			assert(!buf_failed(&b));
			check(buf_str(&b), &a, false);
			buf_imap_stored(&sent, buf_str(&b), i == 0);
			check(buf_str(&sent), &a, true);
		}
	}
	arena_fini(&a);
	return 0;
}
