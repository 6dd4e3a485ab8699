/* test: what every unit test includes first; cmocka and a few shortcuts.
 *
 * A test is a table of named cases with want and got. Tests wait for events with a deadline,
 * never sleep, never reach outside loopback.
 */
#ifndef MOX_BASE_TEST_H
#define MOX_BASE_TEST_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
/* clang-format on */
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* cmocka's header does not say that a failed test goes no further. */
#ifdef __clang_analyzer__
#undef fail
#define fail() abort()
#undef fail_msg
#define fail_msg(...) abort()
#undef assert_true
#define assert_true(c) ((c) ? (void)0 : abort())
#endif

/* Fails unless got is the want bytes; prints both, and the case's name. */
#define assert_str(name, got, want) assert_str_((name), (got), (want), __FILE__, __LINE__)
static inline void assert_str_(const char *name, struct str got, struct str want, const char *file,
			       int line)
{
	if (str_eq(got, want))
		return;
	print_error("%s:%d: %s\n got  \"%.*s\"\n want \"%.*s\"\n", file, line, name, STR_ARG(got),
		    STR_ARG(want));
	fail();
}

#define assert_ok(e) assert_ok_((e), __FILE__, __LINE__)
static inline void assert_ok_(struct err e, const char *file, int line)
{
	if (err_is_ok(e))
		return;
	print_error("%s:%d: %.*s\n", file, line, STR_ARG(err_text(e)));
	fail();
}

/* Reads a file of the source tree, e.g. "test/data/address/tests.xml", or fails the test. */
static inline void test_data_read(const char *path, struct buf *ret)
{
	const char *root = getenv("MOX_SOURCE_ROOT");
	char full[4096], part[4096];
	size_t n;

	snprintf(full, sizeof(full), "%s/%s", root ? root : ".", path);
	FILE *f = fopen(full, "rb");

	if (!f)
		fail_msg("%s: cannot open", full);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(ret, part, n);
	fclose(f);
	assert_false(buf_failed(ret));
}

#define assert_err(e, code) assert_int_equal(err_code(e), (code))

#endif
