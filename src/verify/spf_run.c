#include "verify/spf_run.h"

#include <assert.h>

enum { PROBLEM_MAX = 2 * SPF_RECORD_MAX };

/* Strangers' bytes for people: what is not printable ASCII becomes a question mark. */
static void make_printable(struct buf *b, size_t from)
{
	for (; from < b->n; from++)
		if (b->p[from] < 0x20 || b->p[from] > 0x7e)
			b->p[from] = '?';
}

void spf_note(struct spf_run *r, const char *fmt, ...)
{
	va_list ap;

	if (!r->explain)
		return;
	size_t from = r->explain->n;

	buf_char_n(r->explain, ' ', 2 * (size_t)r->indent);
	va_start(ap, fmt);
	buf_vprintf(r->explain, fmt, ap);
	va_end(ap);
	make_printable(r->explain, from);
	buf_char(r->explain, '\n');
}

void spf_problem(struct arena *arena, struct str *ret, const char *fmt, ...)
{
	BUF_AUTO b = BUF_INIT(PROBLEM_MAX);
	va_list ap;

	if (ret->n)
		return;
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	make_printable(&b, 0);
	*ret = arena_dup(arena, buf_str(&b));
}

static void note_answer(struct spf_run *r, enum dns_type type, struct str name,
			const struct dns_answer *a)
{
	BUF_AUTO b = BUF_INIT(DNS_ANSWER_MAX);

	if (!r->explain)
		return;
	for (size_t i = 0; i < a->n && i < SPF_HOSTS_MAX; i++) {
		buf_char(&b, ' ');
		if (type == DNS_A || type == DNS_AAAA)
			buf_ip(&b, a->record[i].ip);
		else if (type == DNS_MX)
			buf_str_add(&b, a->record[i].mx.host);
		else if (type == DNS_PTR)
			buf_str_add(&b, a->record[i].name);
		else
			buf_str_add(&b, a->record[i].txt.joined);
	}
	r->indent++;
	spf_note(r, "%.*s of %.*s:%.*s%s%.*s%s", STR_ARG(dns_type_name(type)), STR_ARG(name),
		 STR_ARG(buf_str(&b)), a->n ? "" : " ",
		 STR_ARG(a->n ? STR("") : dns_status_name(a->status)),
		 a->authentic ? " (dnssec)" : "");
	r->indent--;
}

const struct dns_answer *spf_ask(struct spf_run *r, enum dns_type type, struct str name)
{
	const struct dns_answer *a = dns_ask(r->dns, type, name);

	if (!a)
		return NULL;
	if (!r->decided)
		r->authentic &= a->authentic;
	note_answer(r, type, name, a);
	return a;
}

enum spf_outcome spf_count_void(struct spf_run *r)
{
	if (++r->voids <= SPF_VOIDS_MAX)
		return SPF_NO_MATCH;
	SPF_PROBLEM(r, "more than %d names without records", SPF_VOIDS_MAX);
	return SPF_PERMERROR;
}

enum spf_outcome spf_lookup(struct spf_run *r, enum dns_type type, struct str name,
			    const struct dns_answer **ret)
{
	const struct dns_answer *a = *ret = spf_ask(r, type, name);

	if (!a)
		return SPF_WAITING;
	if (dns_is_temporary(a)) {
		SPF_PROBLEM(r, "%.*s of %.*s: %.*s", STR_ARG(dns_type_name(type)), STR_ARG(name),
			    STR_ARG(a->error));
		return SPF_TEMPERROR;
	}
	return dns_is_absent(a) ? spf_count_void(r) : SPF_MATCH;
}

enum dns_type spf_address_type(const struct spf_run *r)
{
	return r->values.ip.family == 4 ? DNS_A : DNS_AAAA;
}

enum spf_outcome spf_names_of_ip(struct spf_run *r, struct str within,
				 const struct dns_answer **ret, size_t *ret_n)
{
	BUF_AUTO reverse = BUF_INIT(DNS_REVERSE_MAX);
	bool waits = false;

	*ret_n = 0;
	buf_dns_reverse(&reverse, r->values.ip);
	const struct dns_answer *a = *ret = spf_ask(r, DNS_PTR, buf_str(&reverse));

	if (!a)
		return SPF_WAITING;
	size_t n = a->n < SPF_HOSTS_MAX ? a->n : SPF_HOSTS_MAX;

	for (size_t i = 0; i < n; i++)
		if (dns_name_within(a->record[i].name, within))
			waits |= !dns_ask(r->dns, spf_address_type(r), a->record[i].name);
	if (waits)
		return SPF_WAITING;
	*ret_n = n;
	return SPF_MATCH;
}

/* RFC 7208 §5.5: "If a DNS error occurs while doing an A RR lookup, then that domain name is
 * skipped". Void lookups do not count here: whose address it is chose these names (§4.6.4). */
bool spf_name_is_validated(struct spf_run *r, struct str name)
{
	const struct dns_answer *a = spf_ask(r, spf_address_type(r), name);

	assert(a && "spf_names_of_ip waits for it");
	for (size_t i = 0; i < a->n; i++)
		if (ip_eq(a->record[i].ip, r->values.ip))
			return true;
	return false;
}

/* RFC 7208 §7.3: %{p} is domain, else a name below it, else any name of ip. */
static bool validated_name(struct spf_run *r, struct str domain, struct str *ret)
{
	const struct dns_answer *a;
	struct str best = STR("unknown");
	int rank = 0;
	size_t n;

	if (spf_names_of_ip(r, STR(""), &a, &n) == SPF_WAITING)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct str name = a->record[i].name;
		int near = dns_name_eq(name, domain) ? 3 : dns_name_within(name, domain) ? 2 : 1;

		if (near <= rank || !spf_name_is_validated(r, name))
			continue;
		rank = near;
		best = name;
	}
	*ret = best;
	return true;
}

enum spf_outcome spf_values_get(struct spf_run *r, const struct spf_frame *f, struct str s,
				struct spf_values *ret)
{
	r->macros += spf_macro_count(s);
	if (r->macros > SPF_MACROS_MAX) {
		if (!r->decided)
			SPF_PROBLEM(r, "more than %d macros", SPF_MACROS_MAX);
		return SPF_PERMERROR;
	}
	*ret = r->values;
	ret->domain = f->domain;
	if (spf_macro_uses(s, STR("p")) && !validated_name(r, f->domain, &ret->host))
		return SPF_WAITING;
	return SPF_MATCH;
}

enum spf_outcome spf_target(struct spf_run *r, const struct spf_frame *f, struct str domain_spec,
			    struct buf *ret)
{
	struct spf_values v;

	if (!domain_spec.n) {
		buf_dns_lower(ret, f->domain);
		return SPF_MATCH;
	}
	enum spf_outcome o = spf_values_get(r, f, domain_spec, &v);

	if (o != SPF_MATCH)
		return o;
	return spf_target_name(ret, domain_spec, &v) ? SPF_MATCH : SPF_NO_MATCH;
}
