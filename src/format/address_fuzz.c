#include "base/buf.h"
#include "format/address.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct str s, size_t max)
{
	assert(s.n <= max);
	for (size_t i = 0; i < s.n; i++)
		assert(s.p[i] != '\0' && s.p[i] != '\r' && s.p[i] != '\n');
}

/* Groups are balanced, strings are clean and no longer than what they were read from, and where
 * the strict parser finds an address the list has just that one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of(data, size);
	struct address_list l;
	struct address one;
	struct arena a;
	int depth = 0;

	arena_init(&a, 64 << 20);
	address_list_parse(in, &a, &l);
	assert(l.n <= size + 1 && l.n <= ADDRESS_LIST_MAX);
	for (size_t i = 0; i < l.n; i++) {
		depth += l.at[i].kind == ADDRESS_GROUP_BEGIN;
		depth -= l.at[i].kind == ADDRESS_GROUP_END;
		assert(depth == 0 || depth == 1);
		check_text(l.at[i].name, size);
		check_text(l.at[i].local, size);
		check_text(l.at[i].domain, size);
	}
	assert(depth == 0);
	/* The list's lexer ends a domain-literal at a comma, the grammar does not. */
	if (err_is_ok(address_spec_parse(in, &a, &one)) && str_chr(in, '[') < 0) {
		assert(l.n == 1 && l.irregular == 0);
		assert(str_eq(l.at[0].local, one.local) && str_eq(l.at[0].domain, one.domain));
	}
	arena_fini(&a);
	return 0;
}
