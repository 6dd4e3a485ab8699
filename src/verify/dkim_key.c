#include "verify/dkim_key.h"

#include "base/attr.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "verify/taglist.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum { KEY_DATA_MAX = 2048, ED25519_N = 32 };

static const struct str types[] = {
	[DKIM_KEY_RSA] = STR_INIT("rsa"),
	[DKIM_KEY_ED25519] = STR_INIT("ed25519"),
};

static bool list_has(struct str list, struct str word)
{
	struct str part;

	while (taglist_next(&list, ':', &part))
		if (str_eq(part, word))
			return true;
	return false;
}

/* Whether the tag's list has the word, or the tag is not there. */
static bool allows(const struct taglist *tags, struct str name, struct str word)
{
	const struct tag *t = taglist_get(tags, name);

	return !t || list_has(t->value, word);
}

static enum dkim_key_type type_of(const struct taglist *tags)
{
	const struct tag *t = taglist_get(tags, STR("k"));

	for (size_t i = 0; t && i < ARRAY_LEN(types); i++)
		if (str_eq(t->value, types[i]))
			return (enum dkim_key_type)i;
	return t ? DKIM_KEY_UNKNOWN : DKIM_KEY_RSA;
}

/* p=: base64 with white space anywhere, RFC 6376 §2.10. */
static struct err data_read(struct str p, struct arena *a, struct str *ret)
{
	BUF_AUTO text = BUF_INIT(TAGLIST_SIZE_MAX);
	BUF_AUTO data = BUF_INIT(KEY_DATA_MAX);

	for (size_t i = 0; i < p.n; i++)
		if (!ch_is_wsp(p.p[i]) && p.p[i] != '\r' && p.p[i] != '\n')
			buf_char(&text, p.p[i]);
	if (!base64_decode(buf_str(&text), &data))
		return err_make(ERR_SYNTAX, "p=: not base64");
	if (buf_failed(&data) || buf_failed(&text))
		return err_make(ERR_SYNTAX, "p=: more than %d bytes", KEY_DATA_MAX);
	*ret = arena_dup(a, buf_str(&data));
	return ret->p ? ERR_OK : err_make(ERR_LIMIT, "no memory for a key");
}

struct err dkim_key_parse(struct str record, struct arena *a, struct dkim_key *ret)
{
	struct taglist tags;

	TRY(taglist_parse(record, &tags));
	const struct tag *v = taglist_get(&tags, STR("v")), *p = taglist_get(&tags, STR("p"));

	/* RFC 6376 §3.6.1: if there is a v=, it is the first and DKIM1. */
	if (v && (v != &tags.tag[0] || !str_eq(v->value, STR("DKIM1"))))
		return err_make(ERR_SYNTAX, "v=: not DKIM1, or not the first tag");
	if (!p)
		return err_make(ERR_SYNTAX, "p= is missing");
	*ret = (struct dkim_key){
		.type = type_of(&tags),
		.sha256 = allows(&tags, STR("h"), STR("sha256")),
		.email = allows(&tags, STR("s"), STR("email")) || allows(&tags, STR("s"), STR("*")),
		.testing = list_has(taglist_value(&tags, STR("t")), STR("y")),
		.strict = list_has(taglist_value(&tags, STR("t")), STR("s")),
	};
	return data_read(p->value, a, &ret->data);
}

enum { DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_OID = 0x06, DER_SEQUENCE = 0x30 };

/* The content of the next element, which must have this tag. */
static struct bytes der_next(struct bytes *b, uint8_t tag)
{
	uint64_t n;

	b->failed |= bytes_le(b, 1) != tag;
	n = bytes_le(b, 1);
	if (n > 0x80 && n <= 0x82) {
		struct str s = bytes_take(b, n - 0x80);

		n = 0;
		for (size_t i = 0; i < s.n; i++)
			n = n << 8 | (uint8_t)s.p[i];
	} else if (n >= 0x80) {
		b->failed = true;
	}
	return bytes_of(bytes_take(b, n));
}

/* The RSAPublicKey inside a SubjectPublicKeyInfo, or all of data if it is bare. By hand because
 * OpenSSL's decoder of the outer form costs a hundred times what the inner one does. */
static struct err rsa_unwrap(struct str data, struct str *ret)
{
	static const struct str rsa_encryption =
		STR_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"); /* RFC 8017 §A.1 */
	struct bytes outer = bytes_of(data), in = der_next(&outer, DER_SEQUENCE);

