#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n)   ((void)0)
#define UNPOISON(p, n) ((void)0)
#endif

enum { BLOCK_MIN = 1024, BLOCK_MAX = 65536, ALIGN = 16 };

struct arena_block {
	struct arena_block *below;
	size_t size; /* of data */
	size_t used;
	_Alignas(ALIGN) char data[];
};

void arena_init(struct arena *a, size_t cap)
{
	*a = (struct arena){.cap = cap};
}

void arena_reset(struct arena *a)
{
	struct arena_block *b = a->top;

	while (b) {
		struct arena_block *below = b->below;

		UNPOISON(b->data, b->size);
		free(b);
		b = below;
	}
	arena_init(a, a->cap);
}

void arena_fini(struct arena *a)
{
	arena_reset(a);
	a->cap = 0;
}

/* Blocks double, so that small arenas stay small and large ones cost few allocations. */
static struct arena_block *block_add(struct arena *a, size_t need)
{
	size_t size = a->top ? a->top->size * 2 : BLOCK_MIN;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size > a->cap - a->used)
		size = a->cap - a->used;
	if (size < need)
		size = need;
	if (need > a->cap - a->used)
		return NULL;
	struct arena_block *b = malloc(sizeof(*b) + size);

	if (!b)
		return NULL;
	b->below = a->top;
	b->size = size;
	b->used = 0;
	POISON(b->data, size);
	a->top = b;
	a->used += size;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	if (a->failed || n > SIZE_MAX / 2)
		goto fail;
	size_t need = (n + ALIGN - 1) / ALIGN * ALIGN;

	if (need == 0)
		need = ALIGN;
	struct arena_block *b = a->top;

	if (!b || need > b->size - b->used)
		b = block_add(a, need);
	if (!b)
		goto fail;
	void *p = b->data + b->used;

	b->used += need;
	UNPOISON(p, n);
	memset(p, 0, n);
	return p;
fail:
	a->failed = true;
	return NULL;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size) {
		a->failed = true;
		return NULL;
	}
	return arena_alloc(a, count * size);
}

void *arena_grow(struct arena *a, void *array, size_t n, size_t size)
{
	if (n & (n - 1) || (n && !array))
		return array;
	void *p = arena_array(a, n ? n * 2 : 1, size);

	if (p && n)
		memcpy(p, array, n * size);
	return p;
}

struct str arena_dup(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n);

	if (!p)
		return (struct str){NULL, 0};
	if (s.n)
		memcpy(p, s.p, s.n);
	return str_of(p, s.n);
}

char *arena_strz(struct arena *a, struct str s)
{
	if (str_chr(s, '\0') >= 0)
		return NULL;
	char *p = arena_alloc(a, s.n + 1);

	if (p && s.n)
		memcpy(p, s.p, s.n);
	return p;
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, ap2;

	va_start(ap, fmt);
	va_copy(ap2, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1);
	if (p)
		vsnprintf(p, (size_t)n + 1, fmt, ap2);
	va_end(ap2);
	return p ? str_of(p, (size_t)n) : (struct str){NULL, 0};
}
