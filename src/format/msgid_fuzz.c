#include "base/buf.h"
#include "format/msgid.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Canonical form is a fixed point: read again, it stays as it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of(data, size), id, again;
	struct msgid_list l = {0};
	struct arena a;

	arena_init(&a, 16 << 20);
	msgid_references(in, &a, &l);
	for (size_t i = 0; i < l.n; i++) {
		BUF_AUTO b = BUF_INIT(2 * size + 10);
		struct msgid_list one = {0};

		assert(l.at[i].n > 0 && str_chr(l.at[i], '>') < 0 && str_chr(l.at[i], '\n') < 0);
		buf_strs(&b, STR("<"), l.at[i], STR(">"));
		if (str_chr(l.at[i], '<') >= 0)
			continue;
		msgid_references(buf_str(&b), &a, &one);
		assert(one.n == 1 && str_eq(one.at[0], l.at[i]));
	}
	if (msgid_canonical(in, &a, &id)) {
		BUF_AUTO b = BUF_INIT(2 * size + 10);

		buf_strs(&b, STR("<"), id, STR(">"));
		assert(msgid_canonical(buf_str(&b), &a, &again) && str_eq(id, again));
	}
	arena_fini(&a);
	return 0;
}
