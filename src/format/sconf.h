/* sconf: the format of mox.conf and domains.conf, to and from a generic tree.
 *
 * Lines, indented with tabs. `key: value` is a scalar; `key:` with a block one tab deeper is a map,
 * or a list whose lines are `- value` or `-` with a block one tab deeper. A line whose first
 * character after the indentation is `#` is a comment. There is no quoting: a value runs to the end
 * of the line, only the one space after the colon or dash is not part of it.
 *
 *	Listeners:
 *		public:
 *			IPs:
 *				- 198.51.100.1
 *			TLS:
 *				KeyCerts:
 *					-
 *						CertFile: a.pem
 *
 * A key without value and block is an empty scalar. `nil` in place of a block says "empty": to this
 * module it is a scalar like others, its reader knows better.
 *
 * Input: files an administrator wrote, text from the admin page: bounded below, nothing trusted.
 * Memory: nodes in the caller's arena, keys and values point into the text.
 * Not handled: UTF-8 is not checked; comments are not kept.
 */
#ifndef MOX_FORMAT_SCONF_H
#define MOX_FORMAT_SCONF_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
	SCONF_TEXT_MAX = 32 * 1024 * 1024,
	SCONF_LINE_MAX = 16 * 1024, /* bytes without the newline */
	SCONF_LINES_MAX = 1000 * 1000,
	SCONF_DEPTH_MAX = 16, /* tabs */
};

enum sconf_kind { SCONF_SCALAR, SCONF_LIST, SCONF_MAP };

struct sconf_node {
	enum sconf_kind kind;
	unsigned line;    /* counted from 1; of the key or the dash */
	struct str key;   /* in a map; else empty */
	struct str value; /* of a scalar */
	struct sconf_node *first, *last, *next;
	size_t count; /* of children */
};

/* Parses the whole text; the root is a map with line 0. name is the file's, for errors, which read
 * `name:line: ...` (CONFIG). A map with the same key twice is an error. */
struct err sconf_parse(struct arena *a, const char *name, struct str text,
		       struct sconf_node **ret_root);

/* The child of a map with this key, or NULL. Linear. */
const struct sconf_node *sconf_get(const struct sconf_node *map, struct str key);

/* New nodes for a tree to be written; added at the end of parent. NULL when the arena is full. key
 * is used if parent is a map. */
struct sconf_node *sconf_new_root(struct arena *a) NODISCARD;
struct sconf_node *sconf_add(struct arena *a, struct sconf_node *parent, enum sconf_kind kind,
			     struct str key) NODISCARD;

/* Writes the tree so that sconf_parse reads an equal one; a list or map without children is written
 * as `nil`. CONFIG if a key or value can't be written: a line break or another control character, a
 * key that is empty, holds a colon, begins like a comment or list, or is padded with space; LIMIT
 * past the depth or when the buf is full. */
struct err sconf_write(const struct sconf_node *root, struct buf *b);

#endif
