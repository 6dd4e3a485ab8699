/* dmarc verify: what DMARC says of a message, from SPF and DKIM on. */
#include "cli/dmarc.h"
#include "cli/verified.h"
#include "dns/text.h"
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

struct err cli_dmarc_verify(struct cli *c)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct cli_verified k;

	TRY(cli_verified_open(c, &k));
	result_write(&out, k.verify, &k.judged.batch);
	printf("%.*s", STR_ARG(buf_str(&out)));
	struct err e = cli_verified_error(&k);

	cli_verified_close(&k);
	return e;
}
