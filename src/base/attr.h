/* attr: the compiler attributes and small macros the whole house uses. */
#ifndef MOX_BASE_ATTR_H
#define MOX_BASE_ATTR_H

#include <stddef.h>

#define NODISCARD         __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED            __attribute__((unused))
#define CLEANUP(fn)       __attribute__((cleanup(fn)))
#define FALLTHROUGH       __attribute__((fallthrough))

/* 1 in a build with a sanitizer, whose run-time does things that ours never does. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BUILD_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BUILD_SANITIZED 1
#endif
#endif
#ifndef BUILD_SANITIZED
#define BUILD_SANITIZED 0
#endif

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Hands over what a cleanup variable holds: TAKE(fd) is the value, the variable becomes empty. */
#define TAKE_AS(var, empty)                          \
	__extension__({                              \
		__typeof__(var) take_value_ = (var); \
		(var) = (empty);                     \
		take_value_;                         \
	})
#define TAKE_PTR(var) TAKE_AS(var, NULL)
#define TAKE_FD(var)  TAKE_AS(var, -1)

#endif
