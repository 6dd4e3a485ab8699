#include "base/utf8.h"
#include "format/domain.h"
#include "verify/spf_run.h"

enum { EXPANDED_MAX = 1 << 20 }; /* an explanation, before it is cut */

/* What decides so far. */
static void decide(struct spf_run *r, const struct spf_frame *f, struct str mechanism)
{
	r->mechanism = mechanism;
	r->record = f->record.text;
	r->record_domain_n = f->domain.n;
	memcpy(r->record_domain, f->domain.p, f->domain.n);
}

/* What failed: the frame that noticed says so, those above it do not know better. */
static void fail(struct spf_run *r, const struct spf_frame *f, struct str mechanism)
{
	if (!r->failed)
		decide(r, f, mechanism);
	r->failed = true;
}

/* RFC 7208 §6.2: "the explanation string MUST be limited to [US-ASCII]", and here to what can be
 * seen; at most SPF_EXPLANATION_MAX bytes of it. */
static struct str explanation_clean(struct arena *a, struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n && n < SPF_EXPLANATION_MAX; i++)
		if (b->p[i] >= 0x20 && b->p[i] < 0x7f)
			b->p[n++] = b->p[i];
	return arena_dup(a, str_sub(buf_str(b), 0, n));
}

/* If the syntax is wrong there is none. */
static enum dns_wait explanation_expand(struct spf_run *r, const struct spf_frame *f,
					struct str text)
{
	BUF_AUTO b = BUF_INIT(EXPANDED_MAX);
	struct cur c = cur_of(str_sub(text, 0, SPF_RECORD_MAX));
	struct spf_values v;

	x_spf_macro_string(&c, SPF_MACRO_TEXT);
	if (cur_failed(&c) || text.n > SPF_RECORD_MAX)
		return DNS_DONE;
	enum spf_outcome o = spf_values_get(r, f, text, &v);

	if (o == SPF_WAITING)
		return DNS_WAIT;
	if (o == SPF_MATCH)
		buf_spf_macro(&b, text, &v);
	r->explanation = explanation_clean(r->arena, &b);
	return DNS_DONE;
}

/* RFC 7208 §6.2: after a fail by a mechanism. Whatever is wrong with it, the result stays. */
static enum dns_wait explanation_get(struct spf_run *r, const struct spf_frame *f)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX);
	struct str domain_spec = f->record.exp.domain;

	if (f->included || !domain_spec.n || spf_matches_nothing(r, domain_spec))
		return DNS_DONE;
	r->decided = true;
	enum spf_outcome o = spf_target(r, f, domain_spec, &name);

	if (o != SPF_MATCH)
		return o == SPF_WAITING ? DNS_WAIT : DNS_DONE;
	const struct dns_answer *a = spf_ask(r, DNS_TXT, buf_str(&name));

	if (!a)
		return DNS_WAIT;
	return a->n == 1 ? explanation_expand(r, f, a->record[0].txt.joined) : DNS_DONE;
}

/* RFC 7208 §6.1. */
static enum dns_wait redirect_check(struct spf_run *r, const struct spf_frame *f,
				    enum auth_result *ret)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX);
	const struct spf_term *t = &f->record.redirect;
	enum spf_outcome o = SPF_PERMERROR;

	spf_note(r, "%.*s", STR_ARG(t->text));
	if (spf_count_lookup(r) && !spf_matches_nothing(r, t->domain))
		o = spf_target(r, f, t->domain, &name);
	if (o == SPF_WAITING)
		return DNS_WAIT;
	*ret = AUTH_NONE;
	if (o == SPF_MATCH && spf_host_check(r, buf_str(&name), f->included, ret) == DNS_WAIT)
		return DNS_WAIT;
	if (*ret != AUTH_NONE)
		return DNS_DONE;
	SPF_PROBLEM(r, "%.*s leads to no domain name", STR_ARG(t->text));
	fail(r, f, t->text);
	*ret = AUTH_PERMERROR;
	return DNS_DONE;
}

/* A term that did not fail to match: RFC 7208 §4.6.2. */
static enum dns_wait term_conclude(struct spf_run *r, const struct spf_frame *f,
				   const struct spf_term *t, enum spf_outcome o,
				   enum auth_result *ret)
{
	if (o == SPF_MATCH) {
		*ret = t->result;
		decide(r, f, t->text);
	} else {
		*ret = o == SPF_TEMPERROR ? AUTH_TEMPERROR : AUTH_PERMERROR;
		fail(r, f, t->text);
	}
	spf_note(r, "%.*s: %.*s", STR_ARG(t->text), STR_ARG(auth_result_name(*ret)));
	return *ret == AUTH_FAIL ? explanation_get(r, f) : DNS_DONE;
}

static enum dns_wait record_evaluate(struct spf_run *r, const struct spf_frame *f,
				     enum auth_result *ret)
{
	struct spf_term t;
	size_t at = 0;

	while (spf_record_next(&f->record, &at, &t)) {
		enum spf_outcome o = spf_term_check(r, f, &t);

		if (o == SPF_WAITING)
			return DNS_WAIT;
		if (o != SPF_NO_MATCH)
			return term_conclude(r, f, &t, o, ret);
		if (t.kind != SPF_MODIFIER)
			spf_note(r, "%.*s: no match", STR_ARG(t.text));
	}
	if (f->record.redirect.text.n && !f->record.has_all)
		return redirect_check(r, f, ret);
	decide(r, f, STR("default"));
	*ret = AUTH_NEUTRAL; /* RFC 7208 §4.7 */
	spf_note(r, "no mechanism matches: neutral");
	return DNS_DONE;
}

