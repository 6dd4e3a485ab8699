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
#include "base/err.h"
#include "base/str.h"

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

#define assert_err(e, code) assert_int_equal(err_code(e), (code))

#endif
