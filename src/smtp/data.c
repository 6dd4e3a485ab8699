#include "smtp/data.h"

#include <assert.h>

void smtp_data_init(struct smtp_data *d)
{
	*d = (struct smtp_data){.facts.ends_in_crlf = true};
}

/* Whether any of the octets has its high bit set: eight at a time. */
static bool has_high(struct str s)
{
	uint64_t all = 0, eight;

	for (; s.n >= sizeof(eight); s = str_from(s, sizeof(eight))) {
		memcpy(&eight, s.p, sizeof(eight));
		all |= eight;
	}
	for (size_t i = 0; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all & UINT64_C(0x8080808080808080);
}

/* Octets without LF, the CR that may come last set apart. */
static void note_text(struct smtp_data *d, struct str s)
{
	if (s.n == 0)
		return;
	d->facts.bare_cr |= d->after_cr;
	d->after_cr = s.p[s.n - 1] == '\r';
	struct str text = str_sub(s, 0, s.n - d->after_cr);

	d->facts.bare_cr |= str_chr(text, '\r') >= 0;
	d->line += s.n;
}

static void note_lf(struct smtp_data *d)
{
	if (!d->after_cr) {
		d->facts.bare_lf = true;
		d->line++;
		return;
	}
	d->after_cr = false;
	/* The CR was counted as part of the line. */
	if (d->line - 1 > d->facts.longest_line)
		d->facts.longest_line = d->line - 1;
	d->facts.lines++;
	d->line = 0;
}

/* Takes note of decoded octets. */
static void note(struct smtp_data *d, struct str s)
{
	if (s.n == 0)
		return;
	d->facts.size += s.n;
	d->facts.eight_bit = d->facts.eight_bit || has_high(s);
	d->facts.nul = d->facts.nul || str_chr(s, '\0') >= 0;
	for (ssize_t lf; s.n > 0; s = str_from(s, (size_t)lf + 1)) {
		lf = str_chr(s, '\n');
		note_text(d, lf < 0 ? s : str_sub(s, 0, (size_t)lf));
		d->facts.ends_in_crlf = lf >= 0 && d->after_cr;
		if (lf < 0)
			break;
		note_lf(d);
	}
	/* A line that has not ended may be the longest already. */
	if (d->line > d->facts.longest_line + d->after_cr)
		d->facts.longest_line = d->line - d->after_cr;
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

/* Where we are behind octets that follow `at`. */
static enum smtp_data_at behind(enum smtp_data_at at, struct str s)
{
	if (s.n == 0)
		return at;
	char last = s.p[s.n - 1];
	bool crlf = last == '\n' && (s.n > 1 ? s.p[s.n - 2] == '\r' : at == SMTP_DATA_CR);

	if (last == '\r')
		return SMTP_DATA_CR;
	return crlf ? SMTP_DATA_LINE_START : SMTP_DATA_TEXT;
}

/* The octets from the front of in that go to the message as they are: up to a dot that begins a
 * line. */
static struct str run(struct smtp_data *d, struct str in)
{
	size_t n = 0;

	while (n < in.n && !(d->at == SMTP_DATA_LINE_START && in.p[n] == '.')) {
		ssize_t lf = str_chr(str_from(in, n), '\n');
		size_t to = lf < 0 ? in.n : n + (size_t)lf + 1;

		d->at = behind(d->at, str_sub(in, n, to));
		n = to;
	}
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
