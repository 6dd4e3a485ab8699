#include "format/sconf.h"

#include <stdlib.h>

struct parser {
	struct arena *arena;
	const char *name;
	unsigned line;
	/* open[d] holds the lines with d tabs; open[depth] is the deepest that a next line may
	 * continue. */
	struct sconf_node *open[SCONF_DEPTH_MAX + 1];
	unsigned depth;
};

#define FAIL(p, fmt, ...) \
	err_make(ERR_CONFIG, "%s:%u: " fmt, (p)->name, (p)->line __VA_OPT__(, ) __VA_ARGS__)

static struct err full(struct parser *p)
{
	return err_make(ERR_LIMIT, "%s:%u: configuration too large", p->name, p->line);
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static struct sconf_node *node_add(struct arena *a, struct sconf_node *parent, struct str key)
{
	struct sconf_node *n = ARENA_NEW(a, struct sconf_node);

	if (!n)
		return NULL;
	n->key = key;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	parent->count++;
	return n;
}

struct entry {
	const struct sconf_node *node;
};

static int by_key(const void *a, const void *b)
{
	const struct sconf_node *x = ((const struct entry *)a)->node;
	const struct sconf_node *y = ((const struct entry *)b)->node;
	int c = str_cmp(x->key, y->key);

	return c ? c : (x->line > y->line) - (x->line < y->line);
}

static struct err duplicates_check(struct parser *p, const struct sconf_node *map)
{
	if (map->kind != SCONF_MAP || map->count < 2)
		return ERR_OK;
	struct entry *v = calloc(map->count, sizeof(struct entry));
	struct err e = ERR_OK;
	size_t n = 0, i = 1;

	if (!v)
		return full(p);
	for (const struct sconf_node *c = map->first; c; c = c->next)
		v[n++].node = c;
	qsort(v, n, sizeof(struct entry), by_key);
	while (i < n && !str_eq(v[i - 1].node->key, v[i].node->key))
		i++;
	if (i < n)
		e = err_make(ERR_CONFIG, "%s:%u: key \"%.*s\" was given before, at line %u",
			     p->name, v[i].node->line, STR_ARG(v[i].node->key),
			     v[i - 1].node->line);
	free(v);
	return e;
}

/* Closes the blocks deeper than depth. */
static struct err close_to(struct parser *p, unsigned depth)
{
	for (; p->depth > depth; p->depth--)
		TRY(duplicates_check(p, p->open[p->depth]));
	return ERR_OK;
}

/* The part after the colon or dash: empty, or a space and the value. */
static struct err value_parse(struct parser *p, struct str s, const char *after,
			      struct sconf_node *n)
{
	n->line = p->line;
	if (s.n > 0 && s.p[0] != ' ')
		return FAIL(p, "expected a space after the %s", after);
	n->value = str_from(s, 1);
	if (n->value.n == 0 && p->depth < SCONF_DEPTH_MAX)
		p->open[++p->depth] = n; /* may get a block */
	return ERR_OK;
}

static bool is_item(struct str s)
{
	return s.n > 0 && s.p[0] == '-' && (s.n == 1 || s.p[1] == ' ');
}

static struct err item_parse(struct parser *p, struct sconf_node *list, struct str s)
{
	struct sconf_node *n = node_add(p->arena, list, str_of(NULL, 0));

	if (!n)
		return full(p);
	return value_parse(p, str_from(s, 1), "dash", n);
}

static struct err pair_parse(struct parser *p, struct sconf_node *map, struct str s)
{
	struct str key, rest;

	if (!str_cut(s, ':', &key, &rest))
		return FAIL(p, "expected \"key: value\", got \"%.*s\"", STR_ARG(str_sub(s, 0, 80)));
	if (key.n == 0 || str_trim(key).n != key.n)
		return FAIL(p, "expected a key without space around it before the colon");
	struct sconf_node *n = node_add(p->arena, map, key);

	if (!n)
		return full(p);
	return value_parse(p, rest, "colon", n);
}

static struct err content_parse(struct parser *p, struct str s)
{
	struct sconf_node *parent = p->open[p->depth];

	if (parent->kind == SCONF_SCALAR) /* its block's first line decides */
		parent->kind = is_item(s) ? SCONF_LIST : SCONF_MAP;
	if (parent->kind == SCONF_MAP)
		return is_item(s) ? FAIL(p, "expected \"key: value\", got a list item")
				  : pair_parse(p, parent, s);
	return is_item(s) ? item_parse(p, parent, s)
			  : FAIL(p, "expected a list item beginning with \"- \", got \"%.*s\"",
				 STR_ARG(str_sub(s, 0, 80)));
}

static struct err line_parse(struct parser *p, struct str s)
{
	unsigned tabs = 0;
	struct str text = str_trim(s);

