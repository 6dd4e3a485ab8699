/* Whatever parses is written and read again as an equal tree, and writes the same text again. */
#include "format/sconf.h"

#include <assert.h>

static void same(const struct sconf_node *a, const struct sconf_node *b)
{
	assert(a->kind == b->kind && a->count == b->count);
	assert(str_eq(a->key, b->key) && str_eq(a->value, b->value));
	for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
		same(a, b);
	assert(!a && !b);
}

static size_t lines_check(const struct sconf_node *n, unsigned *line)
{
	size_t count = 0;

	for (const struct sconf_node *c = n->first; c; c = c->next) {
		assert(c->line > *line);
		*line = c->line;
		count += 1 + lines_check(c, line);
	}
	assert(n->kind != SCONF_SCALAR || count == 0);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	BUF_AUTO out = BUF_INIT(SCONF_TEXT_MAX);
	BUF_AUTO out2 = BUF_INIT(SCONF_TEXT_MAX);
	struct sconf_node *root, *again;
	unsigned line = 0;

	arena_init(&a, 16 * 1024 * 1024);
	if (err_is_ok(sconf_parse(&a, "fuzz", str_of(data, size), &root))) {
		assert(lines_check(root, &line) <= size);
		assert(err_is_ok(sconf_write(root, &out)));
		assert(err_is_ok(sconf_parse(&a, "again", buf_str(&out), &again)));
		same(root, again);
		assert(err_is_ok(sconf_write(again, &out2)));
		assert(str_eq(buf_str(&out), buf_str(&out2)));
	}
	arena_fini(&a);
	return 0;
}
