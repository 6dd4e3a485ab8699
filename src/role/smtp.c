/* The smtp role: sessions on the ports for receiving and submission. It parses and works out the
 * facts; what is to be kept it hands to post, who may log in secrets says.
 *
 * Input: all of it strangers'. The role has no account data and no key.
 */
#include "role/role.h"

#include "base/secret.h"
#include "conf/conf.h"
#include "facts/build.h"
#include "os/crashnote.h"
#include "os/tls.h"
#include "role/serve.h"
#include "smtpd/smtpd.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	DELIVER_ARENA = FACTS_ARENA_MAX + (96 << 20), /* and prefixes of many recipients */
	INLINE_MAX = 48 << 10,                        /* as msg_deliver_request.body */
	ID_KEY_LEN = 24,
	DELIVER_S = 600, /* a thousand recipients are a thousand syncs */
};

struct smtp_service {
	struct smtpd_service smtpd;
	struct tls_server *tls;
};

struct smtp_role {
	struct role *role;
	struct serve_limits limits;
	struct smtpd_env env;
	struct receivedid id;
	int tmp;
	struct smtp_service *services; /* one for each listener */
};

static void *env_config_ref(void *arg)
{
	struct smtp_role *s = arg;

	return role_conf(s->role);
}

static void env_config_unref(void *arg, void *config)
{
	(void)arg;
	conf_unref(config);
}

static struct smtpd_rcpt_answer env_rcpt(void *arg, void *config, const struct smtpd_peer *peer,
					 const struct smtp_path *to, struct arena *a)
{
	struct conf_address found;
	struct smtpd_rcpt_answer ret = {.verdict = SMTPD_RCPT_FOREIGN};

	(void)arg;
	(void)peer;
	if (ip_is_set(to->host.ip))
		return ret;
	conf_address_lookup(config, to->local, to->host.name, &found);
	switch (found.found) {
	case CONF_NOT_LOCAL: break;
	case CONF_NO_USER:
	/* Lists need the queue, which is not there yet; nobody is told that the address is. */
	case CONF_ALIAS: ret.verdict = SMTPD_RCPT_UNKNOWN; break;
	case CONF_USER:
		ret.verdict = found.domain && found.domain->disabled ? SMTPD_RCPT_DISABLED
								     : SMTPD_RCPT_LOCAL;
		ret.account = arena_dup(a, found.account->name);
		ret.mailbox =
			found.destination ? arena_dup(a, found.destination->mailbox) : STR("");
		break;
	}
	return ret;
}

static bool env_sender(void *arg, void *config, struct str account, const struct smtp_path *from)
{
	struct conf_address found;

	(void)arg;
	if (ip_is_set(from->host.ip))
		return false;
	conf_address_lookup(config, from->local, from->host.name, &found);
	return found.found == CONF_USER && str_eq(found.account->name, account);
}

static void login_done(void *arg, struct err e, struct str account)
{
	struct smtpd_call *call = arg;
	struct smtpd_answer *answer = &call->answer;

	answer->code = err_code(e);
	if (err_is_ok(e) && account.n < sizeof(answer->account))
		memcpy(answer->account, account.p, account.n);
	smtpd_call_done(call);
}

static void env_login(void *arg, void *config, struct smtpd_call *call,
		      const struct smtpd_peer *peer, struct str user, struct str password)
{
	struct smtp_role *s = arg;

	serve_login(s->role, config, &s->role->lc, user, password, &peer->remote, login_done, call);
}

static bool env_suspect(void *arg, const struct smtpd_peer *peer)
{
	const struct smtp_role *s = arg;
	BUF_AUTO ip = BUF_INIT(64);

	buf_ip(&ip, peer->remote.ip);
	return crashnote_is_suspect(s->role->notes, buf_str(&ip), clock_mono(s->role->clock));
}

/* Delivery. */

struct delivering {
	struct smtpd_call *call;
	struct role *role;
	unsigned count;
};

static void results_take(struct smtpd_answer *answer, const struct msg_deliver_reply *rp,
			 unsigned count)
{
	enum err_code *codes = calloc(count, sizeof(*codes));

	if (!codes || rp->results_n != count) {
		free(codes);
		answer->code = ERR_INTERNAL;
		return;
	}
	for (unsigned i = 0; i < count; i++)
		codes[i] = rp->results[i].code < ERR_CODE_COUNT ? (enum err_code)rp->results[i].code
								: ERR_INTERNAL;
	answer->results = codes;
	answer->result_count = count;
}

static void delivered(void *arg, struct ipc_result *res)
{
	struct delivering *d = arg;
	struct smtpd_answer *answer = &d->call->answer;
	struct msg_deliver_reply rp;
	struct arena a;

	arena_init(&a, 4 << 20);
	struct err e = res->err;

	if (err_is_ok(e))
		e = ipc_result_read(res, &a, &rp);
	answer->code = err_code(e);
	if (err_is_ok(e))
		results_take(answer, &rp, d->count);
	else
		log_error(&d->role->lc, "delivery", F_ERR(e));
	arena_fini(&a);
	smtpd_call_done(d->call);
	free(d);
}