	*ret = data;
	if (in.s.n && in.s.p[0] == DER_INTEGER)
		return ERR_OK;
	struct bytes algorithm = der_next(&in, DER_SEQUENCE);
	struct bytes oid = der_next(&algorithm, DER_OID);
	struct bytes bits = der_next(&in, DER_BIT_STRING);

	if (!bytes_done(&outer) || !bytes_done(&in) || bits.s.n == 0 || bits.s.p[0] != 0 ||
	    !str_eq(oid.s, rsa_encryption))
		return err_make(ERR_SYNTAX, "p=: not an RSA key");
	*ret = str_from(bits.s, 1);
	return ERR_OK;
}

struct err dkim_key_load(const struct dkim_key *k, EVP_PKEY **ret)
{
	struct str data = k->data;

	*ret = NULL;
	if (k->type == DKIM_KEY_ED25519) {
		*ret = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const uint8_t *)data.p,
						   data.n);
	} else if (k->type == DKIM_KEY_RSA) {
		TRY(rsa_unwrap(data, &data));
		const uint8_t *at = (const uint8_t *)data.p;

		*ret = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)data.n);
		if (*ret && at != (const uint8_t *)data.p + data.n) {
			EVP_PKEY_free(*ret);
			*ret = NULL;
		}
	}
	ERR_clear_error();
	return *ret ? ERR_OK : err_make(ERR_SYNTAX, "p=: not a key of its type");
}

struct str dkim_key_name(const struct dkim_signature *s, struct arena *a)
{
	return arena_printf(a, "%.*s._domainkey.%.*s", STR_ARG(s->selector), STR_ARG(s->domain));
}

static enum dkim_key_type type_wanted(enum dkim_algorithm a)
{
	return a == DKIM_ED25519_SHA256 ? DKIM_KEY_ED25519 : DKIM_KEY_RSA;
}

/* The records of an answer, looked through. */
struct search {
	struct dkim_key key;
	struct str record;
	size_t n; /* records that may be meant */
	/* The record that was passed over last, and why. */
	const char *refused;
	struct str refused_record, refused_detail;
	bool refused_testing;
};

/* Why a record is ignored: RFC 6376 §3.6.1 on h=, k= and s=, §6.1.2 steps 6 and 8. A revoked key
 * may be of any type. NULL: it is the one, or one of those. */
static const char *record_refusal(const struct dkim_key *k, enum dkim_key_type type)
{
	return k->data.n && k->type != type ? "the key is of another type"
	       : !k->sha256                 ? "the key is not for SHA-256 (h=)"
	       : !k->email                  ? "the key is not for email (s=)"
					    : NULL;
}

static void search_record(struct search *to, struct str record, enum dkim_key_type type,
			  struct arena *a)
{
	struct dkim_key k = {0};
	struct err e = dkim_key_parse(record, a, &k);
	const char *refusal =
		err_failed(e) ? "the record is no key record" : record_refusal(&k, type);

	if (!refusal) {
		if (to->n++)
			return;
		to->key = k;
		to->record = record;
	} else if (!to->refused || err_is_ok(e)) {
		to->refused = refusal;
		to->refused_record = record;
		to->refused_detail = err_failed(e) ? arena_dup(a, err_text(e)) : STR("");
		to->refused_testing = err_is_ok(e) && k.testing;
	}
}

static void say(struct dkim_key_found *ret, struct arena *a, enum auth_result result,
		const char *what, struct str detail)
{
	ret->result = result;
	ret->why = detail.n ? arena_printf(a, "%s: %.*s", what, STR_ARG(detail)) : str_z(what);
}

/* Why the one key may not be used: RFC 6376 §6.1.2 step 7, §3.6.1 t=s; NULL. */
static const char *key_refusal(const struct dkim_signature *s, const struct dkim_key *k)
{
	if (k->data.n == 0)
		return "the key is revoked";
	if (k->strict && s->kind == DKIM_SIGNATURE && !dns_name_eq(s->identity_domain, s->domain))
		return "the key allows no subdomain in i= (t=s)";
	return NULL;
}

static void key_use(const struct dkim_key *k, unsigned rsa_bits_min, struct arena *a,
		    struct dkim_key_found *ret)
{
	unsigned min = rsa_bits_min > DKIM_RSA_BITS_MIN ? rsa_bits_min : DKIM_RSA_BITS_MIN;
	struct err e = dkim_key_load(k, &ret->pkey);

