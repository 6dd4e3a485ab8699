/* count: attempts to log in, as metrics: the same for every protocol. */
#ifndef MOX_SASL_COUNT_H
#define MOX_SASL_COUNT_H

#include "base/err.h"
#include "base/metric.h"

/* kind: "submission", "imap"... mechanism: as it is called in the protocol; "LOGIN" for IMAP's
 * command, too. code: how it ended; CANCELED: by the client. */
void sasl_count(struct metrics *m, struct str kind, struct str mechanism, enum err_code code);

#endif