/* A recipient that is not ours to deliver to (unknown among known ones) is not handed over. */
static size_t recipients_make(const struct smtpd_message *m, struct arena *a,
			      struct msg_deliver_to *to)
{
	size_t n = 0;

	for (const struct smtpd_rcpt *r = m->rcpts; r; r = r->next) {
		BUF_AUTO prefix = BUF_INIT(65536);

		smtpd_prefix(&prefix, m, r);
		to[n].account = r->answer.account;
		to[n].mailbox = r->answer.mailbox.n ? r->answer.mailbox : STR("Inbox");
		to[n++].prefix = arena_dup(a, buf_str(&prefix));
	}
	return n;
}

static struct err facts_make(const struct smtpd_message *m, struct arena *a, struct buf *ret)
{
	struct facts facts;
	struct facts_known known = {.sha256 = m->sha256};
	void *map = NULL;
	struct str bytes = m->memory;

	if (m->fd >= 0) {
		map = mmap(NULL, m->size, PROT_READ, MAP_PRIVATE, m->fd, 0);
		if (map == MAP_FAILED)
			return err_errno("map a message of %llu bytes",
					 (unsigned long long)m->size);
		bytes = str_of(map, m->size);
	}
	struct err e = facts_build(bytes, &known, a, &facts);

	if (err_is_ok(e))
		e = facts_write(&facts, ret);
	if (map)
		munmap(map, m->size);
	return e;
}

/* The bytes go in the request if they are few, else in a file: the spool's, or one made of
 * memory. */
static struct err bytes_hand(const struct smtpd_message *m, struct msg_deliver_request *rq,
			     struct ipc_fds *fds, int *ret_made)
{
	*ret_made = -1;
	rq->size = m->size;
	if (m->fd >= 0) {
		*fds = (struct ipc_fds){.fd = {m->fd}, .n = 1};
	} else if (m->size <= INLINE_MAX) {
		rq->body = m->memory;
	} else {
		TRY(ipc_memfd(m->memory, ret_made));
		*fds = (struct ipc_fds){.fd = {*ret_made}, .n = 1};
	}
	return ERR_OK;
}

static struct err deliver(struct smtp_role *s, const struct smtpd_message *m, struct arena *a,
			  struct delivering *d)
{
	struct msg_deliver_request rq = {};
	BUF_AUTO facts = BUF_INIT(FACTS_SIZE_MAX);
	struct ipc_fds fds = {0};
	auto_close int made = -1;

	rq.recipients = ARENA_NEW_N(a, struct msg_deliver_to, m->rcpt_count);
	if (!rq.recipients)
		return err_make(ERR_RESOURCES, "no memory for a delivery");
	rq.recipients_n = recipients_make(m, a, rq.recipients);
	TRY(facts_make(m, a, &facts));
	rq.facts = buf_str(&facts);
	TRY(bytes_hand(m, &rq, &fds, &made));
	d->count = (unsigned)rq.recipients_n;
	return ipc_start(role_to(s->role, MSG_ROLE_ID_POST), MSG_CALL_DELIVER, &rq,
			 clock_mono(s->role->clock) + DELIVER_S * NS_PER_S, &fds, delivered, d,
			 NULL);
}

static void env_deliver(void *arg, void *config, struct smtpd_call *call,
			const struct smtpd_message *m)
{
	struct smtp_role *s = arg;
	struct delivering *d = calloc(1, sizeof(*d));
	struct err e = err_make(ERR_RESOURCES, "no memory for a delivery");
	struct arena a;

	(void)config;
	arena_init(&a, DELIVER_ARENA);
	if (d) {
		*d = (struct delivering){.call = call, .role = s->role};
		e = deliver(s, m, &a, d);
	}
	arena_fini(&a);
	if (err_is_ok(e))
		return;
	log_error(&s->role->lc, "delivery", F_ERR(e));
	call->answer.code = err_code(e);
	smtpd_call_done(call);
	free(d);
}

/* Start. */

/* data/receivedid.key, made at the first start: the install's key for opaque ids. */
static struct err id_key_open(struct role *r, struct receivedid *ret)
{
	auto_close int data = open(r->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	BUF_AUTO key = BUF_INIT(ID_KEY_LEN);

	if (data < 0)
		return err_errno("open data folder %s", r->data_dir);
	struct err e = file_read(data, "receivedid.key", &key);

	if (err_is(e, ERR_NOT_FOUND)) {
		char *to = buf_reserve(&key, ID_KEY_LEN);

		if (!to)
			return err_make(ERR_RESOURCES, "no memory for a key");
		rand_fill(r->rand, to, ID_KEY_LEN);
		buf_commit(&key, ID_KEY_LEN);
		e = fs_replace(r->fs, data, "receivedid.key", buf_str(&key), 0600);
	}
	TRY(e);
	return receivedid_init(ret, buf_str(&key));
}

static struct err smtp_prepare(struct role *r)
{
	struct smtp_role *s = calloc(1, sizeof(*s));
	char path[4200];

