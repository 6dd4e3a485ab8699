#include "verify/dmarc_tree.h"

/* Records that do not begin with the version are no records (RFC 9989 §4.10 step 2); several are
 * discarded. */
static void place_judge(struct dmarc_place *p)
{
	for (size_t i = 0; p->answer->status == DNS_FOUND && i < p->answer->n; i++) {
		struct str text = p->answer->record[i].txt.joined;
		struct dmarc_record r;

		if (!dmarc_record_parse(text, &r) || p->records++ > 0)
			continue;
		p->text = text;
		p->record = r;
	}
}

enum dns_wait dmarc_place_ask(struct dns_batch *b, struct str domain, struct dmarc_place *ret)
{
	static const struct str label = STR_INIT("_dmarc.");
	char name[sizeof("_dmarc.") + DNS_NAME_MAX];

	domain = str_sub(domain, 0, DNS_NAME_MAX); /* longer: no name that can be asked for */
	memcpy(name, label.p, label.n);
	memcpy(name + label.n, domain.p, domain.n);
	*ret = (struct dmarc_place){.domain = domain};
	ret->answer = dns_ask(b, DNS_TXT, str_of(name, label.n + domain.n));
	if (!ret->answer)
		return DNS_WAIT;
	place_judge(ret);
	return DNS_DONE;
}

/* The names of the walk, RFC 9989 §4.10 steps 3, 4 and 7: the domain, and its last seven labels
 * and fewer. */
static size_t names_of(struct str domain, struct str ret[DMARC_WALK_MAX])
{
	size_t labels = dns_name_labels(domain);
	size_t n = 0;

	ret[n++] = domain;
	labels = labels > DMARC_WALK_MAX ? DMARC_WALK_MAX : labels;
	while (labels > 1)
		ret[n++] = dns_name_tail(domain, --labels);
	return n;
}

static bool has_record(const struct dmarc_place *p)
{
	return p->records == 1;
}

static bool ends_walk(const struct dmarc_place *p)
{
	return has_record(p) && p->record.psd != DMARC_PSD_UNKNOWN;
}

/* RFC 9989 §4.10.2, from the longest name to the shortest. */
static struct str org_of(const struct dmarc_walk *w)
{
	const struct dmarc_place *last = &w->place[w->n - 1];
	struct str org = w->place[0].domain;

	if (has_record(last) && last->record.psd == DMARC_PSD_YES && w->n > 1)
		return dns_name_tail(org, dns_name_labels(last->domain) + 1);
	for (size_t i = 0; i < w->n; i++)
		if (has_record(&w->place[i]))
			org = w->place[i].domain;
	return org;
}

/* RFC 9989 §4.10.1: the domain's own record, its organizational domain's, its suffix's. */
static const struct dmarc_place *publisher_of(const struct dmarc_walk *w)
{
	const struct dmarc_place *last = &w->place[w->n - 1];

	if (has_record(&w->place[0]))
		return &w->place[0];
	if (w->temporary)
		return NULL;
	for (size_t i = 1; i < w->n; i++)
		if (has_record(&w->place[i]) && dns_name_eq(w->place[i].domain, w->org))
			return &w->place[i];
	return has_record(last) ? last : NULL;
}

enum dns_wait dmarc_walk(struct dns_batch *b, struct str domain, struct dmarc_walk *ret)
{
	struct str names[DMARC_WALK_MAX];
	size_t n = names_of(domain, names);
	enum dns_wait wait = DNS_DONE;

	*ret = (struct dmarc_walk){.authentic = true};
	for (size_t i = 0; i < n; i++)
		if (dmarc_place_ask(b, names[i], &ret->place[i]) == DNS_WAIT)
			wait = DNS_WAIT;
	if (wait == DNS_WAIT)
		return DNS_WAIT;
	do {
		const struct dns_answer *a = ret->place[ret->n].answer;

		ret->temporary = ret->temporary || dns_is_temporary(a);
		ret->authentic = ret->authentic && a->authentic;
	} while (!ends_walk(&ret->place[ret->n++]) && ret->n < n);
	ret->org = org_of(ret);
	ret->publisher = publisher_of(ret);
	return DNS_DONE;
}
