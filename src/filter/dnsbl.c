#include "filter/dnsbl.h"

#include "base/utf8.h"

struct str dnsbl_status_name(enum dnsbl_status status)
{
	static const struct str names[] = {
		[DNSBL_UNLISTED] = STR_INIT("unlisted"),
		[DNSBL_LISTED] = STR_INIT("listed"),
		[DNSBL_TEMPERROR] = STR_INIT("temperror"),
	};

	return names[status];
}

struct str dnsbl_health_name(const struct dnsbl_health *h)
{
	static const struct str names[] = {
		[DNSBL_HEALTHY] = STR_INIT("healthy"),
		[DNSBL_UNHEALTHY] = STR_INIT("unhealthy"),
		[DNSBL_HEALTH_TEMPERROR] = STR_INIT("temperror"),
	};

	return names[h->status];
}

/* What the large lists mean by addresses that are no listing. */
static struct str refusal(struct ip code)
{
	if (code.b[0] != 127)
		return STR("the list answers with an address outside 127.0.0.0/8");
	if (code.b[1] != 255 || code.b[2] != 255)
		return STR("");
	switch (code.b[3]) {
	case 252: return STR("the list answers that its name is misspelt");
	case 254: return STR("the list answers that it does not serve public resolvers");
	case 255: return STR("the list answers that it was asked too much");
	}
	return STR("the list answers with an error");
}

/* One answer that is no listing spoils the others. */
static void judge(const struct dns_answer *a, struct dnsbl_result *ret)
{
	ret->status = DNSBL_LISTED;
	ret->code = a->record[0].ip;
	for (size_t i = 0; i < a->n && ret->status == DNSBL_LISTED; i++) {
		ret->explanation = refusal(a->record[i].ip);
		if (!ret->explanation.n)
			continue;
		ret->status = DNSBL_TEMPERROR;
		ret->code = a->record[i].ip;
	}
}

/* RFC 5782 §2.1: the A record decides, the TXT record may be looked at. */
static enum dns_wait step(struct dns_batch *b, struct str name, struct dnsbl_result *ret)
{
	const struct dns_answer *a = dns_ask(b, DNS_A, name), *txt;

	if (!a)
		return DNS_WAIT;
	if (dns_is_temporary(a)) {
		ret->status = DNSBL_TEMPERROR;
		ret->explanation = a->error.n ? a->error : dns_status_name(a->status);
	} else if (a->status == DNS_FOUND) {
		judge(a, ret);
	}
	if (ret->status != DNSBL_LISTED)
		return DNS_DONE;
	txt = dns_ask(b, DNS_TXT, name);
	if (!txt)
		return DNS_WAIT;
	if (txt->status == DNS_FOUND)
		ret->explanation = utf8_cut(txt->record[0].txt.joined, DNSBL_EXPLANATION_MAX);
	return DNS_DONE;
}

enum dns_wait dnsbl_check(struct dns_batch *b, struct str zone, struct ip ip,
			  struct dnsbl_result *ret)
{
	BUF_AUTO name = BUF_INIT(2 * DNS_NAME_MAX);

	*ret = (struct dnsbl_result){.status = DNSBL_UNLISTED};
	buf_dns_reversed(&name, ip);
	buf_str_add(&name, dns_name_undot(zone));
	return step(b, buf_str(&name), ret);
}

/* 127.0.0.last, or what it is mapped to in IPv6. */
static struct ip test_address(unsigned family, uint8_t last)
{
	if (family == 4)
		return (struct ip){4, {127, 0, 0, last}};
	return (struct ip){6, {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = last}};
}

enum dns_wait dnsbl_health_check(struct dns_batch *b, struct str zone, unsigned family,
				 struct dnsbl_health *ret)
{
	struct dnsbl_result there, absent;
	enum dns_wait wait = dnsbl_check(b, zone, test_address(family, 2), &there);

	if (dnsbl_check(b, zone, test_address(family, 1), &absent) == DNS_WAIT || wait == DNS_WAIT)
		return DNS_WAIT;
	*ret = (struct dnsbl_health){.status = DNSBL_UNHEALTHY};
	if (there.status == DNSBL_TEMPERROR || absent.status == DNSBL_TEMPERROR) {
		ret->status = DNSBL_HEALTH_TEMPERROR;
		ret->why = there.status == DNSBL_TEMPERROR ? there.explanation : absent.explanation;
	} else if (there.status == DNSBL_UNLISTED) {
		ret->why = STR("127.0.0.2 is not listed");
	} else if (absent.status == DNSBL_LISTED) {
		ret->why = STR("127.0.0.1 is listed");
	} else {
		ret->status = DNSBL_HEALTHY;
	}
	return DNS_DONE;
}
