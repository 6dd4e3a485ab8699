#include "format/charset_shift.h"

#include <assert.h>

static void stage(struct charset_decoder *d, unsigned byte)
{
	assert(d->n < sizeof(d->stage));
	d->stage[d->n++] = (unsigned char)byte;
}

/* The modes of the seven-bit forms. */
enum { MODE_ASCII, MODE_DOUBLE, MODE_DOUBLE_3, MODE_KATAKANA };

/* A byte of a set designated by a shift, as EUC has it; else as it is. */
static void stage_shifted(struct charset_decoder *d, unsigned char c)
{
	bool in_set = d->mode != MODE_ASCII && c >= 0x21 && c <= 0x7e;

	if (!in_set) {
		d->second = false;
		stage(d, c);
		return;
	}
	if (d->mode == MODE_KATAKANA)
		stage(d, 0x8e);
	if (d->mode == MODE_DOUBLE_3 && !d->second)
		stage(d, 0x8f);
	d->second = !d->second;
	stage(d, c | 0x80u);
}

/* The mode that an escape sequence (behind ESC) selects; -1: none that we know. */
static int escape_mode(struct str e)
{
	static const struct {
		char seq[4];
		int mode;
	} modes[] = {
		/* RFC 1468, RFC 2237, ISO-2022-JP-3; JIS X 0213 counts as JIS X 0208. */
		{"(B", MODE_ASCII},   {"(J", MODE_ASCII},   {"(I", MODE_KATAKANA},
		{"$@", MODE_DOUBLE},  {"$B", MODE_DOUBLE},  {"$(D", MODE_DOUBLE_3},
		{"$(Q", MODE_DOUBLE}, {"$(O", MODE_DOUBLE}, {"$(P", MODE_DOUBLE_3},
		{"$(B", MODE_DOUBLE}, {"(H", MODE_ASCII},
	};

	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (str_eq(str_z(modes[i].seq), e))
			return modes[i].mode;
	return -1;
}

static void filter_iso2022jp(struct charset_decoder *d, unsigned char c)
{
	if (!d->escape_n && c == 0x1b) {
		d->escape[d->escape_n++] = c;
		return;
	}
	if (!d->escape_n) {
		if (c == '\n')
			d->mode = MODE_ASCII; /* RFC 1468: a line ends in ASCII */
		stage_shifted(d, c);
		return;
	}
	d->escape[d->escape_n++] = c;
	int mode = escape_mode(str_of(d->escape + 1, d->escape_n - 1u));

	if (mode < 0 && d->escape_n < 4 && (c == '$' || c == '('))
		return;
	if (mode >= 0)
		d->mode = (unsigned char)mode;
	else
		stage(d, 0xff); /* nothing in EUC: becomes U+FFFD */
	d->escape_n = 0;
	d->second = false;
}

/* RFC 1557: SO and SI shift; the designation ESC $ ) C says nothing new. */
static void filter_iso2022kr(struct charset_decoder *d, unsigned char c)
{
	static const char designation[] = "\x1b$)C";

	if (d->escape_n < 4 && c == (unsigned char)designation[d->escape_n]) {
		d->escape_n = (unsigned char)((d->escape_n + 1) % 4);
		return;
	}
	if (d->escape_n)
		stage(d, 0xff);
	d->escape_n = 0;
	if (c == 0x0e || c == 0x0f) {
		d->mode = c == 0x0e ? MODE_DOUBLE : MODE_ASCII;
		d->second = false;
		return;
	}
	if (c == '\n')
		d->mode = MODE_ASCII;
	stage_shifted(d, c);
}

/* RFC 1843: ~{ and ~} shift, ~~ is a tilde, ~ at a line's end joins the lines. */
static void filter_hz(struct charset_decoder *d, unsigned char c)
{
	bool tilde = d->escape_n;

	d->escape_n = 0;
	if (!tilde && c == '~' && !d->second) {
		d->escape_n = 1;
	} else if (tilde && (c == '{' || c == '}')) {
		d->mode = c == '{' ? MODE_DOUBLE : MODE_ASCII;
	} else if (tilde && c == '~') {
		stage(d, '~');
	} else if (!tilde || c != '\n') {
		if (tilde)
			stage(d, 0xff);
		if (c == '\n')
			d->mode = MODE_ASCII;
		stage_shifted(d, c);
	}
}

void charset_shift(struct charset_decoder *d, unsigned char c)
{
	if (d->cs->kind == CHARSET_ISO2022JP)
		filter_iso2022jp(d, c);
	else if (d->cs->kind == CHARSET_ISO2022KR)
		filter_iso2022kr(d, c);
	else
		filter_hz(d, c);
}

void charset_shift_end(struct charset_decoder *d)
{
	if (d->escape_n)
		stage(d, 0xff);
}
