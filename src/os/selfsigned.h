/* selfsigned: certificates that nobody vouches for, for localserve and tests. */
#ifndef MOX_OS_SELFSIGNED_H
#define MOX_OS_SELFSIGNED_H

#include "base/buf.h"
#include "base/err.h"

/* Makes an ECDSA P-256 key and a certificate for these names, which may be IP addresses, good for
 * four years from wall_s (seconds since 1970). PEM is appended to both buffers. */
struct err selfsigned_make(const struct str *names, size_t n, int64_t wall_s, struct buf *cert_pem,
			   struct buf *key_pem);

#endif
