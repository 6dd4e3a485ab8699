/* promise: what each role promises the kernel never to do, in one table. */
#ifndef MOX_ROLE_PROMISE_H
#define MOX_ROLE_PROMISE_H

#include "role/role.h"

/* Takes the role's promise; before its first thread. What this kernel can't enforce is added to
 * unenforced, as text. */
struct err promise_take(struct role *r, struct buf *unenforced);

#endif
