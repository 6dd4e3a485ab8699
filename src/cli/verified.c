#include "cli/verified.h"

#include "cli/envelope.h"
#include "cli/message.h"

enum { EXPLAIN_MAX = 4 << 20 };

/* pct takes the message: args.random stays 0. */
static struct err verify(struct cli *c, struct cli_verified *k)
{
	TRY(cli_envelope_read(c, &k->local, &k->args.spf));
	TRY(cli_message_read(c->arg[0], &k->message, NULL));
	TRY(cli_resolve_open(c, &k->resolve));
	k->args.now = k->args.spf.now = k->resolve.now;
	k->args.spf.explain = &k->explain;
	dns_batch_init(&k->batch, &c->arena);
	TRY(verify_begin(&k->args, buf_str(&k->message), &c->arena, &k->verify));
	while (verify_sender(k->verify, &k->batch) == DNS_WAIT)
		dns_batch_resolve(&k->batch, k->resolve.dns);
	while (verify_dmarc(k->verify, &k->batch) == DNS_WAIT)
		dns_batch_resolve(&k->batch, k->resolve.dns);
	return ERR_OK;
}

struct err cli_verified_open(struct cli *c, struct cli_verified *ret)
{
	*ret = (struct cli_verified){.message = BUF_INIT(CLI_MESSAGE_MAX),
				     .local = BUF_INIT(CLI_LOCAL_MAX),
				     .explain = BUF_INIT(EXPLAIN_MAX)};
	struct err e = verify(c, ret);

	if (err_failed(e))
		cli_verified_close(ret);
	return e;
}

void cli_verified_close(struct cli_verified *k)
{
	cli_resolve_close(&k->resolve);
	buf_fini(&k->explain);
	buf_fini(&k->local);
	buf_fini(&k->message);
}

struct err cli_verified_error(const struct cli_verified *k)
{
	enum auth_result dmarc = k->verify->result.dmarc.result;

	if (dmarc == AUTH_PASS)
		return ERR_OK;
	return err_make(dmarc == AUTH_TEMPERROR ? ERR_UNAVAILABLE : ERR_NOT_ALLOWED,
			"DMARC does not pass");
}
