#include "sasl/sasl.h"

#include <assert.h>

/* Credentials are what RFC 4616 §2 lets them be, whatever the responses; the input is the
 * responses, each with its length in front. */
static void exchange(const struct sasl_mech *mech, struct str in)
{
	enum sasl_verdict v = SASL_CHALLENGE;
	struct sasl_server s;
	struct str challenge = STR("");

	sasl_server_init(&s, mech);
	for (int i = 0; v == SASL_CHALLENGE && i < 10 && in.n > 0; i++) {
		size_t n = (unsigned char)in.p[0] * 8U;

		v = sasl_server_step(&s, str_sub(in, 1, 1 + n), &challenge);
		in = str_from(in, 1 + n);
	}
	assert((v == SASL_CREDENTIALS) == secret_is_set(&s.password));
	if (v == SASL_CREDENTIALS) {
		struct str password = secret_view(&s.password);

		assert(s.user.n > 0 && s.user.n <= SASL_VALUE_MAX);
		assert(password.n > 0 && password.n <= SASL_VALUE_MAX);
		assert(str_chr(buf_str(&s.user), '\0') < 0 && str_chr(password, '\0') < 0);
	}
	sasl_server_fini(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sasl_mech *m;

	if (size > 65536)
		return 0;
	for (size_t i = 0; (m = sasl_mech_at(i)); i++)
		exchange(m, str_of(data, size));
	return 0;
}
