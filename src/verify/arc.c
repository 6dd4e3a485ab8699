#include "verify/arc.h"

#include "base/cur.h"
#include "verify/signed.h"
#include <openssl/evp.h>

/* The three fields of a set, in the order in which they are sealed (RFC 8617 §5.1.1). */
enum part { AAR, AMS, AS, PART_N };

static const struct str part_names[PART_N] = {
	[AAR] = STR_INIT("ARC-Authentication-Results"),
	[AMS] = STR_INIT("ARC-Message-Signature"),
	[AS] = STR_INIT("ARC-Seal"),
};

struct row {
	struct str field[PART_N]; /* whole; empty: missing */
	struct str key[PART_N];   /* names of keys, of AMS and AS */
	struct signed_field message, seal;
	uint8_t seal_digest[DKIM_HASH_N];
};

struct arc {
	struct arena *arena;
	struct arc_options options;
	struct str section, body;
	struct arc_set *set; /* ARC_INSTANCE_MAX of them */
	struct row *row;     /* of the set of the same index */
	size_t n;            /* the highest instance */
	bool newest_done;    /* the newest set is good */
	struct arc_result result;
	bool decided;
};

static void decide(struct arc *c, enum auth_result result, struct str why)
{
	if (c->decided)
		return;
	c->decided = true;
	c->result.result = result;
	c->result.why = why;
}

static void fail_set(struct arc *c, size_t i, enum part part, struct str why)
{
	decide(c, AUTH_FAIL,
	       arena_printf(c->arena, "%.*s i=%zu: %.*s", STR_ARG(part_names[part]), i + 1,
			    STR_ARG(why)));
}

static void skip_fws(struct cur *x)
{
	while (cur_peek(x) == ' ' || cur_peek(x) == '\t' || cur_peek(x) == '\r' ||
	       cur_peek(x) == '\n')
		x->at++;
}

/* RFC 8617 §4.1.1 arc-info: the instance comes first; *ret_rest is what stands behind its ";". */
static struct err results_parse(struct str value, unsigned *ret, struct str *ret_rest)
{
	struct cur x = cur_of(value);

	skip_fws(&x);
	cur_xlit(&x, "i");
	skip_fws(&x);
	cur_xlit(&x, "=");
	skip_fws(&x);
	*ret = (unsigned)cur_xu64(&x, ARC_INSTANCE_MAX, "an instance from 1 to 50");
	skip_fws(&x);
	cur_xlit(&x, ";");
	*ret_rest = str_trim(cur_rest(&x));
	if (!cur_failed(&x) && *ret == 0)
		cur_fail(&x, "an instance from 1 to 50");
	return cur_err(&x);
}

/* What is parsed of a field before it is known which set it belongs to. */
struct parsed {
	unsigned instance;
	struct str results;
	struct signed_field field;
	struct dkim_signature s;
};

static struct err part_parse(struct arc *c, enum part part, const struct header_field *f,
			     struct parsed *ret)
{
	if (part == AAR)
		return results_parse(f->value, &ret->instance, &ret->results);
	TRY(signed_parse(c->section, f, part == AMS ? ARC_MESSAGE_SIGNATURE : ARC_SEAL, c->arena,
			 &ret->field, &ret->s));
	ret->instance = ret->s.instance;
	return ERR_OK;
}

static void part_add(struct arc *c, enum part part, const struct header_field *f)
{
	struct parsed p = {0};
	struct err e = part_parse(c, part, f, &p);

	if (err_failed(e)) {
		decide(c, AUTH_FAIL,
		       arena_printf(c->arena, "%.*s: %.*s", STR_ARG(part_names[part]),
				    STR_ARG(err_text(e))));
		return;
	}
	size_t i = p.instance - 1;
	struct row *r = &c->row[i];

	/* RFC 8617 §4.2.1: exactly one of each for an instance. */
	if (r->field[part].n) {
		fail_set(c, i, part, STR("comes twice"));
		return;
	}
	r->field[part] = str_sub(c->section, f->from, f->to);
	if (part != AAR)
		r->key[part] = dkim_key_name(&p.s, c->arena);
	if (p.instance > c->n)
		c->n = p.instance;
	if (part == AAR) {
		c->set[i].results = p.results;
	} else if (part == AMS) {
		r->message = p.field;
		c->set[i].message = p.s;
	} else {
		r->seal = p.field;
		c->set[i].seal = p.s;
	}
}

