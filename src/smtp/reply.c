#include "smtp/reply.h"

#include "base/utf8.h"
#include "smtp/limit.h"

#define SMTP_REPLY_ROW(name, reply, status, words) \
	[SMTP_REPLY_##name] = {.code = (reply), .enhanced = (status), .text = STR_INIT(words)},
static const struct smtp_reply replies[SMTP_REPLY_CODE_COUNT] = {SMTP_REPLY_TABLE(SMTP_REPLY_ROW)};
#undef SMTP_REPLY_ROW

struct smtp_reply smtp_reply_of(enum smtp_reply_code code)
{
	return replies[code];
}

struct smtp_reply smtp_reply_of_err(enum err_code code)
{
	const struct err_row *row = err_row(code);

	if (!row->smtp)
		row = err_row(ERR_INTERNAL);
	return (struct smtp_reply){
		.code = row->smtp, .enhanced = row->enhanced, .text = str_z(row->text)};
}

void buf_smtp_text(struct buf *b, struct str s, bool utf8)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t cp;
		size_t n = utf8_decode(s, i, &cp);

		if (n > 1 && utf8) {
			buf_add(b, s.p + i, n);
		} else {
			n = n ? n : 1;
			buf_char(b, s.p[i] >= 0x20 && s.p[i] < 0x7f ? s.p[i] : '?');
		}
		i += n;
	}
}

void smtp_reply_line(struct buf *b, unsigned code, bool more, struct str text)
{
	buf_printf(b, "%03u%c", code, more ? '-' : ' ');
	buf_str_add(b, text);
	buf_str_add(b, STR("\r\n"));
}

/* The first piece of text that fits a line with room octets: up to a LF, else cut behind the last
 * space of its second half, else anywhere between characters. */
static struct str piece_of(struct str text, size_t room)
{
	ssize_t lf = str_chr(text, '\n');
	struct str line = lf < 0 ? text : str_sub(text, 0, (size_t)lf);

	if (line.n <= room)
		return line;
	struct str head = utf8_cut(line, room);
	ssize_t space = str_rchr(head, ' ');

	return space > (ssize_t)room / 2 ? str_sub(head, 0, (size_t)space + 1) : head;
}

static void write_lines(struct buf *b, const struct smtp_reply *r, struct str text)
{
	size_t status = strlen(r->enhanced);
	size_t room = LIMIT_SMTP_REPLY_LINE - strlen("250 \r\n") - status - (status > 0);

	do {
		struct str piece = piece_of(text, room);

		text = str_from(text, piece.n + (piece.n < text.n && text.p[piece.n] == '\n'));
		buf_printf(b, "%03u%c%s%s", r->code, text.n ? '-' : ' ', r->enhanced,
			   status ? " " : "");
		buf_str_add(b, piece);
		buf_str_add(b, STR("\r\n"));
	} while (text.n);
}

static void add_lines(struct buf *text, struct str s, bool utf8)
{
	struct str line;

	while (str_cut(s, '\n', &line, &s)) {
		buf_smtp_text(text, line, utf8);
		buf_char(text, '\n');
	}
	buf_smtp_text(text, line, utf8);
}

enum { TEXT_MAX = 16384 };

void smtp_reply_write(struct buf *b, const struct smtp_reply *r, bool utf8)
{
	BUF_AUTO text = BUF_INIT(TEXT_MAX);

	add_lines(&text, str_sub(r->text, 0, TEXT_MAX / 4), utf8);
	if (r->detail.n) {
		buf_str_add(&text, STR(": "));
		add_lines(&text, str_sub(r->detail, 0, TEXT_MAX / 4), utf8);
	}
	if (r->id.n) {
		buf_str_add(&text, STR(" ("));
		buf_smtp_text(&text, str_sub(r->id, 0, TEXT_MAX / 4), false);
		buf_char(&text, ')');
	}
	write_lines(b, r, buf_str(&text));
}
