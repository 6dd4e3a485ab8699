#include "cli/localserve.h"

#include "base/secret.h"
#include "conf/conf.h"
#include "conf/localserve.h"
#include "os/clock.h"
#include "os/selfsigned.h"
#include "role/password.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20 };

struct maker {
	struct fs fs;
	struct clock clock;
	int dir;
};

static struct err file_write(struct maker *m, const char *name, const struct buf *text, mode_t mode)
{
	if (buf_failed(text))
		return err_make(ERR_LIMIT, "%s is too long", name);
	return fs_replace(&m->fs, m->dir, name, buf_str(text), mode);
}

static struct err certificate_make(struct maker *m)
{
	static const struct str names[] = {STR_INIT("localhost"), STR_INIT("127.0.0.1"),
					   STR_INIT("::1")};
	BUF_AUTO cert = BUF_INIT(TEXT_MAX);
	BUF_AUTO key = BUF_INIT(TEXT_MAX);

	TRY(selfsigned_make(names, ARRAY_LEN(names), clock_unix(&m->clock), &cert, &key));
	TRY(file_write(m, LOCALSERVE_CERT_FILE, &cert, 0644));
	struct err e = file_write(m, LOCALSERVE_KEY_FILE, &key, 0600);

	secret_wipe(key.p, key.n);
	return e;
}

static struct err subfolder(struct maker *m, int at, const char *name, int *ret)
{
	struct err e = fs_mkdir(&m->fs, at, name, 0700);

	if (err_failed(e) && !err_is(e, ERR_EXISTS))
		return e;
	*ret = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? err_errno("open %s", name) : ERR_OK;
}

static struct err password_make(struct maker *m)
{
	auto_close int data = -1;
	auto_close int secrets = -1;
	struct passwords *p;

	TRY(subfolder(m, m->dir, LOCALSERVE_DATA_DIR, &data));
	TRY(subfolder(m, data, "secrets", &secrets));
	TRY(passwords_open(&m->fs, secrets, &m->clock, rand_system(), &p));
	struct err e = passwords_set(p, STR(LOCALSERVE_ACCOUNT), STR(LOCALSERVE_PASSWORD));

	passwords_free(p);
	return e;
}

static struct err configuration_make(struct maker *m, struct ip ip)
{
	BUF_AUTO text = BUF_INIT(TEXT_MAX);
	char work[4096];

	if (!getcwd(work, sizeof(work)))
		return err_errno("working folder");
	localserve_domains_write(str_z(work), &text);
	TRY(file_write(m, "domains.conf", &text, 0644));
	buf_clear(&text);
	buf_str_add(&text, STR(LOCALSERVE_ADMIN_PASSWORD "\n"));
	TRY(file_write(m, LOCALSERVE_ADMIN_PASSWORD_FILE, &text, 0600));
	buf_clear(&text);
	localserve_static_write(ip, &text);
	/* Last: where it is, the rest is too. */
	return file_write(m, "mox.conf", &text, 0644);
}

/* mkdir -p. */
static struct err folders_make(const char *dir)
{
	char path[4096];
	size_t n = strlen(dir);

	if (n >= sizeof(path))
		return err_make(ERR_LIMIT, "path too long: %s", dir);
	memcpy(path, dir, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			return err_errno("make folder %s", path);
		path[i] = dir[i];
	}
	return ERR_OK;
}

struct err localserve_init(const char *dir, struct str ip_text, bool *ret_made)
{
	struct maker m = {.fs = FS_SYSTEM};
	struct ip ip = {0};

	if (!dir)
		return err_make(ERR_USAGE, "the folder's name is not usable");
	if (ip_text.n && !ip_parse(ip_text, &ip))
		return err_make(ERR_USAGE, "\"%.*s\" is no IP address", STR_ARG(ip_text));
	clock_init(&m.clock);
	TRY(folders_make(dir));
	auto_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno("open %s", dir);
	*ret_made = faccessat(fd, "mox.conf", F_OK, 0) != 0;
	if (!*ret_made)
		return ERR_OK;
	m.dir = fd;
	TRY(certificate_make(&m));
	TRY(password_make(&m));
	return configuration_make(&m, ip);
}

struct err localserve_describe(const char *static_path, struct buf *ret)
{
	struct conf *conf;
	size_t n;

	TRY(conf_load(static_path, 1, true, NULL, &conf));
	const struct conf_service *s = conf_services(conf, &n);

	buf_strs(ret,
		 STR("\nReady. Log in as " LOCALSERVE_ADDRESS " with password " LOCALSERVE_PASSWORD
		     ".\nMail to any address is delivered to that account.\n\n"));
	for (size_t i = 0; i < n; i++) {
		if (s[i].kind > CONF_IMAPS)
			continue;
		buf_printf(ret, "  %-12s port %u%s\n", conf_service_name(s[i].kind), s[i].port,
			   s[i].tls        ? ", TLS"
			   : s[i].starttls ? ", plain or STARTTLS"
					   : "");
	}
	buf_char(ret, '\n');
	conf_unref(conf);
	return ERR_OK;
}
