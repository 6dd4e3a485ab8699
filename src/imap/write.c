#include "imap/write.h"

#include "base/utf8.h"
#include "format/date.h"
#include "imap/read.h"

enum { QUOTED_MAX = 1000, TEXT_MAX = 512 };

static bool quotable(struct str s, bool utf8)
{
	if (s.n > QUOTED_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == 0x7f || (c > 0x7f && !utf8))
			return false;
	}
	return !utf8 || utf8_valid(s);
}

static void buf_quoted(struct buf *b, struct str s)
{
	buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_char(b, '\\');
		buf_char(b, s.p[i]);
	}
	buf_char(b, '"');
}

void buf_imap_literal_head(struct buf *b, uint64_t n, bool binary)
{
	buf_str_add(b, binary ? STR("~{") : STR("{"));
	buf_u64(b, n);
	buf_str_add(b, STR("}\r\n"));
}

static void buf_literal(struct buf *b, struct str s)
{
	size_t nuls = 0;

	for (size_t i = 0; i < s.n; i++)
		nuls += s.p[i] == '\0';
	buf_imap_literal_head(b, s.n - nuls, false);
	for (size_t i = 0; nuls && i < s.n; i++) {
		if (s.p[i] != '\0')
			buf_char(b, s.p[i]);
	}
	if (!nuls)
		buf_str_add(b, s);
}

static void string_write(struct buf *b, struct str s, bool utf8)
{
	if (quotable(s, utf8))
		buf_quoted(b, s);
	else
		buf_literal(b, s);
}

void buf_imap_string(struct buf *b, struct str s)
{
	string_write(b, s, false);
}

void buf_imap_string_utf8(struct buf *b, struct str s)
{
	string_write(b, s, true);
}

void buf_imap_nstring(struct buf *b, struct str s)
{
	if (s.p)
		buf_imap_string(b, s);
	else
		buf_str_add(b, STR("NIL"));
}

void buf_imap_astring(struct buf *b, struct str s)
{
	size_t i = 0;

	while (i < s.n && imap_is_astring_char(s.p[i]))
		i++;
	if (i == s.n && s.n && s.n <= QUOTED_MAX && !str_eq_nocase(s, STR("NIL")))
		buf_str_add(b, s);
	else
		buf_imap_string(b, s);
}

void buf_imap_text(struct buf *b, struct str s)
{
	s = utf8_cut(s, TEXT_MAX);
	if (s.n == 0 || s.p[0] == '[')
		buf_str_add(b, s.n ? STR(":") : STR("-"));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_char(b, c < ' ' || c >= 0x7f ? '?' : (char)c);
	}
}

void buf_imap_system_flags(struct buf *b, unsigned flags)
{
	static const struct {
		unsigned bit;
		struct str name;
	} names[] = {
		{IMAP_FLAG_SEEN, STR_INIT("\\Seen")},
		{IMAP_FLAG_ANSWERED, STR_INIT("\\Answered")},
		{IMAP_FLAG_FLAGGED, STR_INIT("\\Flagged")},
		{IMAP_FLAG_DELETED, STR_INIT("\\Deleted")},
		{IMAP_FLAG_DRAFT, STR_INIT("\\Draft")},
		{IMAP_FLAG_RECENT, STR_INIT("\\Recent")},
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!(flags & names[i].bit))
			continue;
		if (any)
			buf_char(b, ' ');
		buf_str_add(b, names[i].name);
		any = true;
	}
}

void buf_imap_date_time(struct buf *b, int64_t unix_seconds)
{
	const int64_t first = -62167219200, last = 253402300799;
	int64_t t = unix_seconds < first ? first : unix_seconds > last ? last : unix_seconds;
	struct date_civil c = date_civil(t);
	struct str month = date_month_name(c.month);

	buf_printf(b, "\"%02u-%.*s-%04lld %02u:%02u:%02u +0000\"", c.day, STR_ARG(month),
		   (long long)c.year, c.hour, c.minute, c.second);
}
