/* spf: what SPF says of a client and a sender, and of a record. */
#include "cli/envelope.h"
#include "cli/resolve.h"

#include "dns/text.h"
#include "format/domain.h"
#include "verify/spf.h"
#include "verify/spf_record.h"
#include <stdio.h>

enum { OUTPUT_MAX = 4 << 20, EXPLAIN_MAX = 4 << 20 };

static void line(struct buf *b, const char *key, struct str value)
{
	if (value.n)
		buf_strs(b, str_z(key), STR(": "), value, STR("\n"));
}

static void result_write(struct buf *b, const struct spf_args *args, const struct spf_result *r)
{
	buf_strs(b, auth_result_name(r->result), STR(" identity="), spf_identity_name(r->identity),
		 STR(" domain="));
	buf_dns_quoted(b, r->domain);
	buf_printf(b, " lookups=%u voids=%u%s\n", r->lookups, r->voids,
		   r->authentic ? " authentic" : "");
	line(b, "mechanism", r->mechanism);
	line(b, "problem", r->problem);
	line(b, "explanation", r->explanation);
	if (r->record.n) {
		buf_str_add(b, STR("record: "));
		buf_dns_name(b, r->record_domain);
		buf_str_add(b, STR(" TXT "));
		buf_dns_quoted(b, r->record);
		buf_char(b, '\n');
	}
	buf_char(b, '\n');
	buf_received_spf(b, args, r);
	buf_strs(b, STR("\n"), buf_str(args->explain));
}

static struct err check_run(struct cli *c, const struct spf_args *args, struct dns_resolver *dns)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct dns_batch batch;
	struct spf_result r;

	dns_batch_init(&batch, &c->arena);
	while (spf_check(args, &batch, &c->arena, &r) == DNS_WAIT)
		dns_batch_resolve(&batch, dns);
	result_write(&out, args, &r);
	printf("%.*s", STR_ARG(buf_str(&out)));
	if (r.result == AUTH_PASS)
		return ERR_OK;
	return err_make(r.result == AUTH_TEMPERROR ? ERR_UNAVAILABLE : ERR_NOT_ALLOWED,
			"not a pass");
}

struct err cli_spf_check(struct cli *c)
{
	BUF_AUTO local = BUF_INIT(CLI_LOCAL_MAX);
	BUF_AUTO explain = BUF_INIT(EXPLAIN_MAX);
	struct spf_args args = {.receiver = str_z(cli_flag(c, "receiver")), .explain = &explain};
	struct cli_resolve r;

	TRY(cli_envelope_read(c, &local, &args));
	TRY(cli_resolve_open(c, &r));
	args.now = r.now;
	struct err e = check_run(c, &args, r.dns);

	cli_resolve_close(&r);
	return e;
}

/* "-a:example.org/24: fail", "redirect=example.org". */
static void terms_write(struct buf *b, const struct spf_record *record)
{
	struct spf_term t;

	for (size_t at = 0; spf_record_next(record, &at, &t);) {
		buf_str_add(b, t.text);
		if (t.kind != SPF_MODIFIER)
			buf_strs(b, STR(": "), auth_result_name(t.result));
		buf_char(b, '\n');
	}
}

/* Prints "permerror" and what is wrong, or "found" and what stands behind it, and the terms. */
static struct err record_print(struct str text, struct str more)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct spf_record record;
	struct err e = spf_record_parse(text, &record);

	if (err_failed(e)) {
		buf_str_add(&out, STR("permerror "));
		buf_dns_quoted(&out, err_text(e));
		buf_char(&out, '\n');
	} else {
		buf_strs(&out, STR("found"), more, STR("\n"));
		terms_write(&out, &record);
	}
	printf("%.*s", STR_ARG(buf_str(&out)));
	return err_is_ok(e) ? ERR_OK : err_make(err_code(e), "not a proper SPF record");
}

struct err cli_spf_parse(struct cli *c)
{
	return record_print(str_z(c->arg[0]), STR(""));
}

static struct err lookup_run(struct cli *c, struct str domain, struct dns_resolver *dns)
{
	BUF_AUTO more = BUF_INIT(OUTPUT_MAX);
	struct dns_batch batch;
	struct spf_found found;

	dns_batch_init(&batch, &c->arena);
	while (spf_find(domain, &batch, &c->arena, &found) == DNS_WAIT)
		dns_batch_resolve(&batch, dns);
	if (found.result != AUTH_NEUTRAL) {
		printf("%.*s %.*s\n", STR_ARG(auth_result_name(found.result)),
		       STR_ARG(found.problem));
		return found.result == AUTH_TEMPERROR
			       ? err_make(ERR_UNAVAILABLE, "no answer; try again later")
			       : err_make(ERR_NOT_FOUND, "no SPF record");
	}
	buf_strs(&more, found.authentic ? STR(" authentic ") : STR(" "), domain, STR(" "));
	buf_dns_quoted(&more, found.record);
	return record_print(found.record, buf_str(&more));
}

struct err cli_spf_lookup(struct cli *c)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX + 1);
	struct str text = str_z(c->arg[0]);
	struct cli_resolve r;

	if (!domain_ascii(text, &name))
		return err_make(ERR_USAGE, "not a domain name: %.*s", STR_ARG(text));
	TRY(cli_resolve_open(c, &r));
	struct err e = lookup_run(c, buf_str(&name), r.dns);

	cli_resolve_close(&r);
	return e;
}
