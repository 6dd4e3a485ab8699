#include "imap/fetch.h"

#include "imap/write.h"

/* section-part = nz-number *("." nz-number), and the "." before a section-text is left. */
static void x_section_part(struct cur *c, struct arena *a, struct imap_section *s)
{
	do {
		uint32_t *p =
			s->part_n < IMAP_SECTION_DEPTH ? ARENA_GROW(a, s->part, s->part_n) : NULL;

		if (!p) {
			cur_fail(c, "shorter section-part");
			return;
		}
		s->part = p;
		p[s->part_n++] = imap_x_nz_number(c);
		if (cur_peek(c) != '.' || !ch_is_digit((char)cur_peek_at(c, 1)))
			return;
		cur_xlit(c, ".");
	} while (!cur_failed(c));
}

/* header-list = "(" header-fld-name *(SP header-fld-name) ")" */
static void x_header_list(struct cur *c, struct arena *a, struct imap_section *s)
{
	cur_xlit(c, " (");
	do {
		struct str *f = s->field_n < IMAP_SECTION_NAMES
					? ARENA_GROW(a, s->fields, s->field_n)
					: NULL;

		if (!f) {
			cur_fail(c, "shorter header-list");
			return;
		}
		s->fields = f;
		f[s->field_n++] = imap_x_astring(c, a);
	} while (cur_opt(c, ' '));
	cur_xlit(c, ")");
}

static const struct {
	struct str word;
	enum imap_section_text text;
} section_words[] = {
	{STR_INIT("HEADER"), IMAP_SECTION_HEADER},
	{STR_INIT("HEADER.FIELDS"), IMAP_SECTION_FIELDS},
	{STR_INIT("HEADER.FIELDS.NOT"), IMAP_SECTION_FIELDS_NOT},
	{STR_INIT("TEXT"), IMAP_SECTION_TEXT},
	{STR_INIT("MIME"), IMAP_SECTION_MIME},
};

static void x_section_text(struct cur *c, struct arena *a, struct imap_section *s)
{
	struct str w = imap_x_word(c);

	for (size_t i = 0; i < ARRAY_LEN(section_words); i++) {
		if (str_eq_nocase(w, section_words[i].word))
			s->text = section_words[i].text;
	}
	/* MIME is of a part only: section-text, not section-msgtext. */
	if (s->text == IMAP_SECTION_ALL || (s->text == IMAP_SECTION_MIME && s->part_n == 0))
		cur_fail(c, "section-text");
	if (s->text == IMAP_SECTION_FIELDS || s->text == IMAP_SECTION_FIELDS_NOT)
		x_header_list(c, a, s);
}

static void x_section(struct cur *c, struct arena *a, bool binary, struct imap_section *s)
{
	cur_xlit(c, "[");
	if (ch_is_digit((char)cur_peek(c))) {
		x_section_part(c, a, s);
		if (!binary && cur_opt(c, '.'))
			x_section_text(c, a, s);
	} else if (!binary && cur_peek(c) != ']') {
		x_section_text(c, a, s);
	}
	cur_xlit(c, "]");
}

/* partial = "<" number64 "." nz-number64 ">" */
static void x_partial(struct cur *c, struct imap_fetch_att *att)
{
	if (!cur_opt(c, '<'))
		return;
	att->partial = true;
	att->offset = imap_x_number64(c);
	cur_xlit(c, ".");
	att->count = imap_x_number64(c);
	if (att->count == 0)
		cur_fail(c, "nz-number64");
	cur_xlit(c, ">");
}

enum { NO_SECTION, SECTION, SECTION_BINARY, SECTION_SIZE };

