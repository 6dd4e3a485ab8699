#include "smtpd/verified.h"

#include "format/domain.h"
#include "smtpd/count.h"
#include "smtpd/session.h"

enum { RESULTS_MAX = 32 << 10 };

/* Of HELO and of MAIL FROM. */

/* A name that no DNS could have does not exist. */
static enum dns_wait name_step(struct smtpd *s, struct str name,
			       enum dns_wait (*check)(struct dns_batch *b, struct str name,
						      enum sender_result *ret))
{
	BUF_AUTO ascii = BUF_INIT(DOMAIN_MAX + 1);

	if (domain_ascii(name, &ascii))
		return check(&s->dns.batch, buf_str(&ascii), &s->sender);
	s->sender = SENDER_NO_NAME;
	return DNS_DONE;
}

static enum dns_wait helo_step(struct smtpd *s)
{
	return name_step(s, s->peer.hello.name, sender_helo_check);
}

/* The client's name is asked for in the same request: iprev then waits once, with the message's
 * other questions. Those would be too many here, from clients that never send a message. */
static enum dns_wait domain_step(struct smtpd *s)
{
	struct iprev_result iprev;

	(void)iprev_check(&s->dns.batch, s->peer.remote.ip, &iprev);
	return name_step(s, s->t.from.host.name, sender_domain_check);
}

void smtpd_verify_helo(struct smtpd *s, void (*then)(struct smtpd *s))
{
	smtpd_park_dns(s, helo_step, s->settings->dns_ns, then);
}

void smtpd_verify_domain(struct smtpd *s, void (*then)(struct smtpd *s))
{
	smtpd_park_dns(s, domain_step, s->settings->dns_ns, then);
}

/* SPF. */

static struct spf_args spf_args_of(const struct smtpd *s)
{
	return (struct spf_args){
		.ip = s->peer.remote.ip,
		.helo = s->peer.hello_text,
		.local = s->t.from.local,
		.domain = s->t.from.host.name,
		.receiver = s->settings->hostname,
		.now = clock_unix(s->base.clock),
	};
}

static enum dns_wait spf_step(struct smtpd *s)
{
	const struct spf_args args = spf_args_of(s);

	return spf_check(&args, &s->dns.batch, &s->dns.mem, &s->t.spf);
}

void smtpd_verify_spf(struct smtpd *s, void (*then)(struct smtpd *s))
{
	smtpd_park_dns(s, spf_step, s->settings->dns_ns, then);
}

/* The message. */

static void log_results(struct smtpd *s)
{
	const struct verify_result *r = &s->t.verify->result;

	log_info(&s->base.log, "verified", F_STR("iprev", auth_result_name(r->iprev.result)),
		 F_STR("spf", auth_result_name(r->spf.result)),
		 F_STR("dkim", auth_result_name(dkim_overall(&r->dkim))),
		 F_U64("signatures", r->dkim.found), F_STR("arc", auth_result_name(r->arc.result)),
		 F_STR("dmarc", auth_result_name(r->dmarc.result)), F_STR("from", r->from.domain),
		 F_STR("policy", dmarc_policy_name(r->dmarc.published)),
		 F_U64("questions", s->dns.batch.n));
}

static void write_results(struct smtpd *s)
{
	BUF_AUTO b = BUF_INIT(RESULTS_MAX);
	const struct verify *v = s->t.verify;

	buf_verify_results(&b, s->settings->hostname, v);
	buf_received_spf(&b, &v->args.spf, &v->result.spf);
	if (!buf_failed(&b))
		s->t.results = arena_dup(&s->dns.mem, buf_str(&b));
	log_results(s);
	smtpd_count_verified(s);
	s->t.verified(s);
}

static enum dns_wait sender_step(struct smtpd *s)
{
	return verify_sender(s->t.verify, &s->dns.batch);
}

static enum dns_wait dmarc_step(struct smtpd *s)
{
	return verify_dmarc(s->t.verify, &s->dns.batch);
}

/* What follows from the others has its own time. */
static void sender_known(struct smtpd *s)
{
	s->t.sender_known_at = clock_mono(s->base.clock);
	smtpd_park_dns(s, dmarc_step, s->settings->dns_ns, write_results);
}

void smtpd_verify_message(struct smtpd *s, void (*then)(struct smtpd *s))
{
	const struct verify_args args = {
		.spf = spf_args_of(s),
		.now = clock_unix(s->base.clock),
		.random = rand_u64(s->env->rand),
	};
	struct err e = verify_begin(&args, s->t.bytes, &s->dns.mem, &s->t.verify);

	s->t.verified = then;
	s->t.verify_at = clock_mono(s->base.clock);
	if (err_is_ok(e)) {
		smtpd_park_dns(s, sender_step, s->settings->dns_ns, sender_known);
		return;
	}
	log_error(&s->base.log, "message not verified", F_ERR(e));
	then(s);
}
