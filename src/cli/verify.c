/* verify: everything that the server finds out about who sent a message, by hand. */
#include "cli/verified.h"
#include "dns/text.h"
#include <stdio.h>

enum { OUTPUT_MAX = 8 << 20 };

static void line(struct buf *b, const char *key, struct str value)
{
	if (!value.n)
		return;
	buf_strs(b, STR("  "), str_z(key), STR(": "));
	buf_cli_line(b, value);
	buf_char(b, '\n');
}

static void record_line(struct buf *b, struct str prefix, struct str name, struct str text)
{
	if (!text.n)
		return;
	buf_strs(b, STR("  record: "), prefix);
	buf_dns_name(b, name);
	buf_str_add(b, STR(" TXT "));
	buf_dns_quoted(b, text);
	buf_char(b, '\n');
}

static void method(struct buf *b, const char *name, enum auth_result result, bool authentic)
{
	buf_strs(b, STR("\n"), str_z(name), STR(": "), auth_result_name(result));
	buf_str_add(b, authentic ? STR(", with dnssec\n") : STR(", without dnssec\n"));
}

static void head_write(struct buf *b, const struct verify_result *r)
{
	struct str policy = dmarc_policy_name(r->dmarc.published);

	buf_strs(b, STR("spf="), auth_result_name(r->spf.result), STR(" dkim="),
		 auth_result_name(dkim_overall(&r->dkim)), STR(" dmarc="),
		 auth_result_name(r->dmarc.result), STR(" policy="),
		 policy.n ? policy : STR("none"), STR(" arc="), auth_result_name(r->arc.result),
		 STR(" iprev="), auth_result_name(r->iprev.result), STR("\n"));
}

static void iprev_write(struct buf *b, const struct iprev_result *r)
{
	method(b, "iprev", r->result, r->authentic);
	line(b, "why", r->why);
	for (size_t i = 0; i < r->n; i++)
		line(b, "name", r->names[i]);
}

static void steps_write(struct buf *b, struct str steps)
{
	struct str step;

	while (steps.n) {
		str_cut(steps, '\n', &step, &steps);
		line(b, "step", step);
	}
}

static void spf_write(struct buf *b, const struct verify *v)
{
	const struct spf_result *r = &v->result.spf;

	method(b, "spf", r->result, r->authentic);
	line(b, "identity", spf_identity_name(r->identity));
	line(b, "domain", r->domain);
	line(b, "mechanism", r->mechanism);
	line(b, "problem", r->problem);
	line(b, "the domain says", r->explanation);
	record_line(b, STR(""), r->record_domain, r->record);
	steps_write(b, buf_str(v->args.spf.explain));
}

static void dkim_write(struct buf *b, const struct dkim_results *d)
{
	if (d->n == 0)
		buf_str_add(b, STR("\ndkim: none, no signatures\n"));
	for (size_t i = 0; i < d->n; i++) {
		const struct dkim_result *r = &d->result[i];
		const struct dkim_signature *s = &r->signature;

		method(b, "dkim", r->result, r->authentic);
		line(b, "why", r->why);
		line(b, "domain", s->domain);
		line(b, "selector", s->selector);
		line(b, "algorithm", dkim_algorithm_name(s->algorithm));
		if (r->key_bits)
			buf_printf(b, "  key: %u bits%s\n", r->key_bits,
				   r->testing ? ", for testing" : "");
		BUF_AUTO prefix = BUF_INIT(1024);

		buf_strs(&prefix, s->selector, STR("._domainkey."));
		record_line(b, buf_str(&prefix), s->domain, r->record);
	}
}

static void arc_write(struct buf *b, const struct arc_result *r)
{
	method(b, "arc", r->result, r->authentic);
	line(b, "why", r->why);
	for (size_t i = 0; i < r->n; i++)
		line(b, "sealed by", r->set[i].seal.domain);
}

static void dmarc_write(struct buf *b, const struct verify_result *v)
{
	const struct dmarc_result *r = &v->dmarc;

	method(b, "dmarc", r->result, r->authentic);
	line(b, "from", v->from.domain);
	line(b, "why", v->from.why ? str_z(v->from.why) : r->why);
	line(b, "organization", r->org);
	line(b, "policy published", dmarc_policy_name(r->published));
	line(b, "policy applied", dmarc_policy_name(r->applied));
	if (r->reject)
		buf_str_add(b, STR("  the domain wants the message refused\n"));
	record_line(b, STR("_dmarc."), r->policy_domain, r->text);
}

static void all_write(struct buf *b, const struct verify *v)
{
	head_write(b, &v->result);
	buf_char(b, '\n');
	buf_verify_results(b, STR("mox"), v);
	buf_received_spf(b, &v->args.spf, &v->result.spf);
	iprev_write(b, &v->result.iprev);
	spf_write(b, v);
	dkim_write(b, &v->result.dkim);
	arc_write(b, &v->result.arc);
	dmarc_write(b, &v->result);
}

struct err cli_verify(struct cli *c)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct cli_verified k;

	TRY(cli_verified_open(c, &k));
	all_write(&out, k.verify);
	printf("%.*s", STR_ARG(buf_str(&out)));
	struct err e = cli_verified_error(&k);

	cli_verified_close(&k);
	return e;
}
