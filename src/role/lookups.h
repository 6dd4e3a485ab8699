/* lookups: the questions in flight in the dns role, and who waits for each.
 *
 * A question that is in flight is not asked again: whoever asks it meanwhile waits for the same
 * answer. What was answered lately (role/dnscache) is answered at once, all such questions of a
 * request in as few replies as they fit. When nobody waits any more (deadline, cancelled, dead) it
 * is cancelled at the resolver.
 *
 * Input: requests of other roles, any of which may have been taken over. Past the bound of what is
 * in flight a question fails at once. Who waits is bounded by ipc: so many requests a channel, so
 * many questions each.
 * Memory: who waits lives in the request's arena.
 * Threads: one at a time; the caller has a lock.
 */
#ifndef MOX_ROLE_LOOKUPS_H
#define MOX_ROLE_LOOKUPS_H

#include "base/list.h"
#include "base/map.h"
#include "base/metric.h"
#include "base/rand.h"
#include "dns/resolver.h"
#include "os/ipc.h"
#include "role/dnscache.h"

/* Who knows the answers; the functions of dns/unbound. No answer comes within `ask`. */
struct lookups_resolver {
	struct err (*ask)(void *arg, const struct dns_question *q,
			  void (*done)(void *lookup, const struct dns_answer *a), void *lookup,
			  uint64_t *ret_id);
	void (*cancel)(void *arg, uint64_t id);
	void *arg;
};

struct lookups {
	const struct lookups_resolver *resolver; /* NULL: questions wait until there is one */
	struct map by_question;                  /* struct lookup */
	struct list lookups, requests;
	struct dnscache cache;
	struct metrics *metrics;
};

/* max: questions in flight; as many answers are kept. */
void lookups_init(struct lookups *l, struct clock *clock, size_t max, struct rand_src *rand,
		  struct metrics *metrics);
/* When nothing is in flight. */
void lookups_fini(struct lookups *l);
/* Fails all that is in flight. */
void lookups_fail(struct lookups *l, struct str why);

/* From now on, all that is in flight is asked of this resolver, which outlives l; it is cancelled
 * at the one before, whose answers are forgotten. */
void lookups_resolve_by(struct lookups *l, const struct lookups_resolver *resolver);

/* Takes a dns_lookup request and answers it, now or later. */
void lookups_take(struct lookups *l, struct ipc_request *q);
/* Lets go of the requests that nobody waits for, and of those past their deadline. The first
 * deadline of the others, monotonic ns, or NS_NEVER. */
int64_t lookups_drop(struct lookups *l);

#endif