/* clang-format off */
static const struct word {
	struct str word;
	enum imap_fetch_kind kind;
	unsigned char section;
	bool peek;
} words[] = {
	{STR_INIT("BODY"),          IMAP_FETCH_BODY,          NO_SECTION, false},
	{STR_INIT("BODYSTRUCTURE"), IMAP_FETCH_BODYSTRUCTURE, NO_SECTION, false},
	{STR_INIT("ENVELOPE"),      IMAP_FETCH_ENVELOPE,      NO_SECTION, false},
	{STR_INIT("FLAGS"),         IMAP_FETCH_FLAGS,         NO_SECTION, false},
	{STR_INIT("INTERNALDATE"),  IMAP_FETCH_INTERNALDATE,  NO_SECTION, false},
	{STR_INIT("MODSEQ"),        IMAP_FETCH_MODSEQ,        NO_SECTION, false},
	{STR_INIT("PREVIEW"),       IMAP_FETCH_PREVIEW,       NO_SECTION, false},
	{STR_INIT("SAVEDATE"),      IMAP_FETCH_SAVEDATE,      NO_SECTION, false},
	{STR_INIT("RFC822"),        IMAP_FETCH_RFC822,        NO_SECTION, false},
	{STR_INIT("RFC822.HEADER"), IMAP_FETCH_RFC822_HEADER, NO_SECTION, true},
	{STR_INIT("RFC822.TEXT"),   IMAP_FETCH_RFC822_TEXT,   NO_SECTION, false},
	{STR_INIT("RFC822.SIZE"),   IMAP_FETCH_RFC822_SIZE,   NO_SECTION, false},
	{STR_INIT("UID"),           IMAP_FETCH_UID,           NO_SECTION, false},
	{STR_INIT("BODY"),          IMAP_FETCH_SECTION,       SECTION, false},
	{STR_INIT("BODY.PEEK"),     IMAP_FETCH_SECTION,       SECTION, true},
	{STR_INIT("BINARY"),        IMAP_FETCH_BINARY,        SECTION_BINARY, false},
	{STR_INIT("BINARY.PEEK"),   IMAP_FETCH_BINARY,        SECTION_BINARY, true},
	{STR_INIT("BINARY.SIZE"),   IMAP_FETCH_BINARY_SIZE,   SECTION_SIZE, true},
};
/* clang-format on */

static const struct word *word_find(struct str w, bool section)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if ((words[i].section != NO_SECTION) == section && str_eq_nocase(w, words[i].word))
			return &words[i];
	}
	return NULL;
}

/* RFC822 and its kin are written as sections too, so that who answers knows one kind only. */
static void legacy_section(struct imap_fetch_att *att)
{
	if (att->kind == IMAP_FETCH_RFC822_HEADER)
		att->section.text = IMAP_SECTION_HEADER;
	if (att->kind == IMAP_FETCH_RFC822_TEXT)
		att->section.text = IMAP_SECTION_TEXT;
}

static void x_fetch_att(struct cur *c, struct arena *a, struct imap_fetch_att *att)
{
	size_t at = c->at;
	struct str name = imap_x_word(c);
	const struct word *w = word_find(name, cur_peek(c) == '[');

	if (cur_failed(c))
		return;
	if (!w) {
		cur_back(c, at);
		cur_fail(c, "fetch-att");
		return;
	}
	att->kind = w->kind;
	att->peek = w->peek;
	if (w->section != NO_SECTION)
		x_section(c, a, w->section != SECTION, &att->section);
	if (w->section == SECTION || w->section == SECTION_BINARY)
		x_partial(c, att);
	/* RFC 8970 §3.2: without LAZY or with it, a preview is there at once. */
	if (w->kind == IMAP_FETCH_PREVIEW)
		cur_opt_nocase(c, STR(" (LAZY)"));
	legacy_section(att);
}

static struct imap_fetch_att *push_att(struct cur *c, struct arena *a, struct imap_fetch *f)
{
	struct imap_fetch_att *p = f->n < IMAP_FETCH_MAX ? ARENA_GROW(a, f->atts, f->n) : NULL;

	if (!p) {
		cur_fail(c, "fewer fetch-atts");
		return NULL;
	}
	f->atts = p;
	p[f->n] = (struct imap_fetch_att){0};
	return &p[f->n++];
}

