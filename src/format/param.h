/* param: structured values of MIME header fields: type/subtype and parameters (RFC 2045 §5.1,
 * RFC 2183 §2, RFC 2231).
 *
 * Input: a stranger's bytes, as header_field.value. Values longer than PARAM_VALUE_MAX are not
 * parsable; parameters after the first PARAM_MAX are dropped. Cost is linear in the value (joining:
 * quadratic in the number of parameters, which is bounded).
 * Accepted beyond the grammar, because real mail has it: comments and white space between all
 * tokens (RFC 822 style), empty parameters and a trailing `;`, a missing `;` before `name=`,
 * values without quotes that hold spaces or specials (`filename=my file(1).pdf`), a quoted string
 * that does not end, bytes above 127 in values (RFC 6532 §3.2). A parameter without `=` or without
 * a name is passed over. Of parameters with the same name the first counts.
 * Memory: results are copies in the given arena, nothing points into the input. Past the arena's
 * cap functions return false; ask arena_failed.
 * Not handled here: RFC 2047 encoded words in values, which the RFC forbids and Outlook writes; the
 * decoded text is left to who shows it.
 */
#ifndef MOX_FORMAT_PARAM_H
#define MOX_FORMAT_PARAM_H

#include "base/arena.h"
#include "base/str.h"

enum { PARAM_VALUE_MAX = 16384, PARAM_MAX = 100 };

/* A parameter as written: `filename*0*=utf-8''a%20b` keeps its stars and percent signs. */
struct param {
	struct str name;  /* lower case */
	struct str value; /* without quotes, quoted pairs undone, unfolded */
};

struct param_list {
	struct param *v;
	size_t n;
};

/* A parameter with its RFC 2231 continuations joined and percent signs decoded. */
struct param_text {
	struct str name;     /* without stars */
	struct str value;    /* bytes in charset, or as written if there is none */
	struct str charset;  /* lower case; empty: not given */
	struct str language; /* empty: not given */
};

struct param_texts {
	struct param_text *v;
	size_t n;
};

struct content_type {
	struct str type, subtype;                 /* lower case */
	struct str type_written, subtype_written; /* as in the field */
	struct param_list params;
};

struct content_disposition {
	struct str type; /* lower case: "attachment"; RFC 2183 §2.8: treat others like it */
	struct str type_written;
	struct param_list params;
};

struct param_strs {
	struct str *v;
	size_t n;
};

/* Content-Type. False if there are no two tokens around a `/`, or something else than parameters
 * follows them. */
bool param_content_type(struct str value, struct arena *a, struct content_type *ret);
/* Content-Disposition. False if it does not start with a token. */
bool param_content_disposition(struct str value, struct arena *a, struct content_disposition *ret);
/* Content-Language: the tags, as written. False if there is none. */
bool param_content_language(struct str value, struct arena *a, struct param_strs *ret);
/* Content-ID, -Description, -Location, -MD5 and what else is one text: unfolded, trimmed. False if
 * empty or longer than PARAM_VALUE_MAX. */
bool param_content_text(struct str value, struct arena *a, struct str *ret);

/* The raw parameter of exactly that name (lower case, stars included): an empty str whose p is
 * NULL if there is none. */
struct str param_raw(const struct param_list *list, struct str name);
/* The parameter `name` (lower case, without stars), from `name*0..`, `name*` or `name`, the first
 * of these that is there (RFC 2231 §3, §4). Continuations count from 0, in any order, and stop
 * where one is missing. False if there is none. */
bool param_get(const struct param_list *list, struct str name, struct arena *a,
	       struct param_text *ret);
/* All parameters joined, each name once, in the order of first appearance: what IMAP shows (RFC
 * 2231 §6). */
bool param_join(const struct param_list *list, struct arena *a, struct param_texts *ret);

#endif
