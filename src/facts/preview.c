#include "facts/derive.h"

#include "base/utf8.h"
#include "facts/body.h"

enum {
	PIECES_MAX = 8, /* of a body that are looked at */
	PARTS_MAX = 8,  /* without a visible character before we give up */
};

/* Runs of white space and controls become one space. */
struct folded {
	struct buf text;
	bool space;
};

static void fold(struct folded *to, struct str s)
{
	uint32_t cp;

	for (size_t at = 0, n; to->text.n < FACTS_PREVIEW_MAX; at += n) {
		n = utf8_decode_lossy(s, at, &cp);
		if (n == 0)
			break;
		if (cp <= ' ' || cp == 0x7f || cp == 0xa0) {
			to->space = true;
			continue;
		}
		if (to->space && to->text.n)
			buf_char(&to->text, ' ');
		to->space = false;
		buf_utf8(&to->text, cp);
	}
}

static bool is_shown(const struct facts_part *p)
{
	return body_is_text(p) && !p->attachment &&
	       (str_eq(p->subtype, STR("plain")) || str_eq(p->subtype, STR("html")));
}

static void part_fold(const struct facts_part *p, struct str message, struct folded *to)
{
	BUF_AUTO piece = BUF_INIT(BODY_PIECE_MAX);
	struct body b;

	body_init(&b, p, message, false);
	for (int i = 0; i < PIECES_MAX && to->text.n < FACTS_PREVIEW_MAX; i++) {
		buf_clear(&piece);
		if (!body_next(&b, &piece))
			break;
		fold(to, buf_str(&piece));
	}
	body_fini(&b);
}

/* RFC 8970 §3.1. */
void derive_preview(struct str message, struct arena *a, struct facts *f)
{
	struct folded to = {.text = BUF_INIT(FACTS_PREVIEW_MAX + 8)};
	int parts = PARTS_MAX;

	for (size_t i = 0; i < f->part_count && parts && !to.text.n; i++) {
		if (!is_shown(&f->parts[i]))
			continue;
		parts--;
		part_fold(&f->parts[i], message, &to);
	}
	f->preview = arena_dup(a, utf8_cut(buf_str(&to.text), FACTS_PREVIEW_MAX));
	buf_fini(&to.text);
}
