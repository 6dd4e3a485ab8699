#include "facts/body.h"

bool body_is_text(const struct facts_part *p)
{
	return p->kind == FACTS_PART_LEAF && str_eq(p->type, STR("text")) &&
	       p->encoding != FACTS_ENCODING_UNKNOWN;
}

static enum encoding encoding_of(enum facts_encoding e)
{
	static const enum encoding encodings[] = {
		[FACTS_ENCODING_7BIT] = ENCODING_7BIT,
		[FACTS_ENCODING_8BIT] = ENCODING_8BIT,
		[FACTS_ENCODING_BINARY] = ENCODING_BINARY,
		[FACTS_ENCODING_QUOTED_PRINTABLE] = ENCODING_QP,
		[FACTS_ENCODING_BASE64] = ENCODING_BASE64,
		[FACTS_ENCODING_UNKNOWN] = ENCODING_UNKNOWN,
	};

	return encodings[e];
}

void body_init(struct body *b, const struct facts_part *p, struct str message, bool attributes)
{
	const struct charset *cs = p->charset.n ? charset_find(p->charset) : NULL;
	enum encoding e = encoding_of(p->encoding);

	*b = (struct body){
		.html = str_eq(p->subtype, STR("html")),
		.identity = encoding_is_identity(e),
		.decoded = BUF_INIT(BODY_SOURCE_MAX + ENCODING_SLACK),
		.text = BUF_INIT(BODY_PIECE_MAX),
	};
	if (p->body_at <= message.n && p->body_n <= message.n - p->body_at)
		b->rest = str_sub(message, p->body_at, p->body_at + p->body_n);
	encoding_decoder_init(&b->encoding, e);
	charset_decoder_init(&b->charset, cs ? cs : charset_find(STR("us-ascii")));
	htmltext_init(&b->markup, attributes);
}

void body_fini(struct body *b)
{
	buf_fini(&b->decoded);
	buf_fini(&b->text);
}

/* The next bytes without their transfer encoding. */
static struct str bytes_next(struct body *b)
{
	struct str piece = str_sub(b->rest, 0, BODY_SOURCE_MAX);

	b->rest = str_from(b->rest, piece.n);
	b->ended = b->rest.n == 0;
	if (b->identity)
		return piece;
	buf_clear(&b->decoded);
	encoding_decode(&b->encoding, piece, &b->decoded);
	if (b->ended)
		encoding_decode_end(&b->encoding, &b->decoded);
	return buf_str(&b->decoded);
}

bool body_next(struct body *b, struct buf *ret)
{
	if (b->ended)
		return false;
	struct str bytes = bytes_next(b);

	buf_clear(&b->text);
	charset_decode(&b->charset, bytes, b->ended, b->html ? &b->text : ret);
	if (b->html) {
		htmltext_add(&b->markup, buf_str(&b->text), ret);
		if (b->ended)
			htmltext_end(&b->markup, ret);
	}
	ret->failed |= buf_failed(&b->decoded) || buf_failed(&b->text);
	return true;
}
