#include "cli/verified.h"

#include "cli/envelope.h"

enum { EXPLAIN_MAX = 4 << 20 };

/* pct takes the message: args.random stays 0. */
static struct err verify(struct cli *c, struct cli_verified *k)
{
	struct cli_case *j = &k->judged;

	TRY(cli_envelope_read(c, &k->local, &k->args.spf));
	TRY(cli_case_open(c, j));
	k->args.now = k->args.spf.now = j->resolve.now;
	k->args.spf.explain = &k->explain;
	TRY(verify_begin(&k->args, buf_str(&j->message), &c->arena, &k->verify));
	while (verify_sender(k->verify, &j->batch) == DNS_WAIT)
		dns_batch_resolve(&j->batch, j->resolve.dns);
	while (verify_dmarc(k->verify, &j->batch) == DNS_WAIT)
		dns_batch_resolve(&j->batch, j->resolve.dns);
	return ERR_OK;
}

struct err cli_verified_open(struct cli *c, struct cli_verified *ret)
{
	*ret = (struct cli_verified){.local = BUF_INIT(CLI_LOCAL_MAX),
				     .explain = BUF_INIT(EXPLAIN_MAX)};
	struct err e = verify(c, ret);

	if (err_failed(e))
		cli_verified_close(ret);
	return e;
}

void cli_verified_close(struct cli_verified *k)
{
	cli_case_close(&k->judged);
	buf_fini(&k->explain);
	buf_fini(&k->local);
}

struct err cli_verified_error(const struct cli_verified *k)
{
	enum auth_result dmarc = k->verify->result.dmarc.result;

	if (dmarc == AUTH_PASS)
		return ERR_OK;
	return err_make(dmarc == AUTH_TEMPERROR ? ERR_UNAVAILABLE : ERR_NOT_ALLOWED,
			"DMARC does not pass");
}
