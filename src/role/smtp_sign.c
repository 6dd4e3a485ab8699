/* DKIM signatures in the smtp role: which ones the configuration says, made by keys that stay in
 * secrets.
 */
#include "role/smtp_internal.h"

#include "base/metric.h"
#include "conf/conf.h"
#include "verify/dkim_sign.h"

struct signer {
	struct role *role;
	struct str key_id;
};

static const enum msg_sign_scheme schemes[DKIM_ALGORITHM_N] = {
	[DKIM_RSA_SHA256] = MSG_SIGN_SCHEME_RSA_PKCS1,
	[DKIM_ED25519_SHA256] = MSG_SIGN_SCHEME_ED25519,
};

static struct err sign(void *arg, enum dkim_algorithm algorithm, struct str data, struct buf *ret)
{
	const struct signer *k = arg;
	struct msg_sign_request rq = {
		.key_id = k->key_id, .scheme = schemes[algorithm], .data = data};
	struct msg_sign_reply rp;
	struct arena a;

	arena_init(&a, 65536);
	struct err e = IPC_CALL(role_to(k->role, MSG_ROLE_ID_SECRETS), msg_sign, &rq,
				role_deadline(k->role), &a, &rp);

	if (err_is_ok(e))
		buf_str_add(ret, rp.signature);
	arena_fini(&a);
	return e;
}

/* Which key a selector has, and so which algorithm. */
static struct err key_find(struct role *r, const struct conf *conf, struct str file,
			   struct arena *a, struct msg_key_file_reply *ret)
{
	BUF_AUTO path = BUF_INIT(4097);
	struct msg_key_file_request rq;

	if (!conf_path(conf, file, &path))
		return err_make(ERR_CONFIG, "path too long: %.*s", STR_ARG(str_sub(file, 0, 200)));
	rq.path = str_z(path.p);
	return IPC_CALL(role_to(r, MSG_ROLE_ID_SECRETS), msg_key_file, &rq, role_deadline(r), a,
			ret);
}

/* RFC 8301 §3.1 MUST NOT: whatever hash the configuration names, SHA-1 is not used. */
static const enum dkim_algorithm algorithms[MSG_KEY_KIND_N] = {
	[MSG_KEY_KIND_RSA] = DKIM_RSA_SHA256,
	[MSG_KEY_KIND_ED25519] = DKIM_ED25519_SHA256,
};

static struct err args_make(struct role *r, const struct conf *conf,
			    const struct smtpd_signing *what, const struct conf_dkim_selector *s,
			    struct arena *a, struct dkim_sign_args *ret)
{
	struct msg_key_file_reply key;
	struct signer *signer = ARENA_NEW(a, struct signer);

	TRY(key_find(r, conf, s->private_key_file, a, &key));
	if (!signer)
		return err_make(ERR_RESOURCES, "no memory for a signature");
	*signer = (struct signer){r, key.key_id};
	const struct conf_dkim_canonicalization *c = s->canonicalization;

	*ret = (struct dkim_sign_args){
		.domain = what->domain,
		.selector = s->name,
		.identity = what->identity,
		.algorithm = algorithms[key.kind],
		.header_canon = c && c->header_relaxed ? CANON_RELAXED : CANON_SIMPLE,
		.body_canon = c && c->body_relaxed ? CANON_RELAXED : CANON_SIMPLE,
		.names = s->headers_n ? s->headers : NULL,
		.names_n = s->headers_n,
		.seal = !s->dont_seal_headers,
		.expiry = (uint64_t)s->expiration_ms / 1000,
		.sign = sign,
		.arg = signer,
	};
	return ERR_OK;
}

static const struct conf_dkim_selector *selector_find(const struct conf_dkim *d, struct str name)
{
	for (size_t i = 0; i < d->selectors_n; i++)
		if (str_eq(d->selectors[i].name, name))
			return &d->selectors[i];
	return NULL;
}

/* A selector that cannot sign does not keep the others from it; the first one's error is given. */
static struct err sign_all(struct role *r, const struct conf *conf,
			   const struct smtpd_signing *what, const struct conf_dkim *dkim,
			   struct arena *a, struct buf *ret)
{
	struct dkim_sign_args *args = ARENA_NEW_N(a, struct dkim_sign_args, dkim->sign_n);
	struct err first = ERR_OK;
	size_t n = 0;

	if (!args)
		return err_make(ERR_RESOURCES, "no memory for signatures");
	for (size_t i = 0; i < dkim->sign_n; i++) {
		const struct conf_dkim_selector *s = selector_find(dkim, dkim->sign[i]);
		struct err e = s ? args_make(r, conf, what, s, a, &args[n]) : ERR_OK;

		if (s && err_is_ok(e))
			n++;
		else if (err_is_ok(first))
			first = err_add(e, "selector %.*s", STR_ARG(dkim->sign[i]));
	}
	struct err e =
		n ? dkim_sign_parts(what->header, what->body, args, n, what->now, a, ret) : ERR_OK;

	if (err_failed(e))
		buf_clear(ret);
	for (size_t i = 0; i < n && err_is_ok(e); i++)
		METRIC_ADD(&r->metrics, DKIM_SIGN, 1, dkim_algorithm_name(args[i].algorithm));
	return err_failed(e) ? e : first;
}

struct err smtp_env_sign(void *arg, void *config, const struct smtpd_signing *what, struct buf *ret)
{
	struct smtp_role *s = arg;
	const struct conf_domain *d = conf_domain(config, what->domain);
	struct arena a;

	if (!d || !d->dkim)
		return ERR_OK;
	arena_init(&a, 4 << 20);
	struct err e = sign_all(s->role, config, what, d->dkim, &a, ret);

	arena_fini(&a);
	return err_add(e, "sign for %.*s", STR_ARG(what->domain));
}
