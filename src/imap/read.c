#include "imap/read.h"

#include <assert.h>

enum { STATE_LINE, STATE_DECIDE, STATE_STRING, STATE_STREAM, STATE_ENDED };

void imap_reader_init(struct imap_reader *r)
{
	*r = (struct imap_reader){
		.text = BUF_INIT(IMAP_TEXT_MAX),
		.literal_max = IMAP_LITERAL_MAX,
		.literal_total = IMAP_LITERAL_TOTAL,
	};
}

void imap_reader_fini(struct imap_reader *r)
{
	buf_fini(&r->text);
}

void imap_reader_next(struct imap_reader *r)
{
	buf_release(&r->text);
	r->state = STATE_LINE;
	r->literal = (struct imap_literal){0};
	r->data = str_of(NULL, 0);
	r->discarding = r->plain_line = false;
	r->line_at = r->scanned = 0;
	r->left = 0;
	r->literals = r->literal_bytes = 0;
}

/* literal = "{" number64 ["+"] "}"; literal8 = "~{" number64 ["+"] "}" (RFC 9051 §9, RFC 4466 §3),
 * read from its end. */
bool imap_literal_header(struct str line, struct imap_literal *ret)
{
	struct imap_literal l = {0};
	ssize_t open = str_rchr(line, '{');

	if (open < 0 || line.p[line.n - 1] != '}')
		return false;
	struct str n = str_sub(line, (size_t)open + 1, line.n - 1);

	if (n.n && n.p[n.n - 1] == '+') {
		l.nonsync = true;
		n.n--;
	}
	if (n.n > 19 || !str_u64(n, INT64_MAX, &l.n))
		return false;
	l.binary = open > 0 && line.p[open - 1] == '~';
	*ret = l;
	return true;
}

static enum imap_read text_end(struct imap_reader *r, enum imap_read event)
{
	r->state = STATE_ENDED;
	return event;
}

/* A line is complete in text from line_at, its CRLF included. */
static enum imap_read line_done(struct imap_reader *r)
{
	struct str line = str_from(buf_str(&r->text), r->line_at);
	bool crlf = str_ends(line, STR("\r\n"));
	struct str bare = str_sub(line, 0, line.n - (crlf ? 2 : 1));
	bool literal = crlf && !r->plain_line && imap_literal_header(bare, &r->literal);

	if (!literal) {
		if (r->discarding)
			return text_end(r, IMAP_READ_DISCARDED);
		/* A bare LF stays in the text, where no grammar rule accepts it. */
		if (crlf)
			buf_truncate(&r->text, r->text.n - 2);
		return text_end(r, IMAP_READ_COMMAND);
	}
	if (!r->discarding) {
		r->state = STATE_DECIDE;
		return IMAP_READ_LITERAL;
	}
	if (!r->literal.nonsync)
		return text_end(r, IMAP_READ_DISCARDED);
	buf_truncate(&r->text, 0);
	r->left = r->literal.n;
	r->state = STATE_STREAM;
	return IMAP_READ_MORE;
}

static enum imap_read feed_line(struct imap_reader *r, struct str in, size_t *ret_used)
{
	ssize_t lf = str_chr(in, '\n');
	struct str piece = lf < 0 ? in : str_sub(in, 0, (size_t)lf + 1);
	size_t have = r->text.n - r->line_at;

	/* The limit is for a line without CRLF; with a CR still to come one byte more may wait. */
	if (have + piece.n > IMAP_LINE_MAX + (lf < 0 ? 1 : 2))
		return text_end(r, IMAP_READ_TOO_LONG);
	buf_str_add(&r->text, piece);
	if (buf_failed(&r->text))
		return text_end(r, IMAP_READ_TOO_LONG);
	*ret_used += piece.n;
	return lf < 0 ? IMAP_READ_MORE : line_done(r);
}

static void line_begin(struct imap_reader *r)
{
	r->state = STATE_LINE;
	r->line_at = r->text.n;
}

static enum imap_read feed_string(struct imap_reader *r, struct str in, size_t *ret_used)
{
	size_t n = in.n < r->left ? in.n : (size_t)r->left;

	buf_add(&r->text, in.p, n);
	if (buf_failed(&r->text))
		return text_end(r, IMAP_READ_TOO_LONG);
	*ret_used += n;
	r->left -= n;
	if (r->left == 0)
		line_begin(r);
	return IMAP_READ_MORE;
}

static enum imap_read feed_stream(struct imap_reader *r, struct str in, size_t *ret_used)
{
	size_t n = in.n < r->left ? in.n : (size_t)r->left;

	*ret_used += n;
	r->left -= n;
	r->data = str_sub(in, 0, n);
	if (n)
		return r->discarding ? IMAP_READ_MORE : IMAP_READ_DATA;
	if (r->left)
		return IMAP_READ_MORE;
	line_begin(r);
	return r->discarding ? IMAP_READ_MORE : IMAP_READ_DATA_END;
}

enum imap_read imap_reader_feed(struct imap_reader *r, struct str in, size_t *ret_used)
{
	*ret_used = 0;
	for (;;) {
		struct str rest = str_from(in, *ret_used);
		size_t before = *ret_used;
		unsigned char state = r->state;
		enum imap_read event = IMAP_READ_MORE;

		assert(state != STATE_DECIDE && state != STATE_ENDED);
		if (state == STATE_LINE && rest.n)
			event = feed_line(r, rest, ret_used);
		else if (state == STATE_STRING)
			event = feed_string(r, rest, ret_used);
		else if (state == STATE_STREAM)
			event = feed_stream(r, rest, ret_used);
		if (event != IMAP_READ_MORE)
			return event;
		if (*ret_used == before && r->state == state)
			return IMAP_READ_MORE;
	}
}

bool imap_reader_accept(struct imap_reader *r)
{
	assert(r->state == STATE_DECIDE);
	if (r->literal.n > r->literal_max || r->literals >= IMAP_LITERAL_COUNT ||
	    r->literal.n > r->literal_total - r->literal_bytes)
		return false;
	r->literals++;
	r->literal_bytes += (size_t)r->literal.n;
	r->left = r->literal.n;
	r->state = STATE_STRING;
	return true;
}

void imap_reader_stream(struct imap_reader *r)
{
	assert(r->state == STATE_DECIDE);
	r->left = r->literal.n;
	r->state = STATE_STREAM;
}

void imap_reader_discard(struct imap_reader *r)
{
	r->discarding = true;
	if (r->state == STATE_STREAM)
		return;
	assert(r->state == STATE_DECIDE);
	if (!r->literal.nonsync) {
		imap_reader_next(r);
		return;
	}
	buf_release(&r->text);
	imap_reader_stream(r);
}
