#include "format/word.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "format/charset.h"
#include "format/encoding.h"

/* An encoded word in its text: "=?" charset ["*" language] "?" encoding "?" text "?=". */
struct word {
	struct str charset;
	char encoding; /* b or q */
	struct str text;
	size_t end;
};

struct reader {
	struct str s;
	size_t at;
	bool no_end; /* there is no "?=" any more: nothing is searched twice */
	struct charset_decoder decoder;
	struct str charset; /* of the words whose decoder is open; .p NULL: none is */
	struct buf bytes;   /* of one word */
	struct buf *ret;
};

static bool is_charset_char(char c)
{
	return c > ' ' && c < 0x7f && !strchr("()<>@,;:\"/[]?=", c);
}

static bool is_space(char c)
{
	return ch_is_wsp(c) || c == '\r' || c == '\n';
}

/* Whether a word starts at `at`. */
static bool word_at(struct reader *r, size_t at, struct word *ret)
{
	struct str s = r->s;
	size_t i = at + 2, name = i;

	if (r->no_end || s.n - at < 8 || s.p[at] != '=' || s.p[at + 1] != '?')
		return false;
	while (i < s.n && i - name <= CHARSET_NAME_MAX && is_charset_char(s.p[i]))
		i++;
	if (i == name || s.n - i < 5 || s.p[i] != '?' || s.p[i + 2] != '?')
		return false;
	ret->charset = str_sub(s, name, i);
	str_cut(ret->charset, '*', &ret->charset, &(struct str){0});
	ret->encoding = ch_lower(s.p[i + 1]);
	if (ret->encoding != 'b' && ret->encoding != 'q')
		return false;
	ssize_t end = str_find(s, STR("?="), i + 3);

	if (end < 0) {
		r->no_end = true;
		return false;
	}
	ret->text = str_sub(s, i + 3, (size_t)end);
	ret->end = (size_t)end + 2;
	return true;
}

/* RFC 2047 §4.2; folding inside is dropped, other bytes that should not be there are kept. */
static void decode_q(struct str s, struct buf *b)
{
	for (size_t i = 0; i < s.n; i++) {
		bool escape = s.p[i] == '=' && i + 2 < s.n && hex_digit(s.p[i + 1]) >= 0 &&
			      hex_digit(s.p[i + 2]) >= 0;

		if (escape) {
			buf_char(b, (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2])));
			i += 2;
		} else if (s.p[i] == '\n') {
			while (i + 1 < s.n && ch_is_wsp(s.p[i + 1]))
				i++;
		} else if (s.p[i] != '\r') {
			buf_char(b, s.p[i] == '_' ? ' ' : s.p[i]);
		}
	}
}

static void decoder_close(struct reader *r)
{
	if (!r->charset.p)
		return;
	charset_decode(&r->decoder, STR(""), true, r->ret);
	r->charset.p = NULL;
}

static const struct charset *charset_or_guess(struct str name)
{
	const struct charset *cs = charset_find(name);

	return cs ? cs : charset_find(STR("us-ascii"));
}

/* Words of one character set share a decoder: some programs cut characters in two (RFC 2047 §5 MUST
 * NOT). */
static void add_word(struct reader *r, const struct word *w)
{
	if (!r->charset.p || !str_eq_nocase(r->charset, w->charset)) {
		decoder_close(r);
		charset_decoder_init(&r->decoder, charset_or_guess(w->charset));
		r->charset = w->charset;
	}
	buf_clear(&r->bytes);
	if (w->encoding == 'b')
		encoding_decode_all(ENCODING_BASE64, w->text, &r->bytes);
	else
		decode_q(w->text, &r->bytes);
	charset_decode(&r->decoder, buf_str(&r->bytes), false, r->ret);
}

/* Text outside of words: unfolded. */
static void add_text(struct reader *r, struct str s)
{
	decoder_close(r);
	buf_clear(&r->bytes);
	char *to = buf_reserve(&r->bytes, s.n);
	size_t n = 0;

	for (size_t i = 0; to && i < s.n; i++) {
		to[n] = s.p[i];
		n += s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\0';
	}
	buf_commit(&r->bytes, n);
	if (utf8_is_ascii(buf_str(&r->bytes)))
		buf_str_add(r->ret, buf_str(&r->bytes));
	else if (!charset_to_utf8(STR("us-ascii"), buf_str(&r->bytes), r->ret))
		r->ret->failed = true;
}