/* ALL, FAST, FULL: RFC 9051 §6.4.5 "macros". */
static bool opt_macro(struct cur *c, struct arena *a, struct imap_fetch *f)
{
	static const enum imap_fetch_kind kinds[] = {IMAP_FETCH_FLAGS, IMAP_FETCH_INTERNALDATE,
						     IMAP_FETCH_RFC822_SIZE, IMAP_FETCH_ENVELOPE,
						     IMAP_FETCH_BODY};
	size_t n = imap_opt_word(c, STR("FAST"))   ? 3
		   : imap_opt_word(c, STR("ALL"))  ? 4
		   : imap_opt_word(c, STR("FULL")) ? 5
						   : 0;

	for (size_t i = 0; i < n; i++) {
		struct imap_fetch_att *att = push_att(c, a, f);

		if (att)
			att->kind = kinds[i];
	}
	return n > 0;
}

static void x_fetch_atts(struct cur *c, struct arena *a, struct imap_fetch *f)
{
	bool list = cur_opt(c, '(');

	if (!list && opt_macro(c, a, f))
		return;
	do {
		struct imap_fetch_att *att = push_att(c, a, f);

		if (att)
			x_fetch_att(c, a, att);
	} while (list && cur_opt(c, ' '));
	if (list)
		cur_xlit(c, ")");
}

static void x_modifier(struct cur *c, struct imap_fetch *f)
{
	if (imap_opt_word(c, STR("VANISHED"))) {
		f->vanished = true;
		return;
	}
	cur_xlit_nocase(c, "CHANGEDSINCE ");
	f->has_changedsince = true;
	f->changedsince = imap_x_number64(c);
}

void imap_x_fetch(struct cur *c, struct arena *a, struct imap_fetch *ret)
{
	struct imap_fetch v = {.set = imap_x_seqset(c, a)};

	imap_x_sp(c);
	x_fetch_atts(c, a, &v);
	if (cur_opt(c, ' ')) {
		cur_xlit(c, "(");
		do
			x_modifier(c, &v);
		while (cur_opt(c, ' '));
		cur_xlit(c, ")");
	}
	if (!cur_failed(c))
		*ret = v;
}

bool imap_fetch_sets_seen(const struct imap_fetch_att *att)
{
	switch (att->kind) {
	case IMAP_FETCH_RFC822:
	case IMAP_FETCH_RFC822_TEXT:
	case IMAP_FETCH_SECTION:
	case IMAP_FETCH_BINARY: return !att->peek;
	default: return false;
	}
}

static void buf_section(struct buf *b, const struct imap_section *s)
{
	for (size_t i = 0; i < s->part_n; i++) {
		if (i)
			buf_char(b, '.');
		buf_u64(b, s->part[i]);
	}
	if (s->text == IMAP_SECTION_ALL)
		return;
	if (s->part_n)
		buf_char(b, '.');
	for (size_t i = 0; i < ARRAY_LEN(section_words); i++) {
		if (section_words[i].text == s->text)
			buf_str_add(b, section_words[i].word);
	}
	for (size_t i = 0; i < s->field_n; i++) {
		buf_str_add(b, i ? STR(" ") : STR(" ("));
		buf_imap_astring(b, s->fields[i]);
	}
	if (s->field_n)
		buf_char(b, ')');
}

void buf_imap_fetch_name(struct buf *b, const struct imap_fetch_att *att)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const struct word *w = &words[i];

		if (w->kind == att->kind) {
			buf_str_add(b, w->word);
			break;
		}
	}
	if (att->kind < IMAP_FETCH_SECTION)
		return;
	buf_char(b, '[');
	buf_section(b, &att->section);
	buf_char(b, ']');
	if (att->partial) {
		buf_char(b, '<');
		buf_u64(b, att->offset);
		buf_char(b, '>');
	}
}
