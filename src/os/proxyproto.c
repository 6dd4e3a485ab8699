#include "os/proxyproto.h"

#include "base/cur.h"

#include <assert.h>

/* https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, §2.1 and §2.2. */
static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
enum {
	SIGNATURE_N = 12,
	V1_MAX = 107, /* with its CRLF */
	V2_HEAD = 16,
	V2_LOCAL = 0x20,
	V2_PROXY = 0x21,
	V2_TCP4 = 0x11,
	V2_TCP6 = 0x21,
};

static enum proxyproto_result more(size_t n, struct proxyproto *ret)
{
	ret->n = n;
	return PROXYPROTO_MORE;
}

static bool is_ip_char(char c)
{
	return ch_is_alnum(c) || c == '.' || c == ':';
}

static struct ip x_ip(struct cur *c, unsigned family)
{
	struct ip ip = {0};
	struct str s = cur_xrun(c, is_ip_char, 39, "IP address");

	if (!cur_failed(c) && (!ip_parse(s, &ip) || ip.family != family))
		cur_fail(c, "IP address");
	return ip;
}

static void x_v1(struct cur *c, struct proxyproto *ret)
{
	cur_xlit(c, "PROXY ");
	if (cur_opt_lit(c, STR("UNKNOWN")))
		return; /* whatever follows up to the CRLF */
	cur_xlit(c, "TCP");
	unsigned family = cur_opt(c, '4') ? 4 : 6;

	if (family == 6)
		cur_xlit(c, "6");
	cur_xlit(c, " ");
	struct ip peer = x_ip(c, family);
	cur_xlit(c, " ");
	struct ip local = x_ip(c, family);
	cur_xlit(c, " ");
	uint64_t peer_port = cur_xu64(c, 65535, "port");
	cur_xlit(c, " ");
	uint64_t local_port = cur_xu64(c, 65535, "port");
	cur_xend(c);
	ret->peer = addr_of_ip(peer, (uint16_t)peer_port);
	ret->local = addr_of_ip(local, (uint16_t)local_port);
}

static enum proxyproto_result v1(struct str in, struct proxyproto *ret)
{
	static const struct str start = STR_INIT("PROXY ");
	size_t head = in.n < start.n ? in.n : start.n;
	ssize_t crlf = str_find(str_sub(in, 0, V1_MAX), STR("\r\n"), 0);

	if (!str_eq(str_sub(in, 0, head), str_sub(start, 0, head)))
		return PROXYPROTO_BAD;
	if (crlf < 0)
		return in.n >= V1_MAX ? PROXYPROTO_BAD : more(1, ret);
	struct cur c = cur_of(str_sub(in, 0, (size_t)crlf));

	x_v1(&c, ret);
	if (cur_failed(&c))
		return PROXYPROTO_BAD;
	ret->n = (size_t)crlf + 2;
	return PROXYPROTO_DONE;
}

static uint16_t u16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static struct addr v2_addr(unsigned family, const unsigned char *ip, const unsigned char *port)
{
	struct ip a = {.family = (uint8_t)family};

	memcpy(a.b, ip, family == 4 ? 4 : 16);
	return addr_of_ip(a, u16(port));
}

static enum proxyproto_result v2(struct str in, struct proxyproto *ret)
{
	const unsigned char *p = (const unsigned char *)in.p;

	if (in.n < V2_HEAD)
		return more(V2_HEAD - in.n, ret);
	size_t n = V2_HEAD + u16(p + 14);

	if (n > PROXYPROTO_MAX || (p[12] != V2_LOCAL && p[12] != V2_PROXY))
		return PROXYPROTO_BAD;
	if (in.n < n)
		return more(n - in.n, ret);
	unsigned family = p[13] == V2_TCP4 ? 4 : p[13] == V2_TCP6 ? 6 : 0, w = family == 4 ? 4 : 16;

	ret->n = n;
	if (p[12] == V2_LOCAL || !family)
		return PROXYPROTO_DONE;
	if (n < V2_HEAD + 2 * w + 4)
		return PROXYPROTO_BAD;
	p += V2_HEAD;
	ret->peer = v2_addr(family, p, p + 2 * w);
	ret->local = v2_addr(family, p + w, p + 2 * w + 2);
	return PROXYPROTO_DONE;
}

enum proxyproto_result proxyproto_read(struct str in, struct proxyproto *ret)
{
	size_t head = in.n < SIGNATURE_N ? in.n : SIGNATURE_N;

	*ret = (struct proxyproto){0};
	/* The shortest header of version 1, "PROXY UNKNOWN" CRLF, is longer than the signature. */
	if (in.n == 0)
		return more(SIGNATURE_N, ret);
	if (memcmp(in.p, signature, head) == 0)
		return in.n < SIGNATURE_N ? more(SIGNATURE_N - in.n, ret) : v2(in, ret);
	return v1(in, ret);
}