	if (s.n > SCONF_LINE_MAX || p->line > SCONF_LINES_MAX)
		return full(p);
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		return FAIL(p, "line ends with CR and LF, expected LF only");
	if (has_control(s))
		return FAIL(p, "control character in line");
	if (text.n == 0 || text.p[0] == '#')
		return ERR_OK;
	while (tabs < s.n && s.p[tabs] == '\t')
		tabs++;
	if (s.p[tabs] == ' ')
		return FAIL(p, "expected tabs only for indentation, got a space");
	if (tabs > SCONF_DEPTH_MAX)
		return FAIL(p, "indented with %u tabs, the maximum is %d", tabs, SCONF_DEPTH_MAX);
	if (tabs > p->depth)
		return FAIL(p, "indented with %u tabs, expected at most %u here", tabs, p->depth);
	TRY(close_to(p, tabs));
	return content_parse(p, str_from(s, tabs));
}

struct err sconf_parse(struct arena *a, const char *name, struct str text,
		       struct sconf_node **ret_root)
{
	struct parser p = {.arena = a, .name = name};
	struct str line;

	p.open[0] = sconf_new_root(a);
	if (!p.open[0] || text.n > SCONF_TEXT_MAX)
		return full(&p);
	while (text.n > 0) {
		str_cut(text, '\n', &line, &text);
		p.line++;
		TRY(line_parse(&p, line));
	}
	TRY(close_to(&p, 0));
	TRY(duplicates_check(&p, p.open[0]));
	*ret_root = p.open[0];
	return ERR_OK;
}

const struct sconf_node *sconf_get(const struct sconf_node *map, struct str key)
{
	if (map->kind != SCONF_MAP)
		return NULL;
	for (const struct sconf_node *c = map->first; c; c = c->next)
		if (str_eq(c->key, key))
			return c;
	return NULL;
}

struct sconf_node *sconf_new_root(struct arena *a)
{
	struct sconf_node *n = ARENA_NEW(a, struct sconf_node);

	if (n)
		n->kind = SCONF_MAP;
	return n;
}

struct sconf_node *sconf_add(struct arena *a, struct sconf_node *parent, enum sconf_kind kind,
			     struct str key)
{
	struct sconf_node *n =
		node_add(a, parent, parent->kind == SCONF_MAP ? key : str_of(NULL, 0));

	if (n)
		n->kind = kind;
	return n;
}

static bool key_ok(struct str key)
{
	return key.n > 0 && str_chr(key, ':') < 0 && str_trim(key).n == key.n && key.p[0] != '#' &&
	       !str_starts(key, STR("- ")) && !has_control(key);
}

static struct err children_write(const struct sconf_node *parent, unsigned depth, struct buf *b);

/* What follows the colon or dash, with the newline. */
static struct err value_write(const struct sconf_node *n, unsigned depth, struct buf *b)
{
	if (n->kind == SCONF_SCALAR) {
		if (has_control(n->value))
			return err_make(ERR_CONFIG, "value of \"%.*s\" has a control character",
					STR_ARG(n->key));
		if (n->value.n > 0)
			buf_strs(b, STR(" "), n->value);
		buf_char(b, '\n');
		return ERR_OK;
	}
	if (!n->first) {
		buf_str_add(b, STR(" nil\n"));
		return ERR_OK;
	}
	buf_char(b, '\n');
	return children_write(n, depth + 1, b);
}

static struct err children_write(const struct sconf_node *parent, unsigned depth, struct buf *b)
{
	if (depth > SCONF_DEPTH_MAX)
		return err_make(ERR_LIMIT, "configuration nested deeper than %d", SCONF_DEPTH_MAX);
	for (const struct sconf_node *n = parent->first; n; n = n->next) {
		buf_char_n(b, '\t', depth);
		if (parent->kind == SCONF_LIST)
			buf_char(b, '-');
		else if (key_ok(n->key))
			buf_strs(b, n->key, STR(":"));
		else
			return err_make(ERR_CONFIG, "key \"%.*s\" can't be written",
					STR_ARG(n->key));
		TRY(value_write(n, depth, b));
	}
	return ERR_OK;
}

struct err sconf_write(const struct sconf_node *root, struct buf *b)
{
	TRY(children_write(root, 0, b));
	return buf_failed(b) ? err_make(ERR_LIMIT, "configuration too large") : ERR_OK;
}
