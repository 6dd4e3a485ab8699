/* arc: chains of forwarders, by hand. */
#include "cli/message.h"

#include "verify/arc.h"
#include <stdio.h>

enum { OUTPUT_MAX = 1 << 20 };

static void set_explain(struct buf *b, const struct arc_set *s)
{
	buf_printf(b, "i=%u seal d=%.*s s=%.*s, message d=%.*s s=%.*s: ", s->seal.instance,
		   STR_ARG(s->seal.domain), STR_ARG(s->seal.selector), STR_ARG(s->message.domain),
		   STR_ARG(s->message.selector));
	buf_cli_line(b, s->results);
	buf_char(b, '\n');
}

static struct err result_print(const struct arc_result *r)
{
	BUF_AUTO out = BUF_INIT(OUTPUT_MAX);

	buf_strs(&out, auth_result_name(r->result), r->authentic ? STR(" authentic ") : STR(" "));
	buf_cli_line(&out, r->why);
	if (r->result == AUTH_PASS)
		buf_printf(&out, ", oldest-pass=%u", r->oldest_pass);
	buf_char(&out, '\n');
	for (size_t i = 0; i < r->n; i++)
		set_explain(&out, &r->set[i]);
	printf("%.*s", STR_ARG(buf_str(&out)));
	return r->result == AUTH_FAIL ? err_make(ERR_NOT_ALLOWED, "the chain is broken") : ERR_OK;
}

static struct err verify(struct cli *c, struct cli_case *k)
{
	struct arc_options o = {.now = (uint64_t)k->resolve.now};
	struct arc_result result;
	struct arc *arc;

	TRY(arc_begin(buf_str(&k->message), &o, &c->arena, &arc));
	while (arc_check(arc, &k->batch, &result) == DNS_WAIT)
		dns_batch_resolve(&k->batch, k->resolve.dns);
	return result_print(&result);
}

struct err cli_arc_verify(struct cli *c)
{
	struct cli_case k;

	TRY(cli_case_open(c, &k));
	struct err e = verify(c, &k);

	cli_case_close(&k);
	return e;
}
