#include "verify/dkim.h"

#include "verify/signed.h"
#include <openssl/evp.h>

/* A signature on its way. */
struct row {
	struct signed_field field;
	struct str name; /* of the key */
	bool decided;
	EVP_PKEY *pkey;
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

const char *dkim_policy(const struct dkim_signature *s)
{
	return s->has_length ? "a part of the body only may be signed (l=)"
	       : !dkim_signature_covers(s, STR("Subject")) ? "Subject is not signed"
							   : NULL;
}

/* Decides what can be decided without the key: by the error of parsing, or the signature itself. */
static void decide_early(struct dkim *d, size_t i, struct err parsed)
{
	const struct dkim_signature *s = &d->result[i].signature;
	const char *why;

	if (err_failed(parsed))
		decide(d, i, AUTH_PERMERROR,
		       arena_printf(d->arena, "bad signature: %.*s", STR_ARG(err_text(parsed))));
	else if ((why = signed_refusal(s, d->options.now)))
		decide(d, i, AUTH_PERMERROR, str_z(why));
	else if (d->options.policy && (why = dkim_policy(s)))
		decide(d, i, AUTH_POLICY, str_z(why));
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

	rows[i] = (struct row){0};
	results[i] = (struct dkim_result){0};
	struct err e = signed_parse(d->section, f, DKIM_SIGNATURE, d->arena, &rows[i].field,
				    &results[i].signature);

	decide_early(d, i, e);
	rows[i].name = dkim_key_name(&results[i].signature, d->arena);
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
	for (size_t i = 0; i < d->n; i++)
		if (!d->row[i].decided)
			TRY(signed_want(&d->row[i].field, &d->result[i].signature, fields, bodies));
	TRY(fields_index(fields));
	return bodyhash_run(bodies, d->body);
}

static void verify(struct dkim *d, size_t i, struct fields *fields, const struct bodyhash *bodies)
{
	const char *why;
	enum auth_result result = signed_verify(&d->row[i].field, &d->result[i].signature,
						d->row[i].pkey, fields, bodies, &why);

	decide(d, i, result, str_z(why));
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
