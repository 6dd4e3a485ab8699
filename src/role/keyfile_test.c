#include "base/test.h"

#include "os/file.h"
#include "role/keyfile.h"
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/mox-keyfile-XXXXXX";
static struct keys *keys;
static struct keyfiles *files;

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder) != 0 || err_failed(keys_new(&keys)))
		return -1;
	return err_failed(keyfiles_new(keys, &files));
}

static int teardown(void **state)
{
	(void)state;
	keyfiles_free(files);
	keys_free(keys);
	unlink("key");
	unlink("next");
	unlink("text");
	return rmdir(folder);
}

static void key_write(const char *path, EVP_PKEY *key, char ret_id[KEY_ID_LEN + 1])
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	assert_ok(key_id_of(key, ret_id));
	EVP_PKEY_free(key);
}

static void assert_key(const char *path, const char *id, enum msg_key_kind kind)
{
	char got[KEY_ID_LEN + 1];
	enum msg_key_kind got_kind;

	assert_ok(keyfiles_get(files, str_z(path), got, &got_kind));
	assert_string_equal(got, id);
	assert_int_equal(got_kind, kind);
}

/* A key that was replaced is the key from then on; what was signed with the old one still can be.
 */
static void read_and_replaced(void **state)
{
	char first[KEY_ID_LEN + 1], second[KEY_ID_LEN + 1];

	key_write("key", EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), first);
	assert_key("key", first, MSG_KEY_KIND_RSA);
	assert_key("key", first, MSG_KEY_KIND_RSA);
	assert_int_equal(keys_count(keys), 1);
	key_write("next", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), second);
	assert_int_equal(rename("next", "key"), 0);
	assert_key("key", second, MSG_KEY_KIND_ED25519);
	assert_int_equal(keys_count(keys), 2);
}

static void refused(void **state)
{
	char id[KEY_ID_LEN + 1];
	enum msg_key_kind kind;
	int fd = open("text", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "no key\n", 7), 7);
	close(fd);
	static const struct {
		struct str path;
		enum err_code code;
	} cases[] = {
		{STR_INIT("missing"), ERR_NOT_FOUND}, {STR_INIT("text"), ERR_CONFIG},
		{STR_INIT("."), ERR_CONFIG},          {STR_INIT("a\0b"), ERR_CONFIG},
		{STR_INIT(""), ERR_CONFIG},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = keyfiles_get(files, cases[i].path, id, &kind);

		if (!err_is(e, cases[i].code))
			fail_msg("%.*s: %.*s", STR_ARG(cases[i].path), STR_ARG(err_text(e)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_and_replaced),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
