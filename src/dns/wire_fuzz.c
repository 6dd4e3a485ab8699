#include "dns/text.h"
#include "dns/wire.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the type, the rest is the packet. What is found is within the limits of
 * dns/resolver, and can be written. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = {
		DNS_A,   DNS_NS,   DNS_CNAME, DNS_PTR,  DNS_MX,
		DNS_TXT, DNS_AAAA, DNS_SRV,   DNS_TLSA, DNS_CAA,
	};
	BUF_AUTO text = BUF_INIT(1 << 20);
	struct dns_question q = {DNS_A, STR("a.example")};
	struct dns_batch batch;
	struct dns_answer a;
	struct arena arena;
	size_t id;

	if (size == 0)
		return 0;
	q.type = types[data[0] % ARRAY_LEN(types)];
	arena_init(&arena, 4 << 20);
	dns_wire_answer(str_of(data + 1, size - 1), &q, &arena, &a);
	assert(!a.authentic && a.ttl <= INT32_MAX && a.ede >= DNS_EDE_NONE && a.ede <= UINT16_MAX);
	assert((a.status == DNS_FOUND) == (a.n > 0) && (a.status == DNS_FAILED) == (a.error.n > 0));
	for (size_t i = 0; i < a.n; i++)
		buf_dns_record(&text, q.type, &a.record[i]);
	assert(!buf_failed(&text));

	dns_batch_init(&batch, &arena);
	(void)dns_ask(&batch, q.type, q.name);
	assert(dns_batch_next(&batch, &id, &q) && dns_batch_set(&batch, id, &a));
	assert(dns_ask(&batch, q.type, q.name)->status == a.status);
	arena_fini(&arena);
	return 0;
}
