/* err: an outcome that is not success, of one pointer's size, that can't be ignored.
 *
 * A function that can fail returns `struct err`; ERR_OK is success. The code is a row of the
 * error table (base/err_table.h), whose columns are the only place where SMTP, IMAP and HTTP
 * answers are worded. Who detects writes the text, who passes adds context (err_add), one place
 * logs (err_text). What may well happen (no such mailbox, no MX) is a value, not an error.
 *
 * Memory: an err lives in a ring of its thread until 32 later errors were made on that thread:
 * long enough to be passed up, answered and logged, too short to be stored. Nothing is freed.
 * Threads: an err stays on the thread that made it; err_code and a copy of err_text travel.
 */
#ifndef MOX_BASE_ERR_H
#define MOX_BASE_ERR_H

#include "base/attr.h"
#include "base/err_table.h"
#include "base/str.h"
#include <stdarg.h>

#define ERR_ENUM(name, smtp, enhanced, imap, http, text) ERR_##name,
enum err_code { ERR_TABLE(ERR_ENUM) ERR_CODE_COUNT };
#undef ERR_ENUM

struct err_row {
	const char *name;     /* for logs and tests: "DISK_FULL" */
	unsigned short smtp;  /* reply code, 0: none fits */
	const char *enhanced; /* RFC 3463 status, "4.3.1" */
	const char *imap;     /* RFC 5530 response code, "" for none */
	unsigned short http;
	const char *text; /* what a peer may see */
};

struct err_slot;

/* clang-format off */
struct [[nodiscard]] err {
	const struct err_slot *slot;
};
/* clang-format on */

#define ERR_OK ((struct err){0})

static inline bool err_is_ok(struct err e)
{
	return e.slot == NULL;
}
static inline bool err_failed(struct err e)
{
	return e.slot != NULL;
}

/* The code; ERR_NONE for success. */
enum err_code err_code(struct err e);
static inline bool err_is(struct err e, enum err_code code)
{
	return err_code(e) == code;
}
const struct err_row *err_row(enum err_code code);
/* Whether trying the same again later may succeed (the SMTP column says 4xx). */
bool err_is_temporary(struct err e);
/* The whole text, context first: "open account x: read segment 000001: checksum differs". It may
 * hold a peer's bytes: it goes to the log as a field, or to a peer through a context-aware writer
 * only. Valid as long as the err. */
struct str err_text(struct err e);

/* Makes an error: fmt says what happened and where, for an operator at three in the morning. */
struct err err_make(enum err_code code, const char *fmt, ...) PRINTF(2, 3);
struct err err_vmake(enum err_code code, const char *fmt, va_list ap) PRINTF(2, 0);
/* The same from errno, whose text is added: ENOSPC, EDQUOT -> DISK_FULL, ENOMEM, EMFILE, ENFILE
 * -> RESOURCES, EACCES, EPERM -> ACCESS, ENOENT -> NOT_FOUND, others IO. */
struct err err_errno(const char *fmt, ...) PRINTF(1, 2);
/* Puts context in front; success stays success. */
struct err err_add(struct err e, const char *fmt, ...) PRINTF(2, 3);
/* Says that the error does not matter here, and why, to the reader: err_ignore(e, "best effort").
 */
static inline void err_ignore(struct err e, const char *why)
{
	(void)e;
	(void)why;
}

/* Passes a failure on. */
#define TRY(expr)                             \
	do {                                  \
		struct err try_err_ = (expr); \
		if (err_failed(try_err_))     \
			return try_err_;      \
	} while (0)

/* The analyzers see one source at a time: that these have failed they do not see. tools/check.py
 * defines BUILD_ANALYZED for gcc. */
#if defined(__clang_analyzer__) || defined(BUILD_ANALYZED)
static inline struct err err_known_failed(struct err e)
{
	if (!e.slot)
		__builtin_unreachable();
	return e;
}
#define err_make(...)  err_known_failed((err_make)(__VA_ARGS__))
#define err_errno(...) err_known_failed((err_errno)(__VA_ARGS__))
#endif

#endif
