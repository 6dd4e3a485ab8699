/* dkim: keys, records and signatures of DKIM, by hand. */
#include "cli/message.h"

#include "dns/text.h"
#include "format/domain.h"
#include "format/mbox.h"
#include "os/tls.h"
#include "verify/dkim.h"
#include "verify/dkim_sign.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>

enum { PEM_MAX = 64 << 10, OUTPUT_MAX = 1 << 20, RECORD_MAX = 8 << 10, SIGN_NAMES_MAX = 200 };

static void key_free(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}
#define KEY_AUTO CLEANUP(key_free) EVP_PKEY *

static struct err key_print(EVP_PKEY *key)
{
	if (!key || PEM_write_PKCS8PrivateKey(stdout, key, NULL, NULL, 0, NULL, NULL) != 1)
		return err_make(ERR_INTERNAL, "cannot make a key");
	return ERR_OK;
}

struct err cli_dkim_genrsa(struct cli *c)
{
	uint64_t bits = 2048;

	if (c->arg_count &&
	    (!str_u64(str_z(c->arg[0]), DKIM_RSA_BITS_MAX, &bits) || bits < DKIM_RSA_BITS_MIN))
		return err_make(ERR_USAGE, "not a number of bits from %d to %d: %s",
				DKIM_RSA_BITS_MIN, DKIM_RSA_BITS_MAX, c->arg[0]);
	KEY_AUTO key = EVP_RSA_gen((unsigned)bits);

	return key_print(key);
}

struct err cli_dkim_gened25519(struct cli *c)
{
	(void)c;
	KEY_AUTO key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	return key_print(key);
}

/* A key in PEM form: private, or public where that will do. */
static struct err key_read(const char *path, bool public, EVP_PKEY **ret)
{
	BUF_AUTO pem = BUF_INIT(PEM_MAX);

	TRY(cli_file_read(path, &pem));
	struct err e = tls_key_read(buf_str(&pem), ret);

	if (err_is_ok(e) || !public)
		return err_add(e, "%s", path);
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);

	*ret = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, (void *)"") : NULL;
	BIO_free(bio);
	ERR_clear_error();
	return *ret ? ERR_OK
		    : err_make(ERR_CONFIG, "%s: not a key in PEM form without a passphrase", path);
}

/* Strings of at most 255 bytes, as a zone file has them. */
static void record_strings(struct buf *b, struct str record)
{
	for (size_t at = 0; at < record.n; at += 255) {
		if (at)
			buf_char(b, ' ');
		buf_dns_quoted(b, str_sub(record, at, at + 255));
	}
}

struct err cli_dkim_txt(struct cli *c)
{
	BUF_AUTO record = BUF_INIT(RECORD_MAX);
	BUF_AUTO zone = BUF_INIT(2 * RECORD_MAX);
	KEY_AUTO key = NULL;

	TRY(key_read(c->arg_count ? c->arg[0] : "-", true, &key));
	TRY(dkim_key_record(key, &record));
	record_strings(&zone, buf_str(&record));
	struct str text = cli_switch(c, "zone") ? buf_str(&zone) : buf_str(&record);

	printf("%.*s\n", STR_ARG(text));
	return ERR_OK;
}

static struct err name_read(const char *text, struct buf *ret)
{
	if (!domain_ascii(str_z(text), ret))
		return err_make(ERR_USAGE, "not a domain name: %s", text);
	return ERR_OK;
}

/* What one record is good for. */
static bool record_explain(struct buf *b, struct str record, struct arena *a)
{
	struct dkim_key k;
	KEY_AUTO pkey = NULL;
	struct err e = dkim_key_parse(record, a, &k);
	bool revoked = err_is_ok(e) && k.data.n == 0;

	if (err_is_ok(e) && !revoked)
		e = dkim_key_load(&k, &pkey);
	if (err_failed(e))
		buf_cli_line(b, err_text(e));
	else if (revoked)
		buf_str_add(b, STR("revoked"));
	else
		buf_printf(b, "%s key of %d bits%s%s%s%s",
			   k.type == DKIM_KEY_RSA ? "rsa" : "ed25519", EVP_PKEY_get_bits(pkey),
			   k.testing ? ", for testing" : "",
			   k.strict ? ", no subdomains in i=" : "",
			   k.sha256 ? "" : ", not for SHA-256", k.email ? "" : ", not for email");
	buf_str_add(b, STR(": "));
	buf_dns_quoted(b, record);
	buf_char(b, '\n');
	return pkey != NULL;
}

