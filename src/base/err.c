#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { RING = 32, TEXT_MAX = 512 };

struct err_slot {
	enum err_code code;
	size_t n;
	char text[TEXT_MAX];
};

/* Of the thread; made with its first error, since few threads ever have one. */
static _Thread_local struct err_slot *ring;
static _Thread_local unsigned ring_next;
static pthread_key_t ring_key; /* frees it with the thread */
static pthread_once_t ring_once = PTHREAD_ONCE_INIT;

#define ROW(name, smtp, enhanced, imap, http, text) {#name, smtp, enhanced, imap, http, text},
static const struct err_row rows[ERR_CODE_COUNT] = {ERR_TABLE(ROW)};
#undef ROW

const struct err_row *err_row(enum err_code code)
{
	assert((unsigned)code < ERR_CODE_COUNT);
	return &rows[code];
}

enum err_code err_code(struct err e)
{
	return e.slot ? e.slot->code : ERR_NONE;
}

bool err_is_temporary(struct err e)
{
	unsigned smtp = err_row(err_code(e))->smtp;

	return smtp >= 400 && smtp < 500;
}

struct str err_text(struct err e)
{
	return e.slot ? str_of(e.slot->text, e.slot->n) : STR("ok");
}

static void ring_free(void *p)
{
	free(p);
	ring = NULL;
}

static void ring_key_make(void)
{
	int rc = pthread_key_create(&ring_key, ring_free);

	assert(rc == 0 && "there are a thousand keys");
}

static struct err_slot *ring_make(void)
{
	pthread_once(&ring_once, ring_key_make);
	struct err_slot *made = calloc(RING, sizeof(*made));

	if (made && pthread_setspecific(ring_key, made) == 0)
		return made;
	free(made);
	return NULL;
}

static struct err_slot *slot_next(enum err_code code)
{
	static _Thread_local struct err_slot only; /* without memory for more */

	if (!ring)
		ring = ring_make();
	struct err_slot *s = ring ? &ring[ring_next++ % RING] : &only;

	s->code = code;
	s->n = 0;
	return s;
}

static void slot_vadd(struct err_slot *s, const char *fmt, va_list ap)
{
	int n = vsnprintf(s->text + s->n, TEXT_MAX - s->n, fmt, ap);

	assert(n >= 0);
	s->n += (size_t)n;
	if (s->n >= TEXT_MAX)
		s->n = TEXT_MAX - 1;
}

static void PRINTF(2, 3) slot_add(struct err_slot *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	slot_vadd(s, fmt, ap);
	va_end(ap);
}

struct err err_vmake(enum err_code code, const char *fmt, va_list ap)
{
	assert(code != ERR_NONE);
	struct err_slot *s = slot_next(code);

	slot_vadd(s, fmt, ap);
	return (struct err){s};
}

struct err(err_make)(enum err_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct err e = err_vmake(code, fmt, ap);
	va_end(ap);
	return e;
}

static enum err_code code_of_errno(int no)
{
	switch (no) {
	case ENOSPC:
	case EDQUOT: return ERR_DISK_FULL;
	case ENOMEM:
	case EMFILE:
	case ENFILE: return ERR_RESOURCES;
	case EACCES:
	case EPERM: return ERR_ACCESS;
	case ENOENT: return ERR_NOT_FOUND;
	case ETIMEDOUT: return ERR_TIMEOUT;
	default: return ERR_IO;
	}
}

struct err(err_errno)(const char *fmt, ...)
{
	int no = errno;
	char reason[128];
	va_list ap;
	struct err_slot *s = slot_next(code_of_errno(no));

	va_start(ap, fmt);
	slot_vadd(s, fmt, ap);
	va_end(ap);
	slot_add(s, ": %s", strerror_r(no, reason, sizeof(reason)));
	return (struct err){s};
}

struct err err_add(struct err e, const char *fmt, ...)
{
	if (err_is_ok(e))
		return e;
	struct err_slot old = *e.slot;
	struct err_slot *s = slot_next(old.code);
	va_list ap;

	va_start(ap, fmt);
	slot_vadd(s, fmt, ap);
	va_end(ap);
	slot_add(s, ": %.*s", (int)old.n, old.text);
	return (struct err){s};
}
