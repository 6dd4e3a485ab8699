#include "facts/derive.h"

#include "base/utf8.h"
#include "format/header.h"
#include "format/word.h"
#include "imap/bodystructure.h"
#include "imap/envelope.h"

/* -- the part table -- */

static enum facts_part_kind kind_of(enum mime_kind k)
{
	static const enum facts_part_kind kinds[] = {
		[MIME_LEAF] = FACTS_PART_LEAF,
		[MIME_MULTIPART] = FACTS_PART_MULTIPART,
		[MIME_MESSAGE] = FACTS_PART_MESSAGE,
	};

	return kinds[k];
}

static enum facts_encoding encoding_of(enum encoding e)
{
	static const enum facts_encoding encodings[] = {
		[ENCODING_7BIT] = FACTS_ENCODING_7BIT,
		[ENCODING_8BIT] = FACTS_ENCODING_8BIT,
		[ENCODING_BINARY] = FACTS_ENCODING_BINARY,
		[ENCODING_BASE64] = FACTS_ENCODING_BASE64,
		[ENCODING_QP] = FACTS_ENCODING_QUOTED_PRINTABLE,
		[ENCODING_UNKNOWN] = FACTS_ENCODING_UNKNOWN,
	};

	return encodings[e];
}

/* A copy that fits max and what is left of the budget; empty if it does not. */
static struct str text_keep(struct str s, size_t max, size_t *budget, struct arena *a)
{
	if (s.n == 0 || s.n > max || s.n > *budget)
		return STR("");
	*budget -= s.n;
	return arena_dup(a, s);
}

static void part_type(const struct mime_part *m, size_t *budget, struct arena *a,
		      struct facts_part *p)
{
	p->type = text_keep(m->type, FACTS_PART_TEXT_MAX, budget, a);
	p->subtype = text_keep(m->subtype, FACTS_PART_TEXT_MAX, budget, a);
	if (p->type.n == 0 || p->subtype.n == 0) {
		p->type = STR("application");
		p->subtype = STR("octet-stream");
	}
}

static struct str lower(struct str s, struct arena *scratch)
{
	char *to = arena_alloc(scratch, s.n);

	for (size_t i = 0; to && i < s.n; i++)
		to[i] = ch_lower(s.p[i]);
	return str_of(to, to ? s.n : 0);
}

/* RFC 2183 §2.3; the name parameter of Content-Type is older and still written beside it. */
static bool filename_get(const struct mime_part *m, struct arena *scratch, struct param_text *ret)
{
	return param_get(&m->disposition.params, STR("filename"), scratch, ret) ||
	       param_get(&m->content_type.params, STR("name"), scratch, ret);
}

static void part_params(const struct mime_part *m, size_t *budget, struct arena *a,
			struct arena *scratch, struct facts_part *p)
{
	struct param_text t;

	/* RFC 2183 §2.8: what we do not know is treated like an attachment. */
	p->attachment = m->disposition.type.n && !str_eq(m->disposition.type, STR("inline"));
	if (!m->opaque && param_get(&m->content_type.params, STR("charset"), scratch, &t))
		p->charset = text_keep(lower(str_trim(t.value), scratch), FACTS_PART_TEXT_MAX,
				       budget, a);
	if (filename_get(m, scratch, &t)) {
		BUF_AUTO b = BUF_INIT(WORD_GROWTH * PARAM_VALUE_MAX);

		word_decode_param(&t, &b);
		p->filename = text_keep(utf8_cut(buf_str(&b), FACTS_PART_NAME_MAX),
					FACTS_PART_NAME_MAX, budget, a);
	}
}

static void part_fill(const struct mime_part *m, struct facts_part *p)
{
	p->kind = kind_of(m->kind);
	p->encoding = encoding_of(m->encoding);
	p->header_at = m->header;
	p->header_n = m->body - m->header;
	p->body_at = m->body;
	p->body_n = mime_size(m);
	p->lines = m->lines < UINT32_MAX ? (uint32_t)m->lines : UINT32_MAX;
}

