#include "verify/sender.h"

#include "base/attr.h"

struct str sender_result_name(enum sender_result r)
{
	static const struct str names[] = {
		[SENDER_OK] = STR_INIT("ok"),
		[SENDER_NO_NAME] = STR_INIT("no name"),
		[SENDER_NULL_MX] = STR_INIT("null mx"),
		[SENDER_NO_HOST] = STR_INIT("no host"),
		[SENDER_TEMPORARY] = STR_INIT("temporary"),
	};

	return names[r];
}

/* A and AAAA at once; *ret is what the two say together. */
static enum dns_wait addresses_ask(struct dns_batch *b, struct str name,
				   const struct dns_answer *ret[2])
{
	ret[0] = dns_ask(b, DNS_A, name);
	ret[1] = dns_ask(b, DNS_AAAA, name);
	return ret[0] && ret[1] ? DNS_DONE : DNS_WAIT;
}

enum dns_wait sender_helo_check(struct dns_batch *b, struct str name, enum sender_result *ret)
{
	const struct dns_answer *a[2];

	if (addresses_ask(b, dns_name_undot(name), a) == DNS_WAIT)
		return DNS_WAIT;
	*ret = SENDER_OK;
	if (a[0]->status == DNS_NXDOMAIN && a[1]->status == DNS_NXDOMAIN)
		*ret = SENDER_NO_NAME;
	else if (dns_is_temporary(a[0]) && dns_is_temporary(a[1]))
		*ret = SENDER_TEMPORARY;
	return DNS_DONE;
}

/* A null MX beside others is none (RFC 7505 §3). */
static enum sender_result mx_judge(const struct dns_answer *mx)
{
	for (size_t i = 0; i < mx->n; i++)
		if (mx->record[i].mx.host.n)
			return SENDER_OK;
	return SENDER_NULL_MX;
}

enum dns_wait sender_domain_check(struct dns_batch *b, struct str domain, enum sender_result *ret)
{
	domain = dns_name_undot(domain);
	const struct dns_answer *mx = dns_ask(b, DNS_MX, domain), *a[2];

	if (!mx)
		return DNS_WAIT;
	*ret = SENDER_TEMPORARY;
	if (dns_is_temporary(mx))
		return DNS_DONE;
	if (mx->status == DNS_FOUND) {
		*ret = mx_judge(mx);
		return DNS_DONE;
	}
	if (addresses_ask(b, domain, a) == DNS_WAIT)
		return DNS_WAIT;
	if (a[0]->status == DNS_FOUND || a[1]->status == DNS_FOUND)
		*ret = SENDER_OK;
	else if (dns_is_absent(a[0]) && dns_is_absent(a[1]))
		*ret = SENDER_NO_HOST;
	return DNS_DONE;
}
