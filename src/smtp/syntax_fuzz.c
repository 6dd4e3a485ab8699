#include "smtp/syntax.h"

#include <assert.h>

static bool inside(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* What was read is written and read again to an equal path. */
static void path_round_trips(const struct smtp_path *p, const struct smtp_syntax *rules,
			     bool reverse, struct arena *a)
{
	struct smtp_path_rules r = {.utf8 = true, .pedantic = rules->pedantic};
	struct smtp_path again;
	BUF_AUTO b = BUF_INIT(4096);

	buf_smtp_path(&b, p);
	assert(!buf_failed(&b));
	struct cur c = cur_of(buf_str(&b));

	if (reverse)
		x_smtp_reverse_path(&c, &r, a, &again);
	else
		x_smtp_forward_path(&c, &r, a, &again);
	cur_xend(&c);
	assert(!cur_failed(&c));
	assert(smtp_path_eq(p, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 4096)
		return 0;
	struct smtp_syntax rules = {.submission = data[0] & 1,
				    .pedantic = data[0] & 2,
				    .utf8 = data[0] & 4,
				    .params = data[0] >> 3};
	struct str line = str_of(data + 1, size - 1);
	struct smtp_cmd cmd;
	struct arena a;

	arena_init(&a, 65536);
	struct err e = smtp_cmd_parse(line, &rules, &a, &cmd);

	assert(cmd.verb < SMTP_VERB_COUNT);
	assert(inside(cmd.name, line));
	if (err_is_ok(e)) {
		assert(inside(cmd.text, line));
		assert(inside(cmd.auth.initial, line));
		assert(!(cmd.mail.params & ~rules.params));
		if (cmd.verb == SMTP_MAIL || cmd.verb == SMTP_RCPT)
			path_round_trips(&cmd.path, &rules, cmd.verb == SMTP_MAIL, &a);
	}
	arena_fini(&a);
	return 0;
}
