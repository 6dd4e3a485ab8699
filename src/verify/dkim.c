#include "verify/dkim.h"

#include "format/header.h"
#include "verify/bodyhash.h"
#include "verify/fields.h"
#include "verify/psl.h"
#include <openssl/evp.h>

/* A signature on its way. */
struct row {
	struct str field; /* the whole field */
	size_t field_at;  /* its offset in the section */
	struct str cut;   /* b= in it */
	struct str name;  /* of the key */
	bool decided;
	EVP_PKEY *pkey;
	size_t body_id; /* of its body hash */
};

struct dkim {
	struct arena *arena;
	struct dkim_options options;
	struct str section, body;
	struct row *row;
	struct dkim_result *result; /* of the row of the same index */
	size_t n, found;
};

static void decide(struct dkim *d, size_t i, enum auth_result result, struct str why)
{
	d->row[i].decided = true;
	d->result[i].result = result;
	d->result[i].why = why;
}

/* What can be said without the key: NULL, or why not, and the result then. */
static const char *refusal(const struct dkim *d, const struct dkim_signature *s,
			   enum auth_result *ret)
{
	const struct dkim_options *o = &d->options;

	*ret = AUTH_PERMERROR;
	if (s->algorithm == DKIM_RSA_SHA1)
		return "rsa-sha1 is not to be verified any more (RFC 8301)";
	if (s->has_expiry && s->expiry < o->now)
		return "the signature has expired (x=)";
	if (s->has_time && s->time > o->now && s->time - o->now > DKIM_CLOCK_SLACK)
		return "the signature was made in the future (t=)";
	if (psl_is_suffix(s->domain)) /* RFC 6376 §6.1.1 */
		return "d= is a public suffix";
	*ret = AUTH_POLICY;
	if (o->policy && s->has_length)
		return "a part of the body only may be signed (l=)";
	if (o->policy && !dkim_signature_covers(s, STR("Subject")))
		return "Subject is not signed";
	return NULL;
}

static struct err signature_add(struct dkim *d, const struct header_field *f)
{
	struct row *rows = ARENA_GROW(d->arena, d->row, d->n);
	struct dkim_result *results = ARENA_GROW(d->arena, d->result, d->n);

	if (!rows || !results)
		return err_make(ERR_LIMIT, "no memory for signatures");
	d->row = rows;
	d->result = results;
	size_t i = d->n++;
	struct row *r = &rows[i];
	struct dkim_signature *s = &results[i].signature;
	enum auth_result result;

	*r = (struct row){.field = str_sub(d->section, f->from, f->to), .field_at = f->from};
	results[i] = (struct dkim_result){0};
	struct err e = dkim_signature_parse(f->value, DKIM_SIGNATURE, d->arena, s);

	r->cut = str_sub(f->value, s->raw_at, s->raw_to);
	r->name = dkim_key_name(s, d->arena);
	const char *why = err_failed(e) ? NULL : refusal(d, s, &result);

	if (err_failed(e))
		decide(d, i, AUTH_PERMERROR,
		       arena_printf(d->arena, "bad signature: %.*s", STR_ARG(err_text(e))));
	else if (why)
		decide(d, i, result, str_z(why));
	return arena_failed(d->arena) ? err_make(ERR_LIMIT, "no memory for signatures") : ERR_OK;
}

struct err dkim_begin(struct str message, const struct dkim_options *o, struct arena *a,
		      struct dkim **ret)
{
	struct dkim *d = ARENA_NEW(a, struct dkim);
	size_t body_at = header_end(message, NULL), max = o->signatures_max;
	struct header_iter it = header_iter_of(message);
	struct header_field f;

	if (!d)
		return err_make(ERR_LIMIT, "no memory for DKIM");
	*d = (struct dkim){
		.arena = a,
		.options = *o,
		.section = str_sub(message, 0, body_at),
		.body = str_from(message, body_at),
	};
	if (max == 0 || max > DKIM_SIGNATURES_MAX)
		max = DKIM_SIGNATURES_MAX;
	while (header_next(&it, &f)) {
		if (!str_eq_nocase(f.name, STR("DKIM-Signature")))
			continue;
		if (d->found++ < max)
			TRY(signature_add(d, &f));
	}
	*ret = d;
	return ERR_OK;
}

static void key_take(struct dkim *d, size_t i, const struct dns_answer *answer)
{
	struct dkim_result *r = &d->result[i];
	struct dkim_key_found found;

	dkim_key_find(&r->signature, answer, d->options.rsa_bits_min, d->arena, &found);
	d->row[i].pkey = found.pkey;
	r->record = found.record;
	r->testing = found.testing;
	r->key_bits = found.bits;
	r->authentic = answer->authentic;
	if (found.result != AUTH_PASS)
		decide(d, i, found.result, found.why);
}

