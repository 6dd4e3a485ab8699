#include "verify/bodyhash.h"

#include <openssl/evp.h>

/* Body bytes given to the canonicaliser at once: what is then copied for limits stays small. */
enum { CHUNK = 64 << 10 };

void bodyhash_init(struct bodyhash *h, struct arena *arena)
{
	*h = (struct bodyhash){.arena = arena};
}

struct err bodyhash_want(struct bodyhash *h, enum canon c, uint64_t limit, size_t *ret_id)
{
	for (size_t i = 0; i < h->n; i++) {
		if (h->row[i].canon == c && h->row[i].limit == limit) {
			*ret_id = i;
			return ERR_OK;
		}
	}
	struct bodyhash_row *rows = ARENA_GROW(h->arena, h->row, h->n);

	if (!rows)
		return err_make(ERR_LIMIT, "no memory for body hashes");
	h->row = rows;
	rows[h->n] = (struct bodyhash_row){.canon = c, .limit = limit};
	*ret_id = h->n++;
	return ERR_OK;
}

/* One canonicalisation's pass. */
struct pass {
	struct bodyhash *set;
	enum canon canon;
	uint64_t count; /* canonical bytes so far */
	EVP_MD_CTX *ctx, *prefix;
	bool failed;
};

/* The hash of all so far and of more. */
static void row_finish(struct pass *p, struct bodyhash_row *r, struct str more)
{
	r->done = EVP_MD_CTX_copy_ex(p->prefix, p->ctx) == 1 &&
		  EVP_DigestUpdate(p->prefix, more.p, more.n) == 1 &&
		  EVP_DigestFinal_ex(p->prefix, r->hash, NULL) == 1;
	p->set->hashed += more.n;
	p->failed |= !r->done;
}

static void pass_put(void *arg, struct str piece)
{
	struct pass *p = arg;

	for (size_t i = 0; i < p->set->n && !p->failed; i++) {
		struct bodyhash_row *r = &p->set->row[i];

		if (r->canon == p->canon && !r->done && r->limit - p->count <= piece.n)
			row_finish(p, r, str_sub(piece, 0, r->limit - p->count));
	}
	p->failed = p->failed || EVP_DigestUpdate(p->ctx, piece.p, piece.n) != 1;
	p->set->hashed += piece.n;
	p->count += piece.n;
}

static void pass_run(struct pass *p, struct str body)
{
	struct canon_sink sink = {.put = pass_put, .arg = p};
	struct canon_body b = {.kind = p->canon, .to = &sink};

	p->failed = !p->ctx || !p->prefix || EVP_DigestInit_ex(p->ctx, EVP_sha256(), NULL) != 1;
	pass_put(p, STR("")); /* l=0 */
	for (size_t at = 0; at < body.n && !p->failed; at += CHUNK)
		canon_body_add(&b, str_sub(body, at, at + CHUNK));
	canon_body_end(&b);
	for (size_t i = 0; i < p->set->n && !p->failed; i++) {
		struct bodyhash_row *r = &p->set->row[i];

		if (r->canon == p->canon && r->limit == BODYHASH_ALL)
			row_finish(p, r, STR(""));
	}
}

static bool is_wanted(const struct bodyhash *h, enum canon c)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->row[i].canon == c)
			return true;
	return false;
}

struct err bodyhash_run(struct bodyhash *h, struct str body)
{
	for (int c = 0; c < CANON_N; c++) {
		if (!is_wanted(h, (enum canon)c))
			continue;
		struct pass p = {.set = h,
				 .canon = (enum canon)c,
				 .ctx = EVP_MD_CTX_new(),
				 .prefix = EVP_MD_CTX_new()};

		pass_run(&p, body);
		EVP_MD_CTX_free(p.ctx);
		EVP_MD_CTX_free(p.prefix);
		if (p.failed)
			return err_make(ERR_RESOURCES, "cannot hash a body");
	}
	return ERR_OK;
}

struct str bodyhash_get(const struct bodyhash *h, size_t id)
{
	const struct bodyhash_row *r = &h->row[id];

	return r->done ? str_of(r->hash, BODYHASH_N) : STR("");
}
