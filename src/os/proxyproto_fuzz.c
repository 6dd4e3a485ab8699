#include "os/proxyproto.h"

#include <assert.h>

/* However the bytes come, the reader asks for none behind the header, and what it says of all of
 * them it says of the first n alone. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxyproto whole, part;
	enum proxyproto_result r = proxyproto_read(str_of(data, size), &whole);

	if (r == PROXYPROTO_DONE) {
		assert(whole.n <= size && whole.n <= PROXYPROTO_MAX);
		assert(proxyproto_read(str_of(data, whole.n), &part) == PROXYPROTO_DONE);
		assert(part.n == whole.n && ip_eq(part.peer.ip, whole.peer.ip));
		assert(part.peer.port == whole.peer.port);
	}
	size_t at = 0;
	enum proxyproto_result p = PROXYPROTO_MORE;

	while (at <= size && p == PROXYPROTO_MORE) {
		p = proxyproto_read(str_of(data, at), &part);
		if (p != PROXYPROTO_MORE)
			break;
		assert(part.n > 0 && at + part.n <= PROXYPROTO_MAX);
		at += part.n;
	}
	if (r == PROXYPROTO_DONE)
		assert(p == PROXYPROTO_DONE && at == whole.n);
	return 0;
}
