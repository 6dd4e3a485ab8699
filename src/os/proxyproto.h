/* proxyproto: the PROXY header, versions 1 and 2, by which a load balancer in front of us says who
 * the peer is. Read only from networks that the configuration names.
 *
 * Input: a few hundred bytes before everything else on the connection. The reader says how many
 * bytes it needs at least, so that nothing behind the header is read with it.
 * Not handled: what a header says of TLS (its TLVs are skipped).
 */
#ifndef MOX_OS_PROXYPROTO_H
#define MOX_OS_PROXYPROTO_H

#include "os/addr.h"

enum { PROXYPROTO_MAX = 1024 };

enum proxyproto_result {
	PROXYPROTO_MORE, /* ret->n more bytes at least */
	PROXYPROTO_DONE, /* the first ret->n bytes are the header */
	PROXYPROTO_BAD,
};

struct proxyproto {
	size_t n;
	/* Unset if the header does not say: the proxy's own check, or no IP connection. Then the
	 * peer is the proxy itself. */
	struct addr peer, local;
};

enum proxyproto_result proxyproto_read(struct str in, struct proxyproto *ret);

#endif
