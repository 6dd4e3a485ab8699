/* mox serve, localserve, and the processes they start. */
#include "cli/cli.h"

#include "cli/config.h"
#include "cli/localserve.h"
#include "os/clock.h"
#include "os/privilege.h"
#include "os/process.h"
#include "role/parent.h"
#include "role/role.h"
#include <stdio.h>
#include <stdlib.h>

static struct str level_flag(const struct cli *c)
{
	const char *level = cli_flag(c, "loglevel");

	return str_z(level ? level : "");
}

struct err cli_serve(struct cli *c)
{
	struct parent_opts opts = {
		.static_path = cli_config_path(c),
		.one_process = cli_switch(c, "oneprocess"),
		.log_level = level_flag(c),
	};

	return parent_serve(&opts);
}

/* $XDG_CONFIG_HOME/mox-localserve, or ~/.config/mox-localserve. */
static struct str localserve_dir(struct cli *c)
{
	const char *dir = cli_flag(c, "dir"), *base = getenv("XDG_CONFIG_HOME"),
		   *home = getenv("HOME");

	if (dir)
		return str_z(dir);
	if (base && base[0])
		return arena_printf(&c->arena, "%s/mox-localserve", base);
	return arena_printf(&c->arena, "%s/.config/mox-localserve", home ? home : ".");
}

static void localserve_say(void *arg)
{
	fprintf(stderr, "%.*s", STR_ARG(*(const struct str *)arg));
}

struct err cli_localserve(struct cli *c)
{
	const char *ip = cli_flag(c, "ip");
	struct str dir = localserve_dir(c),
		   path = arena_printf(&c->arena, "%.*s/mox.conf", STR_ARG(dir));
	bool made;

	/* Root has nothing here that others have not: files made are to be its own, too. */
	TRY(privilege_drop_capabilities());
	TRY(localserve_init(arena_strz(&c->arena, dir), str_z(ip ? ip : ""), &made));
	if (made)
		fprintf(stderr, "Wrote configuration and certificate to %.*s\n", STR_ARG(dir));
	if (cli_switch(c, "initonly"))
		return ERR_OK;
	BUF_AUTO where = BUF_INIT(65536);

	TRY(localserve_describe(path.p, &where));
	struct str text = buf_str(&where);
	struct parent_opts opts = {
		.static_path = path.p,
		.localserve = true,
		.one_process = cli_switch(c, "oneprocess"),
		.log_level = level_flag(c),
		.serving = localserve_say,
		.arg = &text,
	};

	return parent_serve(&opts);
}

struct err cli_role(struct cli *c)
{
	const struct role_kind *kind = role_kind_find(str_z(c->arg[0]));
	struct fs fs = FS_SYSTEM;
	struct clock clock;
	struct role_host host = {.clock = &clock, .rand = rand_system(), .fs = &fs};

	if (!kind)
		return err_make(ERR_USAGE, "there is no role \"%s\"", c->arg[0]);
	process_ignore_pipe();
	process_leave_signals();
	clock_init(&clock);
	return role_main(kind, ROLE_CONTROL_FD, &host);
}
