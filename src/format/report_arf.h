/* report_arf: feedback reports (RFC 5965) about abuse, and about authentication that failed
 * (RFC 6591): the fields of a message/feedback-report part.
 *
 * Input: a stranger's part of a message. A field that may come once and comes twice makes it no
 * report, as does a missing Feedback-Type (RFC 5965 §3.1); fields that neither RFC knows are passed
 * over. Accepted beyond: no User-Agent or Version.
 * Values are as written, unfolded; not looked into, for their RFCs let them be much.
 */
#ifndef MOX_FORMAT_REPORT_ARF_H
#define MOX_FORMAT_REPORT_ARF_H

#include "format/report.h"

struct report_arf {
	struct str feedback_type, user_agent;
	struct report_number version;
	struct str original_envelope_id, original_mail_from, reporting_mta;
	int64_t arrival_date; /* seconds since 1970 */
	struct ip source_ip;
	struct report_number source_port;
	uint64_t incidents;
	struct report_texts authentication_results, original_rcpt_to, reported_domain, reported_uri;
	/* RFC 6591 §3.2. */
	struct str auth_failure, delivery_result, identity_alignment;
	struct str dkim_domain, dkim_identity, dkim_selector, dkim_selector_dns, dkim_adsp_dns;
	struct str dkim_canonicalized_header, dkim_canonicalized_body;
	struct report_texts spf_dns;
	/* The header of the message that the report is about, from the part behind; not read here.
	 */
	struct str original_header;
};

/* For report_json: the names are those of the fields in lower case. */
extern const struct report_shape report_arf_shape;

/* Reads the body of the part, decoded. SYNTAX, LIMIT. */
struct err report_arf_read(struct str fields, struct arena *a, struct report_arf *ret);

#endif
