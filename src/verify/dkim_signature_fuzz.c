#include "dns/name.h"
#include "verify/dkim_signature.h"
#include "verify/taglist.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void good(const struct dkim_signature *s, struct str value)
{
	assert(s->signature.n > 0 && s->signature.n <= DKIM_SIGNATURE_MAX);
	assert(s->raw_at <= s->raw_to && s->raw_to <= value.n);
	assert(dns_name_is_host(s->domain) && dns_name_is_host(s->selector));
	assert(s->algorithm != DKIM_ALGORITHM_NONE && s->names_n <= DKIM_NAMES_MAX);
	if (s->kind == DKIM_SIGNATURE) {
		assert(dkim_signature_covers(s, STR("from")));
		assert(dns_name_within(s->identity_domain, s->domain));
	} else {
		assert(s->instance >= 1 && s->instance <= ARC_INSTANCE_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str value = str_of(data, size);

	for (int kind = 0; kind < DKIM_KIND_N; kind++) {
		struct arena a;
		struct dkim_signature s;

		arena_init(&a, 1 << 20);
		if (err_is_ok(dkim_signature_parse(value, (enum dkim_kind)kind, &a, &s)))
			good(&s, value);
		arena_fini(&a);
	}
	return 0;
}
