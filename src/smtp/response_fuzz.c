#include "smtp/response.h"

#include "smtp/limit.h"
#include <assert.h>

static enum smtp_response_verdict read_all(struct smtp_response *r, struct str in, size_t step,
					   size_t *ret_taken)
{
	enum smtp_response_verdict v = SMTP_RESPONSE_MORE;
	size_t have = 0;

	*ret_taken = 0;
	while (v == SMTP_RESPONSE_MORE && have < in.n) {
		have = have + step < in.n ? have + step : in.n;
		struct str piece = str_sub(in, *ret_taken, have), rest = piece;

		v = smtp_response_read(r, &rest);
		*ret_taken += piece.n - rest.n;
	}
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_response whole, parts;
	size_t taken, taken_parts;

	if (size < 1 || size > 65536)
		return 0;
	struct str in = str_of(data + 1, size - 1);

	smtp_response_init(&whole);
	smtp_response_init(&parts);
	enum smtp_response_verdict v = read_all(&whole, in, in.n + 1, &taken);

	assert(read_all(&parts, in, data[0] % 7 + 1U, &taken_parts) == v);
	assert(str_eq(buf_str(&whole.text), buf_str(&parts.text)));
	assert(!buf_failed(&whole.text));
	if (v == SMTP_RESPONSE_DONE) {
		assert(taken == taken_parts && whole.code == parts.code);
		assert(whole.code >= 200 && whole.code < 600);
		assert(str_starts(buf_str(&whole.text), whole.enhanced));
		struct smtp_offer o = smtp_offer_of(&whole);

		assert(!smtp_offer_has_mech(&o, STR("")));
	}
	smtp_response_fini(&whole);
	smtp_response_fini(&parts);
	return 0;
}
