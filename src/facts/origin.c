#include "facts/origin.h"

/* Text that is longer than the record has room for is no name of anything. */
static struct str fit(struct str s, size_t max)
{
	return s.n <= max ? s : STR("");
}

static void signature_write(const struct dkim_result *d, struct msg_origin_signature *ret)
{
	const struct dkim_signature *s = &d->signature;

	*ret = (struct msg_origin_signature){
		.result = (uint8_t)d->result,
		.domain = fit(s->domain, 255),
		.selector = fit(s->selector, 255),
		.identity = fit(s->identity, 512),
		.identity_domain = fit(s->identity_domain, 255),
		.algorithm = dkim_algorithm_name(s->algorithm),
		.key_bits = d->key_bits,
		.authentic = d->authentic,
	};
}

static void connection_write(const struct verify *v, struct msg_origin *o)
{
	const struct iprev_result *i = &v->result.iprev;

	o->helo = fit(v->args.spf.helo, 1024);
	o->name = i->result == AUTH_PASS ? fit(i->name, 255) : STR("");
	o->iprev = (uint8_t)i->result;
	o->iprev_authentic = i->authentic;
}

static void envelope_write(const struct verify *v, struct msg_origin *o)
{
	const struct spf_result *s = &v->result.spf;

	o->mailfrom_local = fit(v->args.spf.local, 512);
	o->mailfrom_domain = fit(v->args.spf.domain, 255);
	o->spf = (uint8_t)s->result;
	o->spf_helo = s->identity == SPF_HELO;
	o->spf_domain = fit(s->domain, 255);
	o->spf_authentic = s->authentic;
}

/* Outermost first: who is believed is decided from there inwards. */
static void chain_write(const struct verify *v, struct str seals[ARC_INSTANCE_MAX],
			struct msg_origin *o)
{
	const struct arc_result *c = &v->result.arc;

	o->arc = (uint8_t)c->result;
	o->arc_authentic = c->authentic;
	o->arc_seals = seals;
	for (; o->arc_seals_n < c->n && o->arc_seals_n < ARC_INSTANCE_MAX; o->arc_seals_n++)
		seals[o->arc_seals_n] = fit(c->set[c->n - 1 - o->arc_seals_n].seal.domain, 255);
}

static void author_write(const struct verify *v, struct msg_origin *o)
{
	const struct dmarc_result *d = &v->result.dmarc;

	o->from_domain = fit(v->result.from.domain, 255);
	o->org_domain = fit(d->org, 255);
	o->dmarc = (uint8_t)d->result;
	o->dmarc_published = (uint8_t)d->published;
	o->dmarc_applied = (uint8_t)d->applied;
	o->dmarc_reject = d->reject;
	o->dmarc_authentic = d->authentic;
}

void origin_write(struct buf *b, const struct verify *v, bool tls)
{
	struct msg_origin_signature signatures[DKIM_SIGNATURES_MAX];
	struct str seals[ARC_INSTANCE_MAX];
	struct msg_origin o = {.tls = tls, .signatures = signatures};
	BUF_AUTO remote = BUF_INIT(64);

	buf_ip(&remote, v->args.spf.ip);
	o.remote = buf_str(&remote);
	connection_write(v, &o);
	envelope_write(v, &o);
	for (; o.signatures_n < v->result.dkim.n; o.signatures_n++)
		signature_write(&v->result.dkim.result[o.signatures_n],
				&signatures[o.signatures_n]);
	chain_write(v, seals, &o);
	author_write(v, &o);
	msg_origin_write(b, &o);
}

/* Numbers are of enums of ours. */
static bool numbers_ok(const struct msg_origin *o)
{
	bool ok = o->iprev < AUTH_RESULT_N && o->spf < AUTH_RESULT_N && o->dmarc < AUTH_RESULT_N &&
		  o->arc < AUTH_RESULT_N && o->dmarc_published <= DMARC_REJECT &&
		  o->dmarc_applied <= DMARC_REJECT;

	for (size_t i = 0; i < o->signatures_n; i++)
		ok = ok && o->signatures[i].result < AUTH_RESULT_N;
	return ok;
}

struct err origin_read(struct str bytes, struct arena *a, struct msg_origin *ret)
{
	*ret = (struct msg_origin){0};
	if (bytes.n == 0)
		return ERR_OK;
	struct err e = msg_origin_read(bytes, a, ret);

	if (err_is(e, ERR_SYNTAX) || (err_is_ok(e) && !numbers_ok(ret)))
		return err_make(ERR_CORRUPT, "the record of who sent a message");
	return e;
}
