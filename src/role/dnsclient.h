/* dnsclient: how a role asks the dns role.
 *
 *	struct dnsclient *c;
 *	TRY(dnsclient_ask(r, q, n, deadline, on_answer, arg, &c));
 *	...
 *	dnsclient_end(c);
 *
 * Every question gets exactly one answer by the deadline: when the dns role dies, answers nonsense
 * or not in time, those outstanding are answered DNS_FAILED.
 *
 * Input: the dns role may have been taken over: its answers are checked against the limits of
 * dns/resolver.h once more.
 * Threads: any. `answer` runs on the hub's thread, without locks, and may not block.
 */
#ifndef MOX_ROLE_DNSCLIENT_H
#define MOX_ROLE_DNSCLIENT_H

#include "dns/resolver.h"
#include "role/role.h"

struct dnsclient;

/* index: of the question. The answer lives for the time of the call. */
typedef void dnsclient_answer_fn(void *arg, size_t index, const struct dns_answer *a);

/* Asks n questions, 1 to DNS_BATCH_MAX; they are copied. deadline: monotonic ns. After ERR_OK
 * `answer` is called once for each, in any order; *ret is set before it can be, and is given back
 * with dnsclient_end. After an error it is never called: UNAVAILABLE while the dns role does not
 * run, RESOURCES with too many calls in flight. The role has a channel to dns. */
struct err dnsclient_ask(struct role *r, const struct dns_question *q, size_t n, int64_t deadline,
			 dnsclient_answer_fn *answer, void *arg, struct dnsclient **ret);

/* Gives c back, which may be NULL. What is outstanding is cancelled: when this returns `answer`
 * does not run and won't any more (from `answer` itself: won't any more). The caller holds no lock
 * that `answer` takes. */
void dnsclient_end(struct dnsclient *c);

#endif
