/* The facts of any message can be built; what is written of them reads back as the same, the wire
 * texts are what they claim to be, and all text can be found by the signature. */
#include "facts/build.h"

#include "base/utf8.h"
#include "facts/signature.h"
#include "facts/text.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool parenthesized(struct str s)
{
	return s.n >= 2 && s.p[0] == '(' && s.p[s.n - 1] == ')';
}

static void check(const struct facts *f, size_t size)
{
	assert(f->size == size && f->header_n <= size);
	assert(parenthesized(f->envelope) && parenthesized(f->body));
	assert(parenthesized(f->bodystructure));
	assert(f->parts[0].header_n == f->header_n);
	for (size_t i = 0; i < f->part_count; i++) {
		assert(f->parts[i].type.n && f->parts[i].subtype.n);
		assert(f->parts[i].kind == FACTS_PART_LEAF || facts_part_child(f, i));
	}
}

static void check_signature(const struct facts *f, struct str message)
{
	BUF_AUTO piece = BUF_INIT(FACTS_TEXT_PIECE_MAX);
	BUF_AUTO run = BUF_INIT(SIZE_MAX);
	struct facts_text t;
	bool starts;

	facts_text_init(&t, message, f, FACTS_TEXT_ALL);
	while (facts_text_next(&t, &piece, &starts)) {
		if (starts)
			buf_clear(&run);
		buf_str_add(&run, buf_str(&piece));
		assert(utf8_valid(buf_str(&piece)));
		assert(signature_may_have(f->signature, buf_str(&run)));
	}
	assert(!buf_failed(&piece));
	facts_text_fini(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct facts f, g;
	BUF_AUTO b = BUF_INIT(FACTS_SIZE_MAX - FACTS_ORIGIN_MAX);
	BUF_AUTO again = BUF_INIT(FACTS_SIZE_MAX);
	struct err e;

	arena_init(&a, FACTS_ARENA_MAX);
	e = facts_build(str_of(data, size), NULL, &a, &f);
	assert(err_is_ok(e));
	check(&f, size);
	check_signature(&f, str_of(data, size));
	e = facts_write(&f, &b);
	assert(err_is_ok(e));
	e = facts_read(buf_str(&b), &a, &g);
	assert(err_is_ok(e));
	e = facts_write(&g, &again);
	assert(err_is_ok(e) && str_eq(buf_str(&b), buf_str(&again)));
	arena_fini(&a);
	return 0;
}
