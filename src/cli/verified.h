/* verified: a message file and an envelope, judged as the server would: for the commands that print
 * what came of it.
 */
#ifndef MOX_CLI_VERIFIED_H
#define MOX_CLI_VERIFIED_H

#include "cli/message.h"
#include "verify/verify.h"

struct cli_verified {
	struct cli_case judged;
	struct buf local, explain; /* explain: SPF's steps */
	struct verify_args args;
	struct verify *verify; /* done */
};

/* The command's row has CLI_FLAGS_ENVELOPE and CLI_FLAGS_DNS, and the message as its first
 * argument. After success it is to be closed. */
struct err cli_verified_open(struct cli *c, struct cli_verified *ret);
void cli_verified_close(struct cli_verified *k);
/* ERR_OK if DMARC passes: the command's exit status. */
struct err cli_verified_error(const struct cli_verified *k);

#endif
