#include "verify/taglist.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size), part;
	struct taglist l;

	if (err_failed(taglist_parse(s, &l)))
		return 0;
	assert(l.n > 0 && l.n <= TAGLIST_MAX);
	for (size_t i = 0; i < l.n; i++) {
		const struct tag *t = &l.tag[i];
		struct str rest = t->value;

		assert(taglist_get(&l, t->name) == t);
		assert(str_eq(str_trim(str_sub(s, t->raw_at, t->raw_to)), t->value));
		while (taglist_next(&rest, ':', &part))
			assert(part.n <= t->value.n);
	}
	return 0;
}
