/* dmarc: what a domain publishes for DMARC, and whom its reports may go to. */
#include "cli/dmarc.h"

#include "cli/resolve.h"
#include "dns/text.h"
#include "format/domain.h"
#include "verify/dmarc_report.h"
#include <stdio.h>

enum { OUTPUT_MAX = 4 << 20 };

void buf_dmarc_line(struct buf *b, const char *key, struct str value)
{
	if (!value.n)
		return;
	buf_strs(b, str_z(key), STR(": "));
	buf_dns_quoted(b, value);
	buf_char(b, '\n');
}

static void uris_write(struct buf *b, const char *key, const struct dmarc_uris *u)
{
	for (size_t i = 0; i < u->n; i++)
		buf_dmarc_line(b, key, u->uri[i]);
}

/* A step of the walk: the name, and what stands there. */
static void place_write(struct buf *b, size_t step, const struct dmarc_place *p)
{
	buf_printf(b, "step %zu: _dmarc.", step);
	buf_dns_name(b, p->domain);
	buf_strs(b, STR(" "), dns_status_name(p->answer->status));
	if (p->answer->status == DNS_FOUND)
		buf_printf(b, ", %zu DMARC record%s", p->records, p->records == 1 ? "" : "s");
	if (p->answer->authentic)
		buf_str_add(b, STR(", authentic"));
	if (p->records == 1) {
		buf_char(b, ' ');
		buf_dns_quoted(b, p->text);
	}
	if (dns_is_temporary(p->answer)) {
		buf_char(b, ' ');
		buf_dns_quoted(b, p->answer->error);
	}
	buf_char(b, '\n');
}

void buf_dmarc_walk(struct buf *b, const struct dmarc_walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		place_write(b, i + 1, &w->place[i]);
}

void buf_dmarc_record(struct buf *b, const struct dmarc_result *r)
{
	const struct dmarc_record *record = &r->record;
	BUF_AUTO ignored = BUF_INIT(1000);

	buf_dmarc_ignored(&ignored, record);
	buf_str_add(b, STR("record: _dmarc."));
	buf_dns_name(b, r->policy_domain);
	buf_str_add(b, STR(" TXT "));
	buf_dns_quoted(b, r->text);
	buf_printf(b, "\nalignment: dkim=%s spf=%s\n", record->strict_dkim ? "strict" : "relaxed",
		   record->strict_spf ? "strict" : "relaxed");
	if (record->testing)
		buf_str_add(b, STR("testing: the policy is not to be applied\n"));
	else if (!record->has_testing && record->percent < 100)
		buf_printf(b, "percent: %u\n", record->percent);
	uris_write(b, "reports", &record->rua);
	uris_write(b, "failure-reports", &record->ruf);
	buf_dmarc_line(b, "ignored", buf_str(&ignored));
}

/* The first line of a look-up; its first word is the result. */
static void lookup_head(struct buf *b, const struct dmarc_result *r)
{
	bool found = r->result == AUTH_FAIL; /* there is no message that could pass */

	buf_str_add(b, found ? STR("found") : auth_result_name(r->result));
	if (r->published != DMARC_UNSET)
		buf_strs(b, STR(" policy="), dmarc_policy_name(r->published));
	if (r->policy_domain.n) {
		buf_str_add(b, STR(" domain="));
		buf_dns_name(b, r->policy_domain);
	}
	if (r->org.n) {
		buf_str_add(b, STR(" organization="));
		buf_dns_name(b, r->org);
	}
	if (r->nonexistent)
		buf_str_add(b, STR(" nonexistent"));
	if (r->authentic)
		buf_str_add(b, STR(" authentic"));
	buf_char(b, '\n');
	if (!found)
		buf_dmarc_line(b, "why", r->why);
}

/* What holds for a message of the domain that nothing authenticates. */
static void lookup_ask(struct dns_batch *batch, struct str domain, struct dns_resolver *dns,
		       struct dmarc_result *ret)
{
	struct dmarc_args args = {.from = domain};

	while (dmarc_verify(batch, &args, ret) == DNS_WAIT)
		dns_batch_resolve(batch, dns);
}

