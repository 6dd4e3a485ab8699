/* mox import mbox, import maildir, export maildir. */
#include "cli/cli.h"

#include "store/import.h"
#include "store/mailbox.h"
#include <inttypes.h>
#include <stdio.h>

static void failed(void *arg, struct str what)
{
	(void)arg;
	fprintf(stderr, "%.*s\n", STR_ARG(what));
}

/* What a command does with the account that its first two arguments name. */
static struct err with_account(struct cli *c, struct err (*run)(struct cli *c, struct account *acc,
								struct import_report *r))
{
	struct clock clock;
	struct store_options o = {.root = c->arg[0], .clock = &clock};
	struct import_report r = {.failed = failed};
	struct store *s;
	struct account *acc;

	clock_init(&clock);
	TRY(store_open(&o, &s));
	struct err e = account_open(s, str_z(c->arg[1]), &acc);

	if (err_is_ok(e)) {
		e = run(c, acc, &r);
		account_close(acc);
	}
	store_close(s);
	printf("%" PRIu64 " messages\n", r.messages);
	TRY(e);
	if (r.failures)
		return err_make(ERR_IO, "%" PRIu64 " messages failed", r.failures);
	return ERR_OK;
}

static struct err mbox(struct cli *c, struct account *acc, struct import_report *r)
{
	struct str mailbox;

	TRY(mailbox_name(str_z(c->arg[2]), &c->arena, &mailbox));
	return import_mbox(acc, mailbox, c->arg[3], r);
}

static struct err maildir(struct cli *c, struct account *acc, struct import_report *r)
{
	struct str mailbox;

	TRY(mailbox_name(str_z(c->arg[2]), &c->arena, &mailbox));
	return import_maildir(acc, mailbox, c->arg[3], r);
}

static struct err to_maildir(struct cli *c, struct account *acc, struct import_report *r)
{
	return export_maildir(acc, c->arg[2], r);
}

struct err cli_import_mbox(struct cli *c)
{
	return with_account(c, mbox);
}

struct err cli_import_maildir(struct cli *c)
{
	return with_account(c, maildir);
}

struct err cli_export_maildir(struct cli *c)
{
	return with_account(c, to_maildir);
}
