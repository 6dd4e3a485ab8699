#include "verify/dmarc_record.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_uris(struct str s, const struct dmarc_uris *u)
{
	struct str host;

	assert(u->n <= DMARC_URIS_MAX);
	for (size_t i = 0; i < u->n; i++) {
		assert(u->uri[i].p > s.p && u->uri[i].p + u->uri[i].n <= s.p + s.n);
		assert(str_chr(u->uri[i], ',') < 0 && str_chr(u->uri[i], '!') < 0);
		if (dmarc_uri_host(u->uri[i], &host))
			assert(host.n > 0 && host.n < u->uri[i].n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	BUF_AUTO b = BUF_INIT(1000);
	struct dmarc_record r;

	if (!dmarc_record_parse(s, &r))
		return 0;
	assert(r.percent <= 100 && (r.bad & ~r.seen) == 0 && r.failure);
	assert(!(r.policy_bad && !r.rua.n && dmarc_record_usable(&r)));
	check_uris(s, &r.rua);
	check_uris(s, &r.ruf);
	buf_dmarc_ignored(&b, &r);
	assert(!buf_failed(&b));
	return 0;
}
