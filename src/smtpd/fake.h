/* fake: surroundings for a session in tests and fuzzers: a configuration of one domain, one user
 * who can log in, and a post office that notes what it is given.
 *
 * mox.example has alice and bob (accounts of that name); at off.example nothing is taken for now.
 * alice logs in as alice@mox.example with "secret" and may send as alice only.
 */
#ifndef MOX_SMTPD_FAKE_H
#define MOX_SMTPD_FAKE_H

#include "dns/fake.h"
#include "os/session_mem.h"
#include "smtpd/smtpd.h"

struct fake {
	struct smtpd_env env;
	struct smtpd_service service;
	struct clock clock;
	struct rand_test rand;
	struct receivedid id;
	struct fs fs;
	struct tls_server *tls;
	struct session_mem *m;
	struct arena dns_mem;
	struct dns_fake dns;
	struct fake_question {
		struct smtpd_lookup *lookup;
		size_t index;
		struct dns_question question;
	} question[64]; /* deferred */
	size_t questions;

	/* How it answers. */
	bool defer;               /* not at once: by fake_answer */
	struct smtpd_call *call;  /* asked and not answered */
	enum err_code results[4]; /* of the first recipients */
	bool slow;
	int64_t delay_ns;
	/* The DNS: zone text as dns/fake has it, NULL: every look-up fails. With dns_defer nothing
	 * is answered before fake_dns_answer. */
	const char *zone;
	bool dns_defer;
	bool outgoing;

	/* What came. */
	struct buf delivered; /* a line each: from, recipients, facts; then prefix and message */
	unsigned deliveries, logins, lookups;
	char digest[65]; /* of the last one, in hexadecimal */
};

/* Settings of port 25; change them before fake_open. */
void fake_init(struct fake *f);
/* The same, submission. */
void fake_init_submission(struct fake *f);
/* Begins a session; chunk as in os/session_mem. */
void fake_open(struct fake *f, size_t chunk);
void fake_fini(struct fake *f);

/* Feeds and returns what was said since. */
struct str fake_say(struct fake *f, struct str in);
/* Answers what is deferred. */
void fake_answer(struct fake *f);
/* Answers one question to the DNS of those deferred, the newest; false: there is none. */
bool fake_dns_answer(struct fake *f);

#endif