	if (!s)
		return err_make(ERR_RESOURCES, "no memory for smtp");
	r->own = s;
	s->role = r;
	snprintf(path, sizeof(path), "%s/tmp", r->data_dir);
	s->tmp = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->tmp < 0)
		return err_errno("open %s", path);
	TRY(id_key_open(r, &s->id));
	return facts_preload();
}

static void settings_make(const struct role *r, const struct conf *conf,
			  const struct role_listener *rl, const struct conf_listener *l,
			  struct smtpd_settings *ret)
{
	bool submission = rl->kind != MSG_LISTENER_KIND_SMTP;

	*ret = (struct smtpd_settings){
		.hostname = l->hostname.n ? l->hostname : conf_static(conf)->hostname,
		.max_size = l->smtp_max_message_size > 0 ? (uint64_t)l->smtp_max_message_size
							 : SMTPD_MAX_SIZE_DEFAULT,
		.submission = submission,
		.pedantic = conf_static(conf)->pedantic,
		.localserve = r->localserve,
		.max_rcpt = SMTPD_MAX_RCPT,
	};
	if (rl->kind == MSG_LISTENER_KIND_SMTP) {
		ret->require_tls = l->smtp->require_starttls;
		ret->requiretls = !l->smtp->no_require_tls;
	} else if (rl->kind == MSG_LISTENER_KIND_SUBMISSION) {
		ret->require_tls = !l->submission->no_require_starttls;
		ret->requiretls = true;
	} else {
		ret->requiretls = true;
	}
}

static struct err service_make(struct role *r, const struct conf *conf, size_t i)
{
	struct smtp_role *s = r->own;
	struct smtp_service *sv = &s->services[i];
	const struct role_listener *rl = &r->listener[i];
	const struct conf_listener *l = serve_listener(conf, rl->name);
	bool receiving = rl->kind == MSG_LISTENER_KIND_SMTP;

	if (!l)
		return err_make(ERR_CONFIG, "no listener %.*s", STR_ARG(rl->name));
	TRY(serve_tls_new(r, l, receiving, &sv->tls));
	sv->smtpd.base.ops = receiving ? &smtpd_ops : &smtpd_submission_ops;
	sv->smtpd.base.tls = receiving && l->smtp->no_starttls ? NULL : sv->tls;
	sv->smtpd.base.implicit_tls = rl->kind == MSG_LISTENER_KIND_SUBMISSIONS;
	sv->smtpd.base.notes = r->notes;
	sv->smtpd.base.metrics = &r->metrics;
	sv->smtpd.env = &s->env;
	settings_make(r, conf, rl, l, &sv->smtpd.settings);
	sv->smtpd.settings.hostname = arena_dup(&r->arena, sv->smtpd.settings.hostname);
	return serve_start(r, i, &sv->smtpd.base, &s->limits);
}

static struct err smtp_start(struct role *r)
{
	struct smtp_role *s = r->own;
	struct conf *conf = role_conf(r);
	struct err e = serve_limits_new(r, &s->limits);

	s->env = (struct smtpd_env){
		.arg = s,
		.rand = r->rand,
		.id = &s->id,
		.fs = r->fs,
		.tmp_dirfd = s->tmp,
		.config_ref = env_config_ref,
		.config_unref = env_config_unref,
		.suspect = env_suspect,
		.rcpt = env_rcpt,
		.sender = env_sender,
		.login = env_login,
		.deliver = env_deliver,
	};
	s->services = calloc(r->listener_count + 1, sizeof(*s->services));
	if (!s->services)
		e = err_make(ERR_RESOURCES, "no memory for listeners");
	for (size_t i = 0; i < r->listener_count && err_is_ok(e); i++)
		e = service_make(r, conf, i);
	conf_unref(conf);
	return e;
}

static void smtp_free(struct role *r)
{
	struct smtp_role *s = r->own;

	if (!s)
		return;
	for (size_t i = 0; s->services && i < r->listener_count; i++)
		tls_server_free(s->services[i].tls);
	free(s->services);
	serve_limits_free(&s->limits);
	fd_close(&s->tmp);
	free(s);
}

const struct role_kind role_smtp = {
	.id = MSG_ROLE_ID_SMTP,
	.name = "smtp",
	.prepare = smtp_prepare,
	.start = smtp_start,
	.free = smtp_free,
};
