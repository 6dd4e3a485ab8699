/* dns: what the DNS says, as mox sees it. */
#include "cli/resolve.h"

#include "dns/text.h"
#include "format/domain.h"
#include <stdio.h>

enum { LOOKUP_TYPES_MAX = 2, OUTPUT_MAX = 4 << 20 };

struct lookup {
	enum dns_type type[LOOKUP_TYPES_MAX];
	size_t n;
	struct str name;
};

static struct err lookup_parse(struct str type, struct str text, struct buf *name,
			       struct lookup *ret)
{
	struct ip ip;

	ret->n = 1;
	if (str_eq_nocase(type, STR("ips")))
		*ret = (struct lookup){.type = {DNS_A, DNS_AAAA}, .n = 2};
	else if (!dns_type_parse(type, &ret->type[0]))
		return err_make(ERR_USAGE, "not a type of record that mox asks for: %.*s",
				STR_ARG(type));
	if (ret->type[0] != DNS_PTR) {
		if (!domain_ascii(text, name))
			buf_dns_lower(name, dns_name_undot(text));
	} else if (ip_parse(text, &ip)) {
		buf_dns_reverse(name, ip);
	} else {
		return err_make(ERR_USAGE, "not an IP address: %.*s", STR_ARG(text));
	}
	ret->name = buf_str(name);
	if (buf_failed(name) || !dns_name_ok(ret->name))
		return err_make(ERR_USAGE, "not a name that can exist: %.*s", STR_ARG(text));
	return ERR_OK;
}

static void answer_write(struct buf *b, enum dns_type type, struct str name,
			 const struct dns_answer *a)
{
	buf_strs(b, dns_status_name(a->status), STR(" "), dns_type_name(type), STR(" "));
	buf_dns_name(b, name);
	if (a->authentic)
		buf_str_add(b, STR(" authentic"));
	if (!dns_is_temporary(a))
		buf_printf(b, " ttl=%u", a->ttl);
	if (a->ede != DNS_EDE_NONE)
		buf_printf(b, " ede=%d", a->ede);
	if (dns_ede_name(a->ede).n)
		buf_strs(b, STR(" ("), dns_ede_name(a->ede), STR(")"));
	if (a->error.n) {
		buf_str_add(b, STR(" why="));
		buf_dns_quoted(b, a->error);
	}
	buf_char(b, '\n');
	for (size_t i = 0; i < a->n; i++) {
		buf_dns_record(b, type, &a->record[i]);
		buf_char(b, '\n');
	}
}

/* Asks, prints, and fails if there is no record. */
static struct err lookup_run(struct cli *c, const struct lookup *l, struct dns_resolver *dns)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	struct dns_batch batch;
	bool found = false, temporary = false;

	dns_batch_init(&batch, &c->arena);
	for (size_t i = 0; i < l->n; i++)
		(void)dns_ask(&batch, l->type[i], l->name);
	dns_batch_resolve(&batch, dns);
	for (size_t i = 0; i < l->n; i++) {
		const struct dns_answer *a = dns_ask(&batch, l->type[i], l->name);

		answer_write(&out, l->type[i], l->name, a);
		found |= a->status == DNS_FOUND;
		temporary |= dns_is_temporary(a);
	}
	printf("%.*s", STR_ARG(buf_str(&out)));
	if (found)
		return ERR_OK;
	return temporary ? err_make(ERR_UNAVAILABLE, "no answer; try again later")
			 : err_make(ERR_NOT_FOUND, "no such record");
}

struct err cli_dns_lookup(struct cli *c)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX + 1);
	struct lookup lookup = {0};
	struct cli_resolve r;

	TRY(lookup_parse(str_z(c->arg[0]), str_z(c->arg[1]), &name, &lookup));
	TRY(cli_resolve_open(c, &r));
	struct err e = lookup_run(c, &lookup, r.dns);

	cli_resolve_close(&r);
	return e;
}
