#include "dns/resolver.h"
#include "verify/arc.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key record, a line end, and a message: every name that is asked for has that record. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct arc_options o = {.now = 1700000000};
	struct str record, message;
	struct dns_question q;
	struct dns_batch batch;
	struct arc_result r;
	struct arc *c;
	struct arena a;
	size_t id;

	str_cut(str_of(data, size), '\n', &record, &message);
	arena_init(&a, 16 << 20);
	dns_batch_init(&batch, &a);
	if (err_is_ok(arc_begin(message, &o, &a, &c))) {
		while (arc_check(c, &batch, &r) == DNS_WAIT) {
			while (dns_batch_next(&batch, &id, &q)) {
				struct dns_record txt = {
					.txt = {.joined = record, .part = &record, .parts = 1}};
				struct dns_answer answer = {
					.status = DNS_FOUND, .record = &txt, .n = 1};

				assert(dns_batch_set(&batch, id, &answer));
			}
		}
		assert(r.result == AUTH_NONE || r.result == AUTH_PASS || r.result == AUTH_FAIL);
		assert(r.n <= ARC_INSTANCE_MAX && (r.result == AUTH_PASS || r.oldest_pass == 0));
		assert(r.result != AUTH_PASS || (r.n && r.oldest_pass <= r.n));
	}
	arena_fini(&a);
	return 0;
}
