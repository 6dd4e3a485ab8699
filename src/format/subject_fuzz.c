#include "base/utf8.h"
#include "format/subject.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A base subject is UTF-8 and its own base subject. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO once = BUF_INIT(4 * SUBJECT_MAX);
	BUF_AUTO twice = BUF_INIT(4 * SUBJECT_MAX);

	subject_base(str_of(data, size), &once);
	assert(!buf_failed(&once) && utf8_valid(buf_str(&once)));
	subject_base(buf_str(&once), &twice);
	assert(once.n > SUBJECT_MAX || str_eq(buf_str(&once), buf_str(&twice)));
	return 0;
}
