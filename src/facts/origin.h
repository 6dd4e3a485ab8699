/* origin: what was found out about who sent a message, as it stands in its facts.
 *
 * Input: to read, what a role that talks to strangers has written: idl/messages.idl has the limits.
 */
#ifndef MOX_FACTS_ORIGIN_H
#define MOX_FACTS_ORIGIN_H

#include "facts/facts.h"
#include "idl/messages.h"
#include "verify/verify.h"

/* Adds the record for facts.origin. What does not fit its limits is left out, never the record.
 * tls: of the connection. */
void origin_write(struct buf *b, const struct verify *v, bool tls);
/* CORRUPT; an empty record is one of a message nobody verified: ERR_OK, and ret is zeroed. */
struct err origin_read(struct str bytes, struct arena *a, struct msg_origin *ret);

#endif
