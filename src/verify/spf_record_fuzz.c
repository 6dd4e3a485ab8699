#include "verify/spf_macro.h"
#include "verify/spf_record.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct spf_values values = {
	.local = STR_INIT("a-b+c.d"),
	.sender = STR_INIT("sender.example"),
	.domain = STR_INIT("domain.example"),
	.host = STR_INIT("unknown"),
	.helo = STR_INIT("..\xff "),
	.receiver = STR_INIT("mx.example"),
	.ip = {6, {0x20, 1, 0xd, 0xb8}},
};

/* What has passed the rules expands, to a name that exists or to none. */
static void expand(struct str domain_spec)
{
	BUF_AUTO name = BUF_INIT(300);

	if (spf_target_name(&name, domain_spec, &values))
		assert(name.n > 0 && name.n <= 253);
	else
		assert(name.n == 0);
}

/* Terms of a record that has been read are inside it, in order. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_of(data, size);
	struct spf_record r;
	struct spf_term t;
	size_t n = 0;

	if (err_failed(spf_record_parse(text, &r)))
		return 0;
	assert(spf_record_is(text) && size <= SPF_RECORD_MAX);
	for (size_t at = 0, before = 0; spf_record_next(&r, &at, &t); before = at, n++) {
		assert(at > before && t.text.n > 0 && t.text.p + t.text.n == text.p + at);
		assert(t.bits4 <= 32 && t.bits6 <= 128);
		if (t.kind != SPF_MODIFIER && t.domain.n)
			expand(t.domain);
	}
	assert(n == r.terms);
	if (r.redirect.text.n)
		expand(r.redirect.domain);
	if (r.exp.text.n)
		expand(r.exp.domain);
	return 0;
}
