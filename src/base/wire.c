#include "base/wire.h"

#include <assert.h>

/* What an integer kind is in C and on the wire. */
static const struct {
	unsigned char c_size, wire_size;
} ints[WIRE_KIND_COUNT] = {
	[WIRE_BOOL] = {sizeof(bool), 1},
	[WIRE_U8] = {1, 1},
	[WIRE_U16] = {2, 2},
	[WIRE_U32] = {4, 4},
	[WIRE_U64] = {8, 8},
	[WIRE_I64] = {8, 8},
	[WIRE_ENUM] = {sizeof(int), 1},
};

size_t wire_item_size(const struct wire_field *f)
{
	if (f->kind == WIRE_STRUCT)
		return f->sub->size;
	return f->kind == WIRE_STR ? sizeof(struct str) : ints[f->kind].c_size;
}

static uint64_t item_wire_min(const struct wire_field *f)
{
	if (f->kind == WIRE_STRUCT)
		return f->sub->min;
	return f->kind == WIRE_STR ? 4 : ints[f->kind].wire_size;
}

static void write_le(struct buf *b, uint64_t v, size_t n)
{
	unsigned char x[8];

	for (size_t i = 0; i < n; i++)
		x[i] = (unsigned char)(v >> 8 * i);
	buf_add(b, x, n);
}

/* Machines of ours are little endian or big: the low bytes are taken by type, not by address. */
static uint64_t int_load(const void *p, size_t size)
{
	switch (size) {
	case 1: return *(const uint8_t *)p;
	case 2: return *(const uint16_t *)p;
	case 4: return *(const uint32_t *)p;
	default: return *(const uint64_t *)p;
	}
}

static void int_store(void *p, size_t size, uint64_t v)
{
	switch (size) {
	case 1: *(uint8_t *)p = (uint8_t)v; break;
	case 2: *(uint16_t *)p = (uint16_t)v; break;
	case 4: *(uint32_t *)p = (uint32_t)v; break;
	default: *(uint64_t *)p = v; break;
	}
}

static void write_str(struct buf *b, struct str s, uint32_t max)
{
	if (s.n > max)
		b->failed = true;
	write_le(b, s.n, 4);
	buf_str_add(b, s);
}

static void write_item(struct buf *b, const struct wire_field *f, const void *p)
{
	if (f->kind == WIRE_STRUCT) {
		wire_write(b, f->sub, p);
	} else if (f->kind == WIRE_STR) {
		write_str(b, *(const struct str *)p, f->max);
	} else {
		uint64_t v = int_load(p, ints[f->kind].c_size);

		if (f->kind == WIRE_ENUM && v >= f->max)
			b->failed = true;
		write_le(b, v, ints[f->kind].wire_size);
	}
}

static void write_list(struct buf *b, const struct wire_field *f, const char *items, size_t n)
{
	size_t step = wire_item_size(f);

	if (n > f->list_max)
		b->failed = true;
	write_le(b, n, 4);
	for (size_t i = 0; i < n && !buf_failed(b); i++)
		write_item(b, f, items + i * step);
}

static void write_field(struct buf *b, const struct wire_field *f, const char *v)
{
	const char *p = v + f->offset;

	if (f->shape == WIRE_LIST) {
		write_list(b, f, *(const char *const *)p, *(const size_t *)(v + f->extra_offset));
		return;
	}
	if (f->shape == WIRE_OPT) {
		bool has = *(const bool *)(v + f->extra_offset);

		write_le(b, has, 1);
		if (!has)
			return;
	}
	write_item(b, f, p);
}

void wire_write(struct buf *b, const struct wire_type *t, const void *v)
{
	for (size_t i = 0; i < t->fields_n && !buf_failed(b); i++)
		write_field(b, &t->fields[i], v);
}

struct reader {
	struct str in;
	size_t at;
	struct arena *arena;
};

static struct err bad(const struct reader *r, const struct wire_field *f, const char *what)
{
	return err_make(ERR_SYNTAX, "field %s: %s at byte %zu", f->name, what, r->at);
}

/* A little endian integer of n bytes, at most max. */
static struct err read_le(struct reader *r, const struct wire_field *f, size_t n, uint64_t max,
			  uint64_t *ret)
{
	uint64_t v = 0;

	if (n > r->in.n - r->at)
		return bad(r, f, "ends early");
	for (size_t i = n; i-- > 0;)
		v = v << 8 | (unsigned char)r->in.p[r->at + i];
	if (v > max)
		return bad(r, f, "out of range");
	r->at += n;
	*ret = v;
	return ERR_OK;
}

static struct err read_struct(struct reader *r, const struct wire_type *t, char *ret);

static struct err read_item(struct reader *r, const struct wire_field *f, char *ret)
{
	uint64_t v = 0, max = UINT64_MAX;

	if (f->kind == WIRE_STRUCT)
		return read_struct(r, f->sub, ret);
	if (f->kind == WIRE_STR) {
		TRY(read_le(r, f, 4, f->max, &v));
		if (v > r->in.n - r->at)
			return bad(r, f, "ends early");
		*(struct str *)ret = str_sub(r->in, r->at, r->at + v);
		r->at += v;
		return ERR_OK;
	}
	if (f->kind == WIRE_BOOL)
		max = 1;
	if (f->kind == WIRE_ENUM)
		max = f->max - 1;
	TRY(read_le(r, f, ints[f->kind].wire_size, max, &v));
	int_store(ret, ints[f->kind].c_size, v);
	return ERR_OK;
}

static struct err read_list(struct reader *r, const struct wire_field *f, char **ret, size_t *ret_n)
{
	uint64_t n = 0;
	size_t step = wire_item_size(f);

	TRY(read_le(r, f, 4, f->list_max, &n));
	/* The generator lets no item be empty on the wire, so this bounds the memory. */
	if (n > (r->in.n - r->at) / item_wire_min(f))
		return bad(r, f, "has fewer items than it says");
	*ret_n = n;
	*ret = NULL;
	if (n == 0)
		return ERR_OK;
	*ret = arena_array(r->arena, n, step);
	if (!*ret)
		return err_make(ERR_RESOURCES, "field %s: no memory for %zu items", f->name,
				(size_t)n);
	for (size_t i = 0; i < n; i++)
		TRY(read_item(r, f, *ret + i * step));
	return ERR_OK;
}

static struct err read_field(struct reader *r, const struct wire_field *f, char *ret)
{
	uint64_t has = 1;

	if (f->shape == WIRE_LIST)
		return read_list(r, f, (char **)(ret + f->offset),
				 (size_t *)(ret + f->extra_offset));
	if (f->shape == WIRE_OPT) {
		TRY(read_le(r, f, 1, 1, &has));
		*(bool *)(ret + f->extra_offset) = has;
	}
	return has ? read_item(r, f, ret + f->offset) : ERR_OK;
}

/* As deep as the types nest, which the generator keeps finite: a struct is defined before use. */
static struct err read_struct(struct reader *r, const struct wire_type *t, char *ret)
{
	memset(ret, 0, t->size);
	for (size_t i = 0; i < t->fields_n; i++)
		TRY(read_field(r, &t->fields[i], ret));
	return ERR_OK;
}

struct err wire_read(struct str in, struct arena *a, const struct wire_type *t, void *ret)
{
	struct reader r = {.in = in, .arena = a};
	struct err e = read_struct(&r, t, ret);

	if (err_is_ok(e) && r.at != in.n)
		e = err_make(ERR_SYNTAX, "%zu bytes left over", in.n - r.at);
	return err_add(e, "message %s", t->name);
}
