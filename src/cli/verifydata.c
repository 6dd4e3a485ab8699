/* mox verifydata: checks the accounts of a data folder, without a server. */
#include "cli/cli.h"

#include "store/check.h"
#include "store/data.h"
#include "store/store.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct verify {
	struct store *store;
	bool fix;
	struct str account; /* being looked at */
	uint64_t accounts, messages, findings;
};

static void found(void *arg, struct str what)
{
	struct verify *v = arg;

	printf("%.*s: %.*s\n", STR_ARG(v->account), STR_ARG(what));
}

static struct check_report report_of(struct verify *v)
{
	return (struct check_report){.found = found, .arg = v};
}

static void rebuild(struct verify *v)
{
	struct check_report r = report_of(v);
	struct err e = account_rebuild(v->store, v->account, &r);

	v->findings++;
	if (err_failed(e))
		found(v, err_text(e));
	else
		printf("%.*s: rebuilt, %" PRIu64 " messages, %" PRIu64 " lost\n",
		       STR_ARG(v->account), r.salvaged, r.lost);
}

static struct err look(struct verify *v, struct account *acc)
{
	struct check_report r = report_of(v);
	struct err e = account_check(acc, CHECK_BYTES | (v->fix ? CHECK_FIX : 0), &r);

	v->messages += r.messages;
	v->findings += r.findings;
	return e;
}

/* CORRUPT: the database cannot be used, or not to its end. */
static struct err verify_account(struct verify *v)
{
	struct account *acc;
	struct err e = account_open(v->store, v->account, &acc);

	v->accounts++;
	if (err_is_ok(e)) {
		e = look(v, acc);
		account_close(acc);
	}
	if (!err_is(e, ERR_CORRUPT))
		return e;
	found(v, err_text(e));
	if (v->fix)
		rebuild(v);
	else
		v->findings++;
	return ERR_OK;
}

static struct err verify_all(struct verify *v, struct arena *a)
{
	struct str *names;
	size_t n;

	TRY(store_accounts(v->store, a, &names, &n));
	for (size_t i = 0; i < n; i++) {
		v->account = names[i];
		struct err e = verify_account(v);

		if (err_failed(e)) {
			found(v, err_text(e));
			v->findings++;
		}
	}
	return ERR_OK;
}

struct err cli_verifydata(struct cli *c)
{
	struct fs fs = FS_SYSTEM;
	struct clock clock;
	struct store_options o = {.root = c->arg[0], .clock = &clock};
	struct verify v = {.fix = cli_switch(c, "fix")};
	auto_close int lock = -1;

	clock_init(&clock);
	if (access(c->arg[0], F_OK) != 0)
		return err_errno("data folder %s", c->arg[0]);
	TRY(data_lock(&fs, c->arg[0], &lock));
	TRY(store_open(&o, &v.store));
	struct err e = verify_all(&v, &c->arena);

	store_close(v.store);
	TRY(e);
	printf("%" PRIu64 " accounts, %" PRIu64 " messages\n", v.accounts, v.messages);
	if (v.findings)
		return err_make(ERR_CORRUPT, "%" PRIu64 " findings", v.findings);
	return ERR_OK;
}
