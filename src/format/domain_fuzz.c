/* The canonical form of a name is its own canonical form; the form for people has the same. */
#include "format/domain.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	BUF_AUTO a = BUF_INIT(4000);
	BUF_AUTO b = BUF_INIT(4000);

	if (domain_ascii(s, &a)) {
		assert(a.n > 0 && a.n <= DOMAIN_MAX);
		assert(domain_ascii(buf_str(&a), &b) && str_eq(buf_str(&a), buf_str(&b)));
		assert(domain_eq(s, buf_str(&a)));
	} else {
		assert(a.n == 0);
	}
	buf_clear(&a);
	buf_clear(&b);
	if (local_part_fold(s, false, &a) && a.n <= DOMAIN_LOCAL_MAX) {
		assert(local_part_fold(buf_str(&a), false, &b));
		assert(str_eq(buf_str(&a), buf_str(&b)));
	}
	return 0;
}
