/* The commands that ask the running server, over data/ctl. */
#include "cli/config.h"

#include "base/secret.h"
#include "conf/conf.h"
#include "idl/messages.h"
#include "os/clock.h"
#include "os/ipc.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CALL_S = 60, STOP_S = 30 };

struct control {
	struct clock clock;
	struct ipc_hub *hub;
	struct ipc *ipc;
	int watch; /* a second descriptor of the connection: it ends with the server's process */
};

static struct err path_of(const char *config, struct buf *ret)
{
	struct conf *conf;

	TRY(conf_load(config, 1, false, NULL, &conf));
	bool ok = conf_path(conf, conf_static(conf)->data_dir, ret);

	conf_unref(conf);
	if (!ok)
		return err_make(ERR_LIMIT, "the path of the data folder is too long");
	buf_truncate(ret, ret->n - 1);
	buf_str_add(ret, STR("/ctl"));
	return ERR_OK;
}

static struct err connect_to(struct str path, int *ret)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (path.n >= sizeof(sa.sun_path))
		return err_make(ERR_LIMIT, "path too long: %.*s", STR_ARG(path));
	memcpy(sa.sun_path, path.p, path.n);
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_errno("socket");
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		return err_errno("no running server: connect to %.*s", STR_ARG(path));
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return err_errno("fcntl");
	*ret = TAKE_FD(fd);
	return ERR_OK;
}

static struct err control_open(const char *config, struct control *c)
{
	struct ipc_opts opts = {.name = "server", .calls = msg_calls, .calls_n = MSG_CALL_N};
	BUF_AUTO path = BUF_INIT(4096);
	int fd;

	*c = (struct control){.watch = -1};
	clock_init(&c->clock);
	TRY(path_of(config, &path));
	TRY(connect_to(buf_str(&path), &fd));
	c->watch = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	struct err e = ipc_hub_new(&c->clock, &c->hub);

	if (err_failed(e)) {
		close(fd);
		return e;
	}
	return ipc_open(c->hub, &opts, fd, &c->ipc);
}

static void control_close(struct control *c)
{
	if (c->ipc)
		ipc_close(c->ipc);
	if (c->hub)
		ipc_hub_free(c->hub);
	fd_close(&c->watch);
}

static int64_t deadline(struct control *c)
{
	return clock_mono(&c->clock) + CALL_S * NS_PER_S;
}

/* Opens, runs, closes. */
static struct err with_control(struct cli *cli, struct err (*run)(struct cli *, struct control *))
{
	struct control c;
	struct err e = control_open(cli_config_path(cli), &c);

	if (err_is_ok(e))
		e = run(cli, &c);
	control_close(&c);
	return e;
}

/* The server's end of the connection closes when post has ended, shortly before the server. */
static struct err stop_run(struct cli *cli, struct control *c)
{
	struct msg_ctl_stop_request rq = {};
	struct msg_ctl_stop_reply rp;
	struct pollfd p = {.fd = c->watch, .events = POLLRDHUP};

	TRY(IPC_CALL(c->ipc, msg_ctl_stop, &rq, deadline(c), &cli->arena, &rp));
	int n;

	do
		n = poll(&p, 1, STOP_S * 1000);
	while (n < 0 && errno == EINTR);
	return n > 0 ? ERR_OK
		     : err_make(ERR_TIMEOUT, "the server has not ended after %d s", STOP_S);
}

struct err cli_stop(struct cli *cli)
{
	return with_control(cli, stop_run);
}

static struct err password_run(struct cli *cli, struct control *c)
{
	struct msg_ctl_password_request rq = {.account = str_z(cli->arg[0])};
	struct msg_ctl_password_reply rp;
	char line[1024];

	if (isatty(STDIN_FILENO))
		fprintf(stderr, "new password for account %s: ", cli->arg[0]);
	if (!fgets(line, sizeof(line), stdin))
		return err_make(ERR_USAGE, "no password on standard input");
	struct str password = str_z(line);

	if (str_ends(password, STR("\n")))
		password.n--;
	rq.password = password;
	struct err e = password.n > 512 ? err_make(ERR_USAGE, "password is longer than 512 bytes")
					: IPC_CALL(c->ipc, msg_ctl_password, &rq, deadline(c),
						   &cli->arena, &rp);

	secret_wipe(line, sizeof(line));
	return e;
}

struct err cli_setaccountpassword(struct cli *cli)
{
	return with_control(cli, password_run);
}

static struct err levels_run(struct cli *cli, struct control *c)
{
	struct msg_ctl_log_levels_request rq = {.has_set = cli->arg_count > 0};
	struct msg_ctl_log_levels_reply rp;
	enum log_level level = LOG_INFO;

	if (rq.has_set && !log_level_parse(str_z(cli->arg[0]), &level))
		return err_make(ERR_USAGE, "there is no log level \"%s\"", cli->arg[0]);
	rq.set.level = (uint8_t)level;
	rq.set.package = str_z(cli->arg_count > 1 ? cli->arg[1] : "");
	TRY(IPC_CALL(c->ipc, msg_ctl_log_levels, &rq, deadline(c), &cli->arena, &rp));
	for (size_t i = 0; i < rp.levels_n; i++)
		printf("%.*s: %s\n",
		       STR_ARG(rp.levels[i].package.n ? rp.levels[i].package : STR("(default)")),
		       rp.levels[i].level < LOG_LEVEL_COUNT ? log_level_name(rp.levels[i].level)
							    : "?");
	return ERR_OK;
}

struct err cli_loglevels(struct cli *cli)
{
	return with_control(cli, levels_run);
}

static struct err metrics_run(struct cli *cli, struct control *c)
{
	struct msg_ctl_metrics_request rq = {};
	struct msg_ctl_metrics_reply rp;

	TRY(IPC_CALL(c->ipc, msg_ctl_metrics, &rq, deadline(c), &cli->arena, &rp));
	printf("%.*s", STR_ARG(rp.text));
	return ERR_OK;
}

struct err cli_metrics(struct cli *cli)
{
	return with_control(cli, metrics_run);
}
