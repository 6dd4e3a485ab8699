/* What the parent opens: data folder, sockets, certificates, private keys. */
#include "role/parent_internal.h"

#include "conf/conf.h"
#include "os/addr.h"
#include "os/sharedpage.h"
#include "role/keys.h"
#include "store/data.h"
#include "store/store.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, PEM_MAX = 1 << 20 };

/* Which role serves what. Services that are not in the table come with a later role. */
static const struct service {
	enum conf_service_kind conf;
	enum msg_listener_kind kind;
	enum msg_role_id role;
} services[] = {
	{CONF_SMTP, MSG_LISTENER_KIND_SMTP, MSG_ROLE_ID_SMTP},
	{CONF_SUBMISSION, MSG_LISTENER_KIND_SUBMISSION, MSG_ROLE_ID_SMTP},
	{CONF_SUBMISSIONS, MSG_LISTENER_KIND_SUBMISSIONS, MSG_ROLE_ID_SMTP},
	{CONF_IMAP, MSG_LISTENER_KIND_IMAP, MSG_ROLE_ID_IMAP},
	{CONF_IMAPS, MSG_LISTENER_KIND_IMAPS, MSG_ROLE_ID_IMAP},
};

static struct parent_socket *socket_slot(struct parent *p)
{
	return p->socket_count < PARENT_SOCKETS_MAX ? &p->socket[p->socket_count] : NULL;
}

static int tcp_listen(const struct addr *a)
{
	struct sockaddr_storage sa;
	socklen_t n = addr_sockaddr(a, &sa);
	int one = 1, fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* "::" is IPv6 alone; who wants both lists both. */
	if (sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, n) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int no = errno;

	close(fd);
	errno = no;
	return -1;
}

static struct err service_bind(struct parent *p, const struct conf_service *s,
			       const struct service *row, struct str ip)
{
	struct parent_socket *to = socket_slot(p);
	char text[ADDR_TEXT_MAX];
	struct addr a;
	struct ip parsed;

	if (!to)
		return err_make(ERR_CONFIG, "more than %d listening sockets", PARENT_SOCKETS_MAX);
	if (!ip_parse(ip, &parsed))
		return err_make(ERR_CONFIG, "\"%.*s\" is no IP address", STR_ARG(ip));
	a = addr_of_ip(parsed, s->port);
	to->fd = tcp_listen(&a);
	/* A machine without IPv6 still has ::1 in localserve's configuration. */
	if (to->fd < 0 && p->opts->localserve && parsed.family == 6 &&
	    (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT))
		return ERR_OK;
	if (to->fd < 0)
		return err_errno(
			"listen on %.*s for %s of listener %.*s (is another server running?)",
			STR_ARG(addr_text(&a, text)), conf_service_name(s->kind),
			STR_ARG(s->listener->name));
	to->address = arena_dup(&p->arena, addr_text(&a, text));
	to->name = s->listener->name;
	to->kind = row->kind;
	to->role = row->role;
	p->socket_count++;
	return ERR_OK;
}

static struct err services_bind(struct parent *p)
{
	size_t n;
	const struct conf_service *s = conf_services(p->conf, &n);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < ARRAY_LEN(services); k++)
			for (size_t j = 0;
			     services[k].conf == s[i].kind && j < s[i].listener->ips_n; j++)
				TRY(service_bind(p, &s[i], &services[k], s[i].listener->ips[j]));
	return ERR_OK;
}

/* data/ctl, for the programs of the command line. An old one is nobody's: the data folder is
 * locked. */
static struct err control_bind(struct parent *p)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct parent_socket *to = socket_slot(p);

	if (!to)
		return err_make(ERR_CONFIG, "more than %d listening sockets", PARENT_SOCKETS_MAX);
	if ((size_t)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/ctl", p->data_dir) >=
	    sizeof(sa.sun_path))
		return err_make(ERR_CONFIG, "the path of the data folder is too long for %s/ctl",
				p->data_dir);
	unlink(sa.sun_path);
	to->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (to->fd < 0 || bind(to->fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    chmod(sa.sun_path, 0600) != 0 || listen(to->fd, 16) != 0)
		return err_errno("listen on %s", sa.sun_path);
	to->name = STR("control");
	to->address = STR("ctl");
	to->kind = MSG_LISTENER_KIND_CTL;
	to->role = MSG_ROLE_ID_POST;
	p->socket_count++;
	return ERR_OK;
}

static struct err path_of(struct parent *p, struct str path, const char **ret)
{
	BUF_AUTO b = BUF_INIT(4096);

	if (!conf_path(p->conf, path, &b))
		return err_make(ERR_CONFIG, "path too long: %.*s", STR_ARG(str_sub(path, 0, 200)));
	*ret = arena_strz(&p->arena, str_z(b.p));
	return *ret ? ERR_OK : err_make(ERR_RESOURCES, "no memory for paths");
}

static struct err key_open(struct parent *p, struct str file)
{
	const char *path;

	if (p->key_count == PARENT_FILES_MAX)
		return err_make(ERR_CONFIG, "more than %d private key files", PARENT_FILES_MAX);
	TRY(path_of(p, file, &path));
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno("open private key %s", path);
	p->key[p->key_count++] = (struct parent_key){fd, str_z(path)};
	return ERR_OK;
}

