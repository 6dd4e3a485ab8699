/* fake: a DNS made of zone text, for tests and the developer's server.
 *
 * One record a line: name, type, data, with spaces between; "." is the root. Names are absolute,
 * with or without a dot at the end. TXT and CAA values are quoted strings ("a" "b": several), with
 * \" \\ and \DDD. TLSA data is hex. Lines that are empty or begin with # say nothing. Besides
 * records:
 *     name TYPE TIMEOUT      this question never gets an answer (a failure)
 *     name TYPE SERVFAIL     fails
 *     name TYPE BOGUS        is bogus
 *     name TYPE NULL         is surely absent (the name exists)
 *     name * TIMEOUT         the same, SERVFAIL and BOGUS too, for each type without a line
 *     name SECURE            all at or below name is authentic, absence too
 * CNAMEs are followed, eight at most, unless CNAME is asked for; a loop is a failure. A name exists
 * if it or a name below it has a line. Wildcards are not known.
 *
 * Memory: the arena of dns_fake_init. Bugs in zone text are found by assert.
 */
#ifndef MOX_DNS_FAKE_H
#define MOX_DNS_FAKE_H

#include "dns/resolver.h"

struct dns_fake_line;

struct dns_fake {
	struct dns_resolver resolver;
	struct arena *arena;
	struct dns_fake_line *line;
	size_t n;
	size_t asked; /* questions answered so far */
};

void dns_fake_init(struct dns_fake *f, struct arena *arena);
/* Adds zone text; may be called again. */
void dns_fake_zone(struct dns_fake *f, struct str text);
/* Answers one outstanding question of the batch, which one says pick: false if there is none. With
 * any number for pick this is how a test answers out of order, and calls the step after each. */
bool dns_fake_answer(struct dns_fake *f, struct dns_batch *b, uint64_t pick);
/* As a resolver: dns_batch_resolve(batch, &fake.resolver) answers all that is outstanding. */

#endif
