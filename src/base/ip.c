#include "base/ip.h"

#include <arpa/inet.h>

enum { TEXT_MAX = 45 }; /* eight groups of which two are a dotted quad */

static unsigned size_of(struct ip ip)
{
	return ip.family == 4 ? 4 : ip.family == 6 ? 16 : 0;
}

/* inet_pton is strict: four decimal parts without leading zeros, no zone, nothing after. */
static bool parse(struct str s, int af, uint8_t family, struct ip *ret)
{
	char z[TEXT_MAX + 1];
	struct ip ip = {.family = family};

	if (s.n == 0 || s.n > TEXT_MAX || str_chr(s, '\0') >= 0)
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	if (inet_pton(af, z, ip.b) != 1)
		return false;
	*ret = ip;
	return true;
}

bool ip4_parse(struct str s, struct ip *ret)
{
	return parse(s, AF_INET, 4, ret);
}

bool ip6_parse(struct str s, struct ip *ret)
{
	return parse(s, AF_INET6, 6, ret);
}

bool ip_parse(struct str s, struct ip *ret)
{
	return ip4_parse(s, ret) || ip6_parse(s, ret);
}

bool ip_port_parse(struct str s, struct ip *ret, uint16_t *ret_port)
{
	bool brackets = s.n > 0 && s.p[0] == '[';
	ssize_t end = str_rchr(s, brackets ? ']' : ':');
	struct str host = s, port = STR("");
	uint64_t v = 0;

	if (brackets && end < 0)
		return false;
	if (brackets) {
		host = str_sub(s, 1, (size_t)end);
		port = str_from(s, (size_t)end + 1);
	} else if (end >= 0 && str_chr(s, ':') == end) {
		host = str_sub(s, 0, (size_t)end);
		port = str_from(s, (size_t)end);
	}
	if (port.n && (port.p[0] != ':' || !str_u64(str_from(port, 1), UINT16_MAX, &v) || v == 0))
		return false;
	if (brackets ? !ip6_parse(host, ret) : !ip_parse(host, ret))
		return false;
	*ret_port = (uint16_t)v;
	return true;
}

void buf_ip(struct buf *b, struct ip ip)
{
	char z[INET6_ADDRSTRLEN];

	if (!ip_is_set(ip))
		return;
	if (inet_ntop(ip.family == 4 ? AF_INET : AF_INET6, ip.b, z, sizeof(z)))
		buf_str_add(b, str_z(z));
}

bool ip_eq(struct ip a, struct ip b)
{
	return ip_cmp(a, b) == 0;
}

int ip_cmp(struct ip a, struct ip b)
{
	if (a.family != b.family)
		return a.family < b.family ? -1 : 1;
	return memcmp(a.b, b.b, size_of(a));
}

struct ip ip_mask(struct ip ip, unsigned bits)
{
	for (unsigned i = 0; i < size_of(ip); i++) {
		unsigned keep = bits >= 8 ? 8 : bits;

		ip.b[i] &= (uint8_t)(0xff << (8 - keep));
		bits -= keep;
	}
	return ip;
}

bool ip_in_prefix(struct ip ip, struct ip net, unsigned bits)
{
	return ip.family == net.family && ip_eq(ip_mask(ip, bits), ip_mask(net, bits));
}

bool ip_net_parse(struct str s, struct ip_net *ret)
{
	struct str head, tail;
	bool cut = str_cut(s, '/', &head, &tail);
	struct ip_net net = {0};

	if (!ip_parse(head, &net.ip))
		return false;
	unsigned width = net.ip.family == 4 ? 32 : 128;
	uint64_t bits = width;

	if (cut && (tail.n > 3 || !str_u64(tail, width, &bits)))
		return false;
	net.bits = (unsigned)bits;
	if (!ip_eq(net.ip, ip_mask(net.ip, net.bits)))
		return false;
	*ret = net;
	return true;
}

bool ip_in_net(struct ip ip, const struct ip_net *net)
{
	return ip_in_prefix(ip, net->ip, net->bits);
}

struct ip ip_unmap(struct ip ip)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ip v4 = {.family = 4};

	if (ip.family != 6 || memcmp(ip.b, mapped, sizeof(mapped)) != 0)
		return ip;
	memcpy(v4.b, ip.b + 12, 4);
	return v4;
}

bool ip_is_loopback(struct ip ip)
{
	static const uint8_t one[16] = {[15] = 1};

	if (ip.family == 4)
		return ip.b[0] == 127;
	return ip.family == 6 && memcmp(ip.b, one, sizeof(one)) == 0;
}
