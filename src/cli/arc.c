/* arc: chains of forwarders, by hand. */
#include "cli/message.h"
#include "cli/resolve.h"

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

static struct err verify(struct cli *c, struct str message, const struct arc_options *o,
			 struct dns_resolver *dns)
{
	struct dns_batch batch;
	struct arc_result result;
	struct arc *arc;

	dns_batch_init(&batch, &c->arena);
	TRY(arc_begin(message, o, &c->arena, &arc));
	while (arc_check(arc, &batch, &result) == DNS_WAIT)
		dns_batch_resolve(&batch, dns);
	return result_print(&result);
}

struct err cli_arc_verify(struct cli *c)
{
	BUF_AUTO message = BUF_INIT(CLI_MESSAGE_MAX);
	struct arc_options o = {0};
	struct cli_resolve r;

	TRY(cli_message_read(c->arg[0], &message, NULL));
	TRY(cli_resolve_open(c, &r));
	o.now = (uint64_t)r.now;
	struct err e = verify(c, buf_str(&message), &o, r.dns);

	cli_resolve_close(&r);
	return e;
}
