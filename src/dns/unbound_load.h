/* unbound_load: the functions of libunbound, loaded when the first resolver is made.
 *
 * A program that is linked with libunbound loads it, and the four libraries that it needs, in each
 * of its processes; only the dns role and a few commands resolve names.
 * Threads: any.
 */
#ifndef MOX_DNS_UNBOUND_LOAD_H
#define MOX_DNS_UNBOUND_LOAD_H

#include "base/err.h"
#include <unbound.h>

#define UNBOUND_FUNCTIONS(X) \
	X(ctx_create)        \
	X(ctx_delete)        \
	X(ctx_config)        \
	X(ctx_async)         \
	X(ctx_debugout)      \
	X(ctx_zone_remove)   \
	X(fd)                \
	X(process)           \
	X(resolve_async)     \
	X(resolve_free)      \
	X(strerror)

#define UNBOUND_MEMBER(name) __typeof__(&ub_##name) name;
struct unbound_functions {
	UNBOUND_FUNCTIONS(UNBOUND_MEMBER)
};
#undef UNBOUND_MEMBER

/* They stay loaded. UNSUPPORTED if the library is not there, or is another one. */
struct err unbound_load(const struct unbound_functions **ret);

#endif
