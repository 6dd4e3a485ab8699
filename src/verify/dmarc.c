#include "verify/dmarc.h"

#include "format/address.h"
#include "format/domain.h"
#include "format/header.h"
#include "verify/dmarc_tree.h"

/* Adds an address' domain to what is known; false if the addresses are not of one domain. */
static bool from_domain(const struct address *at, struct arena *a, struct dmarc_from *ret)
{
	BUF_AUTO b = BUF_INIT(DOMAIN_MAX);

	if (!domain_ascii(at->domain, &b)) {
		ret->why = "the domain of an address in From is none";
		return false;
	}
	if (ret->domain.n && !str_eq(ret->domain, buf_str(&b))) {
		ret->why = "From has addresses of several domains";
		return false;
	}
	ret->domain = arena_dup(a, buf_str(&b));
	return true;
}

/* A name without address beside one ("Doe, Jane <jane@example.org>") names no domain. */
static void from_addresses(const struct address_list *l, struct arena *a, struct dmarc_from *ret)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->at[i].kind != ADDRESS_MAILBOX || !l->at[i].domain.n)
			continue;
		ret->addresses++;
		if (!ret->why && !from_domain(&l->at[i], a, ret))
			ret->domain = STR("");
	}
}

void dmarc_from(struct str header, struct arena *a, struct dmarc_from *ret)
{
	struct header_field f;
	struct address_list l;

	*ret = (struct dmarc_from){.fields = header_count(header, STR("From"))};
	if (!header_get(header, STR("From"), 0, &f)) {
		ret->why = "there is no From";
		return;
	}
	address_list_parse(f.value, a, &l);
	from_addresses(&l, a, ret);
	if (ret->fields > 1)
		ret->why = "there is more than one From";
	else if (l.truncated)
		ret->why = "From has too many addresses";
	else if (!ret->why && !ret->domain.n)
		ret->why = "From has no address";
	if (ret->why)
		ret->domain = STR("");
}

enum alignment { UNALIGNED, ALIGNED, UNDECIDED };

/* RFC 9989 §4.10.2. A domain outside the organizational domain has another one: nothing is asked.
 */
static enum dns_wait align(struct dns_batch *b, const struct dmarc_walk *from,
			   const struct auth_identifier *id, enum alignment *ret)
{
	const struct dmarc_record *r = &from->publisher->record;
	struct dmarc_walk w;

	*ret = ALIGNED;
	if (dns_name_eq(id->domain, from->place[0].domain))
		return DNS_DONE;
	*ret = UNALIGNED;
	if (id->method == AUTH_SPF ? r->strict_spf : r->strict_dkim)
		return DNS_DONE;
	if (from->temporary) {
		*ret = UNDECIDED;
		return DNS_DONE;
	}
	if (!dns_name_within(id->domain, from->org))
		return DNS_DONE;
	if (dmarc_walk(b, id->domain, &w) == DNS_WAIT)
		return DNS_WAIT;
	*ret = w.temporary ? UNDECIDED : dns_name_eq(w.org, from->org) ? ALIGNED : UNALIGNED;
	return DNS_DONE;
}

/* Takes the first aligned pass of SPF and of DKIM from the identifiers that passed; *ret_open if
 * one is not known to, but might. */
static enum dns_wait align_all(struct dns_batch *b, const struct dmarc_args *a,
			       const struct dmarc_walk *from, struct dmarc_result *ret,
			       bool *ret_open)
{
	enum dns_wait wait = DNS_DONE;

	*ret_open = false;
	for (size_t i = 0; i < a->n; i++) {
		const struct auth_identifier *id = &a->identifier[i];
		const struct auth_identifier **first =
			id->method == AUTH_SPF ? &ret->spf : &ret->dkim;
		enum alignment how;

		if (id->result != AUTH_PASS && id->result != AUTH_TEMPERROR)
			continue;
		if (align(b, from, id, &how) == DNS_WAIT)
			wait = DNS_WAIT;
		else if (how == UNDECIDED || (how == ALIGNED && id->result == AUTH_TEMPERROR))
			*ret_open = true;
		else if (how == ALIGNED && !*first)
			*first = id;
	}
	return wait;
}

static enum dmarc_policy first_set(enum dmarc_policy a, enum dmarc_policy b)
{
	return a != DMARC_UNSET ? a : b;
}

/* RFC 9989 §4.10.1: p, sp or np, or none where one of them cannot be read. Whether the domain
 * exists is asked only if it matters. */
static enum dns_wait policy_find(struct dns_batch *b, struct str from, struct dmarc_result *ret)
{
	const struct dmarc_record *r = &ret->record;
	enum dmarc_policy sp = first_set(r->sp, r->p);
	enum dmarc_policy np = first_set(r->np, sp);

