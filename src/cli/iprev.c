/* iprev: whether the names of an IP address have that address. */
#include "verify/iprev.h"

#include "cli/resolve.h"
#include "dns/text.h"
#include <stdio.h>

static struct err iprev_run(struct cli *c, struct ip ip, struct dns_resolver *dns)
{
	BUF_AUTO out = BUF_INIT(64 << 10);
	struct dns_batch batch;
	struct iprev_result r;

	dns_batch_init(&batch, &c->arena);
	while (iprev_check(&batch, ip, &r) == DNS_WAIT)
		dns_batch_resolve(&batch, dns);
	buf_str_add(&out, auth_result_name(r.result));
	if (r.n) {
		buf_char(&out, ' ');
		buf_dns_name(&out, r.name);
	}
	buf_str_add(&out, r.authentic ? STR(" authentic\nwhy: ") : STR("\nwhy: "));
	buf_dns_quoted(&out, r.why);
	buf_char(&out, '\n');
	for (size_t i = 0; i < r.n; i++) {
		buf_str_add(&out, STR("name: "));
		buf_dns_name(&out, r.names[i]);
		buf_char(&out, '\n');
	}
	printf("%.*s", STR_ARG(buf_str(&out)));
	if (r.result == AUTH_PASS)
		return ERR_OK;
	return err_make(r.result == AUTH_TEMPERROR ? ERR_UNAVAILABLE : ERR_NOT_ALLOWED,
			"not a pass");
}

struct err cli_iprev(struct cli *c)
{
	struct str text = str_z(c->arg[0]);
	struct cli_resolve r;
	struct ip ip;

	if (!ip_parse(text, &ip))
		return err_make(ERR_USAGE, "not an IP address: %.*s", STR_ARG(text));
	TRY(cli_resolve_open(c, &r));
	struct err e = iprev_run(c, ip, r.dns);

	cli_resolve_close(&r);
	return e;
}
