/* dkim_sign: makes DKIM-Signature fields (RFC 6376 §5).
 *
 * The private key stays elsewhere: signing is a callback.
 * Input: our configuration, and a message of ours with CRLF line ends; one with a bare CR or LF is
 * refused, because it would change on its way (RFC 6376 §5.3).
 */
#ifndef MOX_VERIFY_DKIM_SIGN_H
#define MOX_VERIFY_DKIM_SIGN_H

#include "base/buf.h"
#include "verify/dkim_signature.h"

struct dkim_sign_args {
	struct str domain;   /* d=: A-labels */
	struct str selector; /* s=: A-labels */
	struct str identity; /* i=: local@domain, domain at or below d=; empty: no i= */
	enum dkim_algorithm algorithm;
	enum canon header_canon, body_canon;
	const struct str *names; /* header fields to sign, if they are there; NULL: the defaults */
	size_t names_n;
	bool seal;       /* sign too that there are no more of them */
	uint64_t expiry; /* seconds until x=; 0: none */
	/* Signs, adding to ret. RSA: data is a DigestInfo (RFC 8017 §9.2), the scheme
	 * RSASSA-PKCS1-v1_5; Ed25519: data is the 32 bytes to sign. */
	struct err (*sign)(void *arg, enum dkim_algorithm algorithm, struct str data,
			   struct buf *ret);
	void *arg;
};

/* The names that are signed by default. */
extern const struct str dkim_sign_names[];
extern const size_t dkim_sign_names_n;

/* Adds a DKIM-Signature field for each row of args, in order, to ret: they belong in front of the
 * message. now is t=. UNSUPPORTED for rsa-sha1 (RFC 8301 §3.1); USAGE if names lack From or what
 * stands in args cannot be written; BAD_MESSAGE if the message has no From, or bare CR or LF; else
 * the callback's error. Of ret nothing is to be used then. */
struct err dkim_sign(struct str message, const struct dkim_sign_args *args, size_t n, uint64_t now,
		     struct arena *a, struct buf *ret);
/* The same for a message in two pieces: its header section, with the empty line or without, and its
 * body. */
struct err dkim_sign_parts(struct str header, struct str body, const struct dkim_sign_args *args,
			   size_t n, uint64_t now, struct arena *a, struct buf *ret);

struct evp_pkey_st;
/* For who has the key itself, commands and tests: a callback whose arg is the EVP_PKEY. */
struct err dkim_sign_with(void *pkey, enum dkim_algorithm algorithm, struct str data,
			  struct buf *ret);
/* What the key signs with; NONE if it is neither RSA nor Ed25519. */
enum dkim_algorithm dkim_algorithm_of(const struct evp_pkey_st *pkey);

#endif
