/* mox dnsbl check, mox dnsbl checkhealth. */
#include "cli/resolve.h"

#include "dns/text.h"
#include "filter/dnsbl.h"
#include <stdio.h>

enum { OUTPUT_MAX = 64 << 10 };

static struct err zone_check(struct str zone)
{
	return dns_name_is_host(dns_name_undot(zone))
		       ? ERR_OK
		       : err_make(ERR_USAGE, "not a name that can exist: %.*s", STR_ARG(zone));
}

static struct err check(struct cli *c, struct ip ip, struct dns_resolver *dns)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct dnsbl_result r;
	struct dns_batch batch;

	dns_batch_init(&batch, &c->arena);
	while (dnsbl_check(&batch, str_z(c->arg[0]), ip, &r) == DNS_WAIT)
		dns_batch_resolve(&batch, dns);
	buf_str_add(&out, dnsbl_status_name(r.status));
	if (ip_is_set(r.code)) {
		buf_char(&out, ' ');
		buf_ip(&out, r.code);
	}
	buf_char(&out, '\n');
	if (r.explanation.n) {
		buf_dns_quoted(&out, r.explanation);
		buf_char(&out, '\n');
	}
	printf("%.*s", STR_ARG(buf_str(&out)));
	if (r.status == DNSBL_TEMPERROR)
		return err_make(ERR_UNAVAILABLE, "no answer that says whether it is listed");
	return r.status == DNSBL_LISTED ? err_make(ERR_NOT_ALLOWED, "listed") : ERR_OK;
}

struct err cli_dnsbl_check(struct cli *c)
{
	struct cli_resolve r;
	struct ip ip;

	TRY(zone_check(str_z(c->arg[0])));
	if (!ip_parse(str_z(c->arg[1]), &ip))
		return err_make(ERR_USAGE, "not an IP address: %s", c->arg[1]);
	TRY(cli_resolve_open(c, &r));
	struct err e = check(c, ip, r.dns);

	cli_resolve_close(&r);
	return e;
}

static void health_write(const struct dnsbl_health *h, struct buf *b)
{
	buf_str_add(b, dnsbl_health_name(h));
	if (h->why.n) {
		buf_str_add(b, STR(" why="));
		buf_dns_quoted(b, h->why);
	}
	buf_char(b, '\n');
}

static struct err checkhealth(struct cli *c, struct dns_resolver *dns)
{
	struct str zone = str_z(c->arg[0]);
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct dnsbl_health v4, v6;
	struct dns_batch batch;

	dns_batch_init(&batch, &c->arena);
	while (dnsbl_health_check(&batch, zone, 4, &v4) == DNS_WAIT ||
	       dnsbl_health_check(&batch, zone, 6, &v6) == DNS_WAIT)
		dns_batch_resolve(&batch, dns);
	health_write(&v4, &out);
	buf_str_add(&out, STR("ipv6: "));
	health_write(&v6, &out);
	printf("%.*s", STR_ARG(buf_str(&out)));
	if (v4.status == DNSBL_HEALTH_TEMPERROR)
		return err_make(ERR_UNAVAILABLE, "no answer that says whether the list works");
	return v4.status == DNSBL_HEALTHY ? ERR_OK
					  : err_make(ERR_UNAVAILABLE, "the list does not work");
}

struct err cli_dnsbl_checkhealth(struct cli *c)
{
	struct cli_resolve r;

	TRY(zone_check(str_z(c->arg[0])));
	TRY(cli_resolve_open(c, &r));
	struct err e = checkhealth(c, r.dns);

	cli_resolve_close(&r);
	return e;
}
