#include "imapd/parts.h"

enum { PIECE = 64 * 1024 };

static struct imapd_range header_range(const struct facts_part *p, uint64_t prefix_n)
{
	return (struct imapd_range){prefix_n + p->header_at, p->header_n};
}

static struct imapd_range body_range(const struct facts_part *p, uint64_t prefix_n)
{
	return (struct imapd_range){prefix_n + p->body_at, p->body_n};
}

/* Of the message itself: what was added at delivery is part of its header. */
static bool message_range(const struct facts *f, uint64_t prefix_n, enum imap_section_text text,
			  struct imapd_range *ret)
{
	uint64_t header_n = prefix_n + f->header_n;

	switch (text) {
	case IMAP_SECTION_ALL: *ret = (struct imapd_range){0, prefix_n + f->size}; return true;
	case IMAP_SECTION_TEXT:
		*ret = (struct imapd_range){header_n, f->size - f->header_n};
		return true;
	case IMAP_SECTION_HEADER:
	case IMAP_SECTION_FIELDS:
	case IMAP_SECTION_FIELDS_NOT: *ret = (struct imapd_range){0, header_n}; return true;
	case IMAP_SECTION_MIME: break;
	}
	return false;
}

bool imapd_section_range(const struct facts *f, uint64_t prefix_n, const struct imap_section *s,
			 struct imapd_range *ret)
{
	size_t row;

	if (s->part_n == 0)
		return message_range(f, prefix_n, s->text, ret);
	if (!facts_part_find(f, s->part, s->part_n, &row))
		return false;
	const struct facts_part *p = &f->parts[row];

	if (s->text == IMAP_SECTION_ALL || s->text == IMAP_SECTION_MIME) {
		*ret = s->text == IMAP_SECTION_ALL ? body_range(p, prefix_n)
						   : header_range(p, prefix_n);
		return true;
	}
	/* HEADER and TEXT are of the message in a message part. */
	if (p->kind != FACTS_PART_MESSAGE)
		return false;
	row = facts_part_child(f, row);
	if (row == 0)
		return false;
	p = &f->parts[row];
	*ret = s->text == IMAP_SECTION_TEXT ? body_range(p, prefix_n) : header_range(p, prefix_n);
	return true;
}

bool imapd_binary_range(const struct facts *f, uint64_t prefix_n, const struct imap_section *s,
			struct imapd_range *ret, enum encoding *ret_encoding)
{
	static const enum encoding encodings[] = {
		[FACTS_ENCODING_7BIT] = ENCODING_7BIT,
		[FACTS_ENCODING_8BIT] = ENCODING_8BIT,
		[FACTS_ENCODING_BINARY] = ENCODING_BINARY,
		[FACTS_ENCODING_QUOTED_PRINTABLE] = ENCODING_QP,
		[FACTS_ENCODING_BASE64] = ENCODING_BASE64,
		[FACTS_ENCODING_UNKNOWN] = ENCODING_UNKNOWN,
	};
	size_t row;

	*ret_encoding = ENCODING_BINARY;
	if (s->part_n == 0)
		return message_range(f, prefix_n, IMAP_SECTION_ALL, ret);
	if (!facts_part_find(f, s->part, s->part_n, &row))
		return false;
	const struct facts_part *p = &f->parts[row];

	*ret = body_range(p, prefix_n);
	if (p->kind == FACTS_PART_LEAF)
		*ret_encoding = encodings[p->encoding];
	return true;
}

struct err imapd_body_read(const struct message_body *body, struct imapd_range r, struct buf *b)
{
	char *p = buf_reserve(b, r.n);
	size_t n;

	if (!p)
		return err_make(ERR_LIMIT, "%zu bytes of a message at once", (size_t)r.n);
	TRY(message_read(body, r.at, p, r.n, &n));
	if (n < r.n)
		return err_make(ERR_CORRUPT, "message ends at byte %ju", (uintmax_t)(r.at + n));
	buf_commit(b, n);
	return ERR_OK;
}

/* RFC 9051 §9, RFC 3501 §9: a literal is of CHAR8, which NUL is not. RFC 9051 §4.3.1 NOT: what has
 * NUL is not encoded, since sizes, offsets and structure are those of the message that is kept. A
 * byte for a byte keeps them, and 0x80 is what Dovecot puts there; BINARY has the bytes as they
 * are. */
struct err imapd_body_read_chars(const struct message_body *body, struct imapd_range r,
				 struct buf *b)
{
	size_t at = b->n;

	TRY(imapd_body_read(body, r, b));
	for (ssize_t i; (i = str_chr(str_from(buf_str(b), at), '\0')) >= 0; at += (size_t)i + 1)
		b->p[at + (size_t)i] = (char)0x80;
	return ERR_OK;
}

void imapd_decoder_init(struct imapd_decoder *d, const struct message_body *body,
			struct imapd_range r, enum encoding e)
{
	*d = (struct imapd_decoder){.body = body, .left = r};
	encoding_decoder_init(&d->decoder, e);
}

struct err imapd_decoder_read(struct imapd_decoder *d, struct buf *b, bool *ret_more)
{
	BUF_AUTO raw = BUF_INIT(PIECE);
	struct imapd_range piece = {d->left.at, d->left.n < PIECE ? d->left.n : PIECE};

	*ret_more = d->left.n > piece.n;
	if (d->ended)
		return ERR_OK;
	TRY(imapd_body_read(d->body, piece, &raw));
	d->left.at += piece.n;
	d->left.n -= piece.n;
	encoding_decode(&d->decoder, buf_str(&raw), b);
	if (!*ret_more) {
		encoding_decode_end(&d->decoder, b);
		d->ended = true;
	}
	return buf_failed(b) ? err_make(ERR_RESOURCES, "no memory to decode") : ERR_OK;
}
