#include "base/buf.h"
#include "format/header.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A field written again is the same field; unfolding leaves no line end. */
static void check_field(struct str s, const struct header_field *f)
{
	struct str whole = str_sub(s, f->from, f->to);
	struct header_iter it = header_iter_of(whole);
	struct header_field again;
	struct arena a;

	assert(f->name.n && f->name.p == whole.p);
	assert(f->value.p > whole.p && f->value.p + f->value.n <= whole.p + whole.n);
	assert(header_next(&it, &again) && it.at == whole.n);
	assert(str_eq(again.name, f->name) && str_eq(again.value, f->value));

	arena_init(&a, 1 << 20);
	struct str text = header_unfold(&a, f->value);
	assert(arena_failed(&a) || str_chr(text, '\n') < 0);
	assert(text.n <= f->value.n);
	arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	struct header_iter it = header_iter_of(s);
	struct header_field f;
	bool separator;
	size_t end = header_end(s, &separator), at = 0;

	assert(end <= size && (separator || end == size));
	while (header_next(&it, &f)) {
		assert(f.from >= at && f.from < f.to && f.to <= end);
		at = f.to;
		check_field(s, &f);
	}
	assert(it.at <= end);
	assert(separator ? header_line_empty(s, it.at) && header_line_next(s, it.at) == end
			 : it.at == size);
	return 0;
}
