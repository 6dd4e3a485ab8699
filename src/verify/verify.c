#include "verify/verify.h"

#include "format/header.h"

struct err verify_begin(const struct verify_args *args, struct str message, struct arena *a,
			struct verify **ret)
{
	struct verify *v = ARENA_NEW(a, struct verify);
	const struct dkim_options o = {.now = (uint64_t)args->now, .policy = true};

	if (!v)
		return err_make(ERR_RESOURCES, "no memory to verify a message");
	v->args = *args;
	v->arena = a;
	const struct arc_options arc = {.now = (uint64_t)args->now};

	TRY(dkim_begin(message, &o, a, &v->signatures));
	TRY(arc_begin(message, &arc, a, &v->chain));
	dmarc_from(str_sub(message, 0, header_end(message, NULL)), a, &v->result.from);
	*ret = v;
	return ERR_OK;
}

enum dns_wait verify_sender(struct verify *v, struct dns_batch *b)
{
	struct verify_result *r = &v->result;
	struct dmarc_walk walk;

	if (!v->done.iprev)
		v->done.iprev = iprev_check(b, v->args.spf.ip, &r->iprev) == DNS_DONE;
	if (!v->done.spf)
		v->done.spf = spf_check(&v->args.spf, b, v->arena, &r->spf) == DNS_DONE;
	if (!v->done.dkim)
		v->done.dkim = dkim_check(v->signatures, b, &r->dkim) == DNS_DONE;
	if (!v->done.arc)
		v->done.arc = arc_check(v->chain, b, &r->arc) == DNS_DONE;
	/* Only asked: verify_dmarc is going to need it. */
	if (r->from.domain.n)
		(void)dmarc_walk(b, r->from.domain, &walk);
	return v->done.iprev && v->done.spf && v->done.dkim && v->done.arc ? DNS_DONE : DNS_WAIT;
}

/* RFC 9989 §3.2.4: of SPF the MAIL FROM identity, which is HELO's where the path is null. */
static bool identifiers_make(struct verify *v)
{
	const struct verify_result *r = &v->result;
	struct auth_identifier *id = ARENA_NEW_N(v->arena, struct auth_identifier, r->dkim.n + 1);

	if (!id)
		return false;
	id[0] = (struct auth_identifier){AUTH_SPF, r->spf.domain, r->spf.result, r->spf.authentic};
	for (size_t i = 0; i < r->dkim.n; i++) {
		const struct dkim_result *d = &r->dkim.result[i];

		id[i + 1] = (struct auth_identifier){AUTH_DKIM, d->signature.domain, d->result,
						     d->authentic};
	}
	v->identifier = id;
	v->identifiers = r->dkim.n + 1;
	return true;
}

enum dns_wait verify_dmarc(struct verify *v, struct dns_batch *b)
{
	if (!v->identifier && !identifiers_make(v)) {
		v->result.dmarc =
			(struct dmarc_result){.result = AUTH_TEMPERROR, .why = STR("no memory")};
		return DNS_DONE;
	}
	const struct dmarc_args args = {.from = v->result.from.domain,
					.identifier = v->identifier,
					.n = v->identifiers,
					.random = v->args.random};

	return dmarc_verify(b, &args, &v->result.dmarc);
}

void buf_verify_results(struct buf *b, struct str id, const struct verify *v)
{
	const struct verify_result *r = &v->result;
	struct authres a;

	authres_init(&a, v->arena, id);
	authres_add_iprev(&a, v->args.spf.ip, &r->iprev);
	authres_add_spf(&a, &r->spf);
	authres_add_dkim(&a, &r->dkim);
	authres_add_arc(&a, &r->arc);
	authres_add_dmarc(&a, &r->from, &r->dmarc);
	buf_authres(b, &a);
}
