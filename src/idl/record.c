#include "idl/record.h"

#include <assert.h>

static_assert(offsetof(struct idl_pair, line) == offsetof(struct idl_head, line), "one beginning");

#define FAIL(r, at, fmt, ...) err_make(ERR_CONFIG, "%s:%u: " fmt, (r)->file, (at), __VA_ARGS__)

enum { VALUE_SIZE_MAX = sizeof(struct str) };

static struct err full(const struct idl_reader *r)
{
	return err_make(ERR_LIMIT, "%s: configuration too large", r->file);
}

static void *at(const void *base, uint16_t offset)
{
	return (char *)base + offset;
}

static size_t element_size(const struct idl_field *f)
{
	if (f->type.kind == IDL_STRUCT)
		return f->record->size;
	return f->shape == IDL_MAP ? sizeof(struct idl_pair) : idl_scalar_size(&f->type);
}

static const struct idl_field *field_find(const struct idl_record *rec, struct str key)
{
	for (size_t i = 0; i < rec->n; i++)
		if (str_eq(key, str_z(rec->fields[i].key)))
			return &rec->fields[i];
	return NULL;
}

static struct err unknown_key(struct idl_reader *r, const struct idl_record *rec,
			      const struct sconf_node *node)
{
	BUF_AUTO b = BUF_INIT(1024);
	const char *meant = NULL;

	for (size_t i = 0; i < rec->n; i++) {
		buf_strs(&b, i ? STR(", ") : STR(""), str_z(rec->fields[i].key));
		if (str_eq_nocase(node->key, str_z(rec->fields[i].key)))
			meant = rec->fields[i].key;
	}
	if (meant)
		return FAIL(r, node->line, "unknown key \"%.*s\", expected \"%s\"",
			    STR_ARG(node->key), meant);
	return FAIL(r, node->line, "unknown key \"%.*s\", expected one of %.*s",
		    STR_ARG(str_sub(node->key, 0, 80)), STR_ARG(buf_str(&b)));
}

static void later_note(struct idl_reader *r, const struct idl_field *f)
{
	for (size_t i = 0; i < r->later_n; i++)
		if (r->later[i] == f->key)
			return;
	if (r->later_n < IDL_LATER_MAX)
		r->later[r->later_n++] = f->key;
}

static struct err scalar_read(struct idl_reader *r, const struct idl_field *f,
			      const struct sconf_node *node, void *ret)
{
	BUF_AUTO tmp = BUF_INIT(1024);

	if (node->kind != SCONF_SCALAR)
		return FAIL(r, node->line, "%s: expected a value on the same line, got a block",
			    f->key);
	const char *expected = idl_scalar_parse(&f->type, node->value, &tmp, ret);

	if (!expected)
		return ERR_OK;
	return FAIL(r, node->line, "%s: expected %s, got \"%.*s\"", f->key, expected,
		    STR_ARG(str_sub(node->value, 0, 120)));
}

/* A block of the kind that is wanted, or `nil` for an empty one. */
static struct err block_check(struct idl_reader *r, const char *key, const struct sconf_node *node,
			      enum sconf_kind want)
{
	if (node->kind == want || (node->kind == SCONF_SCALAR && str_eq(node->value, STR("nil"))))
		return ERR_OK;
	return FAIL(r, node->line, "%s: expected %s on the next lines, indented with one more tab",
		    key,
		    want == SCONF_LIST ? "a list of \"- value\"" : "a block of \"key: value\"");
}

static struct err struct_read(struct idl_reader *r, const struct idl_record *rec, const char *key,
			      const struct sconf_node *node, void *ret)
{
	struct idl_head *head = ret;

	TRY(block_check(r, key, node, SCONF_MAP));
	head->name = node->key;
	head->line = node->line;
	return idl_read(r, rec, node, ret);
}

