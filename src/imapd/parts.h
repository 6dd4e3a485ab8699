/* parts: which bytes of a stored message a section names (RFC 9051 §6.4.5.1), and reading them.
 *
 * Offsets are into the message as the client sees it: headers added at delivery, then the bytes as
 * received, which the facts count from 0.
 */
#ifndef MOX_IMAPD_PARTS_H
#define MOX_IMAPD_PARTS_H

#include "format/encoding.h"
#include "imap/fetch.h"
#include "store/message.h"

enum { IMAPD_HEADER_MAX = 1 << 20 };

struct imapd_range {
	uint64_t at, n;
};

/* False if there is no such part: the answer is NIL then. HEADER.FIELDS gives the whole header. */
bool imapd_section_range(const struct facts *f, uint64_t prefix_n, const struct imap_section *s,
			 struct imapd_range *ret);
/* The bytes of a part's body and how they are encoded; the whole message, multiparts and messages
 * are taken as they are. False if there is no such part. */
bool imapd_binary_range(const struct facts *f, uint64_t prefix_n, const struct imap_section *s,
			struct imapd_range *ret, enum encoding *ret_encoding);

/* Appends a range of the body to b, which must have room. */
struct err imapd_body_read(const struct message_body *body, struct imapd_range r, struct buf *b);
/* The same as a literal may hold it: with 0x80 in the place of NUL. */
struct err imapd_body_read_chars(const struct message_body *body, struct imapd_range r,
				 struct buf *b);

/* Reads a part's body decoded, piece by piece. */
struct imapd_decoder {
	const struct message_body *body;
	struct imapd_range left;
	struct encoding_decoder decoder;
	bool ended;
};
void imapd_decoder_init(struct imapd_decoder *d, const struct message_body *body,
			struct imapd_range r, enum encoding e);
/* Appends the next piece (of at most 70 KiB) to b; *ret_more is false after the last. */
struct err imapd_decoder_read(struct imapd_decoder *d, struct buf *b, bool *ret_more);

#endif