/* Hashes what the undecided signatures need: bodies, and which fields they cover. */
static struct err hash(struct dkim *d, struct fields *fields, struct bodyhash *bodies)
{
	fields_init(fields, d->section, d->arena);
	bodyhash_init(bodies, d->arena);
	for (size_t i = 0; i < d->n; i++) {
		const struct dkim_signature *s = &d->result[i].signature;

		if (d->row[i].decided)
			continue;
		TRY(fields_want(fields, s->names));
		TRY(bodyhash_want(bodies, s->body_canon, s->has_length ? s->length : BODYHASH_ALL,
				  &d->row[i].body_id));
	}
	TRY(fields_index(fields));
	return bodyhash_run(bodies, d->body);
}

/* RFC 6376 §6.1.3 */
static void verify(struct dkim *d, size_t i, struct fields *fields, const struct bodyhash *bodies)
{
	const struct dkim_signature *s = &d->result[i].signature;
	const struct row *r = &d->row[i];
	struct str body = bodyhash_get(bodies, r->body_id);
	struct fields_hash h;
	uint8_t digest[DKIM_HASH_N];

	if (body.n == 0) {
		decide(d, i, AUTH_FAIL, STR("the body is shorter than was signed (l=)"));
		return;
	}
	if (!str_eq(body, s->body_hash)) {
		decide(d, i, AUTH_FAIL, STR("the body is not what was signed (bh=)"));
		return;
	}
	fields_hash_begin(&h, s->header_canon);
	fields_hash_select(&h, fields, s->names, r->field_at);
	struct err e = fields_hash_end(&h, r->field, r->cut, digest);

	if (err_failed(e))
		decide(d, i, AUTH_TEMPERROR, arena_dup(d->arena, err_text(e)));
	else if (!dkim_key_verify(r->pkey, s->algorithm, digest, s->signature))
		decide(d, i, AUTH_FAIL, STR("the signature does not fit the header and the key"));
	else
		decide(d, i, AUTH_PASS, STR("the signature is good"));
}

/* RFC 6376 §3.6.1: a signer who tests is treated like one who does not sign. */
static void testing(struct dkim *d, struct dkim_result *r)
{
	if (!r->testing || r->result == AUTH_PASS)
		return;
	r->why = arena_printf(d->arena, "%.*s, by a key for testing (t=y): %.*s",
			      STR_ARG(auth_result_name(r->result)), STR_ARG(r->why));
	r->result = AUTH_NONE;
}

static bool any_undecided(const struct dkim *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (!d->row[i].decided)
			return true;
	return false;
}

static void verify_all(struct dkim *d)
{
	struct fields fields;
	struct bodyhash bodies;
	struct err e = hash(d, &fields, &bodies);
	enum auth_result result = err_is(e, ERR_LIMIT) ? AUTH_PERMERROR : AUTH_TEMPERROR;
	struct str why = err_failed(e) ? arena_dup(d->arena, err_text(e)) : STR("");

	for (size_t i = 0; i < d->n; i++) {
		if (d->row[i].decided)
			continue;
		if (err_failed(e))
			decide(d, i, result, why);
		else
			verify(d, i, &fields, &bodies);
	}
}

enum dns_wait dkim_check(struct dkim *d, struct dns_batch *batch, struct dkim_results *ret)
{
	bool waits = false;

	for (size_t i = 0; i < d->n; i++)
		waits |= !d->row[i].decided && !dns_ask(batch, DNS_TXT, d->row[i].name);
	if (waits)
		return DNS_WAIT;
	for (size_t i = 0; i < d->n; i++)
		if (!d->row[i].decided)
			key_take(d, i, dns_ask(batch, DNS_TXT, d->row[i].name));
	if (any_undecided(d))
		verify_all(d);
	for (size_t i = 0; i < d->n; i++) {
		EVP_PKEY_free(TAKE_PTR(d->row[i].pkey));
		testing(d, &d->result[i]);
	}
	*ret = (struct dkim_results){d->result, d->n, d->found};
	return DNS_DONE;
}

enum auth_result dkim_overall(const struct dkim_results *r)
{
	static const enum auth_result best[] = {AUTH_PASS, AUTH_TEMPERROR, AUTH_POLICY, AUTH_FAIL,
						AUTH_PERMERROR};

	for (size_t k = 0; k < ARRAY_LEN(best); k++)
		for (size_t i = 0; i < r->n; i++)
			if (r->result[i].result == best[k])
				return best[k];
	return AUTH_NONE;
}
