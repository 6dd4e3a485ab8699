#include "idl/describe.h"

enum { WIDTH = 100 };

static void indent(struct buf *b, unsigned depth)
{
	buf_char_n(b, '\t', depth);
}

/* Text as comment lines of at most WIDTH columns, tabs counted as 8. */
static void comment(struct buf *b, unsigned depth, struct str text)
{
	size_t column = 0; /* 0: no line begun */

	while (text.n > 0) {
		struct str word;

		str_cut(text, ' ', &word, &text);
		if (column == 0 || column + 1 + word.n > WIDTH) {
			if (column > 0)
				buf_char(b, '\n');
			indent(b, depth);
			buf_char(b, '#');
			column = 8 * depth + 1;
		}
		buf_strs(b, STR(" "), word);
		column += 1 + word.n;
	}
	if (column > 0)
		buf_char(b, '\n');
}

static void field_comment(const struct idl_field *f, unsigned depth, struct buf *b)
{
	BUF_AUTO text = BUF_INIT(16 * 1024);

	buf_str_add(&text, str_z(f->doc));
	if (f->type.kind == IDL_ENUM) {
		buf_str_add(&text, STR(" One of:"));
		for (size_t i = 0; i < f->type.choices_n; i++)
			buf_strs(&text, i ? STR(", ") : STR(" "), str_z(f->type.choices[i]));
		buf_char(&text, '.');
	}
	if (f->preset)
		buf_printf(&text, " Default: %s.", f->preset);
	if (f->flags & IDL_LATER)
		buf_str_add(&text, STR(" Not yet used."));
	if (!(f->flags & IDL_REQUIRED))
		buf_str_add(&text, STR(" (optional)"));
	comment(b, depth, str_trim(buf_str(&text)));
}

static void fields(const struct idl_record *rec, unsigned depth, struct buf *b);

static void scalar(const struct idl_field *f, struct buf *b)
{
	const char *text = f->example  ? f->example
			   : f->preset ? f->preset
			   : f->flags & IDL_REQUIRED || f->shape != IDL_ONE ||
					   idl_scalar_size(&f->type) != sizeof(struct str)
				   ? idl_scalar_example(&f->type)
				   : "";

	if (*text)
		buf_strs(b, STR(" "), str_z(text));
	buf_char(b, '\n');
}

static void field(const struct idl_field *f, unsigned depth, struct buf *b)
{
	field_comment(f, depth, b);
	indent(b, depth);
	buf_printf(b, "%s:", f->key);
	if (f->shape != IDL_ONE) {
		buf_char(b, '\n');
		indent(b, ++depth);
		if (f->shape == IDL_LIST)
			buf_char(b, '-');
		else
			buf_printf(b, "%s:", f->map_key);
	}
	if (f->type.kind != IDL_STRUCT) {
		scalar(f, b);
		return;
	}
	buf_char(b, '\n');
	fields(f->record, depth + 1, b);
}

static void fields(const struct idl_record *rec, unsigned depth, struct buf *b)
{
	for (size_t i = 0; i < rec->n; i++) {
		if (i > 0)
			buf_char(b, '\n');
		field(&rec->fields[i], depth, b);
	}
}

void idl_describe(const struct idl_record *rec, struct buf *b)
{
	comment(b, 0, str_z(rec->doc));
	buf_char(b, '\n');
	fields(rec, 0, b);
}
