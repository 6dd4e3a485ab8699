/* mime_check: what holds for every tree of every message; for tests and fuzzing. */
#ifndef MOX_FORMAT_MIME_CHECK_H
#define MOX_FORMAT_MIME_CHECK_H

#include "format/mime.h"

#include <assert.h>

static inline uint64_t mime_check_line_feeds(struct str s)
{
	uint64_t n = 0;

	for (ssize_t i; (i = str_chr(s, '\n')) >= 0; n++)
		s = str_from(s, (size_t)i + 1);
	return n;
}

static inline void mime_check_children(const struct mime_part *m)
{
	uint64_t at = m->body;
	uint32_t n = 0;

	for (const struct mime_part *c = m->child; c; c = c->next) {
		assert(c->parent == m && c->number == ++n && c->depth == m->depth + 1);
		assert(c->header >= at && c->end <= m->end);
		at = c->end;
		assert(c->next || c == m->last_child);
	}
	assert(m->kind != MIME_LEAF ? n > 0 : n == 0);
	assert(m->epilogue == 0 || (m->kind == MIME_MULTIPART ? m->epilogue >= at : m->opaque));
	if (m->kind == MIME_MESSAGE)
		assert(n == 1 && m->child->header == m->body && m->child->end == m->end);
}

static inline void mime_check_part(const struct mime_part *m, struct str s)
{
	assert(m->header <= m->body && m->body <= m->end && m->end <= s.n);
	assert(m->header_lines == mime_check_line_feeds(mime_header(m, s)));
	assert(m->lines == mime_check_line_feeds(mime_body(m, s)));
	assert(m->type.n && m->subtype.n);
	assert(!m->opaque ||
	       (m->kind == MIME_LEAF && mime_is(m, STR("application"), STR("octet-stream"))));
	assert(m->kind != MIME_MULTIPART || mime_is(m, STR("multipart"), STR("*")));
	assert(m->kind != MIME_MESSAGE || encoding_is_identity(m->encoding));
	assert(m->depth <= MIME_DEPTH_MAX);
	mime_check_children(m);
}

static inline void mime_check(const struct mime_tree *t, struct str s)
{
	uint32_t n = 0;

	assert(t->root);
	for (const struct mime_part *m = t->root; m; m = mime_next(m), n++)
		mime_check_part(m, s);
	assert(n == t->parts && n <= MIME_PARTS_MAX);
	assert(t->root->header == 0 && t->root->end == s.n);
	/* Collisions in the table of boundaries are what the factor leaves room for. */
	assert(t->steps <= 8 * (uint64_t)s.n + 100);
}

#endif
