#include "base/log.h"

#include "base/buf.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 16384 };

static const char *const level_names[LOG_LEVEL_COUNT] = {
	"error", "info", "debug", "trace", "traceauth", "tracedata",
};

void log_init(struct log *l, int fd, enum log_level level)
{
	*l = (struct log){.fd = fd, .level = level};
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

bool log_level_parse(struct str s, enum log_level *ret)
{
	for (int i = 0; i < LOG_LEVEL_COUNT; i++)
		if (str_eq_nocase(s, str_z(level_names[i]))) {
			*ret = (enum log_level)i;
			return true;
		}
	return false;
}

static struct log_package *package_find(const struct log *l, struct str name)
{
	int n = atomic_load_explicit(&l->package_count, memory_order_acquire);

	for (int i = 0; i < n; i++)
		if (str_eq(name, str_z(l->packages[i].name)))
			return (struct log_package *)&l->packages[i];
	return NULL;
}

/* Callers that set levels (the control socket, start-up) take turns; readers may run meanwhile. */
struct err log_level_set(struct log *l, struct str package, enum log_level level)
{
	if (package.n == 0) {
		l->level = level;
		return ERR_OK;
	}
	struct log_package *p = package_find(l, package);

	if (!p) {
		int n = l->package_count;

		if (n == LOG_PACKAGES_MAX || package.n > LOG_PACKAGE_NAME_MAX)
			return err_make(ERR_RESOURCES, "too many or too long log package names");
		p = &l->packages[n];
		memcpy(p->name, package.p, package.n);
		p->level = level;
		atomic_store_explicit(&l->package_count, n + 1, memory_order_release);
	}
	p->level = level;
	return ERR_OK;
}

enum log_level log_level_of(const struct log *l, struct str package)
{
	const struct log_package *p = l->package_count ? package_find(l, package) : NULL;
	int level = p ? p->level : l->level;

	return (enum log_level)level;
}

bool log_enabled(const struct log_ctx *c, enum log_level level)
{
	return c->log && level <= log_level_of(c->log, str_z(c->pkg ? c->pkg : ""));
}

static bool is_plain(char c)
{
	return ch_is_alnum(c) || strchr("-_./:@+,*()[]{}<>%!?#$&~^;|'", c) != NULL;
}

static void value_add(struct buf *b, struct str s)
{
	bool plain = s.n > 0;

	for (size_t i = 0; plain && i < s.n; i++)
		plain = s.p[i] && is_plain(s.p[i]);
	if (plain) {
		buf_str_add(b, s);
		return;
	}
	buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\') {
			buf_char(b, '\\');
			buf_char(b, (char)c);
		} else if (c == '\r') {
			buf_str_add(b, STR("\\r"));
		} else if (c == '\n') {
			buf_str_add(b, STR("\\n"));
		} else if (c >= 0x20 && c < 0x7f) {
			buf_char(b, (char)c);
		} else {
			buf_printf(b, "\\x%02x", c);
		}
	}
	buf_char(b, '"');
}

static void field_add(struct buf *b, const struct log_field *f)
{
	buf_char(b, ' ');
	buf_str_add(b, str_z(f->key));
	buf_char(b, '=');
	switch (f->kind) {
	case LOG_KIND_STR: value_add(b, f->s); break;
	case LOG_KIND_I64: buf_i64(b, (int64_t)f->u); break;
	case LOG_KIND_U64: buf_u64(b, f->u); break;
	case LOG_KIND_HEX: buf_printf(b, "%llx", (unsigned long long)f->u); break;
	case LOG_KIND_BOOL: buf_str_add(b, f->u ? STR("true") : STR("false")); break;
	}
}

static void time_add(struct buf *b, const struct log *l)
{
	if (!l->wall_ns)
		return;
	int64_t ns = l->wall_ns(l->wall_arg);
	time_t t = (time_t)(ns / 1000000000);
	struct tm tm;

	if (gmtime_r(&t, &tm))
		buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ ", tm.tm_year + 1900,
			   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			   (int)(ns / 1000000 % 1000));
}

void log_fields(const struct log_ctx *c, enum log_level level, const char *msg,
		const struct log_field *f, size_t n)
{
	BUF_AUTO b = BUF_INIT(LINE_MAX_BYTES);

	time_add(&b, c->log);
	buf_printf(&b, "l=%s m=", level_names[level]);
	value_add(&b, str_z(msg));
	if (c->pkg)
		buf_printf(&b, " pkg=%s", c->pkg);
	if (c->cid)
		buf_printf(&b, " cid=%llx", (unsigned long long)c->cid);
	if (c->peer.n)
		field_add(&b, &F_STR("remote", c->peer));
	for (size_t i = 0; i < n; i++) {
		size_t before = b.n;

		field_add(&b, &f[i]);
		/* A field that does not fit is named; the line stays whole. */
		if (buf_failed(&b) || b.n > LINE_MAX_BYTES - 256) {
			b.failed = false;
			buf_truncate(&b, before);
			buf_printf(&b, " %.64s=(too-long)", f[i].key);
		}
	}
	buf_char(&b, '\n');
	if (c->log->sink) {
		c->log->sink(c->log->sink_arg, buf_str(&b));
		return;
	}
	/* A log that can't be written has no one to be told. */
	while (write(c->log->fd, b.p, b.n) < 0 && errno == EINTR)
		;
}
