#include "store/vfs.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct vfs_file {
	sqlite3_file base;
	struct vfs *vfs;
	const char *path; /* SQLite keeps it as long as the file is open */
	int fd;           /* the number that stands for it */
	bool sync_dir;    /* made by us and not synced yet: SQLite syncs its folder with it */
	sqlite3_file *real;
};

static struct vfs_file *file_of(sqlite3_file *f)
{
	return (struct vfs_file *)f;
}

static int announce(struct fs *fs, const struct fs_call *call)
{
	return fs->before ? fs->before(fs->arg, call) : 0;
}

static void done(struct fs *fs, const struct fs_call *call, int result)
{
	if (fs->after)
		fs->after(fs->arg, call, result);
}

/* Announces the call, makes it unless it shall fail, and tells how it went. */
#define CALL(fs, call, failed, expr)                                                  \
	__extension__({                                                               \
		int no_ = announce((fs), (call));                                     \
		int rc_ = no_ == 0 ? (expr) : no_ == ENOSPC ? SQLITE_FULL : (failed); \
		done((fs), (call), rc_ == SQLITE_OK ? 0 : -1);                        \
		rc_;                                                                  \
	})

static int vf_close(sqlite3_file *file)
{
	struct vfs_file *f = file_of(file);
	struct fs_call call = {.op = FS_CLOSE, .fd = f->fd};

	done(f->vfs->fs, &call, 0);
	return f->real->pMethods->xClose(f->real);
}

static int vf_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xRead(f->real, p, n, at);
}

static int vf_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct vfs_file *f = file_of(file);
	struct fs_call call = {
		.op = FS_WRITE, .fd = f->fd, .offset = at, .data = p, .n = (size_t)n};

	return CALL(f->vfs->fs, &call, SQLITE_IOERR_WRITE,
		    f->real->pMethods->xWrite(f->real, p, n, at));
}

static int vf_truncate(sqlite3_file *file, sqlite3_int64 n)
{
	struct vfs_file *f = file_of(file);
	struct fs_call call = {.op = FS_TRUNCATE, .fd = f->fd, .offset = n};

	return CALL(f->vfs->fs, &call, SQLITE_IOERR_TRUNCATE,
		    f->real->pMethods->xTruncate(f->real, n));
}

static void folder_of(const char *path, char *ret, size_t n)
{
	snprintf(ret, n, "%s", path);
	char *slash = strrchr(ret, '/');

	if (slash)
		*slash = '\0';
	else
		snprintf(ret, n, ".");
}

static int folder_sync(struct fs *fs, const char *path)
{
	char folder[4096];
	struct fs_call call = {.op = FS_SYNC_DIR, .fd = -1, .dirfd = AT_FDCWD, .path = folder};

	folder_of(path, folder, sizeof(folder));
	return CALL(fs, &call, SQLITE_IOERR_DIR_FSYNC, SQLITE_OK);
}

static int vf_sync(sqlite3_file *file, int flags)
{
	struct vfs_file *f = file_of(file);
	struct fs_call call = {.op = FS_SYNC, .fd = f->fd};
	int rc = CALL(f->vfs->fs, &call, SQLITE_IOERR_FSYNC,
		      f->real->pMethods->xSync(f->real, flags));

	if (rc == SQLITE_OK && f->sync_dir) {
		f->sync_dir = false;
		rc = folder_sync(f->vfs->fs, f->path);
	}
	return rc;
}

static int vf_size(sqlite3_file *file, sqlite3_int64 *n)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xFileSize(f->real, n);
}

static int vf_lock(sqlite3_file *file, int level)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xLock(f->real, level);
}

static int vf_unlock(sqlite3_file *file, int level)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xUnlock(f->real, level);
}

static int vf_reserved(sqlite3_file *file, int *ret)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xCheckReservedLock(f->real, ret);
}

static int vf_control(sqlite3_file *file, int op, void *arg)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xFileControl(f->real, op, arg);
}

static int vf_sector(sqlite3_file *file)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xSectorSize(f->real);
}

static int vf_device(sqlite3_file *file)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xDeviceCharacteristics(f->real);
}

static int vf_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xShmMap(f->real, page, size, extend, ret);
}

static int vf_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xShmLock(f->real, at, n, flags);
}

static void vf_shm_barrier(sqlite3_file *file)
{
	struct vfs_file *f = file_of(file);

	f->real->pMethods->xShmBarrier(f->real);
}

static int vf_shm_unmap(sqlite3_file *file, int remove)
{
	struct vfs_file *f = file_of(file);

	return f->real->pMethods->xShmUnmap(f->real, remove);
}

