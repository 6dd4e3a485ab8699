/* auth: the results of authentication methods (RFC 8601 §2.7), and what DMARC takes from SPF and
 * DKIM: domains that were authenticated, or not.
 *
 * One set of words for all methods; each method's header says which of them it uses.
 */
#ifndef MOX_VERIFY_AUTH_H
#define MOX_VERIFY_AUTH_H

#include "base/str.h"

enum auth_result {
	AUTH_NONE,
	AUTH_PASS,
	AUTH_FAIL,
	AUTH_SOFTFAIL,
	AUTH_NEUTRAL,
	AUTH_POLICY,
	AUTH_TEMPERROR,
	AUTH_PERMERROR,
	AUTH_RESULT_N
};

/* "none", "pass"... as in Authentication-Results. */
struct str auth_result_name(enum auth_result r);
/* Without regard to case; false for another word. */
bool auth_result_parse(struct str s, enum auth_result *ret);

/* A domain that SPF or DKIM looked at: RFC 9989 §3.2.1 "Authenticated Identifiers" where the result
 * is pass. */
struct auth_identifier {
	enum auth_method { AUTH_SPF, AUTH_DKIM } method;
	struct str domain; /* A-labels, lower case */
	enum auth_result result;
	bool authentic; /* DNSSEC proves what decided */
};

#endif
