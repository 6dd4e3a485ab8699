#include "dns/probe.h"

struct dns_question dns_probe_question(const struct dns_forward *f)
{
	return (struct dns_question){DNS_NS, f->zone};
}

static enum dns_probe judge(const struct dns_answer *a)
{
	if (a->status == DNS_BOGUS)
		return DNS_PROBE_BREAKS;
	if (a->status == DNS_FAILED)
		return DNS_PROBE_SILENT;
	return a->authentic ? DNS_PROBE_PASSES : DNS_PROBE_PLAIN;
}

enum dns_probe dns_probe_judge(const struct dns_forward *f, const struct dns_answer *a,
			       struct buf *line)
{
	static const struct str texts[] = {
		[DNS_PROBE_PASSES] = STR_INIT("lets DNSSEC through: signed names are validated"),
		[DNS_PROBE_BREAKS] =
			STR_INIT("breaks DNSSEC: signed names cannot be validated through it"),
		[DNS_PROBE_PLAIN] = STR_INIT("answers, but there is nothing to validate: "
					     "names there are never authentic"),
		[DNS_PROBE_SILENT] = STR_INIT("gives no usable answer"),
	};
	enum dns_probe found = judge(a);

	buf_str_add(line, STR("DNS server "));
	buf_ip(line, f->ip);
	if (f->zone.n)
		buf_strs(line, STR(" for "), f->zone);
	buf_strs(line, STR(" "), texts[found]);
	if (a->error.n)
		buf_strs(line, STR(" ("), a->error, STR(")"));
	return found;
}