	ret->published = DMARC_NONE;
	if (r->policy_bad || r->p == DMARC_UNSET)
		return DNS_DONE;
	ret->published = ret->found == DMARC_AT_DOMAIN ? r->p : sp;
	if (ret->found == DMARC_AT_DOMAIN || np == sp || ret->spf || ret->dkim)
		return DNS_DONE;
	const struct dns_answer *a = dns_ask(b, DNS_A, from);

	if (!a)
		return DNS_WAIT;
	ret->authentic = ret->authentic && a->authentic;
	ret->nonexistent = a->status == DNS_NXDOMAIN;
	if (dns_is_temporary(a))
		ret->published = DMARC_UNSET;
	else if (ret->nonexistent)
		ret->published = np;
	return DNS_DONE;
}

/* One level below what is published: for t=y (RFC 9989 §4.7), and for the messages that pct leaves
 * out (RFC 7489 §6.6.4). A record that knows t is not one of RFC 7489. */
static void policy_apply(uint64_t random, struct dmarc_result *ret)
{
	const struct dmarc_record *r = &ret->record;

	ret->applied = ret->published;
	if (ret->published == DMARC_NONE)
		return;
	if (r->testing)
		ret->relief = DMARC_TESTING;
	else if (!r->has_testing && random % 100 >= r->percent)
		ret->relief = DMARC_SAMPLED_OUT;
	if (ret->relief != DMARC_NO_RELIEF)
		ret->applied = ret->published == DMARC_REJECT ? DMARC_QUARANTINE : DMARC_NONE;
	ret->reject = ret->relief == DMARC_NO_RELIEF;
}

static void found_set(const struct dmarc_walk *w, struct dmarc_result *ret)
{
	const struct dmarc_place *p = w->publisher;

	ret->org = w->temporary ? STR("") : w->org;
	ret->authentic = w->authentic;
	if (!p)
		return;
	ret->found = p == &w->place[0]                ? DMARC_AT_DOMAIN
		     : dns_name_eq(p->domain, w->org) ? DMARC_AT_ORG
						      : DMARC_AT_SUFFIX;
	if (ret->found == DMARC_AT_DOMAIN)
		ret->authentic = p->answer->authentic;
	ret->policy_domain = p->domain;
	ret->text = p->text;
	ret->record = p->record;
}

/* Why there is no record. */
static struct str why_none(struct dns_batch *b, const struct dmarc_walk *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct dmarc_place *p = &w->place[i];

		if (dns_is_temporary(p->answer))
			return arena_printf(b->arena, "_dmarc.%.*s: %.*s", STR_ARG(p->domain),
					    STR_ARG(p->answer->error));
		if (p->records > 1)
			return arena_printf(b->arena, "_dmarc.%.*s has %zu records",
					    STR_ARG(p->domain), p->records);
	}
	return STR("no record");
}

static enum dns_wait conclude(struct dmarc_result *ret, enum auth_result result, struct str why)
{
	ret->result = result;
	ret->why = why;
	return DNS_DONE;
}

static struct str why_pass(struct dns_batch *b, const struct dmarc_result *r)
{
	const struct auth_identifier *id = r->dkim ? r->dkim : r->spf;

	return arena_printf(b->arena, "%s passed for %.*s, which is aligned",
			    r->dkim ? "dkim" : "spf", STR_ARG(id->domain));
}

/* There is a record that counts, and all is asked. */
static enum dns_wait judge(struct dns_batch *b, uint64_t random, bool open,
			   struct dmarc_result *ret)
{
	if (ret->spf || ret->dkim)
		return conclude(ret, AUTH_PASS, why_pass(b, ret));
	policy_apply(random, ret);
	if (!open && ret->published != DMARC_UNSET)
		return conclude(ret, AUTH_FAIL, STR("nothing aligned passed"));
	ret->undecided = ret->reject || ret->published == DMARC_UNSET;
	ret->applied = DMARC_NONE;
	ret->reject = false;
	return conclude(ret, AUTH_TEMPERROR,
			open ? STR("what might be an aligned pass met a temporary error")
			     : STR("whether the domain exists is not known"));
}

enum dns_wait dmarc_verify(struct dns_batch *b, const struct dmarc_args *a,
			   struct dmarc_result *ret)
{
	struct dmarc_walk w;
	bool open;

	*ret = (struct dmarc_result){.applied = DMARC_NONE};
	if (!a->from.n)
		return conclude(ret, AUTH_PERMERROR, STR("no domain in From"));
	if (dmarc_walk(b, a->from, &w) == DNS_WAIT)
		return DNS_WAIT;
	found_set(&w, ret);
	if (!w.publisher) {
		ret->undecided = w.temporary;
		return conclude(ret, w.temporary ? AUTH_TEMPERROR : AUTH_NONE, why_none(b, &w));
	}
	if (!dmarc_record_usable(&ret->record))
		return conclude(ret, AUTH_PERMERROR, STR("the record has no policy"));
	if (align_all(b, a, &w, ret, &open) == DNS_WAIT || policy_find(b, a->from, ret) == DNS_WAIT)
		return DNS_WAIT;
	return judge(b, a->random, open, ret);
}