enum dns_wait spf_host_check(struct spf_run *r, struct str domain, bool included,
			     enum auth_result *ret)
{
	struct spf_frame f = {.domain = domain, .included = included};
	struct spf_found found;

	if (spf_find(domain, r->dns, r->arena, &found) == DNS_WAIT)
		return DNS_WAIT;
	r->authentic &= found.authentic;
	*ret = found.result;
	if (found.result != AUTH_NEUTRAL) {
		spf_note(r, "%.*s: %.*s", STR_ARG(found.problem), STR_ARG(auth_result_name(*ret)));
		SPF_PROBLEM(r, "%.*s", STR_ARG(found.problem));
		return DNS_DONE;
	}
	spf_note(r, "%.*s: %.*s%s", STR_ARG(domain), STR_ARG(found.record),
		 found.authentic ? " (dnssec)" : "");
	struct err e = spf_record_parse(found.record, &f.record);

	if (err_is_ok(e))
		return record_evaluate(r, &f, ret);
	f.record.text = found.record;
	SPF_PROBLEM(r, "%.*s: %.*s", STR_ARG(domain), STR_ARG(err_text(e)));
	spf_note(r, "%.*s: permerror", STR_ARG(err_text(e)));
	fail(r, &f, STR(""));
	*ret = AUTH_PERMERROR;
	return DNS_DONE;
}

/* RFC 7208 §4.3: not malformed, not an address literal, of more than one label. */
static bool is_domain(struct str s)
{
	return dns_name_labels(s) > 1 && dns_name_ok(s) && utf8_is_ascii(s) && s.p[0] != '[';
}

enum dns_wait spf_find(struct str domain, struct dns_batch *dns, struct arena *arena,
		       struct spf_found *ret)
{
	struct spf_found found = {.result = AUTH_NONE};

	if (!is_domain(domain)) {
		spf_problem(arena, &found.problem, "not a domain name of several labels: %.*s",
			    STR_ARG(domain));
		*ret = found;
		return DNS_DONE;
	}
	const struct dns_answer *a = dns_ask(dns, DNS_TXT, domain);

	if (!a)
		return DNS_WAIT;
	found.authentic = a->authentic;
	for (size_t i = 0; i < a->n; i++) {
		if (!spf_record_is(a->record[i].txt.joined))
			continue;
		found.result = found.record.p ? AUTH_PERMERROR : AUTH_NEUTRAL;
		found.record = a->record[i].txt.joined;
	}
	if (dns_is_temporary(a)) {
		found.result = AUTH_TEMPERROR;
		spf_problem(arena, &found.problem, "TXT of %.*s: %.*s", STR_ARG(domain),
			    STR_ARG(a->error));
	} else if (found.result == AUTH_PERMERROR) {
		spf_problem(arena, &found.problem, "%.*s has several SPF records", STR_ARG(domain));
	} else if (found.result == AUTH_NONE) {
		spf_problem(arena, &found.problem, "%.*s has no SPF record%s", STR_ARG(domain),
			    a->status == DNS_NXDOMAIN ? ": no such name" : "");
	}
	*ret = found;
	return DNS_DONE;
}

/* A name in A-labels (RFC 8616 §4) without a dot at its end; anything else as it is. */
static struct str to_ascii(struct str s, struct buf *b)
{
	if (!utf8_is_ascii(s) && domain_ascii(s, b))
		return buf_str(b);
	return dns_name_undot(s);
}

static struct str result_domain(struct arena *a, struct str domain)
{
	BUF_AUTO lower = BUF_INIT(DNS_NAME_MAX);

	if (!is_domain(domain))
		return arena_dup(a, domain);
	buf_dns_lower(&lower, domain);
	return arena_dup(a, buf_str(&lower));
}

enum dns_wait spf_check(const struct spf_args *args, struct dns_batch *dns, struct arena *arena,
			struct spf_result *ret)
{
	BUF_AUTO domain = BUF_INIT(DNS_NAME_MAX);
	BUF_AUTO helo = BUF_INIT(DNS_NAME_MAX);
	bool null_path = args->domain.n == 0;
	struct spf_run r = {
		.explain = args->explain, .dns = dns, .arena = arena, .authentic = true};
	struct spf_values *v = &r.values;
	enum auth_result result;

	if (args->explain)
		buf_clear(args->explain);
	v->ip = ip_unmap(args->ip);
	v->helo = to_ascii(args->helo, &helo);
	v->sender = null_path ? v->helo : to_ascii(args->domain, &domain);
	/* RFC 7208 §4.3: "If the <sender> has no local-part, substitute ... "postmaster"". */
	v->local = null_path || !args->local.n ? STR("postmaster") : args->local;
	v->receiver = args->receiver;
	v->now = args->now;
	if (spf_host_check(&r, v->sender, false, &result) == DNS_WAIT)
		return DNS_WAIT;
	*ret = (struct spf_result){
		.result = result,
		.identity = null_path ? SPF_HELO : SPF_MAILFROM,
		.local = arena_dup(arena, v->local),
		.domain = result_domain(arena, v->sender),
		.authentic = r.authentic,
		.mechanism = arena_dup(arena, r.mechanism),
		.record = arena_dup(arena, r.record),
		.record_domain = arena_dup(arena, str_of(r.record_domain, r.record_domain_n)),
		.problem = r.problem,
		.explanation = r.explanation,
		.lookups = r.lookups,
		.voids = r.voids,
	};
	return DNS_DONE;
}

struct str spf_identity_name(enum spf_identity identity)
{
	return identity == SPF_HELO ? STR("helo") : STR("mailfrom");
}
