/* data: the data folder as a whole: its version, and that one server uses it.
 *
 *     data/version    one line, the version of the layout; newer than ours is refused
 *     data/lock       locked as long as a server runs
 */
#ifndef MOX_STORE_DATA_H
#define MOX_STORE_DATA_H

#include "base/err.h"
#include "os/file.h"

enum { DATA_VERSION = 1 };

/* Makes the folder's files if they are missing, upgrades an older layout, takes the lock.
 * *ret_fd holds the lock until it is closed. IN_USE if another server has it; VERSION if the
 * data is newer than this program. */
struct err data_lock(struct fs *fs, const char *root, int *ret_fd);

#endif
