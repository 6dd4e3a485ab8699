/* probe: what a forward does with DNSSEC, found out at start.
 *
 * Ask dns_probe_question through a resolver with this forward, and judge the answer. A forward that
 * breaks DNSSEC makes every signed name fail: better none, and recursion.
 */
#ifndef MOX_DNS_PROBE_H
#define MOX_DNS_PROBE_H

#include "dns/unbound.h"

enum dns_probe {
	DNS_PROBE_PASSES, /* signatures come through and validate */
	DNS_PROBE_BREAKS, /* they do not: signed names are bogus through it */
	DNS_PROBE_PLAIN,  /* there is nothing to validate: no anchor, or an unsigned zone */
	DNS_PROBE_SILENT, /* no usable answer */
};

/* The name servers of its zone. */
struct dns_question dns_probe_question(const struct dns_forward *f);
/* Adds one line without an end, for the log: what was found, and what it means. */
enum dns_probe dns_probe_judge(const struct dns_forward *f, const struct dns_answer *a,
			       struct buf *line);

#endif
