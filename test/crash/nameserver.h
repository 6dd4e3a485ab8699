/* nameserver: a name server on loopback that knows no name, for what a server asks of its peers: no
 * test waits for the world.
 */
#ifndef MOX_TEST_CRASH_NAMESERVER_H
#define MOX_TEST_CRASH_NAMESERVER_H

#include "base/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { NAMESERVER_PORT = 1053, DNS_HEADER = 12 };

struct nameserver {
	pthread_t thread;
	struct sockaddr_in at;
	int fd;
};

/* Of a question to its answer, NXDOMAIN; its length. RFC 1035 §4.1.1 */
static inline size_t nameserver_answer(unsigned char *p, size_t n)
{
	size_t end = DNS_HEADER;

	while (end < n && p[end])
		end += p[end] + 1u;
	end += 1 + 4; /* the root, type and class */
	p[2] |= 0x80;
	p[3] = 0x83;
	memset(p + 6, 0, 6);
	return end <= n ? end : n;
}

/* Until an empty datagram comes. */
static inline void *nameserver_main(void *arg)
{
	struct nameserver *ns = arg;
	struct sockaddr_in from;
	unsigned char p[4096];
	socklen_t len = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(ns->fd, p, sizeof(p), 0, (struct sockaddr *)&from, &len)) != 0) {
		if (n >= DNS_HEADER)
			sendto(ns->fd, p, nameserver_answer(p, (size_t)n), 0,
			       (struct sockaddr *)&from, len);
		len = sizeof(from);
	}
	return NULL;
}

static inline void nameserver_start(struct nameserver *ns, const char *ip)
{
	*ns = (struct nameserver){
		.at = {.sin_family = AF_INET, .sin_port = htons(NAMESERVER_PORT)}};
	inet_pton(AF_INET, ip, &ns->at.sin_addr);
	ns->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(ns->fd, (struct sockaddr *)&ns->at, sizeof(ns->at)), 0);
	assert_int_equal(pthread_create(&ns->thread, NULL, nameserver_main, ns), 0);
}

static inline void nameserver_stop(struct nameserver *ns)
{
	sendto(ns->fd, "", 0, 0, (struct sockaddr *)&ns->at, sizeof(ns->at));
	pthread_join(ns->thread, NULL);
	close(ns->fd);
}

#endif
