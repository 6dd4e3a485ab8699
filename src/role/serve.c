#include "role/serve.h"

#include "base/secret.h"
#include "conf/conf.h"
#include "os/limit.h"
#include "os/remotekey.h"
#include "os/tls.h"
#include "role/keys.h"
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

struct err serve_limits_new(struct role *r, struct serve_limits *ret)
{
	struct limit_opts rate = limit_connection_rate, open = limit_connections_open;

	rate.exempt_loopback = open.exempt_loopback = r->localserve;
	ret->rate = limit_new(r->clock, &rate);
	ret->open = limit_new(r->clock, &open);
	return ret->rate && ret->open ? ERR_OK : err_make(ERR_RESOURCES, "no memory for limits");
}

void serve_limits_free(struct serve_limits *l)
{
	limit_free(l->rate);
	limit_free(l->open);
	*l = (struct serve_limits){0};
}

const struct conf_listener *serve_listener(const struct conf *conf, struct str name)
{
	const struct conf_static *st = conf_static(conf);

	for (size_t i = 0; i < st->listeners_n; i++)
		if (str_eq(st->listeners[i].name, name))
			return &st->listeners[i];
	return NULL;
}

/* The private operation of a key, in secrets. Runs on a worker, inside a handshake step. */
static struct err remote_sign(void *arg, const struct remotekey_call *call, struct buf *ret)
{
	struct role *r = arg;
	struct msg_sign_request rq = {.key_id = call->key_id,
				      .scheme = (enum msg_sign_scheme)call->scheme,
				      .data = call->data};
	struct msg_sign_reply rp;
	struct arena a;

	arena_init(&a, 16384);
	struct err e =
		IPC_CALL(role_to(r, MSG_ROLE_ID_SECRETS), msg_sign, &rq, role_deadline(r), &a, &rp);

	if (err_is_ok(e))
		buf_str_add(ret, rp.signature);
	arena_fini(&a);
	return e;
}

/* The public key of the first certificate in PEM text. */
static EVP_PKEY *public_key(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = x ? X509_get_pubkey(x) : NULL;

	X509_free(x);
	BIO_free(bio);
	return key;
}

static struct err certificate_add(struct role *r, struct tls_server *t, struct str pem)
{
	char id[KEY_ID_LEN + 1];
	EVP_PKEY *public = public_key(pem), *key = NULL;

	if (!public)
		return err_make(ERR_CONFIG, "certificate file holds no certificate");
	struct err e = key_id_of(public, id);

	if (err_is_ok(e))
		e = remotekey_new(public, str_z(id), remote_sign, r, &key);
	if (err_is_ok(e))
		e = tls_server_add(t, pem, key);
	EVP_PKEY_free(key);
	EVP_PKEY_free(public);
	return e;
}

static struct err certificates_add(struct role *r, struct tls_server *t, struct str listener)
{
	for (size_t i = 0; i < r->certificate_count; i++)
		if (str_eq(r->certificate[i].listener, listener))
			TRY(certificate_add(r, t, r->certificate[i].pem));
	return ERR_OK;
}

static struct err tls_new(struct role *r, const struct conf_listener *l, bool receiving,
			  struct tls_server **ret)
{
	struct conf *conf = role_conf(r);
	struct tls_server_opts opts = {
		.min = (enum tls_version)l->tls->min_version,
		.no_tickets = receiving,
		.hostname = l->hostname.n ? l->hostname : conf_static(conf)->hostname,
	};
	struct err e = tls_server_new(&opts, ret);

	conf_unref(conf);
	TRY(e);
	e = certificates_add(r, *ret, l->name);
	if (err_failed(e))
		tls_server_free(*ret);
	return e;
}

struct err serve_tls_get(struct role *r, struct serve_tls *t, const struct conf_listener *l,
			 bool receiving, struct tls_server **ret)
{
	struct serve_tls_one *one = &t->one[t->n];

	*ret = NULL;
	if (!l->tls)
		return ERR_OK;
	for (size_t i = 0; i < t->n; i++)
		if (t->one[i].receiving == receiving && str_eq(t->one[i].listener, l->name))
			*ret = t->one[i].server;
	if (*ret)
		return ERR_OK;
	TRY(err_add(tls_new(r, l, receiving, &one->server), "TLS of listener %.*s",
		    STR_ARG(l->name)));
	one->listener = arena_dup(&r->arena, l->name);
	one->receiving = receiving;
	t->n++;
	*ret = one->server;
	return ERR_OK;
}

