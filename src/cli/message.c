#include "cli/message.h"

#include "format/mbox.h"
#include "os/file.h"
#include <unistd.h>

enum { READ_SIZE = 64 << 10 };

static struct err stdin_read(struct buf *ret)
{
	for (;;) {
		size_t room = ret->max - ret->n < READ_SIZE ? ret->max - ret->n : READ_SIZE;
		char *to = room ? buf_reserve(ret, room) : NULL;
		ssize_t n = to ? read(STDIN_FILENO, to, room) : 0;

		if (!to)
			return err_make(ERR_LIMIT, "standard input: %zu bytes or more", ret->max);
		if (n < 0)
			return err_errno("standard input");
		if (n == 0)
			return ERR_OK;
		buf_commit(ret, (size_t)n);
	}
}

struct err cli_file_read(const char *path, struct buf *ret)
{
	return str_eq(str_z(path), STR("-")) ? stdin_read(ret) : file_read(AT_FDCWD, path, ret);
}

struct err cli_message_read(const char *path, struct buf *ret, bool *ret_lf)
{
	BUF_AUTO file = BUF_INIT(CLI_MESSAGE_MAX);

	TRY(cli_file_read(path, &file));
	buf_crlf(ret, buf_str(&file));
	if (buf_failed(ret))
		return err_make(ERR_LIMIT, "%s: more than %zu bytes", path, ret->max);
	if (ret_lf)
		*ret_lf = ret->n != file.n;
	return ERR_OK;
}

struct err cli_case_open(struct cli *c, struct cli_case *ret)
{
	*ret = (struct cli_case){.message = BUF_INIT(CLI_MESSAGE_MAX)};
	struct err e = cli_message_read(c->arg[0], &ret->message, NULL);

	if (err_is_ok(e))
		e = cli_resolve_open(c, &ret->resolve);
	if (err_failed(e))
		buf_fini(&ret->message);
	dns_batch_init(&ret->batch, &c->arena);
	return e;
}

void cli_case_close(struct cli_case *k)
{
	cli_resolve_close(&k->resolve);
	buf_fini(&k->message);
}

void buf_cli_line(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_char(b, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? ' ' : s.p[i]);
}
