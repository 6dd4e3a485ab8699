/* spf: whether a domain lets a host send mail in its name (RFC 7208; RFC 8616 §4 for names and
 * local parts that are not ASCII).
 *
 * spf_check is a resumable step over a dns_batch (dns/resolver.h). It is check_host() of
 * RFC 7208 §4 for the identity of MAIL FROM; where the reverse-path is null, that is
 * postmaster at the name of HELO (§2.4).
 *
 * Input: what a stranger says in SMTP, and the records of the domain that was said and of all it
 * names. Bounds: 10 terms that ask the DNS, 2 void lookups, 10 hosts of an MX, 10 names of a PTR
 * (§4.6.4); 4 KiB of a record (verify/spf_record.h), SPF_MACROS_MAX macros in all. Beginning again
 * costs a constant for each byte of the records; answered at once, it begins again at most four
 * times a term that asks.
 *
 * Memory: results live in the arena that is given.
 */
#ifndef MOX_VERIFY_SPF_H
#define MOX_VERIFY_SPF_H

#include "dns/resolver.h"
#include "verify/auth.h"

enum {
	SPF_LOOKUPS_MAX = 10,      /* RFC 7208 §4.6.4 */
	SPF_VOIDS_MAX = 2,         /* RFC 7208 §4.6.4 */
	SPF_HOSTS_MAX = 10,        /* RFC 7208 §4.6.4: of an "mx", "ptr", %{p} */
	SPF_MACROS_MAX = 256,      /* expanded in one check */
	SPF_EXPLANATION_MAX = 800, /* RFC 7208 §6.2 MAY: limit the length */
};

struct spf_args {
	struct ip ip;        /* of the client; one that is mapped into IPv6 counts as IPv4 */
	struct str helo;     /* as it was said: a name or an address literal */
	struct str local;    /* of the reverse-path, without quotes */
	struct str domain;   /* of the reverse-path, a literal as "[192.0.2.1]"; empty: null path */
	struct str receiver; /* our name, for %{r} */
	int64_t now;         /* for %{t} */
	struct buf *explain; /* NULL, or gets lines on each step; cleared whenever it begins */
};

enum spf_identity { SPF_MAILFROM, SPF_HELO };

struct spf_result {
	enum auth_result result;
	enum spf_identity identity;
	struct str local;
	/* Of the identity: A-labels in lower case if it is a name, else as it was said. */
	struct str domain;
	/* DNSSEC proves all that led to the result. */
	bool authentic;
	/* What decided or failed: a term of the record at record_domain, or "default"; empty if
	 * it did not come to that. */
	struct str mechanism, record, record_domain;
	/* Why there is no other result than none or an error: printable ASCII. */
	struct str problem;
	/* Of a fail, in the words of the domain's owner: printable ASCII, at most
	 * SPF_EXPLANATION_MAX bytes, mostly empty. Whoever shows it says whose words they are. */
	struct str explanation;
	unsigned lookups, voids; /* counted against the limits */
};

/* DNS_WAIT: *ret is not written yet. */
enum dns_wait spf_check(const struct spf_args *args, struct dns_batch *dns, struct arena *arena,
			struct spf_result *ret);

/* "mailfrom", "helo": RFC 7208 §9.1. */
struct str spf_identity_name(enum spf_identity identity);

/* The SPF record of a domain, without a look at its syntax. */
struct spf_found {
	enum auth_result result; /* AUTH_NEUTRAL: there is one; else NONE, TEMPERROR, PERMERROR */
	bool authentic;
	struct str record;
	struct str problem;
};
/* RFC 7208 §4.3 to §4.5; domain in A-labels. The record lives in the batch's arena. */
enum dns_wait spf_find(struct str domain, struct dns_batch *dns, struct arena *arena,
		       struct spf_found *ret);

/* The field Received-SPF (RFC 7208 §9.1) with its line end. */
void buf_received_spf(struct buf *b, const struct spf_args *args, const struct spf_result *result);

#endif