void serve_tls_free(struct serve_tls *t)
{
	while (t->n)
		tls_server_free(t->one[--t->n].server);
}

/* Of the listener; they live as long as the role. */
static struct err proxies_make(struct role *r, struct str name, const struct ip_net **ret,
			       size_t *ret_n)
{
	struct conf *conf = role_conf(r);
	const struct conf_listener *l = serve_listener(conf, name);
	size_t n = l ? l->proxy_networks_n : 0;
	struct ip_net *net = ARENA_NEW_N(&r->arena, struct ip_net, n);
	bool ok = net != NULL;

	for (size_t i = 0; i < n && ok; i++)
		ok = ip_net_parse(l->proxy_networks[i], &net[i]);
	conf_unref(conf);
	*ret = net;
	*ret_n = n;
	return ok ? ERR_OK : err_make(ERR_RESOURCES, "no memory for a listener");
}

struct err serve_start(struct role *r, size_t i, const struct session_service *service,
		       const struct serve_limits *limits)
{
	const struct ip_net *proxies;
	size_t proxy_n;

	TRY(proxies_make(r, r->listener[i].name, &proxies, &proxy_n));
	struct listener_opts opts = {
		.loop = r->loop,
		.proxies = proxies,
		.proxy_n = proxy_n,
		.log = &r->log,
		.service = service,
		.rate = limits->rate,
		.open = limits->open,
	};

	return err_add(listener_start(&opts, TAKE_FD(r->listener[i].fd)), "%.*s",
		       STR_ARG(r->listener[i].address));
}

/* Logins. */

struct login {
	struct log_ctx lc;
	serve_login_fn *done;
	void *arg;
	char account[64];
	size_t account_n;
	char name[256], remote[ADDR_TEXT_MAX];
};

static void login_end(struct login *l, struct err e)
{
	/* The session logs the attempt, with its peer; here is why it failed. */
	if (err_is(e, ERR_AUTH) || err_is(e, ERR_RATE_LIMIT))
		log_debug(&l->lc, "login refused", F_Z("username", l->name), F_Z("from", l->remote),
			  F_ERR(e));
	else if (err_failed(e))
		log_error(&l->lc, "authentication", F_Z("username", l->name), F_ERR(e));
	l->done(l->arg, e, str_of(l->account, l->account_n));
	free(l);
}

static void login_answered(void *arg, struct ipc_result *res)
{
	login_end(arg, res->err);
}

/* The address without its port: limits are by address. */
static struct str ip_text(const struct addr *a, struct buf *b)
{
	buf_ip(b, a->ip);
	return buf_str(b);
}

static struct err login_ask(struct role *r, struct login *l, struct str password, struct str ip)
{
	struct msg_password_verify_request rq = {
		.account = str_of(l->account, l->account_n), .password = password, .remote = ip};

	return ipc_start(role_to(r, MSG_ROLE_ID_SECRETS), MSG_CALL_PASSWORD_VERIFY, &rq,
			 role_deadline(r), NULL, login_answered, l, NULL);
}

static void copy_z(char *to, size_t size, struct str s)
{
	size_t n = s.n < size ? s.n : size - 1;

	memcpy(to, s.p, n);
	to[n] = '\0';
}

void serve_login(struct role *r, const struct conf *conf, const struct log_ctx *lc, struct str name,
		 struct str password, const struct addr *remote, serve_login_fn *done, void *arg)
{
	const struct conf_account *account = conf_login(conf, name);
	struct login *l = calloc(1, sizeof(*l));
	BUF_AUTO ip = BUF_INIT(64);

	if (!l) {
		done(arg, err_make(ERR_RESOURCES, "no memory for a login"), STR(""));
		return;
	}
	l->lc = *lc;
	l->lc.peer = STR("");
	l->done = done;
	l->arg = arg;
	copy_z(l->name, sizeof(l->name), name);
	copy_z(l->remote, sizeof(l->remote), ip_text(remote, &ip));
	/* An unknown name costs as much as a wrong password: secrets is asked all the same, for an
	 * account that can't be. */
	struct str asked = account ? account->name : STR("-unknown-");

	copy_z(l->account, sizeof(l->account), asked);
	l->account_n = asked.n;
	struct err e =
		account && account->login_disabled.n
			? err_make(ERR_LOGIN_DISABLED, "%.*s", STR_ARG(account->login_disabled))
		: password.n > 512 ? err_make(ERR_AUTH, "password too long")
				   : login_ask(r, l, password, buf_str(&ip));

	if (err_failed(e))
		login_end(l, e);
}
