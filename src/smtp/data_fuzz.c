#include "smtp/data.h"

#include "base/buf.h"
#include <assert.h>

static size_t decode(struct str in, const uint8_t *steps, struct smtp_data *d, struct buf *ret)
{
	size_t taken = 0;

	smtp_data_init(d);
	for (size_t i = 0; taken < in.n && !smtp_data_ended(d); i++) {
		size_t n = steps ? steps[i % 4] + 1U : in.n;
		struct str step = str_sub(in, taken, taken + n), rest = step, piece;

		while ((piece = smtp_data_next(d, &rest)).n)
			buf_str_add(ret, piece);
		taken += step.n - rest.n;
	}
	return taken;
}

static bool facts_eq(const struct smtp_data_facts *a, const struct smtp_data_facts *b)
{
	return a->size == b->size && a->lines == b->lines && a->longest_line == b->longest_line &&
	       a->bare_cr == b->bare_cr && a->bare_lf == b->bare_lf &&
	       a->eight_bit == b->eight_bit && a->nul == b->nul &&
	       a->ends_in_crlf == b->ends_in_crlf;
}

/* The message ends at the first CRLF.CRLF (or .CRLF at the very start), found without decoding. */
static size_t real_end(struct str in)
{
	if (str_starts(in, STR(".\r\n")))
		return 3;
	ssize_t at = str_find(in, STR("\r\n.\r\n"), 0);

	return at < 0 ? 0 : (size_t)at + 5;
}

/* Dot-stuffs what was decoded, as a client does, and wants the input again. */
static void stuffs_back(struct str decoded, struct str in)
{
	BUF_AUTO b = BUF_INIT(in.n * 2 + 16);

	for (size_t i = 0; i < decoded.n; i++) {
		bool start =
			i == 0 || (i > 1 && decoded.p[i - 1] == '\n' && decoded.p[i - 2] == '\r');

		if (start && decoded.p[i] == '.')
			buf_char(&b, '.');
		buf_char(&b, decoded.p[i]);
	}
	buf_str_add(&b, STR(".\r\n"));
	struct smtp_data d;
	BUF_AUTO again = BUF_INIT(in.n * 2 + 16);

	assert(decode(buf_str(&b), NULL, &d, &again) == b.n);
	assert(smtp_data_ended(&d) && str_eq(buf_str(&again), decoded));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_data whole, parts;

	if (size < 4 || size > 65536)
		return 0;
	struct str in = str_of(data + 4, size - 4);
	BUF_AUTO a = BUF_INIT(size);
	BUF_AUTO b = BUF_INIT(size);
	size_t taken = decode(in, NULL, &whole, &a);

	assert(decode(in, data, &parts, &b) == taken);
	assert(str_eq(buf_str(&a), buf_str(&b)));
	assert(facts_eq(&whole.facts, &parts.facts));
	assert(smtp_data_ended(&whole) == smtp_data_ended(&parts));
	assert(smtp_data_ended(&whole) == (real_end(in) != 0));
	if (smtp_data_ended(&whole)) {
		assert(taken == real_end(in));
		assert(whole.facts.ends_in_crlf);
		stuffs_back(buf_str(&a), in);
	}
	return 0;
}