	if (err_failed(e)) {
		say(ret, a, AUTH_PERMERROR, "bad key", err_text(e));
		return;
	}
	ret->bits = k->type == DKIM_KEY_RSA ? (unsigned)EVP_PKEY_get_bits(ret->pkey) : 256;
	ret->result = AUTH_PASS;
	if (k->type != DKIM_KEY_RSA || (ret->bits >= min && ret->bits <= DKIM_RSA_BITS_MAX))
		return;
	EVP_PKEY_free(TAKE_PTR(ret->pkey));
	ret->result = AUTH_PERMERROR;
	ret->why = arena_printf(a, "an RSA key of %u bits; from %u to %d are accepted", ret->bits,
				min, DKIM_RSA_BITS_MAX);
}

static void record_use(const struct dkim_signature *s, const struct search *found,
		       unsigned rsa_bits_min, struct arena *a, struct dkim_key_found *ret)
{
	const char *why = key_refusal(s, &found->key);

	ret->record = found->record;
	ret->testing = found->key.testing;
	if (why)
		say(ret, a, AUTH_PERMERROR, why, STR(""));
	else
		key_use(&found->key, rsa_bits_min, a, ret);
}

void dkim_key_find(const struct dkim_signature *s, const struct dns_answer *answer,
		   unsigned rsa_bits_min, struct arena *a, struct dkim_key_found *ret)
{
	struct search found = {0};

	*ret = (struct dkim_key_found){0};
	if (dns_is_temporary(answer)) {
		say(ret, a, AUTH_TEMPERROR, "the key could not be looked up", answer->error);
		return;
	}
	for (size_t i = 0; !dns_is_absent(answer) && i < answer->n; i++)
		search_record(&found, answer->record[i].txt.joined, type_wanted(s->algorithm), a);
	if (found.n == 1) {
		record_use(s, &found, rsa_bits_min, a, ret);
	} else if (found.n > 1) {
		/* RFC 6376 §3.6.2.2: undefined. One of them may be on its way out. */
		say(ret, a, AUTH_TEMPERROR, "several records are keys of the type", STR(""));
	} else if (found.refused) {
		ret->record = found.refused_record;
		ret->testing = found.refused_testing;
		say(ret, a, AUTH_PERMERROR, found.refused, found.refused_detail);
	} else {
		say(ret, a, AUTH_PERMERROR, "no key in the DNS", STR(""));
	}
}

static bool rsa_verify(EVP_PKEY *pkey, const uint8_t *digest, struct str signature)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		  EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
		  EVP_PKEY_verify(ctx, (const uint8_t *)signature.p, signature.n, digest,
				  DKIM_HASH_N) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* RFC 8463 §3: what is signed is the digest. */
static bool ed25519_verify(EVP_PKEY *pkey, const uint8_t *digest, struct str signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		  EVP_DigestVerify(ctx, (const uint8_t *)signature.p, signature.n, digest,
				   DKIM_HASH_N) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

bool dkim_key_verify(EVP_PKEY *pkey, enum dkim_algorithm algorithm,
		     const uint8_t digest[DKIM_HASH_N], struct str signature)
{
	bool ok = algorithm == DKIM_ED25519_SHA256 ? ed25519_verify(pkey, digest, signature)
						   : rsa_verify(pkey, digest, signature);

	ERR_clear_error();
	return ok;
}

static struct err public_data(EVP_PKEY *pkey, struct buf *ret)
{
	uint8_t raw[ED25519_N], *der = NULL;
	size_t n = sizeof(raw);

	if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519) {
		if (EVP_PKEY_get_raw_public_key(pkey, raw, &n) != 1)
			return err_make(ERR_INTERNAL, "cannot write a public key");
		buf_base64(ret, str_of(raw, n));
		return ERR_OK;
	}
	/* RFC 6376 §3.6.1 says RSAPublicKey; what all publish is a SubjectPublicKeyInfo. */
	int size = i2d_PUBKEY(pkey, &der);

	if (size <= 0)
		return err_make(ERR_INTERNAL, "cannot write a public key");
	buf_base64(ret, str_of(der, (size_t)size));
	OPENSSL_free(der);
	return ERR_OK;
}

struct err dkim_key_record(EVP_PKEY *pkey, struct buf *ret)
{
	int id = EVP_PKEY_get_base_id(pkey);

	if (id != EVP_PKEY_RSA && id != EVP_PKEY_ED25519)
		return err_make(ERR_UNSUPPORTED, "neither an RSA nor an Ed25519 key");
	buf_strs(ret, STR("v=DKIM1; h=sha256; k="),
		 types[id == EVP_PKEY_RSA ? DKIM_KEY_RSA : DKIM_KEY_ED25519], STR("; p="));
	return public_data(pkey, ret);
}
