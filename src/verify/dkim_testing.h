/* dkim_testing: for tests: keys, a signer that writes any tags, and one call to verify. */
#ifndef MOX_VERIFY_DKIM_TESTING_H
#define MOX_VERIFY_DKIM_TESTING_H

#include "base/base64.h"
#include "base/test.h"
#include "dns/fake.h"
#include "format/header.h"
#include "verify/bodyhash.h"
#include "verify/dkim.h"
#include "verify/dkim_sign.h"
#include "verify/fields.h"
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define DKIM_TEST_NOW 1700000000

/* RFC 8463 §A.1: the secret key, and the record of its public key. */
static inline EVP_PKEY *test_ed25519(void)
{
	BUF_AUTO raw = BUF_INIT(32);

	assert_true(base64_decode(STR("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="), &raw));
	EVP_PKEY *k =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, (const uint8_t *)raw.p, raw.n);

	assert_non_null(k);
	return k;
}
#define ED25519_P "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static inline EVP_PKEY *test_rsa(unsigned bits)
{
	EVP_PKEY *k = EVP_RSA_gen(bits);

	assert_non_null(k);
	return k;
}

/* The value of a field with these tags, which end where the signature comes, `b=`; "@" in them
 * stands for the body hash when it follows "bh=". */
static inline void test_sign(const char *field_name, const char *tags, enum dkim_kind kind,
			     struct str message, EVP_PKEY *key, struct arena *a, struct buf *ret)
{
	BUF_AUTO field = BUF_INIT(1 << 20);
	BUF_AUTO signature = BUF_INIT(DKIM_SIGNATURE_MAX);
	BUF_AUTO data = BUF_INIT(64);
	size_t body_at = header_end(message, NULL), id;
	struct dkim_signature s;
	struct bodyhash bodies;
	struct fields fields;
	struct fields_hash h;
	uint8_t digest[32];
	struct str rest = str_z(tags), head;
	enum dkim_algorithm algorithm = dkim_algorithm_of(key);

	err_ignore(dkim_signature_parse(rest, kind, a, &s), "tests sign what is wrong too");
	bodyhash_init(&bodies, a);
	assert_ok(
		bodyhash_want(&bodies, s.body_canon, s.has_length ? s.length : BODYHASH_ALL, &id));
	assert_ok(bodyhash_run(&bodies, str_from(message, body_at)));
	buf_strs(&field, str_z(field_name), STR(": "));
	ssize_t bh = str_find(rest, STR("bh=@"), 0);

	if (bh >= 0) {
		head = str_sub(rest, 0, (size_t)bh + 3);
		buf_str_add(&field, head);
		buf_base64(&field, bodyhash_get(&bodies, id));
		rest = str_from(rest, (size_t)bh + 4);
	}
	buf_str_add(&field, rest);
	fields_init(&fields, str_sub(message, 0, body_at), a);
	assert_ok(fields_want(&fields, s.names));
	assert_ok(fields_index(&fields));
	fields_hash_begin(&h, s.header_canon);
	fields_hash_select(&h, &fields, s.names, SIZE_MAX);
	assert_ok(fields_hash_end(&h, buf_str(&field), STR(""), digest));
	if (algorithm == DKIM_RSA_SHA256)
		buf_str_add(&data, STR("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
				       "\x01\x05\x00\x04\x20"));
	buf_add(&data, digest, sizeof(digest));
	assert_ok(dkim_sign_with(key, algorithm, buf_str(&data), &signature));
	buf_str_add(ret, buf_str(&field));
	buf_base64(ret, buf_str(&signature));
	buf_str_add(ret, STR("\r\n"));
}

static inline void test_verify(struct str message, const char *zone, const struct dkim_options *o,
			       struct arena *a, struct dkim_results *ret)
{
	struct dns_fake dns;
	struct dns_batch batch;
	struct dkim *d;

	dns_fake_init(&dns, a);
	dns_fake_zone(&dns, str_z(zone));
	dns_batch_init(&batch, a);
	assert_ok(dkim_begin(message, o, a, &d));
	while (dkim_check(d, &batch, ret) == DNS_WAIT)
		assert_true(dns_fake_answer(&dns, &batch, 0));
}

#endif
