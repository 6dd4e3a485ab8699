/* report_tls: SMTP TLS reports (RFC 8460 §4), from and to JSON.
 *
 * Input: a stranger's JSON; see format/jsonread and format/report for its limits. What is there
 * must be of its type; names the RFC does not know are passed over. Accepted beyond: null for
 * absent; one string for a list of one (the RFC's own first text had it so); empty addresses.
 * Policy types, result types and reason codes are texts: new ones are registered.
 */
#ifndef MOX_FORMAT_REPORT_TLS_H
#define MOX_FORMAT_REPORT_TLS_H

#include "format/report.h"

struct report_tls_failure {
	struct str result_type;
	struct ip sending_mta_ip;
	struct str receiving_mx_hostname, receiving_mx_helo;
	struct ip receiving_ip;
	uint64_t failed_session_count;
	struct str additional_information, failure_reason_code;
};

struct report_tls_policy {
	struct str policy_type;
	struct report_texts policy_string;
	struct str policy_domain;
	struct report_texts mx_host;
	uint64_t successes, failures; /* sessions */
	struct {
		struct report_tls_failure *v;
		size_t n;
	} details;
};

struct report_tls {
	struct str organization_name;
	int64_t begin, end; /* of the period, seconds since 1970 */
	struct str contact_info, report_id;
	struct {
		struct report_tls_policy *v;
		size_t n;
	} policies;
};

/* For report_json. */
extern const struct report_shape report_tls_shape;

/* Reads a report. SYNTAX says what is wrong, LIMIT, TOO_BIG. */
struct err report_tls_read(struct str json, struct arena *a, struct report_tls *ret);

/* Adds the report as JSON; a full buf shows in buf_failed. */
void report_tls_write(const struct report_tls *r, struct buf *b);

#endif
