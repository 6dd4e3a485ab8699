/* ip: an IPv4 or IPv6 address as a value, its strict reader, its writer and its networks.
 *
 * IPv4 addresses mapped into IPv6 (::ffff:1.2.3.4) stay what they were written as; ip_unmap makes
 * the IPv4 address of them, for what accept(2) reports on a dual-stack socket.
 */
#ifndef MOX_BASE_IP_H
#define MOX_BASE_IP_H

#include "base/buf.h"
#include "base/str.h"

struct ip {
	uint8_t family; /* 0: none, 4, 6 */
	uint8_t b[16];  /* network order; the first 4 for IPv4 */
};

static inline bool ip_is_set(struct ip ip)
{
	return ip.family != 0;
}

/* Reads the whole of s: dotted quad without leading zeros (RFC 5321 §4.1.3 allows them, ancient
 * readers take them for octal: refused), or RFC 4291 §2.2 text. No zone. False leaves *ret. */
bool ip4_parse(struct str s, struct ip *ret);
bool ip6_parse(struct str s, struct ip *ret);
bool ip_parse(struct str s, struct ip *ret);
/* An address, and a port from 1 behind it if it has one, else 0: "192.0.2.1", "192.0.2.1:53",
 * "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:53". False leaves both. */
bool ip_port_parse(struct str s, struct ip *ret, uint16_t *ret_port);

/* The canonical text (RFC 5952 for IPv6); nothing for an unset one. */
void buf_ip(struct buf *b, struct ip ip);

bool ip_eq(struct ip a, struct ip b);
/* Order by family, then bytes. */
int ip_cmp(struct ip a, struct ip b);
/* The network of the first `bits` bits: the other bits become zero. */
struct ip ip_mask(struct ip ip, unsigned bits);
bool ip_in_prefix(struct ip ip, struct ip net, unsigned bits);
/* A network, "192.0.2.0/24" or a single address; false if it is neither, or if bits beyond the
 * prefix are set. */
struct ip_net {
	struct ip ip;
	unsigned bits;
};
bool ip_net_parse(struct str s, struct ip_net *ret);
bool ip_in_net(struct ip ip, const struct ip_net *net);
struct ip ip_unmap(struct ip ip);
bool ip_is_loopback(struct ip ip);

#endif
