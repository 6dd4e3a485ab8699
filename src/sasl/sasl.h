/* sasl: the server's side of SASL mechanisms (RFC 4422): PLAIN (RFC 4616) and LOGIN.
 *
 * A mechanism is a small state machine: responses in, challenges out, at the end credentials, which
 * the caller has checked by who holds the verifiers. Nothing here knows a password's right value,
 * base64 or the protocol around it.
 * Input: a stranger's, decoded; user name and password of at most SASL_VALUE_MAX octets.
 * Memory: copies; sasl_server_fini wipes them.
 */
#ifndef MOX_SASL_SASL_H
#define MOX_SASL_SASL_H

#include "base/buf.h"
#include "base/secret.h"

/* RFC 4616 §2 asks for 255. */
enum { SASL_VALUE_MAX = 1024 };

enum sasl_verdict {
	SASL_CHALLENGE,   /* send the challenge, give the response to the next step */
	SASL_CREDENTIALS, /* user and password are there, to be checked */
	SASL_MALFORMED,   /* the response is not what the mechanism asks for */
	SASL_AUTHZID,     /* acting for another user is not offered */
};

struct sasl_server;

struct sasl_mech {
	struct str name;
	bool plaintext; /* the password travels as it is: only under TLS */
	bool initial;   /* an initial response is allowed (RFC 4422 §3) */
	enum sasl_verdict (*step)(struct sasl_server *s, struct str response,
				  struct str *ret_challenge);
	/* Sent where there is no initial response. */
	struct str first_challenge;
};

struct sasl_server {
	const struct sasl_mech *mech;
	unsigned steps; /* responses so far */
	struct buf user;
	struct secret password;
};

/* The i-th mechanism in the order they are announced, strongest first; NULL behind the last. */
const struct sasl_mech *sasl_mech_at(size_t i);
/* By its name in any case; NULL if there is none. */
const struct sasl_mech *sasl_mech_find(struct str name);

void sasl_server_init(struct sasl_server *s, const struct sasl_mech *mech);
/* Wipes; s may be initialized again. A zeroed s is fine. */
void sasl_server_fini(struct sasl_server *s);
/* Takes the client's next response (the initial one first, where there is one). *ret_challenge is
 * set for SASL_CHALLENGE, a constant. After any other verdict the exchange is over. */
enum sasl_verdict sasl_server_step(struct sasl_server *s, struct str response,
				   struct str *ret_challenge);

#endif