/* RFC 8617 §5.2, steps 2 and 3, but for fields that are wrong by themselves or come twice. */
static void structure_check(struct arc *c)
{
	if (c->n && c->row[c->n - 1].field[AS].n && c->set[c->n - 1].seal.cv == ARC_CV_FAIL)
		fail_set(c, c->n - 1, AS, STR("the sealer saw the chain fail (cv=fail)"));
	for (size_t i = 0; i < c->n; i++) {
		enum arc_cv want = i == 0 ? ARC_CV_NONE : ARC_CV_PASS;

		for (int part = 0; part < PART_N; part++)
			if (!c->row[i].field[part].n)
				fail_set(c, i, (enum part)part, STR("is missing"));
		if (c->set[i].seal.cv != want)
			fail_set(c, i, AS,
				 i == 0 ? STR("cv= is not none") : STR("cv= is not pass"));
	}
}

static bool part_of(struct str name, enum part *ret)
{
	for (int i = 0; i < PART_N; i++) {
		*ret = (enum part)i;
		if (str_eq_nocase(name, part_names[i]))
			return true;
	}
	return false;
}

struct err arc_begin(struct str message, const struct arc_options *o, struct arena *a,
		     struct arc **ret)
{
	struct arc *c = ARENA_NEW(a, struct arc);
	size_t body_at = header_end(message, NULL);
	struct header_iter it = header_iter_of(message);
	struct header_field f;
	bool any = false;

	if (!c)
		return err_make(ERR_LIMIT, "no memory for ARC");
	*c = (struct arc){
		.arena = a,
		.options = *o,
		.section = str_sub(message, 0, body_at),
		.body = str_from(message, body_at),
	};
	while (!c->decided && header_next(&it, &f)) {
		enum part part;

		if (!part_of(f.name, &part))
			continue;
		if (!any) {
			any = true;
			c->set = ARENA_NEW_N(a, struct arc_set, ARC_INSTANCE_MAX);
			c->row = ARENA_NEW_N(a, struct row, ARC_INSTANCE_MAX);
			if (!c->set || !c->row)
				return err_make(ERR_LIMIT, "no memory for ARC");
		}
		part_add(c, part, &f);
	}
	if (!any)
		decide(c, AUTH_NONE, STR("no ARC fields"));
	structure_check(c);
	*ret = c;
	return arena_failed(a) ? err_make(ERR_LIMIT, "no memory for ARC") : ERR_OK;
}

/* The key of a signature; NULL: it may not be used, and *ret_why says why. */
static EVP_PKEY *key_take(struct arc *c, struct dns_batch *batch, const struct dkim_signature *s,
			  struct str name, struct str *ret_why)
{
	const char *refusal = signed_refusal(s, c->options.now);
	const struct dns_answer *answer = dns_ask(batch, DNS_TXT, name);
	struct dkim_key_found found;

	if (refusal) {
		*ret_why = str_z(refusal);
		return NULL;
	}
	dkim_key_find(s, answer, c->options.rsa_bits_min, c->arena, &found);
	c->result.authentic &= answer->authentic;
	*ret_why = found.why;
	return found.pkey;
}

static bool message_verify(struct arc *c, size_t i, struct dns_batch *batch, struct fields *fields,
			   const struct bodyhash *bodies, struct str *ret_why)
{
	const char *why;
	EVP_PKEY *pkey = key_take(c, batch, &c->set[i].message, c->row[i].key[AMS], ret_why);

	if (!pkey)
		return false;
	bool ok = signed_verify(&c->row[i].message, &c->set[i].message, pkey, fields, bodies,
				&why) == AUTH_PASS;

	EVP_PKEY_free(pkey);
	*ret_why = str_z(why);
	return ok;
}

/* The digests that seals sign, all in one pass: of the fields of all sets up to the seal's own
 * (RFC 8617 §5.1.1). */
static struct err seals_hash(struct arc *c)
{
	struct fields_hash h;
	struct err e = ERR_OK;

