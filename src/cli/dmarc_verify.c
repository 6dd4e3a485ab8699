/* dmarc verify: what DMARC says of a message, from SPF and DKIM on. */
#include "cli/dmarc.h"
#include "cli/envelope.h"
#include "cli/message.h"
#include "cli/resolve.h"
#include "dns/text.h"
#include "verify/verify.h"
#include <stdio.h>

enum { OUTPUT_MAX = 4 << 20 };

static void pair(struct buf *b, const char *key, struct str value)
{
	if (!value.n)
		return;
	buf_printf(b, " %s=", key);
	buf_dns_name(b, value);
}

/* The first line; its first word is the result. */
static void head_write(struct buf *b, const struct verify_result *v)
{
	const struct dmarc_result *r = &v->dmarc;

	buf_str_add(b, auth_result_name(r->result));
	pair(b, "from", v->from.domain);
	if (r->published != DMARC_UNSET)
		buf_strs(b, STR(" policy="), dmarc_policy_name(r->published), STR(" applied="),
			 dmarc_policy_name(r->applied));
	pair(b, "domain", r->policy_domain);
	pair(b, "organization", r->org);
	if (r->nonexistent)
		buf_str_add(b, STR(" nonexistent"));
	if (r->reject)
		buf_str_add(b, STR(" reject"));
	if (r->authentic)
		buf_str_add(b, STR(" authentic"));
	buf_char(b, '\n');
	buf_dmarc_line(b, "why", v->from.why ? str_z(v->from.why) : r->why);
}

static void aligned_write(struct buf *b, const struct auth_identifier *id)
{
	if (!id)
		return;
	buf_strs(b, STR("aligned: "), id->method == AUTH_SPF ? STR("spf ") : STR("dkim "));
	buf_dns_name(b, id->domain);
	buf_char(b, '\n');
}

static void result_write(struct buf *b, const struct verify *v, struct dns_batch *batch)
{
	const struct dmarc_result *r = &v->result.dmarc;
	struct dmarc_walk walk;

	head_write(b, &v->result);
	aligned_write(b, r->spf);
	aligned_write(b, r->dkim);
	if (r->found != DMARC_NOWHERE)
		buf_dmarc_record(b, r);
	buf_char(b, '\n');
	buf_verify_results(b, STR("mox"), v);
	buf_char(b, '\n');
	if (v->result.from.domain.n && dmarc_walk(batch, v->result.from.domain, &walk) == DNS_DONE)
		buf_dmarc_walk(b, &walk);
}

static struct err verify(struct cli *c, const struct verify_args *args, struct str message,
			 struct dns_resolver *dns)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct dns_batch batch;
	struct verify *v;

	dns_batch_init(&batch, &c->arena);
	TRY(verify_begin(args, message, &c->arena, &v));
	while (verify_sender(v, &batch) == DNS_WAIT)
		dns_batch_resolve(&batch, dns);
	while (verify_dmarc(v, &batch) == DNS_WAIT)
		dns_batch_resolve(&batch, dns);
	result_write(&out, v, &batch);
	printf("%.*s", STR_ARG(buf_str(&out)));
	if (v->result.dmarc.result == AUTH_PASS)
		return ERR_OK;
	return err_make(v->result.dmarc.result == AUTH_TEMPERROR ? ERR_UNAVAILABLE
								 : ERR_NOT_ALLOWED,
			"not a pass");
}

struct err cli_dmarc_verify(struct cli *c)
{
	BUF_AUTO message = BUF_INIT(CLI_MESSAGE_MAX);
	BUF_AUTO local = BUF_INIT(CLI_LOCAL_MAX);
	struct verify_args args = {0}; /* random: pct takes the message */
	struct cli_resolve r;

	TRY(cli_envelope_read(c, &local, &args.spf));
	TRY(cli_message_read(c->arg[0], &message, NULL));
	TRY(cli_resolve_open(c, &r));
	args.now = args.spf.now = r.now;
	struct err e = verify(c, &args, buf_str(&message), r.dns);

	cli_resolve_close(&r);
	return e;
}
