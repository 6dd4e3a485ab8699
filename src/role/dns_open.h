/* dns_open: the resolvers of the dns role, as the configuration and the data folder say.
 *
 * Unless the configuration names trust anchors, names are validated with the root's keys: those of
 * data/dns/root.key, which libunbound follows by itself when they change (RFC 5011). The file
 * begins as a copy of the system's (Debian's package dns-root-data), or with the keys that this
 * program knows; it begins anew when it is damaged, and when the system's is newer, e.g. because
 * the data folder was restored from long ago.
 */
#ifndef MOX_ROLE_DNS_OPEN_H
#define MOX_ROLE_DNS_OPEN_H

#include "dns/unbound.h"
#include "role/role.h"

enum { DNS_IN_FLIGHT = 2048 };

/* Whom to ask instead of the zones' own servers: first those for single zones, then those for all
 * else. */
struct dns_forwards {
	struct dns_forward *forward;
	size_t n;
	size_t zoned; /* of them for single zones */
};

/* From the role's configuration, in its arena. */
struct err dns_forwards_read(struct role *r, struct dns_forwards *ret);

/* A resolver with these forwards; if !whole, only with those for single zones. Reads files: before
 * the promise. */
struct err dns_open(struct role *r, const struct dns_forwards *f, bool whole,
		    struct dns_unbound **ret);

/* Makes the file of the root's keys, or anew; system is the system's, which may be missing. */
struct err dns_root_keys_keep(struct role *r, const char *system);

#endif
