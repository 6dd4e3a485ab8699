/* name: domain names as DNS has them (RFC 1035 §3.1, RFC 2181 §11).
 *
 * A name is its labels with dots between, absolute, without the dot at the end; the root is the
 * empty str. Labels may hold any byte but a dot: SPF asks for names with local parts in them, DKIM
 * and DMARC for names with underscores. Names of the DNS compare without regard to the case of
 * ASCII letters. Text of people (U-labels) goes through format/domain first.
 */
#ifndef MOX_DNS_NAME_H
#define MOX_DNS_NAME_H

#include "base/buf.h"
#include "base/ip.h"
#include "base/str.h"

enum {
	DNS_NAME_MAX = 253,   /* bytes of text; 255 on the wire */
	DNS_LABEL_MAX = 63,   /* RFC 1035 §2.3.4 */
	DNS_REVERSE_MAX = 73, /* the reverse name of an IPv6 address and a NUL */
};

/* Whether it can be asked for: labels of 1 to 63 bytes, no NUL, at most DNS_NAME_MAX; the root too.
 * A dot at the end is an empty label: use dns_name_undot. */
bool dns_name_ok(struct str name);
/* The same, and only letters, digits, hyphen and underscore: what a host, a policy or a key may be
 * named by (RFC 952; underscores as they are met). At least one label. */
bool dns_name_is_host(struct str name);
/* Without one dot at the end. */
struct str dns_name_undot(struct str name);
/* The number of labels; 0 for the root. */
size_t dns_name_labels(struct str name);
/* Its last n labels, all of them if it has fewer. */
struct str dns_name_tail(struct str name, size_t n);
/* Without the first label; the root stays. */
struct str dns_name_parent(struct str name);
/* Whether name is parent or below it. Everything is below the root. */
bool dns_name_within(struct str name, struct str parent);
static inline bool dns_name_eq(struct str a, struct str b)
{
	return str_eq_nocase(a, b);
}
/* In lower case (ASCII). */
void buf_dns_lower(struct buf *b, struct str name);
/* An address' octets (IPv4) or nibbles (IPv6) as labels, the last first, with a dot behind each:
 * lists of addresses (RFC 5782 §2.1, §2.4) and the tree below. */
void buf_dns_reversed(struct buf *b, struct ip ip);
/* The name under in-addr.arpa or ip6.arpa whose PTR records name the host (RFC 1035 §3.5,
 * RFC 3596 §2.5); nothing for an unset address. */
void buf_dns_reverse(struct buf *b, struct ip ip);

#endif
