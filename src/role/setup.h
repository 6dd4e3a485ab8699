/* setup: the first part of a role's life: one thread, the parent's messages, nothing served.
 *
 * Input: from the parent, the one role that is believed; what it sends is checked for form all the
 * same, and any mistake ends the role.
 */
#ifndef MOX_ROLE_SETUP_H
#define MOX_ROLE_SETUP_H

#include "role/role.h"

/* Receives and takes over messages until `serve` has come, which stays unanswered: *ret_serve is
 * its id. UNAVAILABLE when the parent went away. */
struct err setup_receive(struct role *r, int control_fd, uint64_t *ret_serve);
/* Answers `serve`. */
struct err setup_serving(int control_fd, uint64_t serve, struct str unenforced);

#endif
