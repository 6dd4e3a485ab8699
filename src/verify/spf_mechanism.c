/* The mechanisms (RFC 7208 §5). */
#include "base/utf8.h"
#include "verify/spf_run.h"

static enum spf_outcome check_all(struct spf_run *r, const struct spf_frame *f,
				  const struct spf_term *t)
{
	return SPF_MATCH;
}

static enum spf_outcome check_modifier(struct spf_run *r, const struct spf_frame *f,
				       const struct spf_term *t)
{
	return SPF_NO_MATCH;
}

static enum spf_outcome check_net(struct spf_run *r, const struct spf_frame *f,
				  const struct spf_term *t)
{
	unsigned bits = t->kind == SPF_IP4 ? t->bits4 : t->bits6;

	return ip_in_prefix(r->values.ip, t->net, bits) ? SPF_MATCH : SPF_NO_MATCH;
}

/* Whether a host has ip, as far as the prefix length goes. */
static enum spf_outcome check_host(struct spf_run *r, const struct spf_term *t, struct str host)
{
	unsigned bits = r->values.ip.family == 4 ? t->bits4 : t->bits6;
	const struct dns_answer *a;
	enum spf_outcome o = spf_lookup(r, spf_address_type(r), host, &a);

	if (o != SPF_MATCH)
		return o;
	for (size_t i = 0; i < a->n; i++)
		if (ip_in_prefix(r->values.ip, a->record[i].ip, bits))
			return SPF_MATCH;
	return SPF_NO_MATCH;
}

static enum spf_outcome check_a(struct spf_run *r, const struct spf_frame *f,
				const struct spf_term *t)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX);
	enum spf_outcome o = spf_target(r, f, t->domain, &name);

	return o == SPF_MATCH ? check_host(r, t, buf_str(&name)) : o;
}

/* The hosts of an MX by preference and name, so that an order by chance changes nothing. */
static size_t hosts_sort(const struct dns_answer *a, const struct dns_record *ret[SPF_HOSTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < a->n && n < SPF_HOSTS_MAX; i++) {
		const struct dns_record *r = &a->record[i];
		size_t at = n++;

		for (; at > 0; at--) {
			const struct dns_record *p = ret[at - 1];

			if (p->mx.preference < r->mx.preference ||
			    (p->mx.preference == r->mx.preference &&
			     str_cmp_nocase(p->mx.host, r->mx.host) <= 0))
				break;
			ret[at] = p;
		}
		ret[at] = r;
	}
	return n;
}

static enum spf_outcome check_mx(struct spf_run *r, const struct spf_frame *f,
				 const struct spf_term *t)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX);
	const struct dns_record *hosts[SPF_HOSTS_MAX];
	const struct dns_answer *a;
	enum spf_outcome o = spf_target(r, f, t->domain, &name);

	if (o == SPF_MATCH)
		o = spf_lookup(r, DNS_MX, buf_str(&name), &a);
	if (o != SPF_MATCH)
		return o;
	if (a->n > SPF_HOSTS_MAX) {
		SPF_PROBLEM(r, "%.*s has more than %d mail hosts", STR_ARG(buf_str(&name)),
			    SPF_HOSTS_MAX);
		return SPF_PERMERROR;
	}
	size_t n = hosts_sort(a, hosts);

	for (size_t i = 0; i < n; i++)
		if (hosts[i]->mx.host.n)
			(void)dns_ask(r->dns, spf_address_type(r), hosts[i]->mx.host);
	o = SPF_NO_MATCH;
	for (size_t i = 0; i < n && o == SPF_NO_MATCH; i++)
		if (hosts[i]->mx.host.n) /* RFC 7505 §3: null MX */
			o = check_host(r, t, hosts[i]->mx.host);
	return o;
}

