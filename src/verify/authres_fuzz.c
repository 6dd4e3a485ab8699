/* What was read and is written is read as the same, whatever stood in it. */
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
			       s.p[i + 2] == ' ' && ++i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	BUF_AUTO once = BUF_INIT(16 << 20);
	BUF_AUTO twice = BUF_INIT(16 << 20);
	struct authres r, back;
	struct arena a;

	(void)authres_claims(s, STR("mx.example"));
	arena_init(&a, 32 << 20);
	if (err_is_ok(authres_parse(s, &a, &r))) {
		buf_authres(&once, &r);
		check_lines(field_value(&once));
		assert(err_is_ok(authres_parse(field_value(&once), &a, &back)));
		assert(back.n == r.n && authres_claims(field_value(&once), back.id));
		buf_authres(&twice, &back);
		assert(str_eq(buf_str(&once), buf_str(&twice)));
	}
	arena_fini(&a);
	return 0;
}