static struct err lookup(struct cli *c, struct str name, struct dns_resolver *dns)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	BUF_AUTO lines = BUF_INIT(OUTPUT_MAX);
	struct dns_batch batch;
	size_t keys = 0;

	dns_batch_init(&batch, &c->arena);
	(void)dns_ask(&batch, DNS_TXT, name);
	dns_batch_resolve(&batch, dns);
	const struct dns_answer *answer = dns_ask(&batch, DNS_TXT, name);

	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->n; i++)
		keys += record_explain(&lines, answer->record[i].txt.joined, &c->arena);
	buf_strs(&out,
		 keys                       ? STR("found ")
		 : dns_is_temporary(answer) ? STR("temperror ")
					    : STR("none "),
		 name, answer->authentic ? STR(" authentic\n") : STR("\n"), buf_str(&lines));
	printf("%.*s", STR_ARG(buf_str(&out)));
	return keys ? ERR_OK
	       : dns_is_temporary(answer)
		       ? err_make(ERR_UNAVAILABLE, "no answer: %.*s", STR_ARG(answer->error))
		       : err_make(ERR_NOT_FOUND, "no key at this name");
}

struct err cli_dkim_lookup(struct cli *c)
{
	BUF_AUTO name = BUF_INIT(2 * DOMAIN_MAX + 16);
	struct cli_resolve r;

	TRY(name_read(c->arg[0], &name));
	buf_str_add(&name, STR("._domainkey."));
	TRY(name_read(c->arg[1], &name));
	TRY(cli_resolve_open(c, &r));
	struct err e = lookup(c, buf_str(&name), r.dns);

	cli_resolve_close(&r);
	return e;
}

static bool canon_parse(struct str s, enum canon *ret)
{
	*ret = str_eq(s, STR("relaxed")) ? CANON_RELAXED : CANON_SIMPLE;
	return *ret == CANON_RELAXED || str_eq(s, STR("simple"));
}

/* The flags of `dkim sign`. */
static struct err sign_args_read(struct cli *c, struct str *names, struct dkim_sign_args *ret)
{
	struct str header, body, rest = str_z(cli_flag(c, "headers"));

	if (!str_cut(str_z(cli_flag(c, "canonicalization")), '/', &header, &body))
		body = STR("simple");
	if (!canon_parse(header, &ret->header_canon) || !canon_parse(body, &ret->body_canon))
		return err_make(ERR_USAGE, "-canonicalization: neither relaxed nor simple");
	if (!str_u64(str_z(cli_flag(c, "expire")), INT32_MAX, &ret->expiry))
		return err_make(ERR_USAGE, "-expire: not a number of seconds");
	ret->identity = str_z(cli_flag(c, "identity"));
	ret->seal = !cli_switch(c, "noseal");
	for (; rest.n && ret->names_n < SIGN_NAMES_MAX; ret->names = names)
		str_cut(rest, ',', &names[ret->names_n++], &rest);
	if (rest.n)
		return err_make(ERR_USAGE, "-headers: more than %d names", SIGN_NAMES_MAX);
	return ERR_OK;
}

static struct err sign(struct cli *c, EVP_PKEY *key, struct dkim_sign_args *args)
{
	BUF_AUTO message = BUF_INIT(CLI_MESSAGE_MAX);
	BUF_AUTO out = BUF_INIT(CLI_MESSAGE_MAX);
	BUF_AUTO lines = BUF_INIT(CLI_MESSAGE_MAX);
	int64_t now;
	bool lf;

	args->algorithm = dkim_algorithm_of(key);
	args->sign = dkim_sign_with;
	args->arg = key;
	TRY(cli_now(c, &now));
	TRY(cli_message_read(c->arg[3], &message, &lf));
	TRY(dkim_sign(buf_str(&message), args, 1, (uint64_t)now, &c->arena, &out));
	if (!cli_switch(c, "field"))
		buf_str_add(&out, buf_str(&message));
	buf_lf(&lines, buf_str(&out));
	struct str text = lf ? buf_str(&lines) : buf_str(&out);

