#include "verify/authres_methods.h"

static struct str dnssec(bool authentic)
{
	return authentic ? STR("with dnssec") : STR("without dnssec");
}

static void add(struct authres *r, struct str method, enum auth_result result, struct str comment,
		struct str why)
{
	authres_add(r, method, result);
	authres_comment(r, comment);
	if (result != AUTH_PASS && result != AUTH_NONE)
		authres_reason(r, why);
}

void authres_add_iprev(struct authres *r, struct ip ip, const struct iprev_result *i)
{
	BUF_AUTO b = BUF_INIT(64);

	buf_ip(&b, ip_unmap(ip));
	add(r, STR("iprev"), i->result, dnssec(i->authentic), i->why);
	authres_property(r, STR("policy"), STR("iprev"), arena_dup(r->arena, buf_str(&b)));
}

void authres_add_spf(struct authres *r, const struct spf_result *s)
{
	add(r, STR("spf"), s->result, dnssec(s->authentic), s->problem);
	authres_property(r, STR("smtp"), spf_identity_name(s->identity), s->domain);
}

static struct str key_comment(struct authres *r, const struct dkim_result *d)
{
	const char *type = d->signature.algorithm == DKIM_ED25519_SHA256 ? "ed25519" : "rsa";

	if (!d->key_bits)
		return dnssec(d->authentic);
	return arena_printf(r->arena, "%u bit %s, %.*s", d->key_bits, type,
			    STR_ARG(dnssec(d->authentic)));
}

static void property_if(struct authres *r, struct str name, struct str value)
{
	if (value.n)
		authres_property(r, STR("header"), name, value);
}

static void add_signature(struct authres *r, const struct dkim_result *d)
{
	const struct dkim_signature *s = &d->signature;

	add(r, STR("dkim"), d->result, key_comment(r, d), d->why);
	property_if(r, STR("d"), s->domain);
	property_if(r, STR("s"), s->selector);
	property_if(r, STR("a"), dkim_algorithm_name(s->algorithm));
	property_if(r, STR("b"), dkim_signature_b(s));
}

void authres_add_dkim(struct authres *r, const struct dkim_results *d)
{
	if (d->n == 0)
		authres_add(r, STR("dkim"), AUTH_NONE);
	for (size_t i = 0; i < d->n; i++)
		add_signature(r, &d->result[i]);
}

void authres_add_dmarc(struct authres *r, const struct dmarc_from *from,
		       const struct dmarc_result *d)
{
	add(r, STR("dmarc"), d->result, dnssec(d->authentic), d->why);
	property_if(r, STR("from"), from->domain);
	if (d->result == AUTH_PASS || d->result == AUTH_FAIL)
		authres_property(r, STR("policy"), STR("dmarc"), dmarc_policy_name(d->applied));
}

void authres_add_arc(struct authres *r, const struct arc_result *a)
{
	if (a->result == AUTH_NONE)
		return;
	add(r, STR("arc"), a->result, dnssec(a->authentic), a->why);
	if (a->result == AUTH_PASS)
		authres_property(r, STR("header"), STR("oldest-pass"),
				 arena_printf(r->arena, "%u", a->oldest_pass));
}
