/* What is read is written and read again as an equal tree. */
#include "format/jsonread.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	JSON_AUTO *j = NULL;
	JSON_AUTO *again = NULL;

	if (err_failed(jsonread(str_of(data, size), &j)))
		return 0;
	char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);

	assert(text && err_is_ok(jsonread(str_z(text), &again)) && json_equal(j, again));
	free(text);
	return 0;
}
