#include "cli/cli.h"

#include <assert.h>
#include <stdio.h>
#include <unistd.h>

enum { ARENA_CAP = 64 << 20 };

const char *cli_flag(const struct cli *c, const char *name)
{
	for (int i = 0; i < CLI_FLAGS_MAX && c->command->flags[i].name; i++)
		if (str_eq(str_z(name), str_z(c->command->flags[i].name)))
			return c->flag[i] ? c->flag[i] : c->command->flags[i].initial;
	assert(!"a flag that the command does not have");
	return NULL;
}

bool cli_switch(const struct cli *c, const char *name)
{
	return cli_flag(c, name) != NULL;
}

/* The row whose words begin argv; the most words win. *ret_used: how many they are. */
static const struct cli_command *command_find(int argc, char **argv, int *ret_used)
{
	const struct cli_command *best = NULL;

	*ret_used = 0;
	for (size_t i = 0; i < cli_command_count; i++) {
		struct str rest = str_z(cli_commands[i].words), word;
		int k = 0;

		while (rest.n) {
			str_cut(rest, ' ', &word, &rest);
			if (k >= argc || !str_eq(word, str_z(argv[k])))
				break;
			k++;
			if (rest.n == 0 && k > *ret_used) {
				best = &cli_commands[i];
				*ret_used = k;
			}
		}
	}
	return best;
}

/* Whether a command has these words at its front: "config" of "config test". */
static bool is_group(struct str word)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		struct str head, tail;

		if (str_cut(str_z(cli_commands[i].words), ' ', &head, &tail) && str_eq(head, word))
			return true;
	}
	return false;
}

static void list(FILE *to, struct str group)
{
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *m = &cli_commands[i];
		int width = (int)(strlen(m->words) + 1 + strlen(m->args));

		if (m->hidden || !str_starts(str_z(m->words), group))
			continue;
		fprintf(to, "  mox %s %s%*s %s\n", m->words, m->args, width < 32 ? 32 - width : 0,
			"", m->brief);
	}
}

static void explain(FILE *to, const struct cli_command *m)
{
	fprintf(to, "usage: mox %s%s%s%s\n\n%s\n", m->words, m->flags[0].name ? " [FLAGS]" : "",
		m->args[0] ? " " : "", m->args, m->help);
	for (int i = 0; i < CLI_FLAGS_MAX && m->flags[i].name; i++) {
		const struct cli_flag *f = &m->flags[i];

		fprintf(to, "%s  -%s%s%s\n        %s\n", i ? "" : "\nFlags:\n", f->name,
			f->value ? " " : "", f->value ? f->value : "", f->help);
	}
}

struct err cli_help(struct cli *c)
{
	int used;
	const struct cli_command *m = command_find(c->arg_count, (char **)c->arg, &used);

	if (c->arg_count && m && used == c->arg_count) {
		explain(stdout, m);
		return ERR_OK;
	}
	if (c->arg_count && !is_group(str_z(c->arg[0])))
		return err_make(ERR_USAGE, "there is no command \"%s\"; see mox help", c->arg[0]);
	printf("mox is a mail server in one program. `mox help COMMAND` says more.\n\n");
	list(stdout, str_z(c->arg_count ? c->arg[0] : ""));
	return ERR_OK;
}

struct err cli_version(struct cli *c)
{
	(void)c;
	printf("mox %s\n", MOX_VERSION);
	return ERR_OK;
}

/* Takes `-name`, `--name`, `-name=value` or `-name value` at argv[*i]. */
static struct err flag_take(struct cli *c, int argc, char **argv, int *i)
{
	struct str text = str_z(argv[*i]), name, value;
	bool has_value =
		str_cut(str_from(text, str_starts(text, STR("--")) ? 2 : 1), '=', &name, &value);

	for (int k = 0; k < CLI_FLAGS_MAX && c->command->flags[k].name; k++) {
		const struct cli_flag *f = &c->command->flags[k];

		if (!str_eq(name, str_z(f->name)))
			continue;
		if (!f->value && has_value)
			return err_make(ERR_USAGE, "-%s takes no value", f->name);
		if (f->value && !has_value && *i + 1 >= argc)
			return err_make(ERR_USAGE, "-%s needs a value: %s", f->name, f->value);
		c->flag[k] = !f->value ? "" : has_value ? value.p : argv[++*i];
		return ERR_OK;
	}
	return err_make(ERR_USAGE, "mox %s has no flag -%.*s", c->command->words, STR_ARG(name));
}

static struct err args_take(struct cli *c, int argc, char **argv)
{
	bool flags = true;

	for (int i = 0; i < argc; i++) {
		if (flags && str_eq(str_z(argv[i]), STR("--"))) {
			flags = false;
		} else if (flags && argv[i][0] == '-' && argv[i][1]) {
			TRY(flag_take(c, argc, argv, &i));
		} else if (c->arg_count < CLI_ARGS_MAX) {
			c->arg[c->arg_count++] = argv[i];
		} else {
			return err_make(ERR_USAGE, "more than %d arguments", CLI_ARGS_MAX);
		}
	}
	if ((unsigned)c->arg_count < c->command->args_min)
		return err_make(ERR_USAGE, "mox %s needs %s", c->command->words, c->command->args);
	if ((unsigned)c->arg_count > c->command->args_max)
		return err_make(ERR_USAGE, "unexpected argument \"%s\"",
				c->arg[c->command->args_max]);
	return ERR_OK;
}

/* What was printed is out, or the command has failed. */
static struct err printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return ERR_OK;
	return err_make(ERR_IO, "standard output cannot be written");
}

static int command_run(const struct cli_command *m, int argc, char **argv, const char *program)
{
	struct cli c = {.command = m, .program = program};

	arena_init(&c.arena, ARENA_CAP);
	struct err e = args_take(&c, argc, argv);
	int status = err_failed(e) ? 2 : 0;

	if (err_is_ok(e)) {
		e = m->run(&c);
		if (err_is_ok(e))
			e = printed();
		status = err_failed(e) ? 1 : 0;
	}
	if (err_failed(e))
		fprintf(stderr, "mox: %.*s\n", STR_ARG(err_text(e)));
	if (status == 2)
		fprintf(stderr, "see mox help %s\n", m->words);
	arena_fini(&c.arena);
	return status;
}

int cli_main(int argc, char **argv)
{
	int used = 0;

	if (argc == 2 &&
	    (str_eq(str_z(argv[1]), STR("-h")) || str_eq(str_z(argv[1]), STR("--help"))))
		argv[1] = (char *)"help";
	const struct cli_command *m = argc > 1 ? command_find(argc - 1, argv + 1, &used) : NULL;

	if (m)
		return command_run(m, argc - 1 - used, argv + 1 + used, argv[0]);
	if (argc > 1 && is_group(str_z(argv[1]))) {
		fprintf(stderr, "mox %s is one of:\n\n", argv[1]);
		list(stderr, str_z(argv[1]));
		return 2;
	}
	if (argc > 1)
		fprintf(stderr, "mox: there is no command \"%s\"\n\n", argv[1]);
	list(stderr, STR(""));
	return 2;
}
