/* wire: writes C structs as bytes and reads them back, driven by tables that tools/idl.py makes of
 * idl/messages.idl. Callers use the typed functions of the generated headers.
 *
 * The form: fields in their order, integers little endian of fixed size, bool and enum one byte,
 * text a u32 length and the bytes, a list a u32 count and the items, an optional field one byte 0
 * or 1 and then the value. There is exactly one way to write a value, so what was read and is
 * written again gives the same bytes.
 *
 * Input: from another role, which may have been taken over: every length, count, bool and enum is
 * checked against the table, nothing may be left over, and a count is believed only as far as the
 * bytes that follow can hold that many items.
 * Memory: text and bytes that were read point into the input; lists live in the caller's arena.
 */
#ifndef MOX_BASE_WIRE_H
#define MOX_BASE_WIRE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum wire_kind {
	WIRE_BOOL,
	WIRE_U8,
	WIRE_U16,
	WIRE_U32,
	WIRE_U64,
	WIRE_I64,
	WIRE_ENUM, /* max is its number of values; an int in C, a byte on the wire */
	WIRE_STR,  /* max bytes; a struct str in C */
	WIRE_STRUCT,
	WIRE_KIND_COUNT,
};

enum wire_shape { WIRE_ONE, WIRE_OPT, WIRE_LIST };

struct wire_type;

struct wire_field {
	const char *name;
	enum wire_kind kind;
	enum wire_shape shape;
	uint32_t max;
	uint32_t list_max;
	size_t offset;       /* of the value, or of the pointer to a list's items */
	size_t extra_offset; /* of an optional field's `bool has_x`, of a list's `size_t x_n` */
	const struct wire_type *sub;
};

struct wire_type {
	const char *name;
	size_t size;       /* of the C struct */
	uint64_t min, max; /* of its bytes on the wire */
	const struct wire_field *fields;
	size_t fields_n;
};

/* A call between roles: one row of the table that the generator makes. */
struct wire_call {
	const char *name;
	const struct wire_type *request, *reply;
	unsigned request_fds, reply_fds; /* how many file descriptors may ride along, at most */
};

/* Appends v's bytes. A value that the table does not allow (text past its maximum, an enum out of
 * range) makes b fail, as if it were full: text may come from a peer. */
void wire_write(struct buf *b, const struct wire_type *t, const void *v);
/* Reads all of in into *ret. SYNTAX for bytes that are no such value, RESOURCES when the arena is
 * full; *ret is then undefined. */
struct err wire_read(struct str in, struct arena *a, const struct wire_type *t, void *ret);

/* The size in C of an item of this kind: the step between the items of a list. */
size_t wire_item_size(const struct wire_field *f);

#endif
