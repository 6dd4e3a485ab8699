/* Any pattern compiles to something bounded or is refused; a match lies inside its text. The input
 * is the pattern, a newline, and the text. */
#include "base/regexp.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str pattern, text;
	struct regexp r;
	struct regexp_group g[REGEXP_GROUPS_MAX];

	str_cut(str_of(data, size), '\n', &pattern, &text);
	const char *why = regexp_compile(pattern, &r);

	assert(!why == !regexp_why_not(pattern));
	if (why)
		return 0;
	if (regexp_match(&r, text, g, REGEXP_GROUPS_MAX))
		for (size_t i = 0; i < REGEXP_GROUPS_MAX; i++)
			assert((g[i].from == -1 && g[i].to == -1) ||
			       (0 <= g[i].from && g[i].from <= g[i].to &&
				(size_t)g[i].to <= text.n));
	regexp_fini(&r);
	return 0;
}
