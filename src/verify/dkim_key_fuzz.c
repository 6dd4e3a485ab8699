#include "verify/dkim_key.h"
#include <assert.h>
#include <openssl/evp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A record; what can be loaded is written and read back as the same key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO record = BUF_INIT(1 << 16);
	struct arena a;
	struct dkim_key k, again;
	EVP_PKEY *pkey = NULL, *other = NULL;

	arena_init(&a, 1 << 20);
	if (err_is_ok(dkim_key_parse(str_of(data, size), &a, &k)) &&
	    err_is_ok(dkim_key_load(&k, &pkey))) {
		if (err_failed(dkim_key_record(pkey, &record)) ||
		    err_failed(dkim_key_parse(buf_str(&record), &a, &again)) ||
		    err_failed(dkim_key_load(&again, &other)))
			assert(!"a key that cannot be written and read back");
		assert(EVP_PKEY_eq(pkey, other) == 1);
		dkim_key_verify(pkey,
				k.type == DKIM_KEY_RSA ? DKIM_RSA_SHA256 : DKIM_ED25519_SHA256,
				(const uint8_t *)"0123456789abcdef0123456789abcdef", k.data);
	}
	EVP_PKEY_free(pkey);
	EVP_PKEY_free(other);
	arena_fini(&a);
	return 0;
}
