/* spf_run: one run of spf_check from its start: what its files share. Not for others.
 *
 * A run that meets a question without an answer unwinds with SPF_WAITING, and nothing of it is
 * kept: the next run begins anew, with one answer more.
 */
#ifndef MOX_VERIFY_SPF_RUN_H
#define MOX_VERIFY_SPF_RUN_H

#include "verify/spf.h"
#include "verify/spf_macro.h"
#include "verify/spf_record.h"

struct spf_run {
	struct buf *explain;
	struct dns_batch *dns;
	struct arena *arena;      /* written only when the result is sure */
	struct spf_values values; /* without domain and host */
	unsigned lookups, voids;
	size_t macros;
	int indent; /* of explain */
	bool authentic;
	bool decided; /* there is a result: what is asked from here on does not change it */
	bool failed;  /* by what these say, else what decides so far: */
	struct str mechanism, record;
	char record_domain[DNS_NAME_MAX];
	size_t record_domain_n;
	struct str problem, explanation;
};

/* check_host() for one domain (RFC 7208 §4). */
struct spf_frame {
	struct str domain;
	struct spf_record record;
	bool included;
};

/* Of a mechanism (RFC 7208 §4.6.2), and of its parts. */
enum spf_outcome { SPF_NO_MATCH, SPF_MATCH, SPF_TEMPERROR, SPF_PERMERROR, SPF_WAITING };

/* A line for r->explain. */
void spf_note(struct spf_run *r, const char *fmt, ...) PRINTF(2, 3);
/* Says why, in printable ASCII; what is said first stays. */
void spf_problem(struct arena *arena, struct str *ret, const char *fmt, ...) PRINTF(3, 4);
#define SPF_PROBLEM(r, ...) spf_problem((r)->arena, &(r)->problem, __VA_ARGS__)

/* NULL: outstanding. */
const struct dns_answer *spf_ask(struct spf_run *r, enum dns_type type, struct str name);
/* RFC 7208 §5: what an answer means for a mechanism. MATCH: it has records. */
enum spf_outcome spf_lookup(struct spf_run *r, enum dns_type type, struct str name,
			    const struct dns_answer **ret);
/* RFC 7208 §4.6.4: one void lookup more: NO_MATCH, or PERMERROR past SPF_VOIDS_MAX. */
enum spf_outcome spf_count_void(struct spf_run *r);
/* One term more that asks the DNS; false past SPF_LOOKUPS_MAX. */
bool spf_count_lookup(struct spf_run *r);
/* A or AAAA. */
enum dns_type spf_address_type(const struct spf_run *r);
/* RFC 7208 §5.5: the names of ip, ten at most (§4.6.4); none after an error. MATCH: they are there,
 * and so are the answers that spf_name_is_validated wants on those that are within `within`. */
enum spf_outcome spf_names_of_ip(struct spf_run *r, struct str within,
				 const struct dns_answer **ret, size_t *ret_n);
bool spf_name_is_validated(struct spf_run *r, struct str name);

/* RFC 8616 §4: terms with %{s} or %{l} match nothing if the local part is not ASCII. */
bool spf_matches_nothing(const struct spf_run *r, struct str domain_spec);
/* What the macros of s stand for in a frame. MATCH, PERMERROR past SPF_MACROS_MAX, WAITING. */
enum spf_outcome spf_values_get(struct spf_run *r, const struct spf_frame *f, struct str s,
				struct spf_values *ret);
/* RFC 7208 §4.8: the name that a domain-spec means, or the frame's domain without one. MATCH; also
 * NO_MATCH: no such name can exist. */
enum spf_outcome spf_target(struct spf_run *r, const struct spf_frame *f, struct str domain_spec,
			    struct buf *ret);

enum spf_outcome spf_term_check(struct spf_run *r, const struct spf_frame *f,
				const struct spf_term *t);
enum dns_wait spf_host_check(struct spf_run *r, struct str domain, bool included,
			     enum auth_result *ret);

#endif
