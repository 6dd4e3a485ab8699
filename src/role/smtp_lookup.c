/* What the smtp role asks of the dns role for its sessions. */
#include "role/smtp_internal.h"

#include "role/dnsclient.h"
#include <stdlib.h>

/* A developer's machine is often without the Internet, and no mail there shall wait for it twice:
 * after names that nobody answered in time localserve does not ask for so long. */
enum { SILENCE_S = 60 };

struct asking {
	struct smtp_role *smtp;
	int64_t deadline;
	struct smtpd_lookup *lookup;
	struct dnsclient *client;
	size_t left;
};

static void silence_note(const struct asking *k, const struct dns_answer *a)
{
	int64_t now = clock_mono(k->smtp->role->clock);

	if (!k->smtp->role->localserve)
		return;
	if (a->status != DNS_FAILED)
		k->smtp->dns_silent_until = 0;
	else if (now >= k->deadline)
		k->smtp->dns_silent_until = now + SILENCE_S * NS_PER_S;
}

static void answered(void *arg, size_t index, const struct dns_answer *a)
{
	struct asking *k = arg;
	bool last = --k->left == 0;

	silence_note(k, a);
	smtpd_lookup_answer(k->lookup, index, a);
	if (!last)
		return;
	dnsclient_end(k->client);
	free(k);
}

static void answer_all(struct smtpd_lookup *l, size_t n, struct err e)
{
	const struct dns_answer a = {
		.status = DNS_FAILED, .ede = DNS_EDE_NONE, .error = err_text(e)};

	for (size_t i = 0; i < n; i++)
		smtpd_lookup_answer(l, i, &a);
}

void smtp_env_lookup(void *arg, struct smtpd_lookup *l, const struct dns_question *q, size_t n,
		     int64_t deadline)
{
	struct smtp_role *s = arg;
	struct asking *k = calloc(1, sizeof(*k));
	struct err e = err_make(ERR_RESOURCES, "no memory to ask the DNS");

	if (clock_mono(s->role->clock) < s->dns_silent_until) {
		e = err_make(ERR_UNAVAILABLE, "the DNS did not answer a moment ago");
	} else if (k) {
		*k = (struct asking){.smtp = s, .deadline = deadline, .lookup = l, .left = n};
		e = dnsclient_ask(s->role, q, n, deadline, answered, k, &k->client);
	}
	if (err_is_ok(e))
		return;
	answer_all(l, n, e);
	free(k);
}
