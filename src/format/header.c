#include "format/header.h"

bool header_line_empty(struct str s, size_t at)
{
	return at < s.n &&
	       (s.p[at] == '\n' || (s.p[at] == '\r' && at + 1 < s.n && s.p[at + 1] == '\n'));
}

size_t header_line_next(struct str s, size_t at)
{
	ssize_t lf = str_chr(str_from(s, at), '\n');

	return lf < 0 ? s.n : at + (size_t)lf + 1;
}

static struct str without_line_end(struct str s)
{
	if (s.n && s.p[s.n - 1] == '\n')
		s.n--;
	else
		return s;
	if (s.n && s.p[s.n - 1] == '\r')
		s.n--;
	return s;
}

/* RFC 5322 §3.6.8 field-name */
static bool is_ftext(char c)
{
	return c > ' ' && c < 127 && c != ':';
}

static bool field_split(struct str field, struct header_field *ret)
{
	size_t n = 0;

	while (n < field.n && is_ftext(field.p[n]))
		n++;
	size_t colon = n;

	while (colon < field.n && ch_is_wsp(field.p[colon]))
		colon++;
	if (n == 0 || colon == field.n || field.p[colon] != ':')
		return false;
	ret->name = str_sub(field, 0, n);
	ret->value = without_line_end(str_from(field, colon + 1));
	return true;
}

bool header_next(struct header_iter *it, struct header_field *ret)
{
	struct str s = it->section;

	while (it->at < s.n && !header_line_empty(s, it->at)) {
		size_t from = it->at, to = header_line_next(s, from);

		while (to < s.n && ch_is_wsp(s.p[to]))
			to = header_line_next(s, to);
		it->at = to;
		if (!field_split(str_sub(s, from, to), ret))
			continue;
		ret->from = from;
		ret->to = to;
		return true;
	}
	return false;
}

size_t header_end(struct str s, bool *ret_separator)
{
	size_t at = 0;

	while (at < s.n && !header_line_empty(s, at))
		at = header_line_next(s, at);
	if (ret_separator)
		*ret_separator = at < s.n;
	return header_line_next(s, at);
}

bool header_get(struct str section, struct str name, size_t nth, struct header_field *ret)
{
	struct header_iter it = header_iter_of(section);
	struct header_field f;

	while (header_next(&it, &f)) {
		if (!str_eq_nocase(f.name, name) || nth-- > 0)
			continue;
		*ret = f;
		return true;
	}
	return false;
}

size_t header_count(struct str section, struct str name)
{
	struct header_iter it = header_iter_of(section);
	struct header_field f;
	size_t n = 0;

	while (header_next(&it, &f))
		n += str_eq_nocase(f.name, name);
	return n;
}

struct str header_unfold(struct arena *a, struct str value)
{
	value = str_trim(value);
	if (str_chr(value, '\n') < 0)
		return value;
	char *to = arena_alloc(a, value.n);
	size_t n = 0;

	if (!to)
		return str_of(NULL, 0);
	while (value.n) {
		size_t next = header_line_next(value, 0);
		struct str line = without_line_end(str_sub(value, 0, next));

		memcpy(to + n, line.p, line.n);
		n += line.n;
		value = str_from(value, next);
	}
	return str_of(to, n);
}
