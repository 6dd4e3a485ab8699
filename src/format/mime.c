#include "format/mime.h"

#include "format/header.h"
#include <assert.h>

/* How it works: one loop over lines. The open parts are the chain from `at` to the root; what the
 * next line means depends on whether `at` is still in its header. A boundary line closes the open
 * parts inside the multipart it belongs to. Boundaries of open multiparts are found by hash, so
 * that a line costs the same with 1 or 100 of them open. */

enum { SLOTS = 256, TEXT_BUDGET = MIME_ARENA_MAX / 2 };

struct open_boundary {
	struct mime_part *part;
	struct str text; /* without white space at its end */
	uint64_t hash;
	int below; /* the next older one in the same slot, -1: none */
};

/* An offset and how many line feeds are before it. */
struct place {
	size_t at;
	uint64_t lines;
};

struct parser {
	struct str s;
	struct arena *arena;
	size_t arena_start;
	struct mime_tree *tree;

	struct mime_part *at; /* the innermost open part */
	bool in_header;       /* of `at` */
	bool deaf;            /* the last part there may be is open: lines mean nothing any more */
	/* For the open part of each depth: line feeds before its header, then before its body. */
	uint64_t lines_before[MIME_DEPTH_MAX + 1];

	struct open_boundary open[MIME_DEPTH_MAX + 1];
	int opened;
	short slot[SLOTS]; /* newest entry of open, -1: none */
};

/* -- boundaries -- */

