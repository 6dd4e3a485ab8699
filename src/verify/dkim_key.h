/* dkim_key: key records of DKIM and ARC (RFC 6376 §3.6.1, RFC 8463 §4.2) and the public keys in
 * them.
 *
 * Input: TXT records of strangers, at most TAGLIST_SIZE_MAX bytes each. What is no key record at
 * all (a wildcard's SPF record) is passed over, RFC 6376 §6.1.2. Tags that are not known, g= of
 * RFC 4871 among them, are ignored.
 * Memory: the arena.
 */
#ifndef MOX_VERIFY_DKIM_KEY_H
#define MOX_VERIFY_DKIM_KEY_H

#include "base/buf.h"
#include "dns/resolver.h"
#include "verify/auth.h"
#include "verify/dkim_signature.h"

enum {
	DKIM_RSA_BITS_MIN = 1024, /* RFC 8301 §3.2 */
	DKIM_RSA_BITS_MAX = 8192,
};

enum dkim_key_type { DKIM_KEY_RSA, DKIM_KEY_ED25519, DKIM_KEY_UNKNOWN };

struct dkim_key {
	enum dkim_key_type type;
	struct str data; /* p=, decoded; empty: the key is revoked */
	bool sha256;     /* h= allows it */
	bool email;      /* s= allows it */
	bool testing;    /* t=y */
	bool strict;     /* t=s: i= must have the domain d= itself */
};

/* SYNTAX and what is wrong; a type that is not known is not. */
struct err dkim_key_parse(struct str record, struct arena *a, struct dkim_key *ret);

struct evp_pkey_st;

/* The public key; free it. SYNTAX if the data is no key of the type, or a bad one: RSA, as
 * SubjectPublicKeyInfo or bare (PKCS #1); Ed25519, the 32 bytes. */
struct err dkim_key_load(const struct dkim_key *k, struct evp_pkey_st **ret);

/* What came of looking for a signature's key. */
struct dkim_key_found {
	enum auth_result result; /* AUTH_PASS: there is one that may be used */
	struct str why;          /* else, for people */
	struct str record;       /* the record that decided; empty: none did */
	bool testing;
	unsigned bits;
	struct evp_pkey_st *pkey; /* to be freed; NULL without AUTH_PASS */
};

/* selector._domainkey.domain, in the arena. */
struct str dkim_key_name(const struct dkim_signature *s, struct arena *a);
/* Chooses the record for the signature and loads its key: of those that are key records the one of
 * the signature's key type, for email and SHA-256. rsa_bits_min: if more than DKIM_RSA_BITS_MIN. */
void dkim_key_find(const struct dkim_signature *s, const struct dns_answer *answer,
		   unsigned rsa_bits_min, struct arena *a, struct dkim_key_found *ret);

/* Whether the signature is one of this SHA-256 digest by the key. */
bool dkim_key_verify(struct evp_pkey_st *pkey, enum dkim_algorithm algorithm,
		     const uint8_t digest[DKIM_HASH_N], struct str signature);

/* The record for a public key, RSA or Ed25519: `v=DKIM1; h=sha256; k=...; p=...`. UNSUPPORTED for
 * another. */
struct err dkim_key_record(struct evp_pkey_st *pkey, struct buf *ret);

#endif
