/* record: reads configuration (format/sconf) into the C structs that tools/idl.py makes of
 * idl/config.idl, and writes it back; both walk the tables made beside the structs.
 *
 * A struct begins with its name (its key, where it is a value of a map) and its line. A value of
 * each field, by its shape:
 *
 *	one value		T x		for a struct: T *x, NULL where it is absent
 *	list or map		T *x; size_t x_n	struct idl_pair for a map of text
 *
 * line_of.x is the line of the key, 0 where it is absent and x is the default.
 *
 * Input: files of an administrator, text from the admin page.
 * Memory: structs and lists in the reader's arena; text points into what was parsed.
 * Errors: CONFIG, `file:line: key: what is wrong, what was expected`; LIMIT when the arena is full.
 */
#ifndef MOX_IDL_RECORD_H
#define MOX_IDL_RECORD_H

#include "base/arena.h"
#include "base/err.h"
#include "format/sconf.h"
#include "idl/scalar.h"

enum idl_shape { IDL_ONE, IDL_LIST, IDL_MAP };

enum idl_flag {
	IDL_REQUIRED = 1,
	IDL_LATER = 2, /* read and kept, but nothing uses it yet */
	IDL_ZERO = 4,  /* 0 is a value; elsewhere it stands for the default */
};

struct idl_record;

struct idl_field {
	const char *key;
	const char *doc;
	enum idl_shape shape;
	unsigned flags;
	struct idl_type type;            /* of a value, or of each in a list or map */
	const struct idl_record *record; /* IDL_STRUCT */
	const char *preset;              /* the default, as it would be written; or NULL */
	const char *example;             /* a value for the annotated example, or NULL */
	const char *map_key;             /* of a map in the annotated example */
	uint16_t offset, n_offset, line_offset;
};

struct idl_record {
	const char *name;
	const char *doc;
	size_t size;
	const struct idl_field *fields;
	size_t n;
};

/* What each generated struct begins with. */
struct idl_head {
	struct str name;
	uint32_t line;
};

/* An entry of a map whose values are text. */
struct idl_pair {
	struct str name;
	uint32_t line;
	struct str value;
};

enum { IDL_LATER_MAX = 32 };

struct idl_reader {
	struct arena *arena;
	const char *file; /* its name, for errors */
	/* Keys given that nothing uses yet, each once; when there are more than fit, the rest are
	 * left out. */
	const char *later[IDL_LATER_MAX];
	size_t later_n;
};

/* Reads the tree into *ret, a zeroed struct that rec describes: unknown keys, missing required
 * ones and values that are not of their type fail; absent ones get their default. */
struct err idl_read(struct idl_reader *r, const struct idl_record *rec,
		    const struct sconf_node *node, void *ret);

/* The tree that idl_read would read as the same: required fields, and those that are not their
 * default. line_of is not looked at. Text is borrowed. LIMIT when the arena is full. */
struct err idl_tree(struct arena *a, const struct idl_record *rec, const void *value,
		    struct sconf_node **ret_root);

#endif
