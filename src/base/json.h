/* json: writes JSON (RFC 8259) onto a buf as it goes, commas and colons included.
 *
 *	struct json j = json_of(&b);
 *	json_object_begin(&j);
 *	json_key(&j, STR("size"));
 *	json_u64(&j, 12);
 *	json_object_end(&j);
 *
 * Strings may be anything: what is not UTF-8 becomes U+FFFD, and what would end a script element
 * or a JavaScript string literal is escaped. Wrong nesting is a bug of ours: an assert.
 */
#ifndef MOX_BASE_JSON_H
#define MOX_BASE_JSON_H

#include "base/buf.h"

enum { JSON_DEPTH_MAX = 64 };

struct json {
	struct buf *b;
	uint64_t object; /* a bit a level: it is an object, not an array */
	uint64_t used;   /* a bit a level: something stands in it */
	unsigned depth;
	bool key; /* a key was written, its value is due */
};

struct json json_of(struct buf *b);
void json_object_begin(struct json *j);
void json_object_end(struct json *j);
void json_array_begin(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, struct str key);
void json_str(struct json *j, struct str s);
void json_u64(struct json *j, uint64_t v);
void json_i64(struct json *j, int64_t v);
void json_bool(struct json *j, bool v);
/* null; jansson, which is linked too, has the name json_null. */
void json_nothing(struct json *j);
/* A value that is JSON already, ours and not a stranger's. */
void json_raw(struct json *j, struct str value);
/* Whether one whole value was written. */
bool json_complete(const struct json *j);

/* Adds s as a JSON string with its quotes, outside of any structure. */
void buf_json(struct buf *b, struct str s);

#endif
