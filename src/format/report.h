/* report: the tables by which reports are read and written: what a struct's members are called in
 * XML (report_dmarc), JSON (report_tls) or header fields (report_arf). One row a value; the readers
 * of the three forms, their writers and the JSON that people see all walk the same rows.
 *
 * Input: the values are a stranger's. Texts have at most REPORT_TEXT_MAX bytes, lists
 * REPORT_LIST_MAX elements. Memory: all is in the arena given; with REPORT_ARENA_MAX it takes the
 * largest reports there are.
 */
#ifndef MOX_FORMAT_REPORT_H
#define MOX_FORMAT_REPORT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/json.h"

enum {
	REPORT_TEXT_MAX = 64 << 10,
	REPORT_LIST_MAX = 100000,
	REPORT_ARENA_MAX = 128 << 20,
};

/* The types of members. */
struct report_texts {
	struct str *v;
	size_t n;
};
struct report_number {
	uint64_t v;
	bool set;
};

enum report_type {
	REPORT_TEXT,    /* struct str; p is NULL if it is absent, not if it is empty */
	REPORT_TEXTS,   /* struct report_texts: each as often as it comes */
	REPORT_COUNT,   /* uint64_t; 0 if it is absent */
	REPORT_NUMBER,  /* struct report_number */
	REPORT_SECONDS, /* int64_t, seconds since 1970, written as such */
	REPORT_DATE,    /* the same, written as RFC 3339 has it; 0 if it is absent */
	REPORT_IP,      /* struct ip; not set if it is absent or empty */
	REPORT_WORD,    /* an enum whose 0 is "absent" */
	REPORT_GROUP,   /* rows of their own, members of the same struct */
	REPORT_LIST,    /* struct { T *v; size_t n; }, and rows for T */
};

struct report_field {
	const char *name;
	enum report_type type;
	bool required; /* when read; an empty one is there */
	size_t at;     /* offsetof the member */
	const struct report_words *words;
	const struct report_shape *shape; /* of a group or the elements of a list */
};

/* The words of an enum by its value, [0] is unused; other spellings that are met; and what an
 * unknown word is taken for, 0: it is an error. Case does not matter. */
struct report_words {
	const char *const *word;
	size_t n;
	const struct report_alias {
		const char *word;
		unsigned is;
	} * alias;
	size_t aliases;
	unsigned otherwise;
};

struct report_shape {
	const struct report_field *field; /* at most 32 */
	size_t n;
	size_t size; /* of the struct */
};

/* A struct while it is read: which of its rows were met. */
struct report_frame {
	const struct report_shape *shape;
	void *base;
	uint32_t seen;
};

/* The row of that name in any case, or NULL: what is unknown is passed over. */
const struct report_field *report_field(const struct report_shape *shape, struct str name);
/* Notes that a row was met; for what has no value, as a list without elements. SYNTAX if it was met
 * before and may come once. */
struct err report_mark(struct report_frame *f, const struct report_field *field);
/* Goes into a group, or a new element of a list. SYNTAX if a group comes twice. */
struct err report_enter(struct report_frame *f, const struct report_field *field, struct arena *a,
			struct report_frame *ret);
/* Sets a value from its text. SYNTAX if it is none of that type, or comes twice. */
struct err report_set(struct report_frame *f, const struct report_field *field, struct str text,
		      struct arena *a);
/* All was read: SYNTAX if something required is missing. */
struct err report_leave(const struct report_frame *f);

/* Whether there is something to write. */
bool report_is_set(const void *base, const struct report_field *field);
/* Adds the text of a value that is no group or list; of TEXTS the nth. */
void report_text(const void *base, const struct report_field *field, size_t nth, struct buf *b);
/* A list's elements. */
const void *report_element(const void *base, const struct report_field *field, size_t nth);
size_t report_count(const void *base, const struct report_field *field);
/* Writes the struct as a JSON object. What is absent is left out, but for counts and lists. */
void report_json(const struct report_shape *shape, const void *base, struct json *j);

#endif
