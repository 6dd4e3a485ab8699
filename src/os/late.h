/* late: libraries that a process loads when it first calls them.
 *
 * The server is several processes of one program. A library that the program is linked with costs
 * each of them its relocations (libcrypto: 400 KiB and a millisecond), and most want few. So the
 * program is not linked with those that src/meson.build calls late: each of their functions is a
 * jump through a slot (os/late_x86_64.S, from a table that tools/late.py makes of what our objects
 * call), and the first call of any loads the library and fills its slots, which are read-only
 * before and after. Nothing changes for who calls. Tests, sanitizer builds, and processors for
 * which there are no stubs, are linked with them.
 *
 * Threads: any. A role loads what it will call before its promise, which forbids it later
 * (role_kind.libraries).
 */
#ifndef MOX_OS_LATE_H
#define MOX_OS_LATE_H

#include "base/err.h"

/* Loads a library of the list, by its name after -l, if it is not there yet. UNSUPPORTED if this
 * machine has none, or another one. */
struct err late_load(const char *library);

#endif
