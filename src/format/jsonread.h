/* jsonread: JSON (RFC 8259) of others, read whole into a tree. On jansson.
 *
 * Input: a stranger's bytes. Strict: UTF-8 only, no name twice in an object (RFC 7493 §2.3), no
 * U+0000 in strings, numbers that fit, nothing after the value but white space; a byte order mark
 * at the begin is passed over (RFC 8259 §8.1). The limits are held before the tree is made: a value
 * takes up to some 400 bytes there.
 * Memory: from malloc; json_decref, or JSON_AUTO, frees the tree.
 */
#ifndef MOX_FORMAT_JSONREAD_H
#define MOX_FORMAT_JSONREAD_H

#include "base/err.h"
#include <jansson.h>

enum {
	JSONREAD_SIZE_MAX = 20 << 20,
	JSONREAD_VALUES_MAX = 200000, /* names and values, of all levels */
	JSONREAD_LEVELS_MAX = 32,     /* of arrays and objects in each other */
};

#define JSON_AUTO CLEANUP(jsonread_free) json_t

static inline void jsonread_free(json_t **j)
{
	json_decref(*j);
}

/* SYNTAX with line and column, LIMIT, TOO_BIG. */
struct err jsonread(struct str s, json_t **ret);

static inline struct str jsonread_str(const json_t *string)
{
	return str_of(json_string_value(string), json_string_length(string));
}

#endif
