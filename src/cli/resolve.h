/* resolve: the DNS and the time, as the flags of a command say: for commands that check what stands
 * in the DNS.
 *
 *	struct cli_resolve r;
 *
 *	TRY(cli_resolve_open(c, &r));
 *	dns_batch_init(&batch, &c->arena);
 *	while (iprev_check(&batch, ip, &result) == DNS_WAIT)
 *		dns_batch_resolve(&batch, r.dns);
 *	... r.now ...
 *	cli_resolve_close(&r);
 *
 * Without flags the resolver asks the Internet's servers, from the root, and validates with the
 * root's keys that Debian's dns-root-data has. With -dns all is asked of that server; without
 * -trust-anchor nothing is authentic then. -now moves signatures' time too.
 */
#ifndef MOX_CLI_RESOLVE_H
#define MOX_CLI_RESOLVE_H

#include "cli/cli.h"
#include "dns/unbound.h"

/* A command's row has these among its flags, if it calls cli_resolve_open. */
/* clang-format off */
#define CLI_FLAGS_DNS \
	{"dns", "ADDRESS[:PORT]", NULL, "ask this DNS server; else the servers of the Internet, from the root"}, \
	{"trust-anchor", "FILE", NULL, "DS and DNSKEY to validate with; else the root's, or none with -dns"}, \
	{"timeout", "SECONDS", "10", "how long each DNS question may take"}, \
	CLI_FLAG_NOW
/* This one alone for cli_now. */
#define CLI_FLAG_NOW \
	{"now", "TIME", NULL, "judge as of this time: Unix seconds, RFC 3339 or a Date header's form"}
/* clang-format on */

struct cli_resolve {
	struct dns_resolver *dns;
	int64_t now; /* Unix seconds */
	struct dns_unbound *unbound;
};

struct err cli_resolve_open(struct cli *c, struct cli_resolve *ret);
void cli_resolve_close(struct cli_resolve *r);

/* The time of -now, else the clock's. */
struct err cli_now(struct cli *c, int64_t *ret);

#endif
