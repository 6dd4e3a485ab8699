/* file: the file system, as far as data depends on it.
 *
 * Every call that changes what a power cut or a crash leaves behind goes through a struct fs, so
 * that tests can record the calls, end the process at the k-th, or let it fail: there is no other
 * way to write in store/, queue/ or the configuration. SQLite gets the same through a VFS.
 * Reading needs no struct fs.
 *
 * Durability, as these functions give it on ext4, xfs and btrfs: bytes written are there after
 * fs_sync of the file; a name (created, linked, renamed, removed) after fs_sync_dir of its folder.
 * After a failed sync the page cache lies: nobody syncs the same file again and believes it
 * (design.md §4).
 * Paths are NUL-terminated, relative ones to the folder given as dirfd (AT_FDCWD: the process's).
 */
#ifndef MOX_OS_FILE_H
#define MOX_OS_FILE_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include <fcntl.h>
#include <sys/types.h>

enum fs_op {
	FS_CREATE, /* open for writing, or with O_CREAT or O_TRUNC */
	FS_CLOSE,  /* of a file opened through fs_open: no effect on the disk, ends the fd's meaning
		    */
	FS_WRITE,
	FS_TRUNCATE,
	FS_SYNC,
	FS_SYNC_DIR,
	FS_LINK,
	FS_UNLINK,
	FS_RENAME,
	FS_MKDIR,
	FS_OP_COUNT
};

/* What is about to happen. Paths are as the caller gave them, with their dirfd. */
struct fs_call {
	enum fs_op op;
	int fd;           /* WRITE, TRUNCATE, SYNC, SYNC_DIR, CLOSE */
	int dirfd;        /* for path */
	const char *path; /* CREATE, LINK (from), UNLINK, RENAME (from), MKDIR */
	int dirfd2;
	const char *path2; /* LINK, RENAME (to) */
	int flags;         /* CREATE: of open */
	off_t offset;      /* WRITE; TRUNCATE: the new length */
	const void *data;  /* WRITE */
	size_t n;
};

struct fs {
	/* Called before each call; a result other than 0 is an errno with which the call then
	 * fails, without being made. NULL outside tests. `after` tells a recorder the new fd of a
	 * CREATE and that the call was made (result < 0: it failed). */
	int (*before)(void *arg, const struct fs_call *call);
	void (*after)(void *arg, const struct fs_call *call, int result);
	void *arg;
};

/* The real thing, no hooks. */
#define FS_SYSTEM   \
	(struct fs) \
	{           \
		0   \
	}

/* Closes *fd unless it is -1; for `auto_close int fd`. */
void fd_close(int *fd);
#define auto_close CLEANUP(fd_close)

/* open(2) with O_CLOEXEC; *ret_fd is the caller's to close with fs_close (or fd_close where the
 * file was opened for reading only). Opening for reading is not a change. */
struct err fs_open(struct fs *fs, int dirfd, const char *path, int flags, mode_t mode, int *ret_fd);
/* Sets *fd to -1. */
void fs_close(struct fs *fs, int *fd);
/* Writes all n bytes at offset; on failure some may have been written. */
struct err fs_pwrite(struct fs *fs, int fd, const void *p, size_t n, off_t offset);
/* fdatasync: the bytes and the length. */
struct err fs_sync(struct fs *fs, int fd);
/* fsync of a folder: the names in it. */
struct err fs_sync_dir(struct fs *fs, int dirfd);
struct err fs_link(struct fs *fs, int dirfd, const char *from, int dirfd2, const char *to);
struct err fs_unlink(struct fs *fs, int dirfd, const char *path);
struct err fs_rename(struct fs *fs, int dirfd, const char *from, int dirfd2, const char *to);
/* EXISTS if it is there already. */
struct err fs_mkdir(struct fs *fs, int dirfd, const char *path, mode_t mode);

/* Replaces (or makes) a small file so that after a crash either the old or the new content is
 * there: temporary file, sync, rename, sync of the folder. */
struct err fs_replace(struct fs *fs, int dirfd, const char *path, struct str content, mode_t mode);

/* Reading. */
/* The bytes [offset, offset + n) exactly; CORRUPT if the file ends before. */
struct err file_pread(int fd, void *p, size_t n, off_t offset);
/* A whole file of at most b's maximum (LIMIT if it is larger), appended to b. */
struct err file_read(int dirfd, const char *path, struct buf *b);

#endif
