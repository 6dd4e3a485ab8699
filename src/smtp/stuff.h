/* stuff: a message on its way out as DATA has it (RFC 5321 §4.5.2): a dot before each line that
 * begins with one, CRLF.CRLF at the end. The other side is smtp/data.
 *
 * Messages of ours end their lines with CRLF; what does not (a CR or LF alone) is sent as CRLF, as
 * RFC 5321 §2.3.8 lets nothing else be sent, so that no reader sees an end where we see none.
 */
#ifndef MOX_SMTP_STUFF_H
#define MOX_SMTP_STUFF_H

#include "base/buf.h"

struct smtp_stuff {
	bool inside;   /* a line has begun */
	bool after_cr; /* the CR is not written yet */
};

/* A zeroed struct is at the start. Adds the octets to b: at most three times as many. */
void smtp_stuff_add(struct smtp_stuff *s, struct str octets, struct buf *b);
/* Adds the end: of the line, if it has none, and of the message. */
void smtp_stuff_end(struct smtp_stuff *s, struct buf *b);

#endif
