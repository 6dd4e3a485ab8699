/* addr: the two ends of a connection: IP address and port, to and from the system's form.
 *
 * IPv4 addresses that arrive mapped into IPv6 become IPv4. Unix and other sockets have the unset
 * address.
 */
#ifndef MOX_OS_ADDR_H
#define MOX_OS_ADDR_H

#include "base/ip.h"
#include <sys/socket.h>

struct addr {
	struct ip ip;
	uint16_t port;
};

enum { ADDR_TEXT_MAX = 56 };

struct addr addr_of_sockaddr(const struct sockaddr *sa, socklen_t n);
/* The length written; 0 for an unset address. */
socklen_t addr_sockaddr(const struct addr *a, struct sockaddr_storage *ret);
struct addr addr_of_ip(struct ip ip, uint16_t port);
/* What getsockname says; unset on failure. */
struct addr addr_local(int fd);

/* "192.0.2.1:25", "[2001:db8::1]:25" into to; NUL-terminated, returned as str. */
struct str addr_text(const struct addr *a, char to[ADDR_TEXT_MAX]);

/* The IP classes that limits, fairness and reputation count by: k = 0, 1, 2 is the network of /32,
 * /26, /21 for IPv4 and /64, /48, /32 for IPv6. */
enum { ADDR_CLASSES = 3, ADDR_CLASS_BYTES = 18 };
struct ip addr_class(struct ip ip, unsigned k);
/* The same as a key for maps; and as a number, never 0; classes of different k differ. */
struct str addr_class_bytes(struct ip ip, unsigned k, unsigned char to[ADDR_CLASS_BYTES]);
uint64_t addr_class_key(struct ip ip, unsigned k);

#endif
