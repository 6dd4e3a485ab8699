#include "format/encoding.h"

#include "base/hex.h"
#include <assert.h>

static const struct str names[] = {
	[ENCODING_7BIT] = STR_INIT("7bit"),           [ENCODING_8BIT] = STR_INIT("8bit"),
	[ENCODING_BINARY] = STR_INIT("binary"),       [ENCODING_BASE64] = STR_INIT("base64"),
	[ENCODING_QP] = STR_INIT("quoted-printable"),
};

/* White space and comments (RFC 5322 §3.2.2 CFWS). */
static void skip_cfws(struct str *s)
{
	size_t i = 0, depth = 0;

	for (; i < s->n; i++) {
		char c = s->p[i];

		if (c == '(')
			depth++;
		else if (c == ')' && depth)
			depth--;
		else if (c == '\\' && depth)
			i++;
		else if (!depth && !ch_is_wsp(c) && c != '\r' && c != '\n')
			break;
	}
	*s = str_from(*s, i);
}

static bool is_word(char c)
{
	return c > ' ' && c < 127 && c != '(' && c != ';';
}

enum encoding encoding_parse(struct str value)
{
	size_t n = 0;

	skip_cfws(&value);
	while (n < value.n && is_word(value.p[n]))
		n++;
	struct str word = str_sub(value, 0, n), rest = str_from(value, n);

	skip_cfws(&rest);
	if (word.n == 0 && rest.n == 0)
		return ENCODING_7BIT;
	/* `7bit;` is what some mailers write. */
	if (rest.n && rest.p[0] != ';')
		return ENCODING_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_nocase(word, names[i]))
			return (enum encoding)i;
	return ENCODING_UNKNOWN;
}

struct str encoding_name(enum encoding e)
{
	return (unsigned)e < ARRAY_LEN(names) ? names[e] : STR("");
}

/* -- base64, RFC 2045 §6.8 -- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define B64_VALUE(c)                                         \
	(int8_t)((c) >= 'A' && (c) <= 'Z'   ? (c) - 'A'      \
		 : (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26 \
		 : (c) >= '0' && (c) <= '9' ? (c) - '0' + 52 \
		 : (c) == '+'               ? 62             \
		 : (c) == '/'               ? 63             \
					    : -1)
#define B64_4(c)  B64_VALUE(c), B64_VALUE((c) + 1), B64_VALUE((c) + 2), B64_VALUE((c) + 3)
#define B64_16(c) B64_4(c), B64_4((c) + 4), B64_4((c) + 8), B64_4((c) + 12)
#define B64_64(c) B64_16(c), B64_16((c) + 16), B64_16((c) + 32), B64_16((c) + 48)

/* The value of each character, -1 outside the alphabet. */
static const int8_t b64_values[256] = {B64_64(0), B64_64(64), B64_64(128), B64_64(192)};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum { B64_RUNNING, B64_ENDED };

/* Gives the whole bytes of a quantum that has count characters: 2 make one, 3 make two. */
static char *b64_flush(struct encoding_decoder *d, char *to)
{
	uint32_t bits = d->bits << (6 * (4 - d->count));

	if (d->count >= 2)
		*to++ = (char)(bits >> 16);
	if (d->count >= 3)
		*to++ = (char)(bits >> 8);
	if (d->count == 4)
		*to++ = (char)bits;
	if (d->count == 1)
		d->defects++;
	d->bits = 0;
	d->count = 0;
	return to;
}

static char *b64_other(struct encoding_decoder *d, char c, char *to)
{
	if (c == '=') {
		d->padded = true;
		return d->count ? b64_flush(d, to) : to;
	}
	if (is_space(c))
		return to;
	d->defects++;
	if (d->padded && d->count == 0)
		d->state = B64_ENDED;
	return to;
}

/* The quanta at the start of s that are complete and clean: nearly all there is. */
static size_t b64_clean(struct str s, char **to)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	for (; i + 4 <= s.n; i += 4) {
		int v = b64_values[p[i]], w = b64_values[p[i + 1]];
		int x = b64_values[p[i + 2]], y = b64_values[p[i + 3]];

		if ((v | w | x | y) < 0)
			break;
		*(*to)++ = (char)(v << 2 | w >> 4);
		*(*to)++ = (char)(w << 4 | x >> 2);
		*(*to)++ = (char)(x << 6 | y);
	}
	return i;
}

