/* privilege: giving up what root has, for good.
 *
 * Order: after fork or exec, before the first thread (capabilities are each thread's own) and
 * before the promise of os/sandbox.
 */
#ifndef MOX_OS_PRIVILEGE_H
#define MOX_OS_PRIVILEGE_H

#include "base/err.h"
#include <sys/types.h>

struct privilege_user {
	uid_t uid;
	gid_t gid;
};

/* By name; or by number, which is then uid and gid both. Not root. CONFIG if there is no such user,
 * SYNTAX for a number that is none. Reads the user database: not inside a promise. */
struct err privilege_lookup(struct str name, struct privilege_user *ret);

/* Becomes that user: no groups but its own, no capabilities, no way back (which is tried). Ends
 * with the parent as before, which the kernel forgets when the user changes. ACCESS if we are
 * neither root nor that user already. */
struct err privilege_drop(const struct privilege_user *u);

/* For localserve as root: stays the same user, without the capabilities that make it more than any
 * other, now and after exec. No change for others. */
struct err privilege_drop_capabilities(void);

#endif
