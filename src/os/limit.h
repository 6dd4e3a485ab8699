/* limit: how often an address, and the networks around it, may do something.
 *
 * Counts are kept per IP class (os/addr.h) in windows: fixed ones of a length (they begin at
 * multiples of it), or one for all time, for what is open now. An addition is made in all windows
 * and classes or in none.
 * Memory: bounded by the number of networks counted at once; when so many came that the table is
 * full, further ones go uncounted.
 * Threads: any.
 */
#ifndef MOX_OS_LIMIT_H
#define MOX_OS_LIMIT_H

#include "base/attr.h"
#include "os/addr.h"

struct clock;
struct limit;

enum { LIMIT_WINDOWS_MAX = 4, LIMIT_NETWORKS_MAX = 100000 };

struct limit_window {
	int64_t ns; /* length; 0: all time */
	/* What may be counted for one network of each class. */
	int64_t max[ADDR_CLASSES];
};

struct limit_opts {
	struct limit_window windows[LIMIT_WINDOWS_MAX]; /* up to one whose max[0] is 0 */
	bool exempt_loopback;                           /* localserve: our own machine is free */
};

/* features.md §1, §8.1: new connections a minute, and open ones. */
extern const struct limit_opts limit_connection_rate, limit_connections_open;

/* NULL without memory. */
struct limit *limit_new(struct clock *clock, const struct limit_opts *opts);
void limit_free(struct limit *l);

/* Counts n for ip; false, and nothing is counted, if that would pass a maximum. */
bool limit_add(struct limit *l, struct ip ip, int64_t n) NODISCARD;
/* The same question without counting. */
bool limit_can_add(struct limit *l, struct ip ip, int64_t n);
/* Takes back n, e.g. when a connection ends. */
void limit_sub(struct limit *l, struct ip ip, int64_t n);
/* Forgets what was counted for this very address (class 0) and as much in the networks around it:
 * after a successful login. */
void limit_reset(struct limit *l, struct ip ip);

#endif
