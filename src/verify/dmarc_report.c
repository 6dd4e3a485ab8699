#include "verify/dmarc_report.h"

#include "base/attr.h"
#include "format/domain.h"
#include "verify/dmarc_tree.h"

struct str dmarc_destination_name(enum dmarc_destination_status s)
{
	static const struct str names[] = {
		[DMARC_DESTINATION_SAME] = STR_INIT("same organization"),
		[DMARC_DESTINATION_CONSENT] = STR_INIT("consent"),
		[DMARC_DESTINATION_REFUSED] = STR_INIT("no consent"),
		[DMARC_DESTINATION_BAD] = STR_INIT("bad address"),
		[DMARC_DESTINATION_TEMPORARY] = STR_INIT("temporary error"),
	};

	return names[s];
}

static enum dns_wait conclude(struct dmarc_destination *ret, enum dmarc_destination_status status)
{
	ret->status = status;
	return DNS_DONE;
}

/* The confirming record may send reports elsewhere at the same host; one that names another host
 * confirms nothing. */
static bool instead_take(const struct dmarc_record *r, struct dmarc_destination *ret)
{
	struct str host;

	for (size_t i = 0; i < r->rua.n; i++)
		if (!dmarc_uri_host(r->rua.uri[i], &host) || !dns_name_eq(host, ret->host))
			return false;
	if (!ret->instead.n)
		ret->instead = r->rua;
	return true;
}

static enum dmarc_destination_status consent_judge(const struct dns_answer *a,
						   struct dmarc_destination *ret)
{
	for (size_t i = 0; i < a->n; i++) {
		struct str text = a->record[i].txt.joined;
		struct dmarc_record r;

		if (!dmarc_record_parse(text, &r))
			continue;
		ret->text = ret->text.n ? ret->text : text;
		if (!instead_take(&r, ret))
			return DMARC_DESTINATION_REFUSED;
	}
	return ret->text.n ? DMARC_DESTINATION_CONSENT : DMARC_DESTINATION_REFUSED;
}

static enum dns_wait consent_ask(struct dns_batch *b, struct str domain,
				 struct dmarc_destination *ret)
{
	BUF_AUTO name = BUF_INIT(DNS_NAME_MAX);

	buf_strs(&name, domain, STR("._report._dmarc."), ret->host);
	if (buf_failed(&name))
		return conclude(ret, DMARC_DESTINATION_BAD);
	const struct dns_answer *a = dns_ask(b, DNS_TXT, buf_str(&name));

	if (!a)
		return DNS_WAIT;
	ret->name = arena_dup(b->arena, buf_str(&name));
	ret->authentic = a->authentic;
	return conclude(ret,
			dns_is_temporary(a) ? DMARC_DESTINATION_TEMPORARY : consent_judge(a, ret));
}

enum dns_wait dmarc_destination_check(struct dns_batch *b, struct str domain, struct str uri,
				      struct dmarc_destination *ret)
{
	struct dmarc_walk from, to;

	*ret = (struct dmarc_destination){0};
	if (!dmarc_uri_host(uri, &ret->host))
		return conclude(ret, DMARC_DESTINATION_BAD);
	enum dns_wait wait_from = dmarc_walk(b, domain, &from);
	enum dns_wait wait_to = dmarc_walk(b, ret->host, &to);

	if (wait_from == DNS_WAIT || wait_to == DNS_WAIT)
		return DNS_WAIT;
	ret->authentic = from.authentic && to.authentic;
	if (dns_name_eq(domain, ret->host))
		return conclude(ret, DMARC_DESTINATION_SAME);
	if (from.temporary || to.temporary)
		return conclude(ret, DMARC_DESTINATION_TEMPORARY);
	if (dns_name_eq(from.org, to.org))
		return conclude(ret, DMARC_DESTINATION_SAME);
	return consent_ask(b, domain, ret);
}
