#include "imap/bodystructure.h"

#include "imap/envelope.h"
#include "imap/stored.h"

struct writer {
	struct buf *b;
	struct str message;
	bool extended;
	struct arena *a;
};

static void nstring_or_nil(struct buf *b, struct str s)
{
	buf_imap_stored_nstring(b, s.n ? s : str_of(NULL, 0));
}

/* attribute-char of RFC 2231 §7. */
static bool is_attribute_char(char c)
{
	return ch_is_alnum(c) || (c && strchr("!#$&+-.^_`{|}~", c));
}

/* extended-value = charset "'" language "'" *(%XX / attribute-char), quoted. */
static void extended_value(struct buf *b, const struct param_text *p, struct arena *a)
{
	BUF_AUTO t = BUF_INIT(4 * PARAM_VALUE_MAX);

	buf_strs(&t, p->charset, STR("'"), p->language, STR("'"));
	for (size_t i = 0; i < p->value.n; i++) {
		if (is_attribute_char(p->value.p[i]))
			buf_char(&t, p->value.p[i]);
		else
			buf_printf(&t, "%%%02X", (unsigned char)p->value.p[i]);
	}
	buf_imap_stored_string(b, buf_str(&t));
}

static void param_write(struct writer *w, const struct param_text *p, bool first)
{
	BUF_AUTO name = BUF_INIT(2 * PARAM_VALUE_MAX);

	buf_strs(&name, p->name, p->charset.n ? STR("*") : STR(""));
	buf_char(w->b, first ? '(' : ' ');
	buf_imap_stored_string(w->b, buf_str(&name));
	buf_char(w->b, ' ');
	if (p->charset.n)
		extended_value(w->b, p, w->a);
	else
		buf_imap_stored_string(w->b, p->value);
}

/* body-fld-param = "(" string SP string *(SP string SP string) ")" / nil; default_charset: whether
 * a charset is given where none is written. */
static void params_write(struct writer *w, const struct param_list *list, bool default_charset)
{
	static const struct param_text us_ascii = {.name = STR_INIT("CHARSET"),
						   .value = STR_INIT("US-ASCII")};
	struct param_texts t = {0};

	if (!param_join(list, w->a, &t))
		t.n = 0;
	for (size_t i = 0; i < t.n; i++) {
		param_write(w, &t.v[i], i == 0);
		default_charset = default_charset && !str_eq(t.v[i].name, STR("charset"));
	}
	if (default_charset)
		param_write(w, &us_ascii, t.n == 0);
	buf_str_add(w->b, t.n || default_charset ? STR(")") : STR("NIL"));
}

/* "defaulting various fields as necessary": text/plain is US-ASCII unless it says otherwise (RFC
 * 2045 §5.2, RFC 2046 §4.1.2). */
static void content_params(struct writer *w, const struct mime_part *p)
{
	if (p->opaque)
		buf_str_add(w->b, STR("NIL"));
	else
		params_write(w, &p->content_type.params, mime_is(p, STR("text"), STR("plain")));
}

static void encoding_write(struct writer *w, const struct mime_part *p)
{
	struct str name = encoding_name(p->encoding);

	if (name.n == 0) {
		buf_imap_stored_string(w->b, p->encoding_written);
		return;
	}
	buf_char(w->b, '"');
	for (size_t i = 0; i < name.n; i++)
		buf_char(w->b, ch_upper(name.p[i]));
	buf_char(w->b, '"');
}

/* body-fields = param SP id SP desc SP enc SP octets */
static void fields_write(struct writer *w, const struct mime_part *p)
{
	content_params(w, p);
	buf_char(w->b, ' ');
	nstring_or_nil(w->b, p->id);
	buf_char(w->b, ' ');
	nstring_or_nil(w->b, p->description);
	buf_char(w->b, ' ');
	encoding_write(w, p);
	buf_char(w->b, ' ');
	buf_u64(w->b, mime_size(p));
}

/* body-fld-dsp = "(" string SP body-fld-param ")" / nil */
static void disposition_write(struct writer *w, const struct mime_part *p)
{
	if (p->disposition.type.n == 0) {
		buf_str_add(w->b, STR("NIL"));
		return;
	}
	buf_char(w->b, '(');
	buf_imap_stored_string(w->b, p->disposition.type);
	buf_char(w->b, ' ');
	params_write(w, &p->disposition.params, false);
	buf_char(w->b, ')');
}

/* body-fld-lang = nstring / "(" string *(SP string) ")" */
static void language_write(struct writer *w, const struct mime_part *p)
{
	if (p->language.n == 0)
		buf_str_add(w->b, STR("NIL"));
	for (size_t i = 0; i < p->language.n; i++) {
		buf_char(w->b, i ? ' ' : '(');
		buf_imap_stored_string(w->b, p->language.v[i]);
	}
	if (p->language.n)
		buf_char(w->b, ')');
}

/* [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc]]], behind md5 or param. */
static void extension_write(struct writer *w, const struct mime_part *p)
{
	buf_char(w->b, ' ');
	disposition_write(w, p);
	buf_char(w->b, ' ');
	language_write(w, p);
	buf_char(w->b, ' ');
	nstring_or_nil(w->b, p->location);
}

static void part_write(struct writer *w, const struct mime_part *p);

/* body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart] */
static void multipart_write(struct writer *w, const struct mime_part *p)
{
	for (const struct mime_part *c = p->child; c; c = c->next)
		part_write(w, c);
	buf_char(w->b, ' ');
	buf_imap_stored_string(w->b, p->subtype);
	if (!w->extended)
		return;
	buf_char(w->b, ' ');
	params_write(w, &p->content_type.params, false);
	extension_write(w, p);
}

/* body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part] */
static void single_write(struct writer *w, const struct mime_part *p)
{
	buf_imap_stored_string(w->b, p->type);
	buf_char(w->b, ' ');
	buf_imap_stored_string(w->b, p->subtype);
	buf_char(w->b, ' ');
	fields_write(w, p);
	if (p->kind == MIME_MESSAGE) {
		buf_char(w->b, ' ');
		buf_imap_envelope(w->b, mime_header(p->child, w->message), w->a);
		buf_char(w->b, ' ');
		part_write(w, p->child);
	}
	if (p->kind == MIME_MESSAGE || str_eq(p->type, STR("text"))) {
		buf_char(w->b, ' ');
		buf_u64(w->b, p->lines);
	}
	if (!w->extended)
		return;
	buf_char(w->b, ' ');
	nstring_or_nil(w->b, p->md5);
	extension_write(w, p);
}

/* Recurses at most MIME_DEPTH_MAX deep. */
static void part_write(struct writer *w, const struct mime_part *p)
{
	buf_char(w->b, '(');
	if (p->kind == MIME_MULTIPART)
		multipart_write(w, p);
	else
		single_write(w, p);
	buf_char(w->b, ')');
}

void buf_imap_bodystructure(struct buf *b, const struct mime_part *p, struct str message,
			    bool extended, struct arena *a)
{
	struct writer w = {.b = b, .message = message, .extended = extended, .a = a};

	part_write(&w, p);
}
