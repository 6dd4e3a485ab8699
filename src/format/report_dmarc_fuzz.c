/* What is read is written and read again, and then writes the same. */
#include "format/report_dmarc.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO first = BUF_INIT(OUT_MAX);
	BUF_AUTO second = BUF_INIT(OUT_MAX);
	BUF_AUTO text = BUF_INIT(OUT_MAX);
	struct json j = json_of(&text);
	struct report_dmarc r;
	struct arena a;

	arena_init(&a, REPORT_ARENA_MAX);
	if (err_is_ok(report_dmarc_read(str_of(data, size), &a, &r))) {
		assert(r.record.n > 0 && r.policy.p && r.policy.p != REPORT_PASS);
		report_dmarc_write(&r, &first);
		assert(err_is_ok(report_dmarc_read(buf_str(&first), &a, &r)));
		report_dmarc_write(&r, &second);
		assert(str_eq(buf_str(&first), buf_str(&second)));
		report_json(&report_dmarc_shape, &r, &j);
		assert(json_complete(&j));
	}
	arena_fini(&a);
	return 0;
}
