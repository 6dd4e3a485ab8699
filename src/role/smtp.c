/* The smtp role: sessions on the ports for receiving and submission. It parses and works out the
 * facts; what is to be kept it hands to post, who may log in secrets says.
 *
 * Input: all of it strangers'. The role has no account data and no key.
 */
#include "role/smtp_internal.h"

#include "base/secret.h"
#include "conf/conf.h"
#include "facts/build.h"
#include "os/crashnote.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ID_KEY_LEN = 24 };

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
	return id_key_open(r, &s->id);
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
		.verify = !submission,
		.dns_ns = r->localserve ? SMTPD_DNS_TIMEOUT_LOCAL : SMTPD_DNS_TIMEOUT,
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
	struct smtpd_service *sv = &s->services[i];
	const struct role_listener *rl = &r->listener[i];
	const struct conf_listener *l = serve_listener(conf, rl->name);
	bool receiving = rl->kind == MSG_LISTENER_KIND_SMTP;

	if (!l)
		return err_make(ERR_CONFIG, "no listener %.*s", STR_ARG(rl->name));
	struct tls_server *tls;

	TRY(serve_tls_get(r, &s->tls, l, receiving, &tls));
	sv->base.ops = receiving ? &smtpd_ops : &smtpd_submission_ops;
	sv->base.tls = receiving && l->smtp->no_starttls ? NULL : tls;
	sv->base.implicit_tls = rl->kind == MSG_LISTENER_KIND_SUBMISSIONS;
	sv->base.notes = r->notes;
	sv->base.metrics = &r->metrics;
	sv->env = &s->env;
	settings_make(r, conf, rl, l, &sv->settings);
	sv->settings.hostname = arena_dup(&r->arena, sv->settings.hostname);
	return serve_start(r, i, &sv->base, &s->limits);
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
		.lookup = smtp_env_lookup,
		.sign = smtp_env_sign,
		.deliver = smtp_env_deliver,
	};
	s->services = calloc(r->listener_count + 1, sizeof(*s->services));
	if (!s->services) /* check: analyzer: they are the role's own */
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
	serve_tls_free(&s->tls);
	free(s->services);
	serve_limits_free(&s->limits);
	fd_close(&s->tmp);
	free(s);
}

const struct role_kind role_smtp = {
	.id = MSG_ROLE_ID_SMTP,
	.name = "smtp",
	.libraries = {"crypto", "ssl", "psl"},
	.preload = facts_preload,
	.prepare = smtp_prepare,
	.start = smtp_start,
	.free = smtp_free,
};
