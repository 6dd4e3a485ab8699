/* vfs: SQLite's file calls, announced to a struct fs before SQLite's own unix layer makes them, so
 * that tests record, fail and cut them like all others (os/file.h).
 *
 * Locks and shared memory stay SQLite's: only it may open its files (any other close would drop its
 * locks). Its files get numbers from VFS_FD_FIRST up in place of file descriptors. A SYNC_DIR names
 * its folder in `path`, its fd is -1.
 */
#ifndef MOX_STORE_VFS_H
#define MOX_STORE_VFS_H

#include "base/err.h"
#include "os/file.h"
#include <sqlite3.h>

enum { VFS_FD_FIRST = 1 << 24 };

struct vfs {
	sqlite3_vfs vfs;
	sqlite3_vfs *unix_vfs;
	struct fs *fs;
	_Atomic int next_fd;
	char name[32];
};

/* Registers it; databases opened with v->name go through fs. *v stays where it is until fini. */
struct err vfs_init(struct vfs *v, struct fs *fs);
/* No database may be open through it any more. */
void vfs_fini(struct vfs *v);

#endif
