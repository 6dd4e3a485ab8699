/* log: one line an event, logfmt, a constant message and typed fields.
 *
 * `log_info(ctx, "message delivered", F_STR("mailbox", name), F_U64("size", n))` writes
 *
 *     2026-11-23T10:00:00.123Z l=info m="message delivered" pkg=store cid=1f03 mailbox=Inbox
 * size=5120
 *
 * Levels: error, info, debug, trace (protocol transcripts), traceauth (with credentials), tracedata
 * (with message bodies). A default level and one a package; both may change while we run.
 * Input: field values may be a peer's bytes. All but printable ASCII is written as \xNN, quotes and
 * backslashes are escaped: no value can end a line, fake a field or drive a terminal.
 * Threads: any; one write(2) a line, so that lines of several processes do not mix.
 */
#ifndef MOX_BASE_LOG_H
#define MOX_BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

enum log_level {
	LOG_ERROR,
	LOG_INFO,
	LOG_DEBUG,
	LOG_TRACE,
	LOG_TRACEAUTH,
	LOG_TRACEDATA,
	LOG_LEVEL_COUNT
};

enum { LOG_PACKAGES_MAX = 32, LOG_PACKAGE_NAME_MAX = 23 };

/* Where lines go and what is written; one a process (or a test). */
struct log {
	int fd;                        /* written to with one write a line */
	int64_t (*wall_ns)(void *arg); /* time stamp; NULL: none */
	void *wall_arg;
	/* A test's or a role's own sink instead of fd: gets the whole line with its LF. */
	void (*sink)(void *arg, struct str line);
	void *sink_arg;
	_Atomic int level;
	_Atomic int package_count;
	struct log_package {
		char name[LOG_PACKAGE_NAME_MAX + 1];
		_Atomic int level;
	} packages[LOG_PACKAGES_MAX];
};

/* What every line of a place has in common; by value, cheap to copy and change. */
struct log_ctx {
	struct log *log; /* NULL: nothing is logged */
	const char *pkg; /* "smtpd"; a constant */
	uint64_t cid;    /* connection id, 0: none */
	struct str peer; /* text of the remote address, borrowed; empty: none */
};

struct log_field {
	const char *key;
	enum log_kind {
		LOG_KIND_STR,
		LOG_KIND_I64,
		LOG_KIND_U64,
		LOG_KIND_HEX,
		LOG_KIND_BOOL
	} kind;
	struct str s;
	uint64_t u;
};

#define F_STR(k, v) ((struct log_field){.key = (k), .kind = LOG_KIND_STR, .s = (v)})
#define F_Z(k, v)   ((struct log_field){.key = (k), .kind = LOG_KIND_STR, .s = str_z(v)})
#define F_I64(k, v) \
	((struct log_field){.key = (k), .kind = LOG_KIND_I64, .u = (uint64_t)(int64_t)(v)})
#define F_U64(k, v)  ((struct log_field){.key = (k), .kind = LOG_KIND_U64, .u = (v)})
#define F_HEX(k, v)  ((struct log_field){.key = (k), .kind = LOG_KIND_HEX, .u = (v)})
#define F_BOOL(k, v) ((struct log_field){.key = (k), .kind = LOG_KIND_BOOL, .u = (v) ? 1 : 0})
/* err=<text> code=<name>, as two fields. */
#define F_ERR(e) F_STR("err", err_text(e)), F_Z("code", err_row(err_code(e))->name)

void log_init(struct log *l, int fd, enum log_level level);
/* Level of one package ("" for the default). RESOURCES if there are too many packages. */
struct err log_level_set(struct log *l, struct str package, enum log_level level);
/* What applies to the package now. */
enum log_level log_level_of(const struct log *l, struct str package);
/* "info" and so on; false if it is no level. */
bool log_level_parse(struct str s, enum log_level *ret);
const char *log_level_name(enum log_level level);

bool log_enabled(const struct log_ctx *c, enum log_level level);
void log_fields(const struct log_ctx *c, enum log_level level, const char *msg,
		const struct log_field *f, size_t n);

#define LOG_AT(c, level, msg, ...)                                                          \
	do {                                                                                \
		const struct log_ctx *log_c_ = (c);                                         \
		if (log_enabled(log_c_, (level))) {                                         \
			const struct log_field log_f_[] = {{0} __VA_OPT__(, ) __VA_ARGS__}; \
			log_fields(log_c_, (level), "" msg "", log_f_ + 1,                  \
				   sizeof(log_f_) / sizeof(log_f_[0]) - 1);                 \
		}                                                                           \
	} while (0)

#define log_error(c, msg, ...) LOG_AT(c, LOG_ERROR, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_info(c, msg, ...)  LOG_AT(c, LOG_INFO, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_debug(c, msg, ...) LOG_AT(c, LOG_DEBUG, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_trace(c, msg, ...) LOG_AT(c, LOG_TRACE, msg __VA_OPT__(, ) __VA_ARGS__)

#endif
