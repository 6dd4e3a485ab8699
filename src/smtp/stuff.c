#include "smtp/stuff.h"

static void line_end(struct smtp_stuff *s, struct buf *b)
{
	buf_str_add(b, STR("\r\n"));
	s->inside = false;
	s->after_cr = false;
}

/* How much of octets has neither CR nor LF. */
static size_t plain_run(struct str octets)
{
	size_t n = 0;

	while (n < octets.n && octets.p[n] != '\r' && octets.p[n] != '\n')
		n++;
	return n;
}

void smtp_stuff_add(struct smtp_stuff *s, struct str octets, struct buf *b)
{
	while (octets.n) {
		size_t n = plain_run(octets);
		char c = octets.p[0];

		if (s->after_cr && c != '\n')
			line_end(s, b);
		if (n > 0) {
			if (!s->inside && c == '.')
				buf_char(b, '.');
			buf_add(b, octets.p, n);
			s->inside = true;
		} else {
			n = 1;
			if (c == '\n')
				line_end(s, b);
			else
				s->after_cr = true;
		}
		octets = str_from(octets, n);
	}
}

void smtp_stuff_end(struct smtp_stuff *s, struct buf *b)
{
	if (s->inside || s->after_cr)
		line_end(s, b);
	buf_str_add(b, STR(".\r\n"));
}
