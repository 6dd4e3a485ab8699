/* Any fields give a report that can be shown, or none. */
#include "format/report_arf.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO text = BUF_INIT(64 << 20);
	struct json j = json_of(&text);
	struct report_arf r;
	struct arena a;

	arena_init(&a, REPORT_ARENA_MAX);
	if (err_is_ok(report_arf_read(str_of(data, size), &a, &r))) {
		assert(r.feedback_type.p && !r.original_header.p);
		report_json(&report_arf_shape, &r, &j);
		assert(json_complete(&j));
	}
	arena_fini(&a);
	return 0;
}
