/* wire: the answers of name servers as bytes, made into typed records (RFC 1035 §4).
 *
 * Input: strangers' bytes, at most DNS_WIRE_MAX of them. Names are followed through compression in
 * backward pointers only, at most DNS_WIRE_POINTERS each; an answer section has at most
 * DNS_WIRE_ANSWERS records and a chain at most DNS_WIRE_CNAMES of CNAME; records and their bytes
 * meet the limits of dns/resolver. What breaks a limit or the format is a failure, never absence.
 * Memory: what is returned lives in the arena, nothing points into the packet.
 * Not handled: whether it is authentic; who sent it; names with a dot inside a label, or a NUL,
 * which fail where they are asked for.
 */
#ifndef MOX_DNS_WIRE_H
#define MOX_DNS_WIRE_H

#include "dns/resolver.h"

enum {
	DNS_WIRE_MAX = 65535,
	DNS_WIRE_POINTERS = 127, /* one for each label that a name can have */
	DNS_WIRE_ANSWERS = 1024,
	DNS_WIRE_CNAMES = 11, /* as libunbound has it */
};

/* What a packet says in answer to q. CNAMEs are followed inside it, unless CNAME is asked for. The
 * ttl is the least of the records that were used; of absence, RFC 2308 §5. An extended error's text
 * is added to a failure's. */
void dns_wire_answer(struct str packet, const struct dns_question *q, struct arena *arena,
		     struct dns_answer *ret);

#endif