static struct err certificate_read(struct parent *p, struct str listener, struct str file)
{
	const char *path;
	BUF_AUTO pem = BUF_INIT(PEM_MAX);

	if (p->certificate_count == PARENT_FILES_MAX)
		return err_make(ERR_CONFIG, "more than %d certificates", PARENT_FILES_MAX);
	TRY(path_of(p, file, &path));
	TRY(err_add(file_read(AT_FDCWD, path, &pem), "certificate"));
	struct parent_certificate *c = &p->certificate[p->certificate_count++];

	c->listener = listener;
	c->pem = arena_dup(&p->arena, buf_str(&pem));
	return c->pem.p ? ERR_OK : err_make(ERR_RESOURCES, "no memory for certificates");
}

static struct err tls_files_open(struct parent *p)
{
	const struct conf_static *st = conf_static(p->conf);

	for (size_t i = 0; i < st->listeners_n; i++) {
		const struct conf_listener *l = &st->listeners[i];

		for (size_t k = 0; l->tls && k < l->tls->key_certs_n; k++) {
			TRY(certificate_read(p, l->name, l->tls->key_certs[k].cert_file));
			TRY(key_open(p, l->tls->key_certs[k].key_file));
		}
		for (size_t k = 0; l->tls && k < l->tls->host_private_key_files_n; k++)
			TRY(key_open(p, l->tls->host_private_key_files[k]));
	}
	return ERR_OK;
}

static struct err folder_make(struct parent *p, const char *path)
{
	struct err e = fs_mkdir(&p->fs, AT_FDCWD, path, 0700);

	return err_is(e, ERR_EXISTS) ? ERR_OK : e;
}

/* What promises name must be there before they are taken. */
static const char *const data_folders[] = {"tmp", "accounts", "secrets", "dns"};

static struct err data_open(struct parent *p)
{
	TRY(path_of(p, conf_static(p->conf)->data_dir, &p->data_dir));
	TRY(folder_make(p, p->data_dir));
	TRY(data_lock(&p->fs, p->data_dir, &p->lock_fd));
	for (size_t i = 0; i < ARRAY_LEN(data_folders); i++) {
		struct str path = arena_printf(&p->arena, "%s/%s", p->data_dir, data_folders[i]);

		if (!path.p)
			return err_make(ERR_RESOURCES, "no memory for paths");
		TRY(folder_make(p, path.p));
	}
	/* The names just made: mail acknowledged below them is lost with them. */
	auto_close int dir = open(p->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? err_errno("open %s", p->data_dir) : fs_sync_dir(&p->fs, dir);
}

static struct err notes_open(struct parent *p)
{
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		struct child *c = &p->child[id];
		void *page;

		if (!c->kind)
			continue;
		TRY(sharedpage_new(crashnote_page_size(), &c->notes_fd, &page));
		c->notes = page;
	}
	return ERR_OK;
}

/* One for each role, and the parent's own. */
static struct err metrics_open(struct parent *p)
{
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		struct child *c = &p->child[id];
		void *page;

		if (!c->kind && id != MSG_ROLE_ID_PARENT)
			continue;
		TRY(sharedpage_new(metric_page_size(), &c->metrics_fd, &page));
		c->metrics = page;
	}
	metrics_init(&p->metrics, p->child[MSG_ROLE_ID_PARENT].metrics);
	/* There from the beginning, so that the first one is seen as an increase. */
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++)
		if (p->child[id].kind)
			METRIC_ADD(&p->metrics, PANIC, 0, str_z(p->child[id].kind->name));
	return ERR_OK;
}

static struct err events_open(struct parent *p)
{
	p->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->ended_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->wake[MSG_ROLE_ID_IMAP] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->notify_fd = memfd_create("mox-notify", MFD_CLOEXEC);
	if (p->stop_event < 0 || p->ended_event < 0 || p->wake[MSG_ROLE_ID_IMAP] < 0 ||
	    p->notify_fd < 0 || ftruncate(p->notify_fd, sizeof(struct store_notify)) != 0)
		return err_errno("make events");
	return ERR_OK;
}

struct err parent_open(struct parent *p)
{
	TRY(data_open(p));
	TRY(events_open(p));
	TRY(notes_open(p));
	TRY(metrics_open(p));
	TRY(tls_files_open(p));
	TRY(services_bind(p));
	return control_bind(p);
}

void parent_close(struct parent *p)
{
	for (size_t i = 0; i < p->socket_count; i++)
		fd_close(&p->socket[i].fd);
	for (size_t i = 0; i < p->key_count; i++)
		fd_close(&p->key[i].fd);
	for (size_t i = 0; i < PARENT_CHANNELS; i++) {
		fd_close(&p->channel[i].fd[CALLER]);
		fd_close(&p->channel[i].fd[CALLEE]);
	}
	for (unsigned id = 0; id < MSG_ROLE_ID_N; id++) {
		fd_close(&p->wake[id]);
		fd_close(&p->child[id].notes_fd);
		sharedpage_unmap(p->child[id].notes, crashnote_page_size());
		fd_close(&p->child[id].metrics_fd);
		sharedpage_unmap(p->child[id].metrics, metric_page_size());
	}
	metrics_fini(&p->metrics);
	fd_close(&p->notify_fd);
	fd_close(&p->ended_event);
	fd_close(&p->stop_event);
	fd_close(&p->signal_fd);
	fd_close(&p->lock_fd);
}