static bool all_space(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_space(s.p[i]))
			return false;
	return true;
}

/* What words hold must not end the line it is shown or answered on. */
static void clean(struct buf *b, size_t from)
{
	for (size_t i = from; i < b->n; i++)
		if (b->p[i] == '\r' || b->p[i] == '\n' || b->p[i] == '\0')
			b->p[i] = ' ';
}

void word_decode(struct str s, struct buf *ret)
{
	struct reader r = {
		.s = str_trim(s),
		.bytes = BUF_INIT(s.n + ENCODING_SLACK),
		.ret = ret,
	};
	size_t text = 0, start = ret->n;
	bool after_word = false;
	struct word w;

	while (r.at < r.s.n && !buf_failed(ret)) {
		ssize_t next = str_chr(str_from(r.s, r.at), '=');

		if (next < 0)
			break;
		r.at += (size_t)next;
		if (!word_at(&r, r.at, &w)) {
			r.at++;
			continue;
		}
		struct str between = str_sub(r.s, text, r.at);

		if (between.n && !(after_word && all_space(between)))
			add_text(&r, between);
		add_word(&r, &w);
		after_word = true;
		r.at = text = w.end;
	}
	decoder_close(&r);
	if (text < r.s.n)
		add_text(&r, str_from(r.s, text));
	buf_fini(&r.bytes);
	clean(ret, start);
}

void word_decode_param(const struct param_text *p, struct buf *ret)
{
	size_t start = ret->n;

	if (!p->charset.n)
		word_decode(p->value, ret);
	else if (!charset_to_utf8(p->charset, p->value, ret) &&
		 !charset_to_utf8(STR("us-ascii"), p->value, ret))
		ret->failed = true;
	clean(ret, start);
}

/* RFC 2047 §5 (3): what may stand for itself in Q inside a phrase. */
static bool is_q_plain(char c)
{
	return ch_is_alnum(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

static size_t q_length(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += is_q_plain(s.p[i]) || s.p[i] == ' ' ? 1 : 3;
	return n;
}

static void add_q(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_q_plain(s.p[i]))
			buf_char(b, s.p[i]);
		else if (s.p[i] == ' ')
			buf_char(b, '_');
		else
			buf_printf(b, "=%02X", (unsigned)(unsigned char)s.p[i]);
	}
}

/* How many bytes of s, whole characters and at least one, fit into room. */
static size_t fitting(struct str s, bool q, size_t room)
{
	uint32_t cp;
	size_t n = 0;

	while (n < s.n) {
		size_t next = n + utf8_decode_lossy(s, n, &cp);
		struct str head = str_sub(s, 0, next);

		if (n && (q ? q_length(head) : (next + 2) / 3 * 4) > room)
			break;
		n = next;
	}
	return n;
}

size_t buf_words(struct buf *b, struct str s, size_t column)
{
	enum { FRAME = 12, LEAST = 12 }; /* "=?utf-8?q??=", and three escapes of one character */
	bool q = q_length(s) <= 2 * s.n;

	while (s.n) {
		if (column + FRAME + LEAST > WORD_LINE_MAX) {
			buf_str_add(b, STR("\r\n "));
			column = 1;
		}
		size_t room = WORD_LINE_MAX - column;

		room = (room < WORD_MAX ? room : WORD_MAX) - FRAME;
		struct str part = str_sub(s, 0, fitting(s, q, room));

		buf_str_add(b, q ? STR("=?utf-8?q?") : STR("=?utf-8?b?"));
		if (q)
			add_q(b, part);
		else
			buf_base64(b, part);
		buf_str_add(b, STR("?="));
		column += FRAME + (q ? q_length(part) : (part.n + 2) / 3 * 4);
		s = str_from(s, part.n);
		if (s.n)
			column = WORD_LINE_MAX; /* the next word needs a line of its own */
	}
	return column;
}