	fields_hash_begin(&h, CANON_RELAXED);
	for (size_t i = 0; i < c->n && err_is_ok(e); i++) {
		struct row *r = &c->row[i];

		fields_hash_add(&h, r->field[AAR]);
		fields_hash_add(&h, r->field[AMS]);
		e = fields_hash_peek(&h, r->field[AS], r->seal.cut, r->seal_digest);
		fields_hash_add(&h, r->field[AS]);
	}
	fields_hash_free(&h);
	return e;
}

static void seal_verify(struct arc *c, size_t i, struct dns_batch *batch)
{
	const struct dkim_signature *s = &c->set[i].seal;
	struct str why;
	EVP_PKEY *pkey = key_take(c, batch, s, c->row[i].key[AS], &why);

	if (!pkey)
		fail_set(c, i, AS, why);
	else if (!dkim_key_verify(pkey, s->algorithm, c->row[i].seal_digest, s->signature))
		fail_set(c, i, AS, STR("the seal does not fit the chain and the key"));
	EVP_PKEY_free(pkey);
}

/* Hashes for the message signatures of the sets from from to to - 1. */
static struct err messages_hash(struct arc *c, size_t from, size_t to, struct fields *fields,
				struct bodyhash *bodies)
{
	fields_init(fields, c->section, c->arena);
	bodyhash_init(bodies, c->arena);
	for (size_t i = from; i < to; i++)
		TRY(signed_want(&c->row[i].message, &c->set[i].message, fields, bodies));
	TRY(fields_index(fields));
	return bodyhash_run(bodies, c->body);
}

/* RFC 8617 §5.2, step 4, and step 6 for the newest seal. */
static void newest_verify(struct arc *c, struct dns_batch *batch)
{
	struct fields fields;
	struct bodyhash bodies;
	struct str why;
	size_t newest = c->n - 1;
	struct err e = seals_hash(c);

	c->result.authentic = true;
	if (err_is_ok(e))
		e = messages_hash(c, newest, c->n, &fields, &bodies);
	if (err_failed(e))
		decide(c, AUTH_FAIL, arena_dup(c->arena, err_text(e)));
	else if (!message_verify(c, newest, batch, &fields, &bodies, &why))
		fail_set(c, newest, AMS, why);
	else
		seal_verify(c, newest, batch);
}

/* Step 5, and step 6 for the others. */
static void older_verify(struct arc *c, struct dns_batch *batch)
{
	struct fields fields;
	struct bodyhash bodies;
	struct str why;
	size_t oldest = c->n - 1;
	struct err e = messages_hash(c, 0, c->n - 1, &fields, &bodies);

	for (size_t i = c->n - 1; i-- > 0 && !c->decided;)
		seal_verify(c, i, batch);
	while (!c->decided && err_is_ok(e) && oldest > 0 &&
	       message_verify(c, oldest - 1, batch, &fields, &bodies, &why))
		oldest--;
	c->result.oldest_pass = oldest ? (unsigned)oldest + 1 : 0;
}

/* Asks for the keys of the sets from from to to - 1; false while an answer is missing. */
static bool keys_ask(struct arc *c, size_t from, size_t to, struct dns_batch *batch)
{
	bool there = true;

	for (size_t i = from; i < to; i++) {
		there &= dns_ask(batch, DNS_TXT, c->row[i].key[AMS]) != NULL;
		there &= dns_ask(batch, DNS_TXT, c->row[i].key[AS]) != NULL;
	}
	return there;
}

enum dns_wait arc_check(struct arc *c, struct dns_batch *batch, struct arc_result *ret)
{
	if (!c->decided && !c->newest_done) {
		if (!keys_ask(c, c->n - 1, c->n, batch))
			return DNS_WAIT;
		newest_verify(c, batch);
		c->newest_done = true;
	}
	if (!c->decided) {
		if (!keys_ask(c, 0, c->n - 1, batch))
			return DNS_WAIT;
		older_verify(c, batch);
		c->result.set = c->set;
		c->result.n = c->n;
	}
	decide(c, AUTH_PASS, arena_printf(c->arena, "%zu set%s", c->n, c->n == 1 ? "" : "s"));
	c->result.authentic &= c->result.result == AUTH_PASS;
	*ret = c->result;
	return DNS_DONE;
}
