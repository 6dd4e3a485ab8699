/* section: the parts of BODY[...] that are computed from header bytes: HEADER.FIELDS and
 * HEADER.FIELDS.NOT (RFC 9051 §6.4.5.1), and partials.
 */
#ifndef MOX_IMAP_SECTION_H
#define MOX_IMAP_SECTION_H

#include "base/buf.h"
#include "imap/fetch.h"

/* Adds the fields of the header section whose names are in the section's list (or, for
 * HEADER.FIELDS.NOT, are not), in their order and with their bytes, and the empty line behind them:
 * subsetting does not exclude the blank line. */
void buf_imap_header_fields(struct buf *b, struct str header, const struct imap_section *s);

/* The range of n bytes that a partial asks for: [*ret_at, *ret_at + *ret_n); everything without
 * one. Past the end it is empty. */
void imap_partial(const struct imap_fetch_att *att, uint64_t n, uint64_t *ret_at, uint64_t *ret_n);

#endif
