/* envelope: what a client said in SMTP, as flags of the commands that judge it. */
#ifndef MOX_CLI_ENVELOPE_H
#define MOX_CLI_ENVELOPE_H

#include "cli/cli.h"
#include "verify/spf.h"

enum { CLI_LOCAL_MAX = 4096 };

/* A command's row has these among its flags, if it calls cli_envelope_read. */
/* clang-format off */
#define CLI_FLAGS_ENVELOPE \
	{"ip", "ADDRESS", NULL, "of the client"}, \
	{"helo", "NAME", NULL, "what the client says in HELO or EHLO"}, \
	{"from", "ADDRESS", NULL, "what it says in MAIL FROM; empty for the null path"}
/* clang-format on */

/* Fills in ip, helo, local and domain; local is a buf of CLI_LOCAL_MAX for the local part. */
struct err cli_envelope_read(struct cli *c, struct buf *local, struct spf_args *ret);

#endif
