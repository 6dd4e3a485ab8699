/* parse: the grammar of RFC 9051 §9 (and RFC 3501, RFC 4466) over a whole command's text:
 * its words and values. imap/args.h has the commands' arguments.
 *
 * Functions imap_x_* are grammar rules in the sense of base/cur.h: they consume or fail. A literal
 * stands in the text as the reader (imap/read.h) left it: header, CRLF, bytes.
 *
 * Input: a stranger's, at most IMAP_TEXT_MAX bytes. Every list has a limit of its own; nothing
 * recurses here.
 * Memory: strings point into the text where they can, else into the arena, as do all arrays; an
 * exhausted arena fails the cursor.
 * Not here: mailbox names are as they came; which of UTF-8 and modified UTF-7 they are is the
 * session's to know (RFC 9051 §5.1, RFC 6855 §3).
 */
#ifndef MOX_IMAP_PARSE_H
#define MOX_IMAP_PARSE_H

#include "base/arena.h"
#include "base/cur.h"
#include "imap/seqset.h"

enum {
	IMAP_TAG_MAX = 256,
	IMAP_FLAGS_MAX = 256, /* in one list */
};

/* ATOM-CHAR, ASTRING-CHAR: RFC 9051 §9. */
bool imap_is_atom_char(char c);
bool imap_is_astring_char(char c);

void imap_x_sp(struct cur *c);
struct str imap_x_tag(struct cur *c);
struct str imap_x_atom(struct cur *c);
/* A quoted string or a literal. Quoted text may hold UTF-8 whatever is enabled. NUL fails. */
struct str imap_x_string(struct cur *c, struct arena *a);
struct str imap_x_astring(struct cur *c, struct arena *a);
/* *ret_nil tells NIL from the empty string. */
struct str imap_x_nstring(struct cur *c, struct arena *a, bool *ret_nil);
/* list-mailbox: wildcards stand in the result as they came. */
struct str imap_x_list_mailbox(struct cur *c, struct arena *a);
uint32_t imap_x_nz_number(struct cur *c);
uint64_t imap_x_number64(struct cur *c);
/* A keyword of the grammar: the longest run of letters, digits, `.`, `-`, `_`; never empty. */
struct str imap_x_word(struct cur *c);
/* Whether the next word is w; consumes it then. */
bool imap_opt_word(struct cur *c, struct str w);

struct imap_seqset imap_x_seqset(struct cur *c, struct arena *a);

/* System flags as a set of bits; all others are keywords. */
enum {
	IMAP_FLAG_SEEN = 1 << 0,
	IMAP_FLAG_ANSWERED = 1 << 1,
	IMAP_FLAG_FLAGGED = 1 << 2,
	IMAP_FLAG_DELETED = 1 << 3,
	IMAP_FLAG_DRAFT = 1 << 4,
	IMAP_FLAG_RECENT = 1 << 5, /* RFC 3501 only; a client can't set it */
};
struct imap_flags {
	unsigned system;
	struct str *keywords; /* atoms as they came */
	size_t n;
};
/* flag-list, "(" [flag *(SP flag)] ")". \Recent and flag-extensions fail. */
struct imap_flags imap_x_flag_list(struct cur *c, struct arena *a);
/* flag-list / (flag *(SP flag)): STORE takes both. */
struct imap_flags imap_x_flags(struct cur *c, struct arena *a);

/* date, with or without quotes, as days since 1970-01-01 (RFC 9051 §9). Days that do not exist
 * fail. */
int32_t imap_x_date(struct cur *c);
/* date-time, quotes included, as seconds since 1970 (UTC). */
int64_t imap_x_date_time(struct cur *c);

/* Adds s to an array of at most max; fails the cursor past it or without memory. */
void imap_x_push(struct cur *c, struct arena *a, struct str **array, size_t *n, size_t max,
		 struct str s);

#endif
