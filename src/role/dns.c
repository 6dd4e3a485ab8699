/* The dns role: the server's one resolver, recursive and validating, with one cache for all roles.
 *
 * Input: questions of other roles, any of which may have been taken over, and through libunbound
 * the answers of anyone. The role has no data but the root's keys, and nothing to steal.
 *
 * Servers that the configuration names for all names are asked first whether DNSSEC comes through
 * them; until that is known, ten seconds at most, questions wait. If it does not, names are
 * resolved from the root instead, so that a proof is worth something. Servers that are silent are
 * used, and asked again each minute.
 */
#include "role/role.h"

#include "dns/probe.h"
#include "os/memory.h"
#include "role/dns_open.h"
#include "role/lookups.h"
#include <stdlib.h>

enum {
	PROBE_S = 10,
	/* A server that gave no answer may break DNSSEC still, once the network is there. */
	PROBE_AGAIN_S = 60,
	/* Deadlines that lie so close together are looked after at once. */
	SLACK_MS = 50,
};

/* A resolver, and the task that takes its answers. */
struct source {
	struct dns *dns;
	struct dns_unbound *unbound;
	struct lookups_resolver resolver;
	struct task task;
	bool ended; /* to be freed */
};

/* What a zone's servers do with DNSSEC. */
struct probing {
	struct dns *dns;
	const struct dns_forward *forward;
	struct source *source; /* where it was asked */
	uint64_t id;
	bool open;
	bool known;
	enum dns_probe found; /* when it is known */
	int64_t at;           /* when to give up, or to ask again; monotonic ns, or NS_NEVER */
};

struct dns {
	struct role *role;
	pthread_mutex_t lock;
	struct lookups lookups;
	struct dns_forwards forwards;
	struct source configured; /* with all that is configured */
	struct source recursive;  /* the same without servers for all names, if there are any */
	struct probing *probing;  /* one for each zone */
	size_t probings;
	struct task clock; /* deadlines, and requests that nobody waits for */
	int64_t next;      /* when it runs, at the latest */
	bool ending;
};

/* Sources. */

static struct park source_run(struct task *t, unsigned why)
{
	struct source *s = CONTAINER_OF(t, struct source, task);
	struct dns *d = s->dns;

	pthread_mutex_lock(&d->lock);
	bool end = s->ended || (why & LOOP_STOP);

	if (!end)
		dns_unbound_process(s->unbound);
	pthread_mutex_unlock(&d->lock);
	return end ? park_end() : park_on(LOOP_READ | LOOP_WAKE, 0);
}

static void source_done(struct task *t)
{
	struct source *s = CONTAINER_OF(t, struct source, task);

	dns_unbound_free(s->unbound);
	s->unbound = NULL;
	memory_give_back();
}

static struct err source_ask(void *arg, const struct dns_question *q,
			     void (*done)(void *lookup, const struct dns_answer *a), void *lookup,
			     uint64_t *ret_id)
{
	struct source *s = arg;

	return dns_unbound_ask(s->unbound, q, done, lookup, ret_id);
}

static void source_cancel(void *arg, uint64_t id)
{
	struct source *s = arg;

	dns_unbound_cancel(s->unbound, id);
}

static struct err source_open(struct dns *d, bool whole, struct source *s)
{
	s->dns = d;
	s->resolver = (struct lookups_resolver){source_ask, source_cancel, s};
	return dns_open(d->role, &d->forwards, whole, &s->unbound);
}

static struct err source_start(struct source *s)
{
	s->task = (struct task){
		.fd = dns_unbound_fd(s->unbound), .run = source_run, .done = source_done};
	return role_task(s->dns->role, &s->task);
}

/* Not to be asked any more. */
static void source_end(struct source *s)
{
	if (s->ended || !s->unbound)
		return;
	s->ended = true;
	task_wake(&s->task);
}

/* Probing. */

static void probe_answered(void *arg, const struct dns_answer *a);

static void probe_ask(struct probing *p)
{
	struct dns *d = p->dns;
	struct dns_question q = dns_probe_question(p->forward);

	p->at = clock_mono(d->role->clock) + PROBE_S * NS_PER_S;
	struct err e = dns_unbound_ask(p->source->unbound, &q, probe_answered, p, &p->id);

	p->open = err_is_ok(e);
	if (err_failed(e))
		log_error(&d->role->lc, "DNS server not probed", F_ERR(e));
}

/* All names are resolved from the root, but those of zones with servers of their own. */
static void forwards_leave(struct dns *d)
{
	lookups_resolve_by(&d->lookups, &d->recursive.resolver);
	for (size_t i = 0; i < d->probings; i++) {
		d->probing[i].source = &d->recursive;
		if (d->probing[i].open)
			probe_ask(&d->probing[i]);
	}
	source_end(&d->configured);
}

static void probe_decide(struct probing *p)
{
	struct dns *d = p->dns;

	if (p->found == DNS_PROBE_SILENT)
		p->at = clock_mono(d->role->clock) + PROBE_AGAIN_S * NS_PER_S;
	if (p->forward->zone.n > 0)
		return;
	if (p->found == DNS_PROBE_BREAKS) {
		forwards_leave(d);
		return;
	}
	if (!d->lookups.resolver)
		lookups_resolve_by(&d->lookups, &d->configured.resolver);
	if (p->found != DNS_PROBE_SILENT)
		source_end(&d->recursive);
}

static const char *consequence(const struct dns_forward *f, enum dns_probe found)
{
	if (found != DNS_PROBE_BREAKS)
		return "it is asked";
	return f->zone.n ? "it is asked; if the zone is an own network's, mox.conf should say "
			   "Private"
			 : "names are resolved from the root instead";
}

