/* What is written is read as the same, whatever stood in it. */
#include "verify/authres.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str field_value(const struct buf *b)
{
	static const struct str name = STR_INIT("Authentication-Results:");

	assert(str_starts(buf_str(b), name) && str_ends(buf_str(b), STR("\r\n")));
	return str_sub(buf_str(b), name.n, b->n - 2);
}

/* One field: a line end stands in it only before white space. */
static void check_lines(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		assert(s.p[i] != '\0');
		if (s.p[i] == '\r' || s.p[i] == '\n')
			assert(i + 2 < s.n && s.p[i] == '\r' && s.p[i + 1] == '\n' &&
			       ch_is_wsp(s.p[i + 2]) && ++i);
	}
}

static void check_method(const struct authres_method *a, const struct authres_method *b)
{
	assert(str_eq(a->name, b->name) && a->version == b->version);
	assert(str_eq(a->result, b->result) && str_eq(a->reason, b->reason));
	assert(str_eq(str_trim(a->comment), str_trim(b->comment)) && a->n == b->n);
	for (size_t i = 0; i < a->n; i++) {
		const struct authres_property *p = &a->property[i], *q = &b->property[i];

		assert(str_eq(p->type, q->type) && str_eq(p->name, q->name));
		assert(str_eq(p->value, q->value));
	}
}

/* Writes r and reads that. */
static void again(const struct authres *r, struct arena *a, struct authres *ret)
{
	BUF_AUTO b = BUF_INIT(16 << 20);

	buf_authres(&b, r);
	struct str field = arena_dup(a, field_value(&b));

	check_lines(field);
	assert(err_is_ok(authres_parse(field, a, ret)));
	assert(ret->n == r->n && authres_claims(field, ret->id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	struct authres r, once, twice;
	struct arena a;

	(void)authres_claims(s, STR("mx.example"));
	arena_init(&a, 32 << 20);
	if (err_is_ok(authres_parse(s, &a, &r))) {
		again(&r, &a, &once);
		again(&once, &a, &twice);
		assert(str_eq(once.id, twice.id) && once.version == twice.version);
		for (size_t i = 0; i < once.n; i++)
			check_method(&once.method[i], &twice.method[i]);
	}
	arena_fini(&a);
	return 0;
}