/* A value of a list or map. */
static struct err element_read(struct idl_reader *r, const struct idl_field *f,
			       const struct sconf_node *node, void *ret)
{
	if (f->type.kind == IDL_STRUCT)
		return struct_read(r, f->record, f->key, node, ret);
	if (f->shape == IDL_LIST)
		return scalar_read(r, f, node, ret);
	struct idl_pair *p = ret;
	_Alignas(16) char value[VALUE_SIZE_MAX];

	TRY(scalar_read(r, f, node, value)); /* for its form */
	*p = (struct idl_pair){node->key, node->line, node->value};
	return ERR_OK;
}

static struct err many_read(struct idl_reader *r, const struct idl_field *f,
			    const struct sconf_node *node, void *ret)
{
	size_t size = element_size(f);

	TRY(block_check(r, f->key, node, f->shape == IDL_LIST ? SCONF_LIST : SCONF_MAP));
	char *v = arena_array(r->arena, node->count, size);

	if (!v)
		return full(r);
	*(void **)at(ret, f->offset) = v;
	*(size_t *)at(ret, f->n_offset) = node->count;
	for (const struct sconf_node *c = node->first; c; c = c->next, v += size)
		TRY(element_read(r, f, c, v));
	return ERR_OK;
}

static struct err field_read(struct idl_reader *r, const struct idl_field *f,
			     const struct sconf_node *node, void *ret)
{
	*(uint32_t *)at(ret, f->line_offset) = node->line;
	if (f->flags & IDL_LATER)
		later_note(r, f);
	if (f->shape != IDL_ONE)
		return many_read(r, f, node, ret);
	if (f->type.kind != IDL_STRUCT)
		return scalar_read(r, f, node, at(ret, f->offset));
	void *v = arena_alloc(r->arena, f->record->size);

	if (!v)
		return full(r);
	*(void **)at(ret, f->offset) = v;
	return struct_read(r, f->record, f->key, node, v);
}

static bool is_number(const struct idl_field *f)
{
	return f->type.kind == IDL_INT || f->type.kind == IDL_SIZE || f->type.kind == IDL_DURATION;
}

/* After a field was read or found absent. */
static struct err field_finish(struct idl_reader *r, const struct idl_field *f, uint32_t line,
			       void *ret)
{
	uint32_t given = *(uint32_t *)at(ret, f->line_offset);
	bool single = f->shape == IDL_ONE && f->type.kind != IDL_STRUCT;
	BUF_AUTO tmp = BUF_INIT(1024);

	if (!given && (f->flags & IDL_REQUIRED))
		return FAIL(r, line, "missing required key \"%s\"", f->key);
	if (given && single && (f->flags & IDL_REQUIRED) &&
	    idl_scalar_size(&f->type) == sizeof(struct str) &&
	    ((struct str *)at(ret, f->offset))->n == 0)
		return FAIL(r, given, "%s: expected a value", f->key);
	if (!f->preset || !single)
		return ERR_OK;
	if (given &&
	    !(is_number(f) && !(f->flags & IDL_ZERO) && *(int64_t *)at(ret, f->offset) == 0))
		return ERR_OK;
	const char *wrong = idl_scalar_parse(&f->type, str_z(f->preset), &tmp, at(ret, f->offset));

	assert(!wrong);
	return ERR_OK;
}

/* An optional text without a value is as if it were absent: `FullName:` is in many files. */
static bool is_blank(const struct idl_field *f, const struct sconf_node *node)
{
	return !(f->flags & IDL_REQUIRED) && f->shape == IDL_ONE && node->kind == SCONF_SCALAR &&
	       node->value.n == 0 && f->type.kind != IDL_STRUCT &&
	       (f->type.kind == IDL_ENUM || idl_scalar_size(&f->type) == sizeof(struct str));
}

struct err idl_read(struct idl_reader *r, const struct idl_record *rec,
		    const struct sconf_node *node, void *ret)
{
	for (const struct sconf_node *c = node->first; c; c = c->next) {
		const struct idl_field *f = field_find(rec, c->key);

		if (!f)
			return unknown_key(r, rec, c);
		if (!is_blank(f, c))
			TRY(field_read(r, f, c, ret));
	}
	for (size_t i = 0; i < rec->n; i++)
		TRY(field_finish(r, &rec->fields[i], node->line, ret));
	return ERR_OK;
}

/* Writing. */