/* Output is never longer than input but by what was held back. */
static void b64_decode(struct encoding_decoder *d, struct str in, struct buf *out)
{
	char *start = buf_reserve(out, in.n / 4 * 3 + 6), *to = start;

	if (!start)
		return;
	for (size_t i = 0; i < in.n && d->state == B64_RUNNING; i++) {
		if (d->count == 0)
			i += b64_clean(str_from(in, i), &to);
		if (i == in.n)
			break;
		int v = b64_values[(unsigned char)in.p[i]];

		if (v < 0) {
			to = b64_other(d, in.p[i], to);
			continue;
		}
		d->bits = d->bits << 6 | (uint32_t)v;
		if (++d->count == 4)
			to = b64_flush(d, to);
	}
	buf_commit(out, (size_t)(to - start));
}

static void b64_decode_end(struct encoding_decoder *d, struct buf *out)
{
	char last[3];

	if (d->count && d->state == B64_RUNNING)
		buf_add(out, last, (size_t)(b64_flush(d, last) - last));
}

/* -- quoted-printable, RFC 2045 §6.7 -- */

enum {
	QP_TEXT,
	QP_SPACE,    /* held: white space that may stand at a line's end */
	QP_SPACE_CR, /* and a CR behind it */
	QP_EQ,       /* = and held: white space behind it */
	QP_EQ_CR,    /* and a CR behind it */
	QP_EQ_HEX,   /* = and the digit in bits */
};

static void qp_give_held(struct encoding_decoder *d, struct buf *out)
{
	buf_add(out, d->held, d->count);
	d->count = 0;
}

static void qp_hold(struct encoding_decoder *d, char c, struct buf *out)
{
	if (d->count == sizeof(d->held)) {
		if (d->state == QP_EQ) {
			d->defects++;
			buf_char(out, '=');
		}
		qp_give_held(d, out);
		d->state = QP_SPACE;
	}
	d->held[d->count++] = c;
}

/* Turns out that what is held is no line end: gives it as it stands. */
static void qp_give_pending(struct encoding_decoder *d, struct buf *out)
{
	bool cr = d->state == QP_SPACE_CR || d->state == QP_EQ_CR;

	if (d->state >= QP_EQ) {
		d->defects++;
		buf_char(out, '=');
	}
	if (d->state == QP_EQ_HEX)
		buf_char(out, (char)d->bits);
	qp_give_held(d, out);
	if (cr)
		buf_char(out, '\r');
	d->state = QP_TEXT;
}

/* A byte that starts something new. */
static void qp_text(struct encoding_decoder *d, char c, struct buf *out)
{
	if (c == '=') {
		d->state = QP_EQ;
	} else if (ch_is_wsp(c)) {
		d->state = QP_SPACE;
		qp_hold(d, c, out);
	} else {
		buf_char(out, c);
	}
}

static void qp_line_end(struct encoding_decoder *d, struct buf *out)
{
	bool soft = d->state == QP_EQ || d->state == QP_EQ_CR;

	if (!soft)
		buf_str_add(out, d->state == QP_SPACE_CR ? STR("\r\n") : STR("\n"));
	d->count = 0;
	d->state = QP_TEXT;
}

static bool qp_hex(struct encoding_decoder *d, char c, struct buf *out)
{
	int v = hex_digit(c);

	if (v < 0)
		return false;
	if (d->state == QP_EQ && d->count == 0) {
		d->bits = (unsigned char)c;
		d->state = QP_EQ_HEX;
		return true;
	}
	if (d->state != QP_EQ_HEX)
		return false;
	buf_char(out, (char)(hex_digit((char)d->bits) << 4 | v));
	d->state = QP_TEXT;
	return true;
}

/* One byte while something is pending. */
static void qp_pending(struct encoding_decoder *d, char c, struct buf *out)
{
	bool hold = d->state == QP_SPACE || d->state == QP_EQ;

	if (c == '\n' && d->state != QP_EQ_HEX)
		qp_line_end(d, out);
	else if (c == '\r' && hold)
		d->state++;
	else if (ch_is_wsp(c) && hold)
		qp_hold(d, c, out);
	else if (!qp_hex(d, c, out)) {
		qp_give_pending(d, out);
		qp_text(d, c, out);
	}
}