/* RFC 7208 §5.5; a name that is the target's or below it matches (erratum 5227). */
static enum spf_outcome check_ptr(struct spf_run *r, const struct spf_frame *f,
				  const struct spf_term *t)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX);
	const struct dns_answer *a;
	size_t n;
	enum spf_outcome o = spf_target(r, f, t->domain, &name);

	if (o != SPF_MATCH)
		return o;
	o = spf_names_of_ip(r, buf_str(&name), &a, &n);
	if (o == SPF_WAITING)
		return o;
	if (dns_is_absent(a))
		return spf_count_void(r);
	for (size_t i = 0; i < n; i++)
		if (dns_name_within(a->record[i].name, buf_str(&name)) &&
		    spf_name_is_validated(r, a->record[i].name))
			return SPF_MATCH;
	return SPF_NO_MATCH;
}

/* RFC 7208 §5.7: the type is A, whatever the client's address is. */
static enum spf_outcome check_exists(struct spf_run *r, const struct spf_frame *f,
				     const struct spf_term *t)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX);
	const struct dns_answer *a;
	enum spf_outcome o = spf_target(r, f, t->domain, &name);

	return o == SPF_MATCH ? spf_lookup(r, DNS_A, buf_str(&name), &a) : o;
}

/* RFC 7208 §5.2. */
static enum spf_outcome check_include(struct spf_run *r, const struct spf_frame *f,
				      const struct spf_term *t)
{
	static const enum spf_outcome outcomes[AUTH_RESULT_N] = {
		[AUTH_PASS] = SPF_MATCH,          [AUTH_FAIL] = SPF_NO_MATCH,
		[AUTH_SOFTFAIL] = SPF_NO_MATCH,   [AUTH_NEUTRAL] = SPF_NO_MATCH,
		[AUTH_TEMPERROR] = SPF_TEMPERROR, [AUTH_PERMERROR] = SPF_PERMERROR,
		[AUTH_NONE] = SPF_PERMERROR,
	};
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX);
	enum auth_result result;
	enum spf_outcome o = spf_target(r, f, t->domain, &name);

	if (o == SPF_NO_MATCH) {
		SPF_PROBLEM(r, "%.*s is no domain name", STR_ARG(t->domain));
		return SPF_PERMERROR;
	}
	if (o != SPF_MATCH)
		return o;
	r->indent++;
	enum dns_wait w = spf_host_check(r, buf_str(&name), true, &result);

	r->indent--;
	return w == DNS_WAIT ? SPF_WAITING : outcomes[result];
}

static const struct {
	bool asks; /* RFC 7208 §4.6.4: counts against SPF_LOOKUPS_MAX */
	enum spf_outcome (*check)(struct spf_run *r, const struct spf_frame *f,
				  const struct spf_term *t);
} kinds[] = {
	[SPF_ALL] = {false, check_all},
	[SPF_INCLUDE] = {true, check_include},
	[SPF_A] = {true, check_a},
	[SPF_MX] = {true, check_mx},
	[SPF_PTR] = {true, check_ptr},
	[SPF_IP4] = {false, check_net},
	[SPF_IP6] = {false, check_net},
	[SPF_EXISTS] = {true, check_exists},
	[SPF_MODIFIER] = {false, check_modifier},
};

bool spf_count_lookup(struct spf_run *r)
{
	if (++r->lookups <= SPF_LOOKUPS_MAX)
		return true;
	SPF_PROBLEM(r, "more than %d terms that ask the DNS", SPF_LOOKUPS_MAX);
	return false;
}

bool spf_matches_nothing(const struct spf_run *r, struct str domain_spec)
{
	return !utf8_is_ascii(r->values.local) && spf_macro_uses(domain_spec, STR("sl"));
}

enum spf_outcome spf_term_check(struct spf_run *r, const struct spf_frame *f,
				const struct spf_term *t)
{
	if (kinds[t->kind].asks && !spf_count_lookup(r))
		return SPF_PERMERROR;
	if (t->kind != SPF_MODIFIER && spf_matches_nothing(r, t->domain))
		return SPF_NO_MATCH;
	return kinds[t->kind].check(r, f, t);
}
