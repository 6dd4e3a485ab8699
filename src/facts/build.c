#include "facts/build.h"

#include "facts/derive.h"
#include "facts/signature.h"
#include <openssl/sha.h>

/* Of the tree, and of the texts made from it. */
enum { SCRATCH_MAX = 32 << 20 };

static struct err build(struct str message, struct arena *a, struct arena *tree_arena,
			struct arena *scratch, struct facts *f)
{
	struct mime_tree tree;

	if (err_failed(mime_parse(message, tree_arena, &tree)))
		return err_make(ERR_RESOURCES, "no memory for the structure of a message");
	f->size = message.n;
	f->header_n = tree.root->body;
	derive_lines(message, f);
	derive_structure(&tree, message, a, scratch, f);
	arena_reset(scratch);
	derive_head(mime_header(tree.root, message), a, scratch, f);
	derive_preview(message, a, f);
	f->signature = signature_of(message, f, a);
	if (arena_failed(a) || f->envelope.n == 0 || f->body.n == 0 || f->part_count == 0)
		return err_make(ERR_RESOURCES, "no memory for the facts of a message");
	return ERR_OK;
}

struct err facts_build(struct str message, const struct facts_known *known, struct arena *a,
		       struct facts *ret)
{
	struct facts f = {0};
	struct arena tree, scratch;

	if (known && known->sha256)
		memcpy(f.sha256, known->sha256, sizeof(f.sha256));
	else
		SHA256((const unsigned char *)message.p, message.n, f.sha256);
	arena_init(&tree, MIME_ARENA_MAX);
	arena_init(&scratch, SCRATCH_MAX);
	struct err e = build(message, a, &tree, &scratch, &f);

	arena_fini(&scratch);
	arena_fini(&tree);
	TRY(e);
	*ret = f;
	return ERR_OK;
}

struct err facts_preload(void)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];

	/* OpenSSL reads its configuration and fetches the algorithm. */
	if (!SHA256((const unsigned char *)"", 0, hash))
		return err_make(ERR_RESOURCES, "cannot load SHA-256");
	return ERR_OK;
}
