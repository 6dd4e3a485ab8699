/* text: what the DNS holds as zone files write it (RFC 1035 §5.1), for people and for libunbound.
 */
#ifndef MOX_DNS_TEXT_H
#define MOX_DNS_TEXT_H

#include "dns/resolver.h"

enum { DNS_NAME_TEXT_MAX = 4 * DNS_NAME_MAX + 1 };

/* A name, absolute: with a dot at the end, and \DDD for what is not a letter, digit, hyphen,
 * underscore or asterisk. */
void buf_dns_name(struct buf *b, struct str name);
/* "Text" in quotes; quotes, backslashes and what is not printable ASCII are escaped. */
void buf_dns_quoted(struct buf *b, struct str s);
/* The data of a record: `10 mail.example.org.` */
void buf_dns_record(struct buf *b, enum dns_type type, const struct dns_record *r);

/* The name of an extended error, "DNSSEC Bogus" (RFC 8914 §4); empty for others. */
struct str dns_ede_name(int ede);

#endif
