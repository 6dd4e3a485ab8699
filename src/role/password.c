#include "role/password.h"

#include "base/secret.h"
#include "base/utf8.h"
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <utf8proc.h>

enum {
	REMEMBERED = 1024, /* a power of two */
	FILE_MAX = 4096,
	ACCOUNT_MAX = 64,
	OPS = 2,
	MEMORY = 19 << 20,
};

struct remembered {
	unsigned char hash[32]; /* of account and password, keyed */
	int64_t until;          /* monotonic ns; 0: free */
};

struct passwords {
	struct fs *fs;
	int dirfd;
	struct clock *clock;
	pthread_mutex_t lock; /* remembered, generation */
	uint64_t generation;  /* of remembered: a set password ends what was known before */
	unsigned char key[32];
	struct remembered remembered[REMEMBERED];
};

/* Verified against for unknown accounts, at the cost that OPS and MEMORY set. Nobody has the
 * password that it is of, and being right about it would not help. */
static const char dummy_verifier[] =
	"$argon2id$v=19$m=19456,t=2,p=1$Or9WA57Dm0V5fQN1JW/dUA$5Cwtng9w9VrScgrii996Nr1LswTPXLqlCH8rBW8IYoI";

static struct err hash_make(struct str password, char *to)
{
	if (crypto_pwhash_str_alg(to, password.p, password.n, OPS, MEMORY,
				  crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_make(ERR_RESOURCES, "no memory to hash a password");
	return ERR_OK;
}

struct err passwords_open(struct fs *fs, int dirfd, struct clock *clock, struct rand_src *rand,
			  struct passwords **ret)
{
	if (sodium_init() < 0)
		return err_make(ERR_INTERNAL, "libsodium does not start");
	struct passwords *p = calloc(1, sizeof(*p));

	if (!p)
		return err_make(ERR_RESOURCES, "no memory for passwords");
	p->fs = fs;
	p->dirfd = dirfd;
	p->clock = clock;
	rand_fill(rand, p->key, sizeof(p->key));
	pthread_mutex_init(&p->lock, NULL);
	*ret = p;
	return ERR_OK;
}

void passwords_free(struct passwords *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	secret_wipe(p, sizeof(*p));
	free(p);
}

/* RFC 8265 §4.2.2: spaces beyond ASCII become SPACE, then NFC; controls are not allowed. */
static utf8proc_int32_t space_map(utf8proc_int32_t c, void *arg)
{
	(void)arg;
	return utf8proc_category(c) == UTF8PROC_CATEGORY_ZS ? ' ' : c;
}

static struct err opaque_string(struct str password, struct secret *ret)
{
	utf8proc_uint8_t *out = NULL;

	for (size_t i = 0; i < password.n; i++)
		if ((unsigned char)password.p[i] < 0x20 || password.p[i] == 0x7f)
			return err_make(ERR_USAGE, "password contains control characters");
	utf8proc_ssize_t n = utf8proc_map_custom(
		(const utf8proc_uint8_t *)password.p, (utf8proc_ssize_t)password.n, &out,
		UTF8PROC_STABLE | UTF8PROC_COMPOSE, space_map, NULL);

	if (n < 0)
		return err_make(ERR_USAGE, "password is not UTF-8");
	bool ok = n > 0 && secret_set(ret, str_of(out, (size_t)n));

	secret_wipe(out, (size_t)n);
	free(out);
	return ok ? ERR_OK : err_make(ERR_USAGE, "password is empty");
}

/* Account names are checked by the configuration; this keeps a mistake there from naming a file
 * elsewhere. */
static struct err file_name(struct str account, char to[ACCOUNT_MAX + 1])
{
	bool ok = account.n > 0 && account.n <= ACCOUNT_MAX && account.p[0] != '.';

	for (size_t i = 0; ok && i < account.n; i++)
		ok = ch_is_alnum(account.p[i]) || strchr("-_.", account.p[i]);
	if (!ok)
		return err_make(ERR_USAGE, "\"%.*s\" is no account name", STR_ARG(account));
	memcpy(to, account.p, account.n);
	to[account.n] = '\0';
	return ERR_OK;
}

static void remember_hash(const struct passwords *p, struct str account, struct str password,
			  unsigned char hash[32])
{
	crypto_generichash_state st;
	unsigned char n[2] = {(unsigned char)account.n, (unsigned char)(account.n >> 8)};

	crypto_generichash_init(&st, p->key, sizeof(p->key), 32);
	crypto_generichash_update(&st, n, sizeof(n));
	crypto_generichash_update(&st, (const unsigned char *)account.p, account.n);
	crypto_generichash_update(&st, (const unsigned char *)password.p, password.n);
	crypto_generichash_final(&st, hash, 32);
	secret_wipe(&st, sizeof(st));
}

static struct remembered *remembered_at(struct passwords *p, const unsigned char hash[32])
{
	return &p->remembered[(hash[0] | hash[1] << 8) & (REMEMBERED - 1)];
}

static bool remembered_has(struct passwords *p, const unsigned char hash[32], uint64_t *ret_gen)
{
	pthread_mutex_lock(&p->lock);
	const struct remembered *r = remembered_at(p, hash);
	bool has = r->until > clock_mono(p->clock) && sodium_memcmp(r->hash, hash, 32) == 0;

	*ret_gen = p->generation;
	pthread_mutex_unlock(&p->lock);
	return has;
}

/* Not if a password was set since the verifier was read: what we verified may be the old one. */
static void remember(struct passwords *p, const unsigned char hash[32], uint64_t generation)
{
	pthread_mutex_lock(&p->lock);
	if (generation == p->generation) {
		struct remembered *r = remembered_at(p, hash);

		memcpy(r->hash, hash, 32);
		r->until = clock_mono(p->clock) + PASSWORD_REMEMBER_S * NS_PER_S;
	}
	pthread_mutex_unlock(&p->lock);
}

static void forget_all(struct passwords *p)
{
	pthread_mutex_lock(&p->lock);
	p->generation++;
	secret_wipe(p->remembered, sizeof(p->remembered));
	pthread_mutex_unlock(&p->lock);
}

static size_t characters(struct str s)
{
	size_t n = 0;
	uint32_t cp;

	for (size_t at = 0; at < s.n; at += utf8_decode_lossy(s, at, &cp))
		n++;
	return n;
}

struct err passwords_set(struct passwords *p, struct str account, struct str password)
{
	char name[ACCOUNT_MAX + 1], hash[crypto_pwhash_STRBYTES];
	SECRET_AUTO prepared = {0};
	BUF_AUTO line = BUF_INIT(FILE_MAX);

	TRY(file_name(account, name));
	if (password.n > PASSWORD_MAX)
		return err_make(ERR_USAGE, "password is longer than %d bytes", PASSWORD_MAX);
	TRY(opaque_string(password, &prepared));
	if (characters(secret_view(&prepared)) < PASSWORD_MIN)
		return err_make(ERR_USAGE, "password has fewer than %d characters", PASSWORD_MIN);
	TRY(hash_make(secret_view(&prepared), hash));
	buf_strs(&line, STR("argon2id "), str_z(hash), STR("\n"));
	TRY(err_add(fs_replace(p->fs, p->dirfd, name, buf_str(&line), 0600), "set password"));
	forget_all(p);
	return ERR_OK;
}

/* The argon2id verifier of a file's text, NUL-terminated as libsodium wants it. */
static bool verifier_find(struct str text, char to[crypto_pwhash_STRBYTES])
{
	struct str line;

	while (text.n) {
		str_cut(text, '\n', &line, &text);
		if (!str_starts(line, STR("argon2id ")) || line.n - 9 >= crypto_pwhash_STRBYTES)
			continue;
		memset(to, 0, crypto_pwhash_STRBYTES);
		memcpy(to, line.p + 9, line.n - 9);
		return true;
	}
	return false;
}

/* *ret_known: the file had a verifier. A missing file is an unknown account, which must not be
 * quicker: the dummy is verified instead. */
static struct err verifier_read(struct passwords *p, const char *name, char *to, bool *ret_known)
{
	BUF_AUTO text = BUF_INIT(FILE_MAX);
	struct err e = file_read(p->dirfd, name, &text);

	*ret_known = err_is_ok(e) && verifier_find(buf_str(&text), to);
	if (!*ret_known)
		memcpy(to, dummy_verifier, sizeof(dummy_verifier));
	if (err_failed(e) && !err_is(e, ERR_NOT_FOUND))
		return err_add(e, "read the password of account %s", name);
	return ERR_OK;
}

static struct err verify_slow(struct passwords *p, const char *name, struct str password,
			      bool *ret_right)
{
	char verifier[crypto_pwhash_STRBYTES];
	bool known;

	TRY(verifier_read(p, name, verifier, &known));
	*ret_right = crypto_pwhash_str_verify(verifier, password.p, password.n) == 0 && known;
	return ERR_OK;
}

/* A try in the form that is compared: the account's file, the password prepared, their hash. */
struct attempt {
	char name[ACCOUNT_MAX + 1];
	struct secret password;
	unsigned char hash[32];
};

static bool attempt_make(const struct passwords *p, struct str account, struct str password,
			 struct attempt *ret)
{
	*ret = (struct attempt){0};
	if (password.n > PASSWORD_MAX || err_failed(file_name(account, ret->name)) ||
	    err_failed(opaque_string(password, &ret->password)))
		return false;
	remember_hash(p, account, secret_view(&ret->password), ret->hash);
	return true;
}

bool passwords_remember(struct passwords *p, struct str account, struct str password)
{
	struct attempt at;
	uint64_t generation;
	bool has =
		attempt_make(p, account, password, &at) && remembered_has(p, at.hash, &generation);

	secret_fini(&at.password);
	return has;
}

static struct err verify(struct passwords *p, const struct attempt *at)
{
	uint64_t generation;
	bool right = false;

	if (remembered_has(p, at->hash, &generation))
		return ERR_OK;
	TRY(verify_slow(p, at->name, secret_view(&at->password), &right));
	if (!right)
		return err_make(ERR_AUTH, "wrong password");
	remember(p, at->hash, generation);
	return ERR_OK;
}

struct err passwords_verify(struct passwords *p, struct str account, struct str password)
{
	struct attempt at;
	struct err e = attempt_make(p, account, password, &at)
			       ? verify(p, &at)
			       : err_make(ERR_AUTH, "wrong password");

	secret_fini(&at.password);
	return e;
}