/* Version 2: no memory-mapped reads, an I/O error would be a SIGBUS. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = vf_close,
	.xRead = vf_read,
	.xWrite = vf_write,
	.xTruncate = vf_truncate,
	.xSync = vf_sync,
	.xFileSize = vf_size,
	.xLock = vf_lock,
	.xUnlock = vf_unlock,
	.xCheckReservedLock = vf_reserved,
	.xFileControl = vf_control,
	.xSectorSize = vf_sector,
	.xDeviceCharacteristics = vf_device,
	.xShmMap = vf_shm_map,
	.xShmLock = vf_shm_lock,
	.xShmBarrier = vf_shm_barrier,
	.xShmUnmap = vf_shm_unmap,
};

static struct vfs *vfs_of(sqlite3_vfs *v)
{
	return v->pAppData;
}

/* A journal or WAL that did not exist: what SQLite's unix layer syncs the folder for. */
static bool is_new_journal(struct vfs *v, const char *path, int flags)
{
	int exists = 0;

	if (!(flags & SQLITE_OPEN_CREATE) ||
	    !(flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)))
		return false;
	v->unix_vfs->xAccess(v->unix_vfs, path, SQLITE_ACCESS_EXISTS, &exists);
	return !exists;
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
		    int *ret_flags)
{
	struct vfs *v = vfs_of(vfs);
	struct vfs_file *f = file_of(file);
	struct fs_call call = {.op = FS_CREATE,
			       .fd = -1,
			       .dirfd = AT_FDCWD,
			       .path = path,
			       .flags = flags & SQLITE_OPEN_CREATE ? O_RDWR | O_CREAT : O_RDWR};
	bool writes = path && flags & SQLITE_OPEN_READWRITE;
	int no = writes ? announce(v->fs, &call) : 0;

	f->base.pMethods = NULL;
	f->vfs = v;
	f->path = path;
	f->fd = v->next_fd++;
	f->sync_dir = path && is_new_journal(v, path, flags);
	f->real = (sqlite3_file *)(f + 1);
	int rc = no ? SQLITE_CANTOPEN
		    : v->unix_vfs->xOpen(v->unix_vfs, path, f->real, flags, ret_flags);

	if (rc == SQLITE_OK)
		f->base.pMethods = &methods;
	if (writes)
		done(v->fs, &call, rc == SQLITE_OK ? f->fd : -1);
	return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
	struct vfs *v = vfs_of(vfs);
	struct fs_call call = {.op = FS_UNLINK, .fd = -1, .dirfd = AT_FDCWD, .path = path};
	int exists = 0;

	v->unix_vfs->xAccess(v->unix_vfs, path, SQLITE_ACCESS_EXISTS, &exists);
	if (!exists)
		return v->unix_vfs->xDelete(v->unix_vfs, path, sync_dir);
	int rc = CALL(v->fs, &call, SQLITE_IOERR_DELETE,
		      v->unix_vfs->xDelete(v->unix_vfs, path, sync_dir));

	return rc == SQLITE_OK && sync_dir ? folder_sync(v->fs, path) : rc;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
	struct vfs *v = vfs_of(vfs);

	return v->unix_vfs->xAccess(v->unix_vfs, path, flags, ret);
}

static int vfs_path(sqlite3_vfs *vfs, const char *path, int n, char *ret)
{
	struct vfs *v = vfs_of(vfs);

	return v->unix_vfs->xFullPathname(v->unix_vfs, path, n, ret);
}

static int vfs_random(sqlite3_vfs *vfs, int n, char *ret)
{
	struct vfs *v = vfs_of(vfs);

	return v->unix_vfs->xRandomness(v->unix_vfs, n, ret);
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	struct vfs *v = vfs_of(vfs);

	return v->unix_vfs->xSleep(v->unix_vfs, us);
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
	struct vfs *v = vfs_of(vfs);

	return v->unix_vfs->xCurrentTimeInt64(v->unix_vfs, ret);
}

static int vfs_last_error(sqlite3_vfs *vfs, int n, char *ret)
{
	struct vfs *v = vfs_of(vfs);

	return v->unix_vfs->xGetLastError(v->unix_vfs, n, ret);
}

/* Before SQLite's first use in the process: no mutex a connection (each is used by one thread at a
 * time), no memory statistics under a global lock. Fails harmlessly if SQLite runs already. */
static void configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct err vfs_init(struct vfs *v, struct fs *fs)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, configure);
	if (sqlite3_initialize() != SQLITE_OK)
		return err_make(ERR_INTERNAL, "SQLite does not start");
	v->unix_vfs = sqlite3_vfs_find("unix");
	v->fs = fs;
	v->next_fd = VFS_FD_FIRST;
	snprintf(v->name, sizeof(v->name), "mox-%p", (void *)v);
	v->vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = (int)sizeof(struct vfs_file) + v->unix_vfs->szOsFile,
		.mxPathname = v->unix_vfs->mxPathname,
		.zName = v->name,
		.pAppData = v,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_path,
		.xRandomness = vfs_random,
		.xSleep = vfs_sleep,
		.xGetLastError = vfs_last_error,
		.xCurrentTimeInt64 = vfs_time,
	};
	if (sqlite3_vfs_register(&v->vfs, 0) != SQLITE_OK)
		return err_make(ERR_RESOURCES, "register SQLite's file layer");
	return ERR_OK;
}

void vfs_fini(struct vfs *v)
{
	sqlite3_vfs_unregister(&v->vfs);
}
