#include "verify/canon.h"

struct str canon_name(enum canon c)
{
	return c == CANON_RELAXED ? STR("relaxed") : STR("simple");
}

void canon_flush(struct canon_sink *to)
{
	if (to->n)
		to->put(to->arg, str_of(to->piece, to->n));
	to->n = 0;
}

void canon_put(struct canon_sink *to, struct str s)
{
	if (s.n == 0)
		return;
	if (s.n > sizeof(to->piece) - to->n)
		canon_flush(to);
	if (s.n >= sizeof(to->piece)) {
		to->put(to->arg, s);
		return;
	}
	memcpy(to->piece + to->n, s.p, s.n);
	to->n += s.n;
}

static bool is_space(char c)
{
	return ch_is_wsp(c) || c == '\r' || c == '\n';
}

static struct str without_line_end(struct str s)
{
	return str_sub(s, 0,
		       str_ends(s, STR("\r\n")) ? s.n - 2
		       : str_ends(s, STR("\n")) ? s.n - 1
						: s.n);
}

struct relaxed {
	struct canon_sink *to;
	bool space; /* seen, not written yet */
	bool any;   /* something was written */
};

static void relaxed_put(struct relaxed *r, struct str data)
{
	if (r->space && r->any)
		canon_put(r->to, STR(" "));
	r->space = false;
	r->any = true;
	canon_put(r->to, data);
}

/* RFC 6376 §3.4.2: unfolds, makes white space one space, drops it at both ends. A CR that ends no
 * line is data. */
static void relaxed_value(struct relaxed *r, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		while (i < s.n && !is_space(s.p[i]))
			i++;
		if (i > from)
			relaxed_put(r, str_sub(s, from, i));
		if (i == s.n)
			break;
		if (ch_is_wsp(s.p[i]))
			r->space = true;
		else if (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n'))
			relaxed_put(r, STR("\r"));
		i++;
	}
}

static void relaxed_name(struct canon_sink *to, struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = ch_lower(name.p[i]);

		canon_put(to, str_of(&c, 1));
	}
	canon_put(to, STR(":"));
}

void canon_field(struct canon_sink *to, enum canon c, struct str field, struct str cut)
{
	size_t cut_at = cut.n ? (size_t)(cut.p - field.p) : field.n;
	struct str head = str_sub(field, 0, cut_at), tail = str_from(field, cut_at + cut.n);

	/* The cut may reach up to the line end, so both parts may have it at their ends. */
	if (tail.n)
		tail = without_line_end(tail);
	else
		head = without_line_end(head);
	if (c == CANON_SIMPLE) {
		canon_put(to, head);
		canon_put(to, tail);
		return;
	}
	struct relaxed r = {.to = to};
	struct str name, value;

	str_cut(head, ':', &name, &value);
	relaxed_name(to, str_trim(name));
	relaxed_value(&r, value);
	relaxed_value(&r, tail);
}

/* The line ends that turned out to stand inside the body, and the space in front of what follows.
 */
static void body_owed(struct canon_body *b)
{
	for (; b->lines; b->lines--)
		canon_put(b->to, STR("\r\n"));
	if (b->space)
		canon_put(b->to, STR(" "));
	b->space = false;
}

static void body_data(struct canon_body *b, struct str data)
{
	body_owed(b);
	canon_put(b->to, data);
	b->any = true;
}

static void body_line_end(struct canon_body *b)
{
	b->lines++;
	b->space = false;
}

/* How many bytes at the front of s stand for themselves. */
static size_t body_run(const struct canon_body *b, struct str s)
{
	size_t n = 0;

	if (b->kind == CANON_SIMPLE) {
		ssize_t cr = str_chr(s, '\r');

		return cr < 0 ? s.n : (size_t)cr;
	}
	while (n < s.n && s.p[n] != '\r' && !ch_is_wsp(s.p[n]))
		n++;
	return n;
}

/* Whether the CR that ended the last piece, or stands before s, ends a line; consumes the LF. */
static void body_cr(struct canon_body *b, struct str *s)
{
	b->cr = false;
	if (s->n && s->p[0] == '\n') {
		body_line_end(b);
		*s = str_from(*s, 1);
	} else {
		body_data(b, STR("\r"));
	}
}

void canon_body_add(struct canon_body *b, struct str s)
{
	while (s.n) {
		if (b->cr)
			body_cr(b, &s);
		size_t n = body_run(b, s);

		if (n)
			body_data(b, str_sub(s, 0, n));
		if (n == s.n)
			return;
		if (s.p[n] == '\r')
			b->cr = true;
		else
			b->space = true;
		s = str_from(s, n + 1);
	}
}

void canon_body_end(struct canon_body *b)
{
	if (b->cr)
		body_cr(b, &(struct str){0});
	/* RFC 6376 §3.4.3, §3.4.4: an empty body is a line end in simple, nothing in relaxed. */
	if (b->any || b->kind == CANON_SIMPLE)
		canon_put(b->to, STR("\r\n"));
	canon_flush(b->to);
}
