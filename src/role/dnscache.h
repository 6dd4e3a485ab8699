/* dnscache: what the dns role answered lately, ready to be sent again.
 *
 * libunbound has a cache of its own, but each question to it costs two changes of thread and back:
 * more than the answer itself. So that it stays the one that decides, an answer is kept a
 * minute at most, never longer than its TTL, and only if it is final: no failure, nothing bogus.
 *
 * Input: keys and answers are others'; past `max` answers the oldest goes, and one that
 * takes more than DNSCACHE_ANSWER_MAX bytes is not kept.
 * Memory: its own.
 * Threads: one at a time.
 */
#ifndef MOX_ROLE_DNSCACHE_H
#define MOX_ROLE_DNSCACHE_H

#include "base/list.h"
#include "base/map.h"
#include "dns/resolver.h"
#include "idl/messages.h"
#include "os/clock.h"

enum { DNSCACHE_S = 60, DNSCACHE_KEY_MAX = 256, DNSCACHE_ANSWER_MAX = 8192 };

struct dnscache {
	struct clock *clock;
	struct map by_key;
	struct list by_age; /* from the oldest on */
};

void dnscache_init(struct dnscache *c, struct clock *clock, size_t max, struct map_seed seed);
void dnscache_fini(struct dnscache *c);
void dnscache_clear(struct dnscache *c);

/* Keeps the answer to a question of this type under a key of at most DNSCACHE_KEY_MAX bytes, if it
 * may be kept. */
void dnscache_put(struct dnscache *c, struct str key, enum dns_type type,
		  const struct dns_answer *a);
/* The answer, its TTL as it is by now, its texts valid until the next put or clear. */
bool dnscache_get(struct dnscache *c, struct str key, struct msg_dns_answer *ret);

#endif
