#include "format/mbox.h"

#include "format/date.h"

static const struct str from_ = STR_INIT("From ");

bool mbox_open(struct str s, struct mbox *ret)
{
	*ret = (struct mbox){.s = s};
	return s.n == 0 || str_starts(s, from_);
}

/* The line at `at`, without its end; *ret_next is the begin of the next. */
static struct str line_at(struct str s, size_t at, size_t *ret_next)
{
	struct str rest = str_from(s, at);
	ssize_t lf = str_chr(rest, '\n');
	size_t n = lf < 0 ? rest.n : (size_t)lf;

	*ret_next = at + n + (lf >= 0);
	if (n && rest.p[n - 1] == '\r')
		n--;
	return str_sub(rest, 0, n);
}

bool mbox_next(struct mbox *m, struct mbox_message *ret)
{
	size_t begin, next;
	bool empty = false;

	if (m->at >= m->s.n)
		return false;
	ret->from = line_at(m->s, m->at, &begin);
	size_t at = begin, end = begin; /* end: before an empty line that a `From ` follows */

	for (; at < m->s.n; at = next) {
		struct str line = line_at(m->s, at, &next);

		if (empty && str_starts(line, from_))
			break;
		if (!empty || line.n)
			end = at;
		empty = line.n == 0;
	}
	ret->raw = str_sub(m->s, begin, empty ? end : at);
	m->at = at;
	return true;
}

static bool is_quoted(struct str line)
{
	size_t i = 0;

	while (i < line.n && line.p[i] == '>')
		i++;
	return i > 0 && str_starts(str_from(line, i), from_);
}

void mbox_message(struct str raw, struct buf *b)
{
	for (size_t at = 0, next; at < raw.n; at = next) {
		struct str line = line_at(raw, at, &next);

		buf_str_add(b, str_from(line, is_quoted(line) ? 1 : 0));
		buf_str_add(b, STR("\r\n"));
	}
}

bool mbox_from_time(struct str from, int64_t *ret_unix)
{
	struct str address, rest = str_trim(str_from(from, from_.n));
	struct date d;

	str_cut(rest, ' ', &address, &rest);
	if (!date_parse(rest, &d))
		return false;
	*ret_unix = d.unix_seconds;
	return true;
}

void buf_crlf(struct buf *b, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\n' || (i && s.p[i - 1] == '\r'))
			continue;
		buf_str_add(b, str_sub(s, from, i));
		buf_char(b, '\r');
		from = i;
	}
	buf_str_add(b, str_from(s, from));
}

void buf_lf(struct buf *b, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i + 1 < s.n; i++) {
		if (s.p[i] != '\r' || s.p[i + 1] != '\n')
			continue;
		buf_str_add(b, str_sub(s, from, i));
		from = i + 1;
	}
	buf_str_add(b, str_from(s, from));
}
