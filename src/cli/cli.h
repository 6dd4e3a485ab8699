/* cli: the program's subcommands: a table of rows, one file or group of files each.
 *
 * A row says all that is known of a command: its words, arguments, flags, help. `mox help`, usage
 * errors and the parser of arguments come from it. Flags are written `-name value` or
 * `-name=value`, switches `-name`; two dashes will do too.
 */
#ifndef MOX_CLI_CLI_H
#define MOX_CLI_CLI_H

#include "base/arena.h"
#include "base/err.h"

enum { CLI_FLAGS_MAX = 8, CLI_ARGS_MAX = 64 };

struct cli_flag {
	const char *name;
	const char *value; /* what its value is, for help; NULL: a switch */
	const char *initial;
	const char *help;
};

/* A command line that was understood. */
struct cli {
	const struct cli_command *command;
	const char *program;             /* argv[0] */
	const char *flag[CLI_FLAGS_MAX]; /* by the row's order; a switch: "" if given, else NULL */
	const char *arg[CLI_ARGS_MAX];
	int arg_count;
	struct arena arena; /* as long as the command runs */
};

struct cli_command {
	const char *words;           /* "config test" */
	const char *args;            /* "[LEVEL [PACKAGE]]", "" */
	const char *brief;           /* one line, for the list */
	const char *help;            /* the rest; ends without a line end */
	unsigned args_min, args_max; /* how many arguments */
	bool hidden;                 /* not listed: for the program itself */
	/* What to do; a failure is printed and makes the exit status 1. */
	struct err (*run)(struct cli *c);
	struct cli_flag flags[CLI_FLAGS_MAX];
};

/* The value of the command's flag; its initial value if it was not given. A name that the row
 * does not have is a bug. */
const char *cli_flag(const struct cli *c, const char *name);
bool cli_switch(const struct cli *c, const char *name);

extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

/* One of these per command. */
struct err cli_version(struct cli *c);
struct err cli_help(struct cli *c);
struct err cli_serve(struct cli *c);
struct err cli_localserve(struct cli *c);
struct err cli_role(struct cli *c);
struct err cli_stop(struct cli *c);
struct err cli_loglevels(struct cli *c);
struct err cli_metrics(struct cli *c);
struct err cli_verifydata(struct cli *c);
struct err cli_backup(struct cli *c);
struct err cli_import_mbox(struct cli *c);
struct err cli_import_maildir(struct cli *c);
struct err cli_export_maildir(struct cli *c);
struct err cli_setaccountpassword(struct cli *c);
struct err cli_dns_lookup(struct cli *c);
struct err cli_spf_check(struct cli *c);
struct err cli_spf_lookup(struct cli *c);
struct err cli_spf_parse(struct cli *c);
struct err cli_dmarc_parsereportmsg(struct cli *c);
struct err cli_tlsrpt_parsereportmsg(struct cli *c);
struct err cli_arf_parsereportmsg(struct cli *c);
struct err cli_dnsbl_check(struct cli *c);
struct err cli_dnsbl_checkhealth(struct cli *c);
struct err cli_iprev(struct cli *c);
struct err cli_dmarc_lookup(struct cli *c);
struct err cli_dmarc_verify(struct cli *c);
struct err cli_verify(struct cli *c);
struct err cli_dmarc_checkreportaddrs(struct cli *c);
struct err cli_dkim_genrsa(struct cli *c);
struct err cli_dkim_gened25519(struct cli *c);
struct err cli_dkim_txt(struct cli *c);
struct err cli_dkim_lookup(struct cli *c);
struct err cli_dkim_sign(struct cli *c);
struct err cli_dkim_verify(struct cli *c);
struct err cli_arc_verify(struct cli *c);
struct err cli_config_test(struct cli *c);
struct err cli_config_describe_static(struct cli *c);
struct err cli_config_describe_domains(struct cli *c);

/* Finds the command for argv and runs it; the exit status: 0, 1 failed, 2 not understood. */
int cli_main(int argc, char **argv);

#endif