static struct err not_found(enum auth_result result)
{
	if (result == AUTH_TEMPERROR)
		return err_make(ERR_UNAVAILABLE, "no answer; try again later");
	return err_make(ERR_NOT_FOUND, "no DMARC policy");
}

static struct err lookup_run(struct cli *c, struct str domain, struct dns_resolver *dns)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct dns_batch batch;
	struct dmarc_result r;
	struct dmarc_walk walk;

	dns_batch_init(&batch, &c->arena);
	lookup_ask(&batch, domain, dns, &r);
	lookup_head(&out, &r);
	if (r.found != DMARC_NOWHERE)
		buf_dmarc_record(&out, &r);
	if (dmarc_walk(&batch, domain, &walk) == DNS_DONE)
		buf_dmarc_walk(&out, &walk);
	printf("%.*s", STR_ARG(buf_str(&out)));
	return r.result == AUTH_FAIL ? ERR_OK : not_found(r.result);
}

static bool destination_ok(const struct dmarc_destination *d)
{
	return d->status == DMARC_DESTINATION_SAME || d->status == DMARC_DESTINATION_CONSENT;
}

/* Asks about each address of a list; *ret_ok stays if all take reports. */
static void destinations_write(struct buf *b, struct dns_batch *batch, struct dns_resolver *dns,
			       const char *key, struct str domain, const struct dmarc_uris *u,
			       bool *ret_ok)
{
	for (size_t i = 0; i < u->n; i++) {
		struct dmarc_destination d;

		while (dmarc_destination_check(batch, domain, u->uri[i], &d) == DNS_WAIT)
			dns_batch_resolve(batch, dns);
		*ret_ok = *ret_ok && destination_ok(&d);
		buf_strs(b, str_z(key), STR(": "));
		buf_dns_quoted(b, u->uri[i]);
		buf_strs(b, STR(" "), dmarc_destination_name(d.status));
		if (d.name.n) {
			buf_char(b, ' ');
			buf_dns_name(b, d.name);
		}
		if (d.text.n) {
			buf_str_add(b, STR(" TXT "));
			buf_dns_quoted(b, d.text);
		}
		buf_char(b, '\n');
		uris_write(b, "instead", &d.instead);
	}
}

static struct err report_run(struct cli *c, struct str domain, struct dns_resolver *dns)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct dns_batch batch;
	struct dmarc_result r;
	bool ok = true;

	dns_batch_init(&batch, &c->arena);
	lookup_ask(&batch, domain, dns, &r);
	if (r.result != AUTH_FAIL) {
		lookup_head(&out, &r);
		printf("%.*s", STR_ARG(buf_str(&out)));
		return not_found(r.result);
	}
	destinations_write(&out, &batch, dns, "reports", r.policy_domain, &r.record.rua, &ok);
	destinations_write(&out, &batch, dns, "failure-reports", r.policy_domain, &r.record.ruf,
			   &ok);
	printf("%s domain=%.*s.\n%.*s", ok ? "ok" : "refused", STR_ARG(r.policy_domain),
	       STR_ARG(buf_str(&out)));
	return ok ? ERR_OK : err_make(ERR_NOT_ALLOWED, "not all addresses take reports");
}

/* A command whose one argument is a domain. */
static struct err domain_command(struct cli *c,
				 struct err (*run)(struct cli *, struct str, struct dns_resolver *))
{
	BUF_AUTO name = BUF_INIT(DOMAIN_MAX);
	struct str text = str_z(c->arg[0]);
	struct cli_resolve r;

	if (!domain_ascii(text, &name))
		return err_make(ERR_USAGE, "not a domain name: %.*s", STR_ARG(text));
	TRY(cli_resolve_open(c, &r));
	struct err e = run(c, buf_str(&name), r.dns);

	cli_resolve_close(&r);
	return e;
}

struct err cli_dmarc_lookup(struct cli *c)
{
	return domain_command(c, lookup_run);
}

struct err cli_dmarc_checkreportaddrs(struct cli *c)
{
	return domain_command(c, report_run);
}
