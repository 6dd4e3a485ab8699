/* Any bytes, read as the answer of a dns role that was taken over: what comes of them keeps the
 * limits, and goes through the wire once more as it is. The first byte picks the type.
 */
#include "role/dns_wire.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum dns_type types[] = {
	DNS_A, DNS_NS, DNS_CNAME, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA, DNS_SRV, DNS_TLSA, DNS_CAA,
};

static void answer(enum dns_type type, const struct msg_dns_answer *m, struct arena *arena)
{
	struct msg_dns_answer again, last;
	struct dns_answer a, b;
	BUF_AUTO one = BUF_INIT(1 << 20);
	BUF_AUTO two = BUF_INIT(1 << 20);

	dns_wire_answer_read(type, m, arena, &a);
	assert((a.status == DNS_FOUND) == (a.n > 0) && a.n <= DNS_RECORDS_MAX);
	assert(!dns_is_temporary(&a) || !a.authentic);
	dns_wire_answer_write(type, &a, arena, &again);
	dns_wire_answer_read(type, &again, arena, &b);
	dns_wire_answer_write(type, &b, arena, &last);
	msg_dns_answer_write(&one, &again);
	msg_dns_answer_write(&two, &last);
	assert(!buf_failed(&one) && str_eq(buf_str(&one), buf_str(&two)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msg_dns_answer m;
	struct arena a;

	if (size == 0)
		return 0;
	arena_init(&a, 64 << 20);
	struct err e = msg_dns_answer_read(str_of(data + 1, size - 1), &a, &m);

	if (err_is_ok(e))
		answer(types[data[0] % ARRAY_LEN(types)], &m, &a);
	arena_fini(&a);
	return 0;
}
