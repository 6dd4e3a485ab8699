#include "smtp/receivedid.h"

#include "base/base64.h"
#include <openssl/evp.h>

enum { BLOCK = 16 };

struct err receivedid_init(struct receivedid *r, struct str key)
{
	if (key.n != RECEIVEDID_KEY_SIZE)
		return err_make(ERR_CONFIG, "receivedid key has %zu bytes, not %d", key.n,
				RECEIVEDID_KEY_SIZE);
	memcpy(r->key, key.p, sizeof(r->key));
	memcpy(r->random, key.p + sizeof(r->key), sizeof(r->random));
	return ERR_OK;
}

static bool crypt_block(const struct receivedid *r, bool encrypt, const unsigned char *in,
			unsigned char ret[BLOCK])
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok = c && EVP_CipherInit_ex(c, EVP_aes_128_ecb(), NULL, r->key, NULL, encrypt) == 1 &&
		  EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
		  EVP_CipherUpdate(c, ret, &n, in, BLOCK) == 1 && n == BLOCK;

	EVP_CIPHER_CTX_free(c);
	return ok;
}

struct str receivedid_encode(const struct receivedid *r, uint64_t cid, char to[RECEIVEDID_TEXT])
{
	unsigned char plain[BLOCK], block[BLOCK];
	BUF_AUTO text = BUF_INIT(2 * RECEIVEDID_TEXT);

	memcpy(plain, r->random, sizeof(r->random));
	for (int i = 0; i < 8; i++)
		plain[8 + i] = (unsigned char)(cid >> (56 - 8 * i));
	if (!crypt_block(r, true, plain, block))
		return STR("");
	buf_base64url(&text, str_of(block, BLOCK));
	if (text.n != RECEIVEDID_TEXT)
		return STR("");
	memcpy(to, text.p, text.n);
	return str_of(to, text.n);
}

bool receivedid_decode(const struct receivedid *r, struct str id, uint64_t *ret_cid)
{
	unsigned char plain[BLOCK];
	BUF_AUTO block = BUF_INIT(BLOCK);
	uint64_t cid = 0;

	if (id.n != RECEIVEDID_TEXT || !base64url_decode(id, &block) || block.n != BLOCK ||
	    !crypt_block(r, false, (const unsigned char *)block.p, plain) ||
	    memcmp(plain, r->random, sizeof(r->random)) != 0)
		return false;
	for (int i = 0; i < 8; i++)
		cid = cid << 8 | plain[8 + i];
	*ret_cid = cid;
	return true;
}