static void parts_fill(const struct mime_part *root, size_t n, struct arena *a,
		       struct arena *scratch, struct facts *f)
{
	uint16_t row_at[MIME_DEPTH_MAX + 1] = {0};
	size_t budget = BUILD_PARTS_TEXT_MAX, row = 0;

	_Static_assert((int)FACTS_DEPTH_MAX >= (int)MIME_DEPTH_MAX, "every tree fits");
	f->parts = ARENA_NEW_N(a, struct facts_part, n);
	if (!f->parts)
		return;
	f->part_count = n;
	for (const struct mime_part *m = root; m && row < n; m = mime_next(m), row++) {
		struct facts_part *p = &f->parts[row];

		row_at[m->depth] = (uint16_t)row;
		if (m->depth) {
			p->parent = row_at[m->depth - 1];
			p->number = (uint16_t)m->number;
		}
		part_fill(m, p);
		part_type(m, &budget, a, p);
		part_params(m, &budget, a, scratch, p);
	}
}

/* -- wire texts -- */

/* The section without its fields longer than BUILD_ENVELOPE_FIELD_MAX. */
static void header_reduce(struct str header, struct buf *ret)
{
	struct header_iter it = header_iter_of(header);
	struct header_field f;

	while (ret->n < 1 << 20 && header_next(&it, &f))
		if (f.to - f.from <= BUILD_ENVELOPE_FIELD_MAX)
			buf_str_add(ret, str_sub(header, f.from, f.to));
}

static bool envelope_write(struct str header, struct arena *scratch, struct buf *b)
{
	arena_reset(scratch);
	buf_clear(b);
	buf_imap_envelope(b, header, scratch);
	return !buf_failed(b);
}

static void envelope_fill(struct str header, struct arena *a, struct arena *scratch,
			  struct facts *f)
{
	BUF_AUTO b = BUF_INIT(BUILD_ENVELOPE_MAX);
	BUF_AUTO reduced = BUF_INIT(2 << 20);
	bool ok = envelope_write(header, scratch, &b);

	if (!ok) {
		header_reduce(header, &reduced);
		ok = envelope_write(buf_str(&reduced), scratch, &b);
	}
	if (ok || envelope_write(STR(""), scratch, &b))
		f->envelope = arena_dup(a, buf_str(&b));
}

/* The text of body or bodystructure; false if it is too long. */
static bool structure_write(const struct mime_part *root, struct str message, bool extended,
			    struct arena *a, struct arena *scratch, struct str *ret)
{
	BUF_AUTO b = BUF_INIT(extended ? BUILD_BODYSTRUCTURE_MAX : BUILD_BODY_MAX);

	buf_imap_bodystructure(&b, root, message, extended, scratch);
	if (buf_failed(&b))
		return false;
	*ret = arena_dup(a, buf_str(&b));
	return true;
}

static bool structure_fill(const struct mime_part *root, struct str message, struct arena *a,
			   struct arena *scratch, struct facts *f)
{
	return structure_write(root, message, true, a, scratch, &f->bodystructure) &&
	       structure_write(root, message, false, a, scratch, &f->body);
}

/* -- both -- */

/* The message as one opaque leaf, with nothing of what its header says. */
static struct mime_part opaque(const struct mime_part *root)
{
	return (struct mime_part){
		.kind = MIME_LEAF,
		.number = 1,
		.opaque = true,
		.body = root->body,
		.end = root->end,
		.header_lines = root->header_lines,
		.lines = root->lines,
		.type = STR("application"),
		.subtype = STR("octet-stream"),
	};
}

void derive_structure(const struct mime_tree *t, struct str message, struct arena *a,
		      struct arena *scratch, struct facts *f)
{
	const struct mime_part *root = t->root;
	struct mime_part leaf = opaque(root);

	envelope_fill(mime_header(root, message), a, scratch, f);
	arena_reset(scratch);
	if (t->parts > FACTS_PARTS_MAX || !structure_fill(root, message, a, scratch, f)) {
		root = &leaf;
		(void)structure_fill(root, message, a, scratch, f);
	}
	arena_reset(scratch);
	parts_fill(root, root == &leaf ? 1 : t->parts, a, scratch, f);
}
