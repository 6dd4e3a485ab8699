/* message: the message that a command is to look at. */
#ifndef MOX_CLI_MESSAGE_H
#define MOX_CLI_MESSAGE_H

#include "cli/resolve.h"

enum { CLI_MESSAGE_MAX = 256 << 20 };

/* The file's bytes, as they are; "-" is standard input. Added to ret. */
struct err cli_file_read(const char *path, struct buf *ret);
/* The file as the network has it: lines end with CRLF. *ret_lf (may be NULL): the file has line
 * ends of LF alone. */
struct err cli_message_read(const char *path, struct buf *ret, bool *ret_lf);

/* A message, and the DNS and the time by which it is to be judged: for commands that verify. */
struct cli_case {
	struct buf message;
	struct cli_resolve resolve;
	struct dns_batch batch;
};

/* The command's row has CLI_FLAGS_DNS, and the message as its first argument. After success it is
 * to be closed. */
struct err cli_case_open(struct cli *c, struct cli_case *ret);
void cli_case_close(struct cli_case *k);

/* A text with bytes of strangers in it, on one line of a terminal: controls become spaces. */
void buf_cli_line(struct buf *b, struct str s);

#endif
