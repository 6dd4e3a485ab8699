/* regexp: regular expressions as administrators and users write them in the configuration: the
 * common part of RE2 and Perl syntax, run by the C library's POSIX matcher.
 *
 * Understood: . [ ] | ( ) * + ? {n,m} ^ $, (?i) in front, (?: ), lazy *? +? ?? (which find the same
 * matches), \b \B \A \z, and also in brackets \d \D \w \W \s \S \t \n \r, [: :] classes and a
 * backslash before punctuation. Refused: back-references, look-around, named groups, flags
 * elsewhere, \p, \x, \Q. Bytes, not characters: `.` is a byte, only ASCII has upper and lower case.
 * Matching is leftmost-longest, not leftmost-first: the difference shows only in what a group
 * captured.
 *
 * Input: users' rules: length, nesting and repetition are bounded, since the C library's matcher
 * unrolls repetitions. It also tries each place where a match could begin, so that time may grow
 * with the square of the text: the text is bounded as well.
 */
#ifndef MOX_BASE_REGEXP_H
#define MOX_BASE_REGEXP_H

#include "base/str.h"
#include <regex.h>

enum {
	REGEXP_LENGTH_MAX = 1024,
	REGEXP_DEPTH_MAX = 10,      /* of groups */
	REGEXP_REPEAT_MAX = 100,    /* in {n,m} */
	REGEXP_UNROLL_MAX = 1000,   /* what all {n,m} together unroll to */
	REGEXP_GROUPS_MAX = 10,     /* captures returned, the whole included */
	REGEXP_TEXT_MAX = 8 * 1024, /* what follows is not looked at */
};

struct regexp {
	regex_t posix;
};

struct regexp_group {
	ssize_t from, to; /* -1: took no part */
};

/* Compiles; NULL on success, else why it can't be used, as a constant text. */
const char *regexp_compile(struct str s, struct regexp *ret);
void regexp_fini(struct regexp *r);
/* Whether it matches somewhere in s; false as well when memory runs out. groups may be NULL; else
 * the first n groups are set. */
bool regexp_match(const struct regexp *r, struct str s, struct regexp_group *groups, size_t n);
/* Why s does not compile, or NULL. */
const char *regexp_why_not(struct str s);

#endif
