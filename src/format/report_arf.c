#include "format/report_arf.h"

#include "format/header.h"

/* clang-format off */
#define AT(member) offsetof(struct report_arf, member)
static const struct report_field fields[] = {
	{"feedback-type", REPORT_TEXT, true, AT(feedback_type)},
	{"user-agent", REPORT_TEXT, false, AT(user_agent)},
	{"version", REPORT_NUMBER, false, AT(version)},
	{"original-envelope-id", REPORT_TEXT, false, AT(original_envelope_id)},
	{"original-mail-from", REPORT_TEXT, false, AT(original_mail_from)},
	{"original-rcpt-to", REPORT_TEXTS, false, AT(original_rcpt_to)},
	{"arrival-date", REPORT_DATE, false, AT(arrival_date)},
	{"reporting-mta", REPORT_TEXT, false, AT(reporting_mta)},
	{"source-ip", REPORT_IP, false, AT(source_ip)},
	{"source-port", REPORT_NUMBER, false, AT(source_port)},
	{"incidents", REPORT_COUNT, false, AT(incidents)},
	{"authentication-results", REPORT_TEXTS, false, AT(authentication_results)},
	{"reported-domain", REPORT_TEXTS, false, AT(reported_domain)},
	{"reported-uri", REPORT_TEXTS, false, AT(reported_uri)},
	{"auth-failure", REPORT_TEXT, false, AT(auth_failure)},
	{"delivery-result", REPORT_TEXT, false, AT(delivery_result)},
	{"identity-alignment", REPORT_TEXT, false, AT(identity_alignment)},
	{"dkim-domain", REPORT_TEXT, false, AT(dkim_domain)},
	{"dkim-identity", REPORT_TEXT, false, AT(dkim_identity)},
	{"dkim-selector", REPORT_TEXT, false, AT(dkim_selector)},
	{"dkim-selector-dns", REPORT_TEXT, false, AT(dkim_selector_dns)},
	{"dkim-adsp-dns", REPORT_TEXT, false, AT(dkim_adsp_dns)},
	{"dkim-canonicalized-header", REPORT_TEXT, false, AT(dkim_canonicalized_header)},
	{"dkim-canonicalized-body", REPORT_TEXT, false, AT(dkim_canonicalized_body)},
	{"spf-dns", REPORT_TEXTS, false, AT(spf_dns)},
	{"original-header", REPORT_TEXT, false, AT(original_header)}, /* no field of the part */
};
#undef AT
/* clang-format on */
const struct report_shape report_arf_shape = {fields, ARRAY_LEN(fields), sizeof(struct report_arf)};
static const struct report_shape read_shape = {fields, ARRAY_LEN(fields) - 1,
					       sizeof(struct report_arf)};

/* The first word, without comments behind it, and an address without its brackets (RFC 5321
 * §4.1.3): OpenDMARC writes `192.0.2.1 (host.example.org)`. */
static struct str bare(struct str value)
{
	size_t n = 0;

	while (n < value.n && !ch_is_wsp(value.p[n]) && value.p[n] != '(')
		n++;
	value = str_sub(value, 0, n);
	if (str_starts(value, STR("[")) && str_ends(value, STR("]")))
		value = str_sub(value, 1, value.n - 1);
	return str_from(value, str_starts_nocase(value, STR("IPv6:")) ? 5 : 0);
}

static bool is_one_word(enum report_type type)
{
	return type == REPORT_IP || type == REPORT_NUMBER || type == REPORT_COUNT;
}

struct err report_arf_read(struct str part, struct arena *a, struct report_arf *ret)
{
	struct report_frame frame = {&read_shape, ret, 0};
	struct header_iter it = header_iter_of(part);
	struct header_field h;

	*ret = (struct report_arf){.incidents = 1};
	while (header_next(&it, &h)) {
		/* RFC 5965 §3.2: the historic name; both of them are one too many. */
		bool historic = str_eq_nocase(h.name, STR("Received-Date"));
		const struct report_field *f =
			report_field(&read_shape, historic ? STR("arrival-date") : h.name);
		struct str value = header_unfold(a, h.value);

		if (!value.p)
			return err_make(ERR_LIMIT, "the report needs too much memory");
		if (f)
			TRY(report_set(&frame, f, is_one_word(f->type) ? bare(value) : value, a));
	}
	return report_leave(&frame);
}
