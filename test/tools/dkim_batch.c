/* dkim-batch: verifies and signs many messages, for comparing with what other programs say of them.
 *
 *	dkim-batch ZONEFILE NOW [SELECTOR=KEYFILE...]
 *
 * Requests come on standard input, a line and then so many bytes of message:
 *	verify LENGTH                         answer: a line with each signature's result
 *	arc LENGTH                            answer: a line with the result
 *	sign SELECTOR CANONH CANONB LENGTH    answer: LENGTH, line end, the DKIM-Signature field
 * Signatures are of example.org; CANONH and CANONB are simple or relaxed. The zone is dns/fake's.
 */
#include "dns/fake.h"
#include "os/file.h"
#include "verify/arc.h"
#include "verify/dkim.h"
#include "verify/dkim_sign.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

enum { MESSAGE_MAX = 16 << 20, ARENA_MAX = 64 << 20, KEYS_MAX = 8, WORDS_MAX = 5 };

struct key {
	struct str selector;
	EVP_PKEY *pkey;
};

struct batch {
	struct str zone;
	uint64_t now;
	struct key key[KEYS_MAX];
	size_t keys;
};

static void verify(const struct batch *b, struct str message, struct arena *a)
{
	const struct dkim_options o = {.now = b->now};
	struct dkim_results r = {0};
	struct dns_fake dns;
	struct dns_batch questions;
	struct dkim *d;

	dns_fake_init(&dns, a);
	dns_fake_zone(&dns, b->zone);
	dns_batch_init(&questions, a);
	if (err_failed(dkim_begin(message, &o, a, &d)))
		abort();
	while (dkim_check(d, &questions, &r) == DNS_WAIT)
		dns_batch_resolve(&questions, &dns.resolver);
	for (size_t i = 0; i < r.n; i++)
		printf("%s%.*s", i ? " " : "", STR_ARG(auth_result_name(r.result[i].result)));
	printf("\n");
}

static void verify_arc(const struct batch *b, struct str message, struct arena *a)
{
	const struct arc_options o = {.now = b->now};
	struct dns_batch questions;
	struct arc_result r;
	struct dns_fake dns;
	struct arc *c;

	dns_fake_init(&dns, a);
	dns_fake_zone(&dns, b->zone);
	dns_batch_init(&questions, a);
	if (err_failed(arc_begin(message, &o, a, &c)))
		abort();
	while (arc_check(c, &questions, &r) == DNS_WAIT)
		dns_batch_resolve(&questions, &dns.resolver);
	printf("%.*s\n", STR_ARG(auth_result_name(r.result)));
}

static void sign(const struct batch *b, const struct str *word, struct str message, struct arena *a)
{
	struct dkim_sign_args args = {
		.domain = STR("example.org"),
		.selector = word[1],
		.header_canon = str_eq(word[2], STR("relaxed")) ? CANON_RELAXED : CANON_SIMPLE,
		.body_canon = str_eq(word[3], STR("relaxed")) ? CANON_RELAXED : CANON_SIMPLE,
		.seal = true,
		.sign = dkim_sign_with,
	};
	BUF_AUTO field = BUF_INIT(MESSAGE_MAX);

	for (size_t i = 0; i < b->keys; i++)
		if (str_eq(b->key[i].selector, word[1]))
			args.arg = b->key[i].pkey;
	args.algorithm = dkim_algorithm_of(args.arg);
	struct err e = dkim_sign(message, &args, 1, b->now, a, &field);

	if (err_failed(e)) {
		fprintf(stderr, "dkim-batch: %.*s\n", STR_ARG(err_text(e)));
		abort();
	}
	printf("%zu\n%.*s", field.n, STR_ARG(buf_str(&field)));
}

static size_t words(struct str line, struct str *ret)
{
	size_t n = 0;

	while (line.n && n < WORDS_MAX)
		str_cut(line, ' ', &ret[n++], &line);
	return n;
}

/* One request; false at the end of the input. */
static bool request(const struct batch *b, char *line, size_t size, char *message)
{
	struct str word[WORDS_MAX];
	struct arena a;
	uint64_t n;

	if (!fgets(line, (int)size, stdin))
		return false;
	size_t count = words(str_trim(str_z(line)), word);

	if (count < 2 || !str_u64(word[count - 1], MESSAGE_MAX, &n) ||
	    fread(message, 1, n, stdin) != n)
		abort();
	arena_init(&a, ARENA_MAX);
	if (str_eq(word[0], STR("verify")))
		verify(b, str_of(message, n), &a);
	else if (str_eq(word[0], STR("arc")))
		verify_arc(b, str_of(message, n), &a);
	else
		sign(b, word, str_of(message, n), &a);
	arena_fini(&a);
	return true;
}

static EVP_PKEY *key_read(const char *path)
{
	FILE *f = fopen(path, "r");
	EVP_PKEY *k = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (!k)
		abort();
	fclose(f);
	return k;
}

int main(int argc, char **argv)
{
	BUF_AUTO zone = BUF_INIT(1 << 20);
	struct batch b = {0};
	char line[256], *message = malloc(MESSAGE_MAX);

	if (argc < 3 || err_failed(file_read(AT_FDCWD, argv[1], &zone)) ||
	    !str_u64(str_z(argv[2]), UINT64_MAX, &b.now))
		abort();
	b.zone = buf_str(&zone);
	for (int i = 3; i < argc && b.keys < KEYS_MAX; i++) {
		struct str path;

		str_cut(str_z(argv[i]), '=', &b.key[b.keys].selector, &path);
		b.key[b.keys++].pkey = key_read(path.p);
	}
	while (request(&b, line, sizeof(line), message)) {
	}
	for (size_t i = 0; i < b.keys; i++)
		EVP_PKEY_free(b.key[i].pkey);
	free(message);
	return 0;
}
