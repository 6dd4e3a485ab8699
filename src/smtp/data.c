#include "smtp/data.h"

#include <assert.h>

void smtp_data_init(struct smtp_data *d)
{
	*d = (struct smtp_data){.facts.ends_in_crlf = true};
}

static void line_end(struct smtp_data *d)
{
	/* The CR was counted as part of the line. */
	if (d->line - 1 > d->facts.longest_line)
		d->facts.longest_line = d->line - 1;
	d->facts.lines++;
	d->line = 0;
}

/* Takes note of decoded octets. */
static void note(struct smtp_data *d, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		d->facts.eight_bit |= c >= 0x80;
		d->facts.nul |= c == 0;
		d->facts.ends_in_crlf = false;
		if (c == '\n' && d->after_cr) {
			line_end(d);
			d->facts.ends_in_crlf = true;
		} else {
			d->facts.bare_cr |= d->after_cr;
			d->facts.bare_lf |= c == '\n';
			d->line++;
		}
		d->after_cr = c == '\r';
	}
	/* A line that has not ended may be the longest already. */
	if (d->line > d->facts.longest_line + d->after_cr)
		d->facts.longest_line = d->line - d->after_cr;
	d->facts.size += s.n;
}

void smtp_data_chunk(struct smtp_data *d, struct str octets)
{
	note(d, octets);
}

void smtp_data_chunks_end(struct smtp_data *d)
{
	d->facts.bare_cr |= d->after_cr;
	d->at = SMTP_DATA_END;
}

/* Where we are behind c, in what is not held back. */
static enum smtp_data_at behind(enum smtp_data_at at, char c)
{
	if (c == '\r')
		return SMTP_DATA_CR;
	return c == '\n' && at == SMTP_DATA_CR ? SMTP_DATA_LINE_START : SMTP_DATA_TEXT;
}

/* The octets from the front of in that go to the message as they are: up to a dot that begins a
 * line. */
static struct str run(struct smtp_data *d, struct str in)
{
	size_t n = 0;

	while (n < in.n && !(d->at == SMTP_DATA_LINE_START && in.p[n] == '.'))
		d->at = behind(d->at, in.p[n++]);
	return str_sub(in, 0, n);
}

/* Steps over a leading dot and what decides whether it is the end; returns a CR that was held back
 * and turned out to belong to the message. */
static struct str after_dot(struct smtp_data *d, struct str *in)
{
	char c = in->p[0];

	switch (d->at) {
	case SMTP_DATA_LINE_START:
		d->at = SMTP_DATA_DOT;
		*in = str_from(*in, 1);
		break;
	case SMTP_DATA_DOT:
		/* RFC 5321 §4.5.2: the dot goes, the rest of the line stays. */
		d->at = c == '\r' ? SMTP_DATA_DOT_CR : SMTP_DATA_TEXT;
		if (c == '\r')
			*in = str_from(*in, 1);
		break;
	case SMTP_DATA_DOT_CR:
		if (c == '\n') {
			d->at = SMTP_DATA_END;
			*in = str_from(*in, 1);
			break;
		}
		d->at = SMTP_DATA_CR;
		return STR("\r");
	default: assert(false);
	}
	return STR("");
}

struct str smtp_data_next(struct smtp_data *d, struct str *in)
{
	struct str piece = STR("");

	while (in->n > 0 && piece.n == 0 && d->at != SMTP_DATA_END) {
		bool dot = d->at == SMTP_DATA_LINE_START && in->p[0] == '.';

		if (dot || d->at == SMTP_DATA_DOT || d->at == SMTP_DATA_DOT_CR) {
			piece = after_dot(d, in);
		} else {
			piece = run(d, *in);
			*in = str_from(*in, piece.n);
		}
	}
	note(d, piece);
	return piece;
}
