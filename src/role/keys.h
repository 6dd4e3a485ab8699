/* keys: the private keys, in the secrets role, and the one thing that is done with them.
 *
 * A key's id is the SHA-256 of its SubjectPublicKeyInfo in hex: who has a certificate or a public
 * key knows the id without asking. Nothing here decrypts, and nothing gives a key away: signatures
 * are made of a digest in the form that its scheme prescribes, and input in any other form is
 * refused, so that a role that was taken over can't turn `sign` into a decryption.
 * Threads: any.
 */
#ifndef MOX_ROLE_KEYS_H
#define MOX_ROLE_KEYS_H

#include "base/arena.h"
#include "base/err.h"
#include "idl/messages.h"

enum {
	KEYS_MAX = 1000,
	KEY_ID_LEN = 64,
	KEY_PEM_MAX = 64 << 10,
	KEY_SIGNATURE_MAX = 1024, /* RSA of 8192 bits */
};

struct keys;

struct err keys_new(struct keys **ret);
void keys_free(struct keys *k);

/* Adds a private key, PEM: PKCS #8 or the older forms; RSA of at least 1024 bits, EC P-256 or
 * P-384, Ed25519. Its id goes to ret_id, which ends with NUL. CONFIG, saying what is wrong with
 * it; a key that is there already is fine. */
struct err keys_add_pem(struct keys *k, struct str pem, char ret_id[KEY_ID_LEN + 1]);
size_t keys_count(const struct keys *k);
/* What the key signs with; NOT_FOUND. */
struct err keys_kind(const struct keys *k, struct str id, enum msg_key_kind *ret);

/* Signs. NOT_FOUND without such a key; SYNTAX for data that is not in the scheme's form or a scheme
 * that does not go with the key. *ret_signature is in the arena. */
struct err keys_sign(const struct keys *k, struct str id, enum msg_sign_scheme scheme,
		     struct str data, struct arena *a, struct str *ret_signature);

struct evp_pkey_st;
/* The id of a public (or private) key. */
struct err key_id_of(struct evp_pkey_st *key, char ret_id[KEY_ID_LEN + 1]);

#endif
