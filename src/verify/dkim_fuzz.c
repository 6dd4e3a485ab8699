#include "dns/fake.h"
#include "verify/dkim.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key record, a line end, and a message: every name that is asked for has that record. */
static void resolve(struct dns_batch *b, struct str record)
{
	struct dns_question q;
	size_t id;

	while (dns_batch_next(b, &id, &q)) {
		struct dns_record r = {.txt = {.joined = record, .part = &record, .parts = 1}};
		struct dns_answer answer = {.status = DNS_FOUND, .record = &r, .n = 1};

		assert(q.type == DNS_TXT && dns_batch_set(b, id, &answer));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dkim_options o = {.now = 1700000000, .policy = size & 1};
	struct str record, message;
	struct dkim_results r = {0};
	struct dns_batch batch;
	struct dkim *d;
	struct arena a;

	str_cut(str_of(data, size), '\n', &record, &message);
	arena_init(&a, 16 << 20);
	dns_batch_init(&batch, &a);
	if (err_is_ok(dkim_begin(message, &o, &a, &d))) {
		while (dkim_check(d, &batch, &r) == DNS_WAIT)
			resolve(&batch, record);
		assert(r.n <= DKIM_SIGNATURES_MAX && r.n <= r.found);
		for (size_t i = 0; i < r.n; i++)
			assert(r.result[i].why.n && r.result[i].result != AUTH_SOFTFAIL &&
			       r.result[i].result != AUTH_NEUTRAL);
	}
	arena_fini(&a);
	return 0;
}