	if (buf_failed(&out) || buf_failed(&lines))
		return err_make(ERR_LIMIT, "the message is too large");
	if (fwrite(text.p, 1, text.n, stdout) != text.n)
		return err_errno("standard output");
	return ERR_OK;
}

struct err cli_dkim_sign(struct cli *c)
{
	BUF_AUTO selector = BUF_INIT(DOMAIN_MAX);
	BUF_AUTO domain = BUF_INIT(DOMAIN_MAX);
	struct str names[SIGN_NAMES_MAX];
	struct dkim_sign_args args = {0};
	KEY_AUTO key = NULL;

	TRY(sign_args_read(c, names, &args));
	TRY(name_read(c->arg[1], &selector));
	TRY(name_read(c->arg[2], &domain));
	args.selector = buf_str(&selector);
	args.domain = buf_str(&domain);
	TRY(key_read(c->arg[0], false, &key));
	return sign(c, key, &args);
}

static void pair(struct buf *b, const char *name, struct str value)
{
	if (!value.n)
		return;
	buf_printf(b, " %s=", name);
	buf_cli_line(b, value);
}

static void result_explain(struct buf *b, const struct dkim_result *r, bool policy)
{
	const struct dkim_signature *s = &r->signature;
	const char *refusal = policy ? NULL : dkim_policy(s);

	buf_str_add(b, auth_result_name(r->result));
	pair(b, "d", s->domain);
	pair(b, "s", s->selector);
	pair(b, "i", s->identity);
	pair(b, "a", dkim_algorithm_name(s->algorithm));
	pair(b, "b", dkim_signature_b(s));
	if (r->key_bits)
		buf_printf(b, " bits=%u", r->key_bits);
	buf_strs(b, r->authentic ? STR(" authentic: ") : STR(": "));
	buf_cli_line(b, r->why);
	buf_char(b, '\n');
	if (r->record.n) {
		buf_strs(b, STR("  record "), s->selector, STR("._domainkey."), s->domain,
			 STR(" "));
		buf_dns_quoted(b, r->record);
		buf_char(b, '\n');
	}
	if (refusal && r->result == AUTH_PASS)
		buf_printf(b, "  the server does not count this signature: %s\n", refusal);
}

static struct err results_print(const struct dkim_results *r, bool policy)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);
	enum auth_result overall = dkim_overall(r);

	buf_str_add(&out, auth_result_name(overall));
	buf_printf(&out, " %zu signature%s", r->found, r->found == 1 ? "" : "s");
	if (r->found > r->n)
		buf_printf(&out, ", %zu of them looked at", r->n);
	buf_char(&out, '\n');
	for (size_t i = 0; i < r->n; i++)
		result_explain(&out, &r->result[i], policy);
	printf("%.*s", STR_ARG(buf_str(&out)));
	if (overall == AUTH_PASS)
		return ERR_OK;
	return err_make(ERR_NOT_ALLOWED, r->found ? "no signature passes" : "no signatures");
}

static struct err verify(struct cli *c, const struct dkim_options *o, struct cli_case *k)
{
	struct dkim_results results;
	struct dkim *d;

	TRY(dkim_begin(buf_str(&k->message), o, &c->arena, &d));
	while (dkim_check(d, &k->batch, &results) == DNS_WAIT)
		dns_batch_resolve(&k->batch, k->resolve.dns);
	return results_print(&results, o->policy);
}

struct err cli_dkim_verify(struct cli *c)
{
	struct dkim_options o = {.policy = cli_switch(c, "policy")};
	uint64_t n;
	struct cli_case k;

	if (!str_u64(str_z(cli_flag(c, "signatures")), DKIM_SIGNATURES_MAX, &n) || n == 0)
		return err_make(ERR_USAGE, "-signatures: not a number from 1 to %d",
				DKIM_SIGNATURES_MAX);
	o.signatures_max = (unsigned)n;
	TRY(cli_case_open(c, &k));
	o.now = (uint64_t)k.resolve.now;
	struct err e = verify(c, &o, &k);

	cli_case_close(&k);
	return e;
}
