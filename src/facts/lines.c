#include "facts/derive.h"

/* One line without its end: what it holds besides text. */
static void line_look(struct str line, struct facts *f)
{
	unsigned char any = 0;

	for (size_t i = 0; i < line.n; i++)
		any |= (unsigned char)line.p[i];
	f->has_8bit |= any > 127;
	if (line.n && memchr(line.p, '\0', line.n))
		f->has_nul = true;
	for (ssize_t cr; (cr = str_chr(line, '\r')) >= 0; line = str_from(line, (size_t)cr + 1))
		f->bare_cr++;
}

void derive_lines(struct str message, struct facts *f)
{
	while (message.n) {
		ssize_t lf = str_chr(message, '\n');
		struct str line = str_sub(message, 0, lf < 0 ? message.n : (size_t)lf);

		if (lf >= 0 && str_ends(line, STR("\r")))
			line.n--;
		else if (lf >= 0)
			f->bare_lf++;
		line_look(line, f);
		f->lines++;
		if (line.n > f->longest_line)
			f->longest_line = line.n < UINT32_MAX ? (uint32_t)line.n : UINT32_MAX;
		message = str_from(message, lf < 0 ? message.n : (size_t)lf + 1);
	}
}