static struct str without_trailing_space(struct str s)
{
	while (s.n && (ch_is_wsp(s.p[s.n - 1]) || s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n'))
		s.n--;
	return s;
}

static void boundary_push(struct parser *p, struct mime_part *part, struct str text)
{
	struct open_boundary *b = &p->open[p->opened];

	assert(p->opened < (int)ARRAY_LEN(p->open));
	b->part = part;
	b->text = text;
	b->hash = str_hash(text, 0);
	b->below = p->slot[b->hash % SLOTS];
	p->slot[b->hash % SLOTS] = (short)p->opened++;
}

/* Leaves the first n open. */
static void boundary_pop_to(struct parser *p, int n)
{
	while (p->opened > n) {
		const struct open_boundary *b = &p->open[--p->opened];

		p->slot[b->hash % SLOTS] = (short)b->below;
	}
}

static int boundary_find(struct parser *p, struct str text)
{
	if (text.n > MIME_BOUNDARY_MAX)
		return -1;
	uint64_t hash = str_hash(text, 0);
	int i = p->slot[hash % SLOTS];

	p->tree->steps += text.n + 1;
	while (i >= 0 && !(p->open[i].hash == hash && str_eq(p->open[i].text, text))) {
		p->tree->steps++;
		i = p->open[i].below;
	}
	return i;
}

/* Which open boundary this line is, -1: none. As a delimiter rather than a close delimiter, should
 * two fit: the longer boundary wins. */
static int boundary_match(struct parser *p, struct str line, bool *ret_close)
{
	if (p->opened == 0 || line.n < 2 || line.p[0] != '-' || line.p[1] != '-')
		return -1;
	struct str text = without_trailing_space(str_from(line, 2));
	int i = boundary_find(p, text);

	*ret_close = false;
	if (i < 0 && str_ends(text, STR("--"))) {
		*ret_close = true;
		i = boundary_find(p, without_trailing_space(str_sub(text, 0, text.n - 2)));
	}
	return i;
}

/* -- header fields -- */

typedef void field_fn(struct parser *p, struct mime_part *m, struct str value);

static void field_type(struct parser *p, struct mime_part *m, struct str value)
{
	if (param_content_type(value, p->arena, &m->content_type)) {
		m->type = m->content_type.type;
		m->subtype = m->content_type.subtype;
	} else {
		/* RFC 2045 §5.2 NOT: text/plain is recommended for what does not parse; a client
		 * would show as text what may be anything. */
		m->opaque = true;
	}
}

static void field_encoding(struct parser *p, struct mime_part *m, struct str value)
{
	if (param_content_text(value, p->arena, &m->encoding_written))
		m->encoding = encoding_parse(m->encoding_written);
	else if (value.n > PARAM_VALUE_MAX)
		m->encoding = ENCODING_UNKNOWN;
}

static void field_disposition(struct parser *p, struct mime_part *m, struct str value)
{
	(void)param_content_disposition(value, p->arena, &m->disposition);
}

static void field_language(struct parser *p, struct mime_part *m, struct str value)
{
	(void)param_content_language(value, p->arena, &m->language);
}

/* Fields without a function are one text, kept at that offset of the part. */
static const struct {
	struct str name;
	field_fn *fn;
	size_t text;
} content_fields[] = {
	{STR_INIT("type"), field_type},
	{STR_INIT("transfer-encoding"), field_encoding},
	{STR_INIT("disposition"), field_disposition},
	{STR_INIT("language"), field_language},
	{STR_INIT("id"), .text = offsetof(struct mime_part, id)},
	{STR_INIT("description"), .text = offsetof(struct mime_part, description)},
	{STR_INIT("location"), .text = offsetof(struct mime_part, location)},
	{STR_INIT("md5"), .text = offsetof(struct mime_part, md5)},
};

static void field_keep(struct parser *p, struct mime_part *m, size_t row, struct str value)
{
	struct str *text = (struct str *)((char *)m + content_fields[row].text);

	if (content_fields[row].fn)
		content_fields[row].fn(p, m, value);
	else
		(void)param_content_text(value, p->arena, text);
}

/* A Content- field; *seen has a bit for each row that was there already. */
static void content_field(struct parser *p, struct mime_part *m, const struct header_field *f,
			  unsigned *seen)
{
	struct str name = str_from(f->name, 8);

	for (size_t i = 0; i < ARRAY_LEN(content_fields); i++) {
		if (!str_eq_nocase(name, content_fields[i].name) || *seen & 1u << i)
			continue;
		*seen |= 1u << i;
		p->tree->steps += f->value.n;
		field_keep(p, m, i, f->value);
	}
}

static void default_type(struct mime_part *m)
{
	bool digest = m->parent && m->parent->kind == MIME_MULTIPART &&
		      mime_is(m->parent, STR("multipart"), STR("digest"));

	m->type = digest ? STR("message") : STR("text");
	m->subtype = digest ? STR("rfc822") : STR("plain");
}

static void fields_read(struct parser *p, struct mime_part *m)
{
	struct header_iter it = header_iter_of(mime_header(m, p->s));
	struct header_field f;
	unsigned seen = 0;

	default_type(m);
	while (header_next(&it, &f)) {
		p->tree->steps++;
		if (!str_starts_nocase(f.name, STR("content-")))
			continue;
		/* Values are bounded, their number is not. */
		if (p->arena->used - p->arena_start > TEXT_BUDGET) {
			p->tree->cut = true;
			m->opaque = true;
			continue;
		}
		content_field(p, m, &f, &seen);
	}
}

/* -- parts -- */

static void make_opaque(struct mime_part *m)
{
	m->kind = MIME_LEAF;
	m->opaque = true;
	m->type = STR("application");
	m->subtype = STR("octet-stream");
}

static void part_link(struct parser *p, struct mime_part *parent, struct mime_part *m)
{
	m->parent = parent;
	m->number = 1;
	if (!parent) {
		p->tree->root = m;
		return;
	}
	m->depth = parent->depth + 1;
	if (parent->last_child) {
		m->number = parent->last_child->number + 1;
		parent->last_child->next = m;
	} else {
		parent->child = m;
	}
	parent->last_child = m;
}

/* A new part whose header starts at from; it becomes the innermost open one. */
static void part_open(struct parser *p, struct mime_part *parent, struct place from)
{
	struct mime_part *m = ARENA_NEW(p->arena, struct mime_part);

	if (!m)
		return;
	part_link(p, parent, m);
	m->header = m->body = m->end = from.at;
	p->lines_before[m->depth] = from.lines;
	p->at = m;
	p->in_header = true;
	/* The last part there may be keeps all that is left, header and all. */
	if (++p->tree->parts == MIME_PARTS_MAX) {
		make_opaque(m);
		p->in_header = false;
		p->deaf = true;
		p->tree->cut = true;
	}
}

/* Whether m may have parts. */
static bool may_contain(struct parser *p, const struct mime_part *m)
{
	if (m->depth < MIME_DEPTH_MAX)
		return true;
	p->tree->cut = true;
	return false;
}

static bool multipart_open(struct parser *p, struct mime_part *m)
{
	struct param_text boundary;

	if (!param_get(&m->content_type.params, STR("boundary"), p->arena, &boundary))
		return false;
	struct str text = without_trailing_space(boundary.value);

	if (text.n == 0 || text.n > MIME_BOUNDARY_MAX || !may_contain(p, m))
		return false;
	m->kind = MIME_MULTIPART;
	boundary_push(p, m, text);
	return true;
}

static bool message_open(struct parser *p, struct mime_part *m, struct place body)
{
	if (!encoding_is_identity(m->encoding) || !may_contain(p, m))
		return false;
	m->kind = MIME_MESSAGE;
	part_open(p, m, body);
	return true;
}

static bool body_open(struct parser *p, struct mime_part *m, struct place body)
{
	if (m->opaque)
		return false;
	if (mime_is(m, STR("multipart"), STR("*")))
		return multipart_open(p, m);
	if (mime_is(m, STR("message"), STR("rfc822")) || mime_is(m, STR("message"), STR("global")))
		return message_open(p, m, body);
	return true;
}

/* The header of the innermost open part ends where body starts. */
static void header_close(struct parser *p, struct place body)
{
	struct mime_part *m = p->at;

	m->body = m->end = body.at;
	m->header_lines = body.lines - p->lines_before[m->depth];
	p->lines_before[m->depth] = body.lines;
	p->in_header = false;
	fields_read(p, m);
	if (!body_open(p, m, body))
		make_opaque(m);
}

/* The innermost open part ends at `end`, or at `wide`, which is behind the line end that belongs to
 * the boundary, if that line end is the part's own header's or already in a part inside it. */
static void part_close(struct parser *p, struct place end, struct place wide)
{
	struct mime_part *m = p->at;

	if (m->body > end.at || (m->last_child && m->last_child->end > end.at))
		end = wide;
	m->end = end.at;
	m->lines = end.lines - p->lines_before[m->depth];
	if (m->kind == MIME_MULTIPART && !m->child)
		make_opaque(m);
	p->at = m->parent;
}

/* Closes all open parts inside `container` (NULL: all). */
static void parts_close(struct parser *p, const struct mime_part *container, struct place end,
			struct place wide)
{
	while (p->in_header)
		header_close(p, wide);
	while (p->at != container)
		part_close(p, end, wide);
}

/* -- lines -- */

static struct place before_line_end(struct parser *p, struct place start)
{
	struct place end = start;

	if (end.at && p->s.p[end.at - 1] == '\n') {
		end.at--;
		end.lines--;
		if (end.at && p->s.p[end.at - 1] == '\r')
			end.at--;
	}
	return end;
}

static void boundary_line(struct parser *p, int match, bool close, struct place start,
			  struct place next)
{
	struct mime_part *container = p->open[match].part;

	parts_close(p, container, before_line_end(p, start), start);
	boundary_pop_to(p, close ? match : match + 1);
	if (close)
		container->epilogue = next.at;
	else
		part_open(p, container, next);
}

static void line(struct parser *p, struct place start, struct place next)
{
	bool close;

	p->tree->steps++;
	if (p->deaf)
		return;
	int match = boundary_match(p, str_sub(p->s, start.at, next.at), &close);

	if (match >= 0)
		boundary_line(p, match, close, start, next);
	else if (p->in_header && header_line_empty(p->s, start.at))
		header_close(p, next);
}

struct err mime_parse(struct str message, struct arena *a, struct mime_tree *ret)
{
	struct mime_tree tree = {0};
	struct parser p = {.s = message, .arena = a, .arena_start = a->used, .tree = &tree};
	struct place at = {0};

	memset(p.slot, -1, sizeof(p.slot));
	part_open(&p, NULL, at);
	while (at.at < message.n && !arena_failed(a)) {
		size_t n = header_line_next(message, at.at);
		struct place next = {n, at.lines + (message.p[n - 1] == '\n')};

		line(&p, at, next);
		at = next;
	}
	if (!arena_failed(a))
		parts_close(&p, NULL, at, at);
	if (arena_failed(a))
		return err_make(ERR_LIMIT, "message structure needs more than %zu bytes", a->cap);
	*ret = tree;
	return ERR_OK;
}

/* -- asking -- */

bool mime_is(const struct mime_part *p, struct str type, struct str subtype)
{
	return str_eq(p->type, type) && (str_eq(subtype, STR("*")) || str_eq(p->subtype, subtype));
}

const struct mime_part *mime_next(const struct mime_part *p)
{
	if (p->child)
		return p->child;
	while (p && !p->next)
		p = p->parent;
	return p ? p->next : NULL;
}

/* The kth part of the message m, which is its own only part if it is no multipart. */
static const struct mime_part *message_part(const struct mime_part *m, uint32_t k)
{
	if (m->kind != MIME_MULTIPART)
		return k == 1 ? m : NULL;
	for (m = m->child; m && m->number != k; m = m->next)
		;
	return m;
}

const struct mime_part *mime_find(const struct mime_tree *t, const uint32_t *path, size_t n)
{
	const struct mime_part *m = n ? message_part(t->root, path[0]) : NULL;

	for (size_t i = 1; m && i < n; i++) {
		if (m->kind == MIME_LEAF)
			return NULL;
		m = message_part(m->kind == MIME_MESSAGE ? m->child : m, path[i]);
	}
	return m;
}

const struct mime_part *mime_embedded(const struct mime_part *p)
{
	return p->kind == MIME_MESSAGE ? p->child : NULL;
}