_Static_assert(QP_SPACE_CR == QP_SPACE + 1 && QP_EQ_CR == QP_EQ + 1, "state++ above");

/* Whether byte i stands for itself, whatever follows the input: all but `=` and white space that
 * may be at a line's end. */
static bool qp_is_plain(struct str in, size_t i)
{
	if (!ch_is_wsp(in.p[i]))
		return in.p[i] != '=';
	return i + 1 < in.n && !is_space(in.p[i + 1]);
}

/* An octet that is all there: the usual case of what qp_pending does byte by byte. */
static bool qp_octet(struct str in, size_t i, struct buf *out)
{
	if (i + 2 >= in.n || in.p[i] != '=')
		return false;
	int high = hex_digit(in.p[i + 1]), low = hex_digit(in.p[i + 2]);

	if (high < 0 || low < 0)
		return false;
	buf_char(out, (char)(high << 4 | low));
	return true;
}

static void qp_decode(struct encoding_decoder *d, struct str in, struct buf *out)
{
	for (size_t i = 0; i < in.n;) {
		if (d->state != QP_TEXT) {
			qp_pending(d, in.p[i++], out);
			continue;
		}
		size_t from = i;

		while (i < in.n && qp_is_plain(in, i))
			i++;
		buf_add(out, in.p + from, i - from);
		if (i < in.n && qp_octet(in, i, out))
			i += 3;
		else if (i < in.n)
			qp_text(d, in.p[i++], out);
	}
}

/* White space and a `=` at the very end are at a line's end as well. */
static void qp_decode_end(struct encoding_decoder *d, struct buf *out)
{
	if (d->state == QP_EQ_HEX)
		qp_give_pending(d, out);
	d->count = 0;
	d->state = QP_TEXT;
}

/* -- decoder -- */

void encoding_decoder_init(struct encoding_decoder *d, enum encoding e)
{
	*d = (struct encoding_decoder){.encoding = e};
}

void encoding_decode(struct encoding_decoder *d, struct str in, struct buf *out)
{
	if (d->encoding == ENCODING_BASE64)
		b64_decode(d, in, out);
	else if (d->encoding == ENCODING_QP)
		qp_decode(d, in, out);
	else
		buf_str_add(out, in);
}

void encoding_decode_end(struct encoding_decoder *d, struct buf *out)
{
	if (d->encoding == ENCODING_BASE64)
		b64_decode_end(d, out);
	else if (d->encoding == ENCODING_QP)
		qp_decode_end(d, out);
}

void encoding_decode_all(enum encoding e, struct str in, struct buf *out)
{
	struct encoding_decoder d;

	encoding_decoder_init(&d, e);
	encoding_decode(&d, in, out);
	encoding_decode_end(&d, out);
}

uint64_t encoding_decoded_size(enum encoding e, struct str in)
{
	enum { PIECE = 16384 };
	BUF_AUTO out = BUF_INIT(PIECE + ENCODING_SLACK);
	struct encoding_decoder d;
	uint64_t n = 0;

	if (encoding_is_identity(e) || e == ENCODING_UNKNOWN)
		return in.n;
	encoding_decoder_init(&d, e);
	for (size_t i = 0; i < in.n && !buf_failed(&out); i += PIECE) {
		encoding_decode(&d, str_sub(in, i, i + PIECE), &out);
		n += out.n;
		buf_truncate(&out, 0);
	}
	encoding_decode_end(&d, &out);
	return buf_failed(&out) ? UINT64_MAX : n + out.n;
}

/* -- encoder -- */

enum { ENCODED_LINE_MAX = 76 };

static void b64_line_end(struct encoding_encoder *x, struct buf *out)
{
	if (x->column == ENCODED_LINE_MAX) {
		buf_str_add(out, STR("\r\n"));
		x->column = 0;
	}
}

/* A quantum of up to three bytes. */
static void b64_quantum(struct encoding_encoder *x, const char *from, unsigned n, struct buf *out)
{
	uint32_t v = (uint32_t)(unsigned char)from[0] << 16;
	char q[4];

	v |= n > 1 ? (uint32_t)(unsigned char)from[1] << 8 : 0;
	v |= n > 2 ? (uint32_t)(unsigned char)from[2] : 0;
	for (unsigned i = 0; i < 4; i++)
		q[i] = i <= n ? alphabet[v >> (18 - 6 * i) & 63] : '=';
	b64_line_end(x, out);
	buf_add(out, q, 4);
	x->column += 4;
}

