/* lock: a lock file shared by threads and processes, with a deadline.
 *
 * The lock belongs to the open file description: each user opens the file for itself, and a process
 * that dies gives it back. Waiting blocks in the kernel (polling costs throughput and fairness).
 */
#ifndef MOX_STORE_LOCK_H
#define MOX_STORE_LOCK_H

#include "base/err.h"

/* TIMEOUT after ms milliseconds; 0: try once. */
struct err lock_take(int fd, unsigned ms);
void lock_drop(int fd);

#endif
