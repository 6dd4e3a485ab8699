#include "verify/signed.h"

#include "verify/psl.h"

struct err signed_parse(struct str section, const struct header_field *f, enum dkim_kind kind,
			struct arena *a, struct signed_field *ret, struct dkim_signature *ret_s)
{
	struct err e = dkim_signature_parse(f->value, kind, a, ret_s);

	*ret = (struct signed_field){
		.field = str_sub(section, f->from, f->to),
		.cut = str_sub(f->value, ret_s->raw_at, ret_s->raw_to),
		.at = f->from,
	};
	return e;
}

const char *signed_refusal(const struct dkim_signature *s, uint64_t now)
{
	if (s->algorithm == DKIM_RSA_SHA1)
		return "rsa-sha1 is not to be verified any more (RFC 8301 §3.1)";
	if (s->has_expiry && s->expiry < now)
		return "the signature has expired (x=)";
	if (s->has_time && s->time > now && s->time - now > DKIM_CLOCK_SLACK)
		return "the signature was made in the future (t=)";
	if (psl_is_suffix(s->domain)) /* RFC 6376 §6.1.1 */
		return "d= is a public suffix";
	return NULL;
}

struct err signed_want(struct signed_field *sf, const struct dkim_signature *s,
		       struct fields *fields, struct bodyhash *bodies)
{
	TRY(fields_want(fields, s->names));
	return bodyhash_want(bodies, s->body_canon, s->has_length ? s->length : BODYHASH_ALL,
			     &sf->body_id);
}

/* RFC 6376 §6.1.3 */
enum auth_result signed_verify(const struct signed_field *sf, const struct dkim_signature *s,
			       struct evp_pkey_st *pkey, struct fields *fields,
			       const struct bodyhash *bodies, const char **ret_why)
{
	struct str body = bodyhash_get(bodies, sf->body_id);
	struct fields_hash h;
	uint8_t digest[DKIM_HASH_N];

	*ret_why = "the body is shorter than was signed (l=)";
	if (body.n == 0)
		return AUTH_FAIL;
	*ret_why = "the body is not what was signed (bh=)";
	if (!str_eq(body, s->body_hash))
		return AUTH_FAIL;
	fields_hash_begin(&h, s->header_canon);
	fields_hash_select(&h, fields, s->names, sf->at);
	struct err e = fields_hash_end(&h, sf->field, sf->cut, digest);

	*ret_why = "no memory to hash the header";
	if (err_failed(e))
		return AUTH_TEMPERROR;
	*ret_why = "the signature does not fit the header and the key";
	if (!dkim_key_verify(pkey, s->algorithm, digest, s->signature))
		return AUTH_FAIL;
	*ret_why = "the signature is good";
	return AUTH_PASS;
}