static struct err no_room(void)
{
	return err_make(ERR_LIMIT, "configuration too large");
}

static struct err scalar_tree(struct arena *a, const struct idl_field *f, const void *value,
			      struct sconf_node *parent, struct str key)
{
	BUF_AUTO b = BUF_INIT(2 * IDL_STRING_MAX);
	struct sconf_node *n = sconf_add(a, parent, SCONF_SCALAR, key);

	idl_scalar_write(&f->type, value, &b);
	if (!n || buf_failed(&b))
		return no_room();
	n->value = arena_dup(a, buf_str(&b));
	return arena_failed(a) ? no_room() : ERR_OK;
}

static struct err fields_tree(struct arena *a, const struct idl_record *rec, const void *value,
			      struct sconf_node *map);

static struct err many_tree(struct arena *a, const struct idl_field *f, const void *value,
			    struct sconf_node *parent)
{
	size_t n = *(size_t *)at(value, f->n_offset), size = element_size(f);
	const char *v = *(char **)at(value, f->offset);
	struct sconf_node *node =
		sconf_add(a, parent, f->shape == IDL_LIST ? SCONF_LIST : SCONF_MAP, str_z(f->key));

	if (!node)
		return no_room();
	for (size_t i = 0; i < n; i++, v += size) {
		const struct idl_head *head = (const void *)v;

		if (f->type.kind == IDL_STRUCT) {
			struct sconf_node *c = sconf_add(a, node, SCONF_MAP, head->name);

			if (!c)
				return no_room();
			TRY(fields_tree(a, f->record, v, c));
		} else if (f->shape == IDL_LIST) {
			TRY(scalar_tree(a, f, v, node, str_of(NULL, 0)));
		} else {
			struct sconf_node *c = sconf_add(a, node, SCONF_SCALAR, head->name);

			if (!c)
				return no_room();
			c->value = ((const struct idl_pair *)head)->value;
		}
	}
	return ERR_OK;
}

/* Whether the value is what an absent key gives. */
static bool is_preset(const struct idl_field *f, const void *value)
{
	BUF_AUTO got = BUF_INIT(2 * IDL_STRING_MAX);
	BUF_AUTO want = BUF_INIT(1024);
	BUF_AUTO tmp = BUF_INIT(1024);
	_Alignas(16) char preset[VALUE_SIZE_MAX] = {0};

	if (f->shape != IDL_ONE)
		return *(size_t *)at(value, f->n_offset) == 0;
	if (f->type.kind == IDL_STRUCT)
		return *(void **)at(value, f->offset) == NULL;
	if (f->preset && idl_scalar_parse(&f->type, str_z(f->preset), &tmp, preset))
		return false;
	idl_scalar_write(&f->type, preset, &want);
	idl_scalar_write(&f->type, at(value, f->offset), &got);
	return str_eq(buf_str(&got), buf_str(&want));
}

static struct err fields_tree(struct arena *a, const struct idl_record *rec, const void *value,
			      struct sconf_node *map)
{
	for (size_t i = 0; i < rec->n; i++) {
		const struct idl_field *f = &rec->fields[i];

		if (!(f->flags & IDL_REQUIRED) && is_preset(f, value))
			continue;
		if (f->shape != IDL_ONE) {
			TRY(many_tree(a, f, value, map));
		} else if (f->type.kind != IDL_STRUCT) {
			TRY(scalar_tree(a, f, at(value, f->offset), map, str_z(f->key)));
		} else {
			const void *v = *(void **)at(value, f->offset);
			struct sconf_node *c = sconf_add(a, map, SCONF_MAP, str_z(f->key));

			if (!c)
				return no_room();
			assert(v);
			TRY(fields_tree(a, f->record, v, c));
		}
	}
	return ERR_OK;
}

struct err idl_tree(struct arena *a, const struct idl_record *rec, const void *value,
		    struct sconf_node **ret_root)
{
	struct sconf_node *root = sconf_new_root(a);

	if (!root)
		return no_room();
	TRY(fields_tree(a, rec, value, root));
	*ret_root = root;
	return ERR_OK;
}
