#include "verify/iprev.h"

/* The names that could be hosts; PTR records may hold anything. */
static void names_take(const struct dns_answer *ptr, struct iprev_result *ret)
{
	for (size_t i = 0; i < ptr->n && ret->n < IPREV_NAMES_MAX; i++)
		if (dns_name_is_host(ptr->record[i].name))
			ret->names[ret->n++] = ptr->record[i].name;
	if (ret->n)
		ret->name = ret->names[0];
}

static bool has_address(const struct dns_answer *a, struct ip ip)
{
	for (size_t i = 0; i < a->n; i++)
		if (ip_eq(a->record[i].ip, ip))
			return true;
	return false;
}

static enum dns_wait conclude(struct iprev_result *ret, enum auth_result result, struct str why)
{
	ret->result = result;
	ret->why = why;
	return DNS_DONE;
}

/* All names are asked at once, and the first that has the address counts. */
static enum dns_wait forward(struct dns_batch *b, struct ip ip, bool authentic,
			     struct iprev_result *ret)
{
	enum dns_type type = ip.family == 4 ? DNS_A : DNS_AAAA;
	const struct dns_answer *failed = NULL;
	enum dns_wait wait = DNS_DONE;

	ret->authentic = authentic;
	for (size_t i = 0; i < ret->n; i++) {
		const struct dns_answer *a = dns_ask(b, type, ret->names[i]);

		if (!a) {
			wait = DNS_WAIT;
		} else if (has_address(a, ip) && wait == DNS_DONE) {
			ret->name = ret->names[i];
			ret->authentic = authentic && a->authentic;
			return conclude(ret, AUTH_PASS, STR("the name has the address"));
		} else {
			ret->authentic = ret->authentic && a->authentic;
			failed = dns_is_temporary(a) ? a : failed;
		}
	}
	if (wait == DNS_WAIT)
		return DNS_WAIT;
	return failed ? conclude(ret, AUTH_TEMPERROR, failed->error)
		      : conclude(ret, AUTH_FAIL, STR("no name has the address"));
}

enum dns_wait iprev_check(struct dns_batch *b, struct ip ip, struct iprev_result *ret)
{
	BUF_AUTO name = BUF_INIT(DNS_REVERSE_MAX);

	*ret = (struct iprev_result){0};
	ip = ip_unmap(ip);
	buf_dns_reverse(&name, ip);
	const struct dns_answer *a = dns_ask(b, DNS_PTR, buf_str(&name));

	if (!a)
		return DNS_WAIT;
	if (dns_is_temporary(a))
		return conclude(ret, AUTH_TEMPERROR, a->error);
	names_take(a, ret);
	if (ret->n)
		return forward(b, ip, a->authentic, ret);
	ret->authentic = a->authentic;
	return conclude(ret, AUTH_PERMERROR, STR("the address has no name"));
}
