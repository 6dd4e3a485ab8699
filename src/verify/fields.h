/* fields: which header fields a signature covers (RFC 6376 §5.4.2), and the hash of fields.
 *
 * The header section is walked once for all signatures: say whose names will be asked for, index,
 * then select for each. A name that stands in h= the nth time means the nth field of that name
 * from the end of the section.
 * Input: a stranger's header section and lists of names. At most FIELDS_MAX fields with names that
 * are wanted. Cost: the section's fields times the logarithm of the number of names.
 * Memory: the arena; the section outlives the index.
 */
#ifndef MOX_VERIFY_FIELDS_H
#define MOX_VERIFY_FIELDS_H

#include "base/arena.h"
#include "base/err.h"
#include "verify/canon.h"

enum { FIELDS_MAX = 1 << 20 };

struct fields_name; /* one of the names, and the last field that has it */
struct fields_at;   /* one field, and the one before it of the same name */

struct fields {
	struct arena *arena;
	struct str section;
	struct fields_name *name;
	size_t names;
	struct fields_at *field;
	size_t n;
	size_t round;   /* of selections */
	uint64_t steps; /* comparisons of names and fields passed over, for tests of cost */
};

void fields_init(struct fields *f, struct str section, struct arena *arena);
/* Before the index: a list of names with colons between, with white space around them. */
struct err fields_want(struct fields *f, struct str names);
/* Walks the section. LIMIT for more than FIELDS_MAX fields. */
struct err fields_index(struct fields *f);
/* How many fields have this name, which was wanted. */
size_t fields_count(struct fields *f, struct str name);

struct evp_md_ctx_st;

/* A SHA-256 of canonical fields. */
struct fields_hash {
	struct evp_md_ctx_st *ctx;
	enum canon canon;
	bool failed;
	struct canon_sink sink;
};

void fields_hash_begin(struct fields_hash *h, enum canon c);
/* A whole field, and CRLF. */
void fields_hash_add(struct fields_hash *h, struct str field);
/* All the fields of the list of names, but never the one that begins at self (SIZE_MAX: none). */
void fields_hash_select(struct fields_hash *h, struct fields *f, struct str names, size_t self);
/* The hash as it were if the signature's own field came now, as in fields_hash_end; h goes on. */
struct err fields_hash_peek(struct fields_hash *h, struct str field, struct str cut,
			    uint8_t ret[32]);
/* The signature's own field without CRLF, its piece cut deleted: then the hash is complete, and h
 * gone. */
struct err fields_hash_end(struct fields_hash *h, struct str field, struct str cut,
			   uint8_t ret[32]);
/* In place of fields_hash_end. */
void fields_hash_free(struct fields_hash *h);

#endif
