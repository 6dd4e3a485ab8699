#include "os/addr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>

struct addr addr_of_ip(struct ip ip, uint16_t port)
{
	return (struct addr){.ip = ip_unmap(ip), .port = port};
}

struct addr addr_of_sockaddr(const struct sockaddr *sa, socklen_t n)
{
	struct ip ip = {0};

	if (sa->sa_family == AF_INET && n >= sizeof(struct sockaddr_in)) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;

		ip.family = 4;
		memcpy(ip.b, &in->sin_addr, 4);
		return addr_of_ip(ip, ntohs(in->sin_port));
	}
	if (sa->sa_family == AF_INET6 && n >= sizeof(struct sockaddr_in6)) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)sa;

		ip.family = 6;
		memcpy(ip.b, &in->sin6_addr, 16);
		return addr_of_ip(ip, ntohs(in->sin6_port));
	}
	return (struct addr){0};
}

socklen_t addr_sockaddr(const struct addr *a, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){0};
	if (a->ip.family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)(void *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(a->port);
		memcpy(&in->sin_addr, a->ip.b, 4);
		return sizeof(*in);
	}
	if (a->ip.family == 6) {
		struct sockaddr_in6 *in = (struct sockaddr_in6 *)(void *)ret;

		in->sin6_family = AF_INET6;
		in->sin6_port = htons(a->port);
		memcpy(&in->sin6_addr, a->ip.b, 16);
		return sizeof(*in);
	}
	return 0;
}

struct addr addr_local(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t n = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)(void *)&ss, &n) != 0)
		return (struct addr){0};
	return addr_of_sockaddr((struct sockaddr *)(void *)&ss, n);
}

struct str addr_text(const struct addr *a, char to[ADDR_TEXT_MAX])
{
	BUF_AUTO b = BUF_INIT(ADDR_TEXT_MAX - 1);

	if (a->ip.family == 6)
		buf_char(&b, '[');
	buf_ip(&b, a->ip);
	if (a->ip.family == 6)
		buf_char(&b, ']');
	if (a->ip.family) {
		buf_char(&b, ':');
		buf_u64(&b, a->port);
	}
	if (b.n)
		memcpy(to, b.p, b.n);
	to[b.n] = '\0';
	return str_of(to, b.n);
}

struct ip addr_class(struct ip ip, unsigned k)
{
	static const unsigned char bits4[ADDR_CLASSES] = {32, 26, 21};
	static const unsigned char bits6[ADDR_CLASSES] = {64, 48, 32};

	assert(k < ADDR_CLASSES);
	if (!ip_is_set(ip))
		return ip;
	return ip_mask(ip, ip.family == 4 ? bits4[k] : bits6[k]);
}

struct str addr_class_bytes(struct ip ip, unsigned k, unsigned char to[ADDR_CLASS_BYTES])
{
	struct ip class = addr_class(ip, k);

	to[0] = class.family;
	to[1] = (unsigned char)k;
	for (size_t i = 0; i < sizeof(class.b); i++)
		to[2 + i] = class.b[i];
	return str_of(to, ADDR_CLASS_BYTES);
}

uint64_t addr_class_key(struct ip ip, unsigned k)
{
	unsigned char b[ADDR_CLASS_BYTES];
	uint64_t h = str_hash(addr_class_bytes(ip, k, b), 0);

	return h ? h : 1;
}