static void b64_encode(struct encoding_encoder *x, struct str in, struct buf *out)
{
	for (size_t i = 0; i < in.n;) {
		if (x->count == 0 && in.n - i >= 3) {
			b64_quantum(x, in.p + i, 3, out);
			i += 3;
			continue;
		}
		x->held[x->count++] = in.p[i++];
		if (x->count < 3)
			continue;
		b64_quantum(x, x->held, 3, out);
		x->count = 0;
	}
}

static void b64_encode_end(struct encoding_encoder *x, struct buf *out)
{
	if (x->count)
		b64_quantum(x, x->held, x->count, out);
	x->count = 0;
	if (x->column)
		buf_str_add(out, STR("\r\n"));
	x->column = 0;
}

/* One character, one or three columns wide; the last column is left for a soft line break. */
static void qp_put(struct encoding_encoder *x, unsigned char c, bool quoted, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned width = quoted ? 3 : 1;

	if (x->column + width > ENCODED_LINE_MAX - 1) {
		buf_str_add(out, STR("=\r\n"));
		x->column = 0;
	}
	if (quoted) {
		const char q[3] = {'=', digits[c >> 4], digits[c & 15]};

		buf_add(out, q, 3);
	} else {
		buf_char(out, (char)c);
	}
	x->column += width;
}

static void qp_break(struct encoding_encoder *x, struct buf *out)
{
	buf_str_add(out, STR("\r\n"));
	x->column = 0;
}

/* What is held (a space or tab, a CR, or a `.` that starts a line) before anything but the end of
 * its line. */
static void qp_release(struct encoding_encoder *x, struct buf *out)
{
	char c = x->held[0];

	if (x->count)
		qp_put(x, (unsigned char)c, c == '\r', out);
	x->count = 0;
}

/* What is held before the end of its line: a CR belongs to the line end, others are quoted. */
static void qp_release_at_end(struct encoding_encoder *x, struct buf *out)
{
	if (x->count && x->held[0] != '\r')
		qp_put(x, (unsigned char)x->held[0], true, out);
	x->count = 0;
}

static bool qp_is_held(const struct encoding_encoder *x, char c)
{
	return c == ' ' || c == '\t' || c == '\r' || (c == '.' && x->column == 0);
}

static void qp_encode_char(struct encoding_encoder *x, char c, struct buf *out)
{
	if (c == '\n') {
		qp_release_at_end(x, out);
		qp_break(x, out);
		return;
	}
	/* White space before CRLF ends the line too. */
	if (c == '\r' && x->count && x->held[0] != '\r')
		qp_release_at_end(x, out);
	qp_release(x, out);
	if (qp_is_held(x, c)) {
		x->held[x->count++] = c;
		return;
	}
	unsigned char u = (unsigned char)c;

	/* Every F that starts a line: looking further ahead is not worth it. */
	qp_put(x, u, u < ' ' || u > 126 || c == '=' || (c == 'F' && x->column == 0), out);
}

void encoding_encoder_init(struct encoding_encoder *x, enum encoding e)
{
	assert(e != ENCODING_UNKNOWN);
	*x = (struct encoding_encoder){.encoding = e};
}

void encoding_encode(struct encoding_encoder *x, struct str in, struct buf *out)
{
	if (x->encoding == ENCODING_BASE64)
		b64_encode(x, in, out);
	else if (x->encoding == ENCODING_QP)
		for (size_t i = 0; i < in.n; i++)
			qp_encode_char(x, in.p[i], out);
	else
		buf_str_add(out, in);
}

void encoding_encode_end(struct encoding_encoder *x, struct buf *out)
{
	if (x->encoding == ENCODING_BASE64)
		b64_encode_end(x, out);
	if (x->encoding != ENCODING_QP)
		return;
	/* A CR without LF is not a line end: it is quoted like other control characters. */
	if (x->count && x->held[0] == '\r')
		qp_release(x, out);
	qp_release_at_end(x, out);
}

void encoding_encode_all(enum encoding e, struct str in, struct buf *out)
{
	struct encoding_encoder x;

	encoding_encoder_init(&x, e);
	encoding_encode(&x, in, out);
	encoding_encode_end(&x, out);
}
