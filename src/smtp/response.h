/* response: a server's reply as a client reads it (RFC 5321 §4.2), as it comes; and what the reply
 * to EHLO offers (§4.1.1.1).
 *
 * Input: a server's, a stranger as well. Lines of at most LIMIT_SMTP_RESPONSE_LINE octets (RFC 5321
 * §4.5.3.1.5 has 512, real servers more), LIMIT_SMTP_RESPONSE of text are kept, lines past
 * LIMIT_SMTP_RESPONSE_LINES are no reply any more. A bare LF ends a line too: nothing hides behind
 * it, for what comes next must be a reply as well.
 */
#ifndef MOX_SMTP_RESPONSE_H
#define MOX_SMTP_RESPONSE_H

#include "base/buf.h"
#include "base/str.h"

enum smtp_response_verdict { SMTP_RESPONSE_MORE, SMTP_RESPONSE_DONE, SMTP_RESPONSE_BAD };

struct smtp_response {
	unsigned code;
	struct str enhanced; /* RFC 3463, "5.7.1", of the first line, in text; empty: none */
	struct buf text;     /* what follows the codes, a line each, LF between */
	/* private */
	unsigned lines;
};

void smtp_response_init(struct smtp_response *r);
void smtp_response_fini(struct smtp_response *r);
/* Takes whole lines from the front of *in, up to the end of a reply. DONE: r is it, until the next
 * call, which begins anew. BAD: this is no reply; nothing more can be read from this server. */
enum smtp_response_verdict smtp_response_read(struct smtp_response *r, struct str *in);

static inline unsigned smtp_response_class(const struct smtp_response *r)
{
	return r->code / 100;
}

enum smtp_ext {
	SMTP_EXT_PIPELINING = 1,
	SMTP_EXT_SIZE = 2,
	SMTP_EXT_STARTTLS = 4,
	SMTP_EXT_8BITMIME = 8,
	SMTP_EXT_SMTPUTF8 = 16,
	SMTP_EXT_REQUIRETLS = 32,
	SMTP_EXT_CHUNKING = 64,
	SMTP_EXT_ENHANCED = 128,
	SMTP_EXT_AUTH = 256,
};

struct smtp_offer {
	unsigned ext;      /* set of enum smtp_ext */
	uint64_t size_max; /* 0: none said (RFC 1870 §4) */
	uint64_t rcpt_max; /* RFC 9422 §4.2; 0: none said */
	struct str auth;   /* mechanisms, divided by spaces; in the reply's text */
};

/* What a reply to EHLO offers. Lines that can't be read are skipped: they may be anything. */
struct smtp_offer smtp_offer_of(const struct smtp_response *r);
/* Whether a mechanism is among those offered. */
bool smtp_offer_has_mech(const struct smtp_offer *o, struct str name);

#endif
