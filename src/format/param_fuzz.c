#include "format/param.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_joined(const struct param_list *list, struct arena *a)
{
	struct param_texts t;

	assert(list->n <= PARAM_MAX);
	for (size_t i = 0; i < list->n; i++) {
		assert(list->v[i].name.n && list->v[i].value.p);
		assert(param_raw(list, list->v[i].name).p == list->v[i].value.p);
	}
	if (!param_join(list, a, &t)) {
		assert(arena_failed(a));
		return;
	}
	assert(t.n <= list->n);
	for (size_t i = 0; i < t.n; i++) {
		struct param_text one;

		assert(param_get(list, t.v[i].name, a, &one) || arena_failed(a));
		assert(arena_failed(a) || str_eq(one.value, t.v[i].value));
	}
}

/* The first byte makes the arena small at times. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct content_disposition d;
	struct content_type t;
	struct param_strs languages;
	struct str text;
	struct arena a;

	if (size == 0)
		return 0;
	struct str value = str_of(data + 1, size - 1);

	arena_init(&a, data[0] < 8 ? (size_t)data[0] * 100 : 8 << 20);
	if (param_content_type(value, &a, &t)) {
		assert(t.type.n && t.type.n == t.type_written.n);
		assert(t.subtype.n && str_eq_nocase(t.subtype, t.subtype_written));
		check_joined(&t.params, &a);
	}
	if (param_content_disposition(value, &a, &d))
		check_joined(&d.params, &a);
	if (param_content_language(value, &a, &languages))
		assert(languages.n && languages.n <= PARAM_MAX && languages.v[0].n);
	if (param_content_text(value, &a, &text))
		assert(text.n && text.n <= value.n);
	arena_fini(&a);
	return 0;
}
