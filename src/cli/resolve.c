#include "cli/resolve.h"

#include "format/date.h"
#include "os/clock.h"

enum { TIMEOUT_MAX_S = 600 };

static const char root_keys[] = "/usr/share/dns/root.key";

struct err cli_now(struct cli *c, int64_t *ret)
{
	struct str s = str_z(cli_flag(c, "now"));
	struct clock clock;
	struct date d;
	uint64_t v;

	if (str_u64(s, INT64_C(253402300799), &v)) { /* the year 9999 */
		*ret = (int64_t)v;
	} else if (date_parse(s, &d)) {
		*ret = d.unix_seconds;
	} else if (s.n) {
		return err_make(ERR_USAGE, "-now: not a time: %.*s", STR_ARG(s));
	} else {
		clock_init(&clock);
		*ret = clock_unix(&clock);
	}
	return ERR_OK;
}

/* An address, with a port behind a colon; an IPv6 address then stands in brackets. */
static bool server_parse(struct str s, struct dns_forward *ret)
{
	ssize_t colon = str_rchr(s, ':');
	struct str host = s, port = STR("53");
	uint64_t v;

	if (colon >= 0 && !ip6_parse(s, &ret->ip)) {
		host = str_sub(s, 0, (size_t)colon);
		port = str_from(s, (size_t)colon + 1);
	}
	if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
		host = str_sub(host, 1, host.n - 1);
	if (!ip_parse(host, &ret->ip) || !str_u64(port, UINT16_MAX, &v) || v == 0)
		return false;
	ret->port = (uint16_t)v;
	return true;
}

struct err cli_resolve_open(struct cli *c, struct cli_resolve *ret)
{
	struct str server = str_z(cli_flag(c, "dns")), timeout = str_z(cli_flag(c, "timeout"));
	struct dns_forward forward = {0};
	struct dns_unbound_opts opts = {
		.forward = &forward,
		.forwards = server.n > 0,
		.anchor = cli_flag(c, "trust-anchor"),
	};
	uint64_t seconds;

	if (server.n && !server_parse(server, &forward))
		return err_make(ERR_USAGE, "-dns: not an address with a port: %.*s",
				STR_ARG(server));
	if (!str_u64(timeout, TIMEOUT_MAX_S, &seconds) || seconds == 0)
		return err_make(ERR_USAGE, "-timeout: not 1 to %d seconds: %.*s", TIMEOUT_MAX_S,
				STR_ARG(timeout));
	if (!opts.anchor && !server.n)
		opts.anchor = root_keys;
	TRY(cli_now(c, &ret->now));
	opts.now = cli_flag(c, "now") ? ret->now : 0;
	TRY(dns_unbound_new(&opts, &ret->unbound));
	ret->dns = dns_unbound_resolver(ret->unbound, (int64_t)seconds * NS_PER_S);
	return ERR_OK;
}

void cli_resolve_close(struct cli_resolve *r)
{
	dns_unbound_free(r->unbound);
}
