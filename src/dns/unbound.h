/* unbound: the resolver of the house: recursive or forwarding, validating, one cache, asynchronous,
 * on libunbound.
 *
 * A question is asked with dns_unbound_ask; when the descriptor of dns_unbound_fd is readable
 * dns_unbound_process calls back with the answers that came. Nothing of the network is an error:
 * no answer, a server's failure, an answer over the limits are DNS_FAILED, what does not validate
 * is DNS_BOGUS, both with text; neither ever says that a record is absent. libunbound retries on
 * its own and gives up late (10 seconds and more): the caller holds the deadline, and cancels.
 *
 * Input: the addresses of forwards and paths are the operator's; answers are strangers' and meet
 * dns/wire. At most in_flight questions are worked on: past that dns_unbound_ask says RESOURCES. A
 * cancelled question counts until libunbound has ended it, because it costs what it did before.
 * Memory: an answer and all in it live until its callback returns. libunbound holds about twice
 * cache_bytes, and 12 KiB a question in flight.
 * Threads: one at a time calls these functions; callbacks run in dns_unbound_process alone. The
 * first question starts the one thread there is besides, which does all of the network's work,
 * takes no signals but that of os/sandbox, and ends in dns_unbound_free.
 *
 * Files: all are read by dns_unbound_new, before any promise. Afterwards the thread replaces the
 * file of anchor_auto, through another one beside it; it also looks for /etc/localtime, to write
 * times there as comments, and does not mind to be refused.
 *
 * Not handled: DNS over TLS; forwards by name.
 */
#ifndef MOX_DNS_UNBOUND_H
#define MOX_DNS_UNBOUND_H

#include "base/err.h"
#include "dns/resolver.h"

enum { DNS_UNBOUND_IN_FLIGHT = 1024, DNS_UNBOUND_CACHE = 16 << 20 };

/* A server that is asked for all at and below a zone, instead of the zone's own; several for one
 * zone stand in for each other. One on loopback will do. */
struct dns_forward {
	struct str zone; /* empty: all */
	struct ip ip;
	uint16_t port; /* 0: 53 */
	/* The public DNS does not know the zone, or knows it otherwise: what the server says is not
	 * validated, and never authentic. For names of an own network. */
	bool private;
};

struct dns_unbound_opts {
	const struct dns_forward *forward;
	size_t forwards;
	/* Trust anchors: a file of DS and DNSKEY lines, or one that follows the root's keys by
	 * itself (RFC 5011), which is made if there is a folder for it and anchor says with what.
	 * Neither: nothing is validated, nothing is authentic. */
	const char *anchor;
	const char *anchor_auto;
	int64_t now; /* signatures are judged at this time, in Unix seconds; 0: the clock's */
	size_t cache_bytes; /* 0: DNS_UNBOUND_CACHE */
	size_t in_flight;   /* at most 65536; 0: DNS_UNBOUND_IN_FLIGHT */
};

struct dns_unbound;

/* CONFIG if an option is wrong or a file unreadable. */
struct err dns_unbound_new(const struct dns_unbound_opts *opts, struct dns_unbound **ret);
/* Ends the thread; the callbacks of what is outstanding are not called. NULL will do. */
void dns_unbound_free(struct dns_unbound *u);
/* Readable when there is something to process; the same for the life of u. */
int dns_unbound_fd(const struct dns_unbound *u);
void dns_unbound_process(struct dns_unbound *u);

/* The name in q is copied. The callback may ask and cancel. RESOURCES: too many in flight. */
struct err dns_unbound_ask(struct dns_unbound *u, const struct dns_question *q,
			   void (*done)(void *arg, const struct dns_answer *a), void *arg,
			   uint64_t *ret_id);
/* The callback will not be called any more; an id whose callback was called does nothing. */
void dns_unbound_cancel(struct dns_unbound *u, uint64_t id);

/* As a resolver that blocks: every question gets timeout_ns, and dns_batch_resolve has all that is
 * outstanding asked at once. It belongs to u. Nobody calls dns_unbound_process meanwhile. */
struct dns_resolver *dns_unbound_resolver(struct dns_unbound *u, int64_t timeout_ns);

#endif
