/* header: the fields of a header section, of a message or of a MIME part (RFC 5322 §2.2, §3.5).
 *
 * Everything is a view into the given bytes and carries its offsets, so that IMAP can answer
 * BODY[HEADER.FIELDS (..)] with the bytes of the message (RFC 9051 §6.4.5).
 *
 * Input: a stranger's bytes. Any length, linear cost, nothing is copied but by header_unfold.
 * What is accepted beyond RFC 5322 §3: a bare LF ends a line like CRLF does (a bare CR is data);
 * white space before the colon (RFC 5322 §4.5.8 obs-optional); lines of any length; bytes above
 * 127 in values (RFC 6532 §3.2). The section ends at the first empty line and nowhere else: a line
 * that holds white space only continues the field above it (RFC 5322 §4.2 obs-FWS).
 * Not a field: a line that has no colon, or anything but printable ASCII in front of it ("From "
 * lines of mbox files, wrapped text). It is skipped with its continuation lines and the section
 * goes on, as Dovecot, mime4j and Thunderbird do. Ending the section there (Postfix, Python)
 * would let one odd line hide From and the signatures from us that readers still show.
 */
#ifndef MOX_FORMAT_HEADER_H
#define MOX_FORMAT_HEADER_H

#include "base/arena.h"
#include "base/str.h"

struct header_field {
	struct str name;  /* as written, without white space before the colon */
	struct str value; /* as written: what follows the colon, folds inside, last line end not */
	size_t from, to;  /* the whole field with its last line end: [from, to) of the section */
};

struct header_iter {
	struct str section;
	size_t at;
};

/* Iterates over a header section; a whole message may be given, it stops at the separator. */
static inline struct header_iter header_iter_of(struct str section)
{
	return (struct header_iter){.section = section};
}
/* The next field, in order; false after the last. */
bool header_next(struct header_iter *it, struct header_field *ret);

/* The offset of the body: just behind the empty line, which belongs to the header section
 * (RFC 9051 §6.4.5). Without an empty line all of s is header: s.n, and *ret_separator false.
 * ret_separator may be NULL. */
size_t header_end(struct str s, bool *ret_separator);

/* Whether an empty line (CRLF or LF) starts at offset at. */
bool header_line_empty(struct str s, size_t at);
/* The offset behind the line end of the line that starts at offset at; s.n without one. */
size_t header_line_next(struct str s, size_t at);

/* The nth field (from 0) of that name, in any case; false if there are not that many. */
bool header_get(struct str section, struct str name, size_t nth, struct header_field *ret);
/* How many fields have that name. */
size_t header_count(struct str section, struct str name);

/* The value on one line: line ends removed, the white space behind them kept (RFC 5322 §2.2.3),
 * white space at both ends removed. A view into value if there is nothing to remove, else in a;
 * {NULL, 0} past the arena's cap. */
struct str header_unfold(struct arena *a, struct str value);

#endif
