#include "facts/derive.h"

#include "base/utf8.h"
#include "format/charset.h"

enum {
	SOURCE_MAX = 16 << 10, /* bytes of a part that are looked at */
	TRIES_MAX = 8,         /* parts without a visible character before we give up */
};

/* Runs of white space and controls become one space. */
static void fold(struct str text, struct buf *b)
{
	bool space = false;
	uint32_t cp;

	for (size_t at = 0, n; b->n < FACTS_PREVIEW_MAX; at += n) {
		n = utf8_decode_lossy(text, at, &cp);
		if (n == 0)
			break;
		if (cp <= ' ' || cp == 0x7f || cp == 0xa0) {
			space = true;
			continue;
		}
		if (space && b->n)
			buf_char(b, ' ');
		space = false;
		buf_utf8(b, cp);
	}
}

static bool is_shown(const struct mime_part *m)
{
	return m->kind == MIME_LEAF && mime_is(m, STR("text"), STR("plain")) &&
	       m->encoding != ENCODING_UNKNOWN &&
	       (m->disposition.type.n == 0 || str_eq(m->disposition.type, STR("inline")));
}

static void text_decode(const struct mime_part *m, struct str message, struct arena *scratch,
			struct buf *ret)
{
	BUF_AUTO bytes = BUF_INIT(SOURCE_MAX + ENCODING_SLACK);
	struct param_text charset = {0};

	(void)param_get(&m->content_type.params, STR("charset"), scratch, &charset);
	encoding_decode_all(m->encoding, str_sub(mime_body(m, message), 0, SOURCE_MAX), &bytes);
	if (!charset_to_utf8(charset.value.n ? charset.value : STR("us-ascii"), buf_str(&bytes),
			     ret))
		buf_utf8_repair(ret, buf_str(&bytes));
}

/* RFC 8970 §3.1. */
void derive_preview(const struct mime_tree *t, struct str message, struct arena *a,
		    struct arena *scratch, struct facts *f)
{
	BUF_AUTO text = BUF_INIT(CHARSET_GROWTH * (SOURCE_MAX + ENCODING_SLACK) + CHARSET_EXTRA);
	BUF_AUTO folded = BUF_INIT(FACTS_PREVIEW_MAX + 8);
	int tries = TRIES_MAX;

	for (const struct mime_part *m = t->root; m && tries && !folded.n; m = mime_next(m)) {
		if (!is_shown(m))
			continue;
		tries--;
		buf_clear(&text);
		text_decode(m, message, scratch, &text);
		fold(buf_str(&text), &folded);
	}
	f->preview = arena_dup(a, utf8_cut(buf_str(&folded), FACTS_PREVIEW_MAX));
}