static void probe_answered(void *arg, const struct dns_answer *a)
{
	struct probing *p = arg;
	struct role *r = p->dns->role;
	BUF_AUTO line = BUF_INIT(1024);
	enum dns_probe found = dns_probe_judge(p->forward, a, &line);

	if (!p->known || p->found != found)
		log_info(&r->lc, "DNS server probed", F_STR("found", buf_str(&line)),
			 F_Z("so", consequence(p->forward, found)));
	p->open = false;
	p->known = true;
	p->found = found;
	p->at = NS_NEVER;
	probe_decide(p);
}

static void probe_give_up(struct probing *p)
{
	const struct dns_answer a = {
		.status = DNS_FAILED, .ede = DNS_EDE_NONE, .error = STR("no answer in time")};

	dns_unbound_cancel(p->source->unbound, p->id);
	probe_answered(p, &a);
}

/* Which is due; when the next is. */
static int64_t probes_run(struct dns *d)
{
	int64_t now = clock_mono(d->role->clock), next = NS_NEVER;

	for (size_t i = 0; i < d->probings; i++) {
		struct probing *p = &d->probing[i];

		if (p->at <= now && p->open)
			probe_give_up(p);
		else if (p->at <= now)
			probe_ask(p);
	}
	for (size_t i = 0; i < d->probings; i++)
		if (d->probing[i].at < next)
			next = d->probing[i].at;
	return next;
}

/* One for each zone that is validated. */
static struct err probes_start(struct dns *d)
{
	const struct dns_forwards *f = &d->forwards;

	d->probing = calloc(f->n + 1, sizeof(*d->probing));
	if (!d->probing)
		return err_make(ERR_RESOURCES, "no memory for probes");
	for (size_t i = 0; i < f->n; i++) {
		bool first = i == 0 || !str_eq(f->forward[i].zone, f->forward[i - 1].zone);

		if (!first || f->forward[i].private)
			continue;
		struct probing *p = &d->probing[d->probings++];

		*p = (struct probing){
			.dns = d, .forward = &f->forward[i], .source = &d->configured};
		probe_ask(p);
	}
	return ERR_OK;
}

/* Serving. */

static struct park clock_run(struct task *t, unsigned why)
{
	struct dns *d = CONTAINER_OF(t, struct dns, clock);

	if (why & LOOP_STOP)
		return park_end();
	pthread_mutex_lock(&d->lock);
	int64_t next = lookups_drop(&d->lookups), probes = d->ending ? NS_NEVER : probes_run(d);

	if (next != NS_NEVER)
		next += SLACK_MS * NS_PER_MS;
	d->next = next < probes ? next : probes;
	struct park park = park_on(LOOP_WAKE, d->next == NS_NEVER ? 0 : d->next);

	pthread_mutex_unlock(&d->lock);
	return park;
}

static void clock_done(struct task *t)
{
	(void)t;
}

static void on_lookup(struct ipc_request *q)
{
	const struct role *r = q->ctx;
	struct dns *d = r->own;
	int64_t deadline = q->deadline;

	pthread_mutex_lock(&d->lock);
	if (d->ending) {
		ipc_reply_err(q, err_make(ERR_SHUTDOWN, "dns ends"));
	} else {
		ipc_request_wake(q, &d->clock);
		lookups_take(&d->lookups, q);
		if (deadline < d->next) {
			d->next = deadline;
			task_wake(&d->clock);
		}
	}
	pthread_mutex_unlock(&d->lock);
}

static struct err dns_prepare(struct role *r)
{
	struct dns *d = calloc(1, sizeof(*d));

	if (!d)
		return err_make(ERR_RESOURCES, "no memory for dns");
	r->own = d;
	d->role = r;
	d->next = NS_NEVER;
	pthread_mutex_init(&d->lock, NULL);
	lookups_init(&d->lookups, r->clock, DNS_IN_FLIGHT, r->rand, &r->metrics);
	TRY(dns_forwards_read(r, &d->forwards));
	TRY(source_open(d, true, &d->configured));
	if (d->forwards.zoned < d->forwards.n)
		TRY(source_open(d, false, &d->recursive));
	return ERR_OK;
}

static struct err dns_start(struct role *r)
{
	struct dns *d = r->own;

	d->clock = (struct task){.fd = -1, .run = clock_run, .done = clock_done};
	TRY(source_start(&d->configured));
	if (d->recursive.unbound)
		TRY(source_start(&d->recursive));
	else
		lookups_resolve_by(&d->lookups, &d->configured.resolver);
	pthread_mutex_lock(&d->lock);
	struct err e = probes_start(d);

	pthread_mutex_unlock(&d->lock);
	TRY(e);
	return role_task(r, &d->clock);
}

static void dns_end(struct role *r)
{
	struct dns *d = r->own;

	if (!d)
		return;
	pthread_mutex_lock(&d->lock);
	d->ending = true;
	lookups_fail(&d->lookups, STR("dns ends"));
	pthread_mutex_unlock(&d->lock);
}

static void dns_free(struct role *r)
{
	struct dns *d = r->own;

	if (!d)
		return;
	dns_unbound_free(d->configured.unbound);
	dns_unbound_free(d->recursive.unbound);
	lookups_fini(&d->lookups);
	free(d->probing);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static void (*const handlers[MSG_CALL_N])(struct ipc_request *q) = {
	[MSG_CALL_LOG_LEVELS] = role_on_log_levels,
	[MSG_CALL_DNS_LOOKUP] = on_lookup,
};

const struct role_kind role_dns = {
	.id = MSG_ROLE_ID_DNS,
	.name = "dns",
	.libraries = {"unbound"},
	.prepare = dns_prepare,
	.start = dns_start,
	.end = dns_end,
	.free = dns_free,
	.handlers = handlers,
};
