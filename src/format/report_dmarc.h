/* report_dmarc: DMARC aggregate reports (RFC 9990, and RFC 7489 appendix C before it), from and to
 * XML.
 *
 * Input: a stranger's XML; see format/xml and format/report for its limits. Read in any order and
 * any namespace, none too; elements that neither RFC knows, and those of another namespace than the
 * report's own, are passed over. What is there must be of its type: a report with a count that is
 * no number, or without a required value, is no report (RFC 9990 §3.1.1 SHOULD).
 * Accepted beyond: upper case words; empty optional values; a reason of a type not listed is
 * "other"; SPF's old names for results.
 */
#ifndef MOX_FORMAT_REPORT_DMARC_H
#define MOX_FORMAT_REPORT_DMARC_H

#include "format/report.h"

/* 0 is "absent" in all of these. */
enum report_dmarc_alignment { REPORT_RELAXED = 1, REPORT_STRICT };
enum report_dmarc_action {
	REPORT_NONE = 1,
	REPORT_QUARANTINE,
	REPORT_REJECT,
	REPORT_PASS, /* what was done only: nothing, for DMARC passed (RFC 9990) */
};
enum report_dmarc_yes { REPORT_NO = 1, REPORT_YES };
enum report_dmarc_discovery { REPORT_PSL = 1, REPORT_TREEWALK };
enum report_dmarc_aligned { REPORT_ALIGNED_PASS = 1, REPORT_ALIGNED_FAIL };
enum report_dmarc_override {
	REPORT_LOCAL_POLICY = 1,
	REPORT_MAILING_LIST,
	REPORT_OTHER,
	REPORT_POLICY_TEST_MODE,
	REPORT_TRUSTED_FORWARDER,
	REPORT_FORWARDED,   /* RFC 7489 only */
	REPORT_SAMPLED_OUT, /* RFC 7489 only */
};
/* RFC 8601 §2.7.1, §2.7.2. */
enum report_dmarc_auth {
	REPORT_AUTH_NONE = 1,
	REPORT_AUTH_PASS,
	REPORT_AUTH_FAIL,
	REPORT_AUTH_SOFTFAIL,
	REPORT_AUTH_NEUTRAL,
	REPORT_AUTH_POLICY,
	REPORT_AUTH_TEMPERROR,
	REPORT_AUTH_PERMERROR,
};
enum report_dmarc_scope { REPORT_MFROM = 1, REPORT_HELO };

struct report_dmarc_reason {
	enum report_dmarc_override type;
	struct str comment;
};

struct report_dmarc_dkim {
	struct str domain, selector;
	enum report_dmarc_auth result;
	struct str human_result;
};

struct report_dmarc_spf {
	struct str domain;
	enum report_dmarc_scope scope;
	enum report_dmarc_auth result;
	struct str human_result;
};

struct report_dmarc_record {
	struct ip source_ip;
	uint64_t count;
	enum report_dmarc_action disposition;
	enum report_dmarc_aligned aligned_dkim, aligned_spf;
	struct {
		struct report_dmarc_reason *v;
		size_t n;
	} reason;
	struct str envelope_to, envelope_from, header_from;
	struct {
		struct report_dmarc_dkim *v;
		size_t n;
	} dkim;
	struct {
		struct report_dmarc_spf *v;
		size_t n;
	} spf;
};

struct report_dmarc {
	struct str version; /* "1.0" in what we write */
	struct str org_name, email, extra_contact_info, report_id, generator;
	struct report_texts error;
	int64_t begin, end; /* of the period, seconds since 1970 */
	struct {
		struct str domain, fo;
		enum report_dmarc_discovery discovery_method;
		enum report_dmarc_action p, sp, np;
		enum report_dmarc_alignment adkim, aspf;
		enum report_dmarc_yes testing;
		struct report_number pct; /* RFC 7489 only */
	} policy;
	struct {
		struct report_dmarc_record *v;
		size_t n;
	} record; /* at least one in what was read */
};

/* For report_json: people see the names and the nesting of the XML. */
extern const struct report_shape report_dmarc_shape;

/* Reads a report. SYNTAX says where and what, LIMIT, TOO_BIG, RESOURCES. */
struct err report_dmarc_read(struct str xml, struct arena *a, struct report_dmarc *ret);

/* Adds the report in the form of RFC 9990; a full buf shows in buf_failed. */
void report_dmarc_write(const struct report_dmarc *r, struct buf *b);

#endif
