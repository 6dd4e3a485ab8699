#include "os/file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool before(struct fs *fs, const struct fs_call *call)
{
	int no = fs->before ? fs->before(fs->arg, call) : 0;

	if (no)
		errno = no;
	return no != 0;
}

static void after(struct fs *fs, const struct fs_call *call, int result)
{
	int no = errno;

	if (fs->after)
		fs->after(fs->arg, call, result);
	errno = no;
}

/* Runs `expr` between the hooks; its value is the system call's result, errno set. */
#define CALL(fs, call, expr)                                           \
	__extension__({                                                \
		int call_r_ = before((fs), (call)) ? -1 : (int)(expr); \
		after((fs), (call), call_r_);                          \
		call_r_;                                               \
	})

struct err fs_open(struct fs *fs, int dirfd, const char *path, int flags, mode_t mode, int *ret_fd)
{
	struct fs_call call = {
		.op = FS_CREATE, .fd = -1, .dirfd = dirfd, .path = path, .flags = flags};
	int fd;

	if (flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR))
		fd = CALL(fs, &call, openat(dirfd, path, flags | O_CLOEXEC, mode));
	else
		fd = openat(dirfd, path, flags | O_CLOEXEC, mode);
	if (fd < 0)
		return errno == EEXIST ? err_make(ERR_EXISTS, "create %s: it exists", path)
				       : err_errno("open %s", path);
	*ret_fd = fd;
	return ERR_OK;
}

void fs_close(struct fs *fs, int *fd)
{
	struct fs_call call = {.op = FS_CLOSE, .fd = *fd};

	if (*fd < 0)
		return;
	after(fs, &call, 0);
	fd_close(fd);
}

struct err fs_pwrite(struct fs *fs, int fd, const void *p, size_t n, off_t offset)
{
	struct fs_call call = {.op = FS_WRITE, .fd = fd, .offset = offset, .data = p, .n = n};

	if (before(fs, &call))
		goto fail;
	for (size_t done = 0; done < n;) {
		ssize_t k = pwrite(fd, (const char *)p + done, n - done, offset + (off_t)done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			goto fail;
		done += (size_t)k;
	}
	after(fs, &call, 0);
	return ERR_OK;
fail:
	after(fs, &call, -1);
	return err_errno("write %zu bytes at %lld", n, (long long)offset);
}

struct err fs_sync(struct fs *fs, int fd)
{
	struct fs_call call = {.op = FS_SYNC, .fd = fd};

	if (CALL(fs, &call, fdatasync(fd)) < 0)
		return err_errno("sync file");
	return ERR_OK;
}

struct err fs_sync_dir(struct fs *fs, int dirfd)
{
	struct fs_call call = {.op = FS_SYNC_DIR, .fd = dirfd};

	if (CALL(fs, &call, fsync(dirfd)) < 0)
		return err_errno("sync folder");
	return ERR_OK;
}

struct err fs_link(struct fs *fs, int dirfd, const char *from, int dirfd2, const char *to)
{
	struct fs_call call = {.op = FS_LINK,
			       .fd = -1,
			       .dirfd = dirfd,
			       .path = from,
			       .dirfd2 = dirfd2,
			       .path2 = to};

	if (CALL(fs, &call, linkat(dirfd, from, dirfd2, to, 0)) < 0)
		return errno == EEXIST ? err_make(ERR_EXISTS, "link %s: %s exists", from, to)
				       : err_errno("link %s to %s", from, to);
	return ERR_OK;
}

struct err fs_unlink(struct fs *fs, int dirfd, const char *path)
{
	struct fs_call call = {.op = FS_UNLINK, .fd = -1, .dirfd = dirfd, .path = path};

	if (CALL(fs, &call, unlinkat(dirfd, path, 0)) < 0)
		return err_errno("remove %s", path);
	return ERR_OK;
}

struct err fs_rename(struct fs *fs, int dirfd, const char *from, int dirfd2, const char *to)
{
	struct fs_call call = {.op = FS_RENAME,
			       .fd = -1,
			       .dirfd = dirfd,
			       .path = from,
			       .dirfd2 = dirfd2,
			       .path2 = to};

	if (CALL(fs, &call, renameat(dirfd, from, dirfd2, to)) < 0)
		return err_errno("rename %s to %s", from, to);
	return ERR_OK;
}

struct err fs_mkdir(struct fs *fs, int dirfd, const char *path, mode_t mode)
{
	struct fs_call call = {.op = FS_MKDIR, .fd = -1, .dirfd = dirfd, .path = path};

	if (CALL(fs, &call, mkdirat(dirfd, path, mode)) < 0)
		return errno == EEXIST ? err_make(ERR_EXISTS, "make folder %s: it exists", path)
				       : err_errno("make folder %s", path);
	return ERR_OK;
}

/* Opens the folder in which path lies. */
static struct err parent_open(int dirfd, const char *path, int *ret_fd)
{
	char parent[4096];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 1;

	if (n >= sizeof(parent))
		return err_make(ERR_LIMIT, "path too long: %.100s", path);
	memcpy(parent, slash ? path : ".", n);
	parent[n] = '\0';
	int fd = openat(dirfd, n ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno("open folder of %s", path);
	*ret_fd = fd;
	return ERR_OK;
}

static struct err temp_write(struct fs *fs, int fd, struct str content)
{
	TRY(fs_pwrite(fs, fd, content.p, content.n, 0));
	/* Before the rename: else a power cut could leave the new name with an empty file. */
	return fs_sync(fs, fd);
}

struct err fs_replace(struct fs *fs, int dirfd, const char *path, struct str content, mode_t mode)
{
	char temp[4096];
	int fd = -1;

	if ((size_t)snprintf(temp, sizeof(temp), "%s.tmp", path) >= sizeof(temp))
		return err_make(ERR_LIMIT, "path too long: %.100s", path);
	TRY(fs_open(fs, dirfd, temp, O_WRONLY | O_CREAT | O_TRUNC, mode, &fd));
	struct err e = temp_write(fs, fd, content);

	fs_close(fs, &fd);
	if (err_is_ok(e))
		e = fs_rename(fs, dirfd, temp, dirfd, path);
	if (err_failed(e)) {
		unlinkat(dirfd, temp, 0);
		return err_add(e, "replace %s", path);
	}
	/* Without this the old content could come back after a power cut: legal, but then what we
	 * acknowledged (a changed password, a changed configuration) would be undone. */
	auto_close int parent = -1;

	TRY(parent_open(dirfd, path, &parent));
	return fs_sync_dir(fs, parent);
}

struct err file_pread(int fd, void *p, size_t n, off_t offset)
{
	for (size_t done = 0; done < n;) {
		ssize_t k = pread(fd, (char *)p + done, n - done, offset + (off_t)done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_errno("read %zu bytes at %lld", n, (long long)offset);
		if (k == 0)
			return err_make(ERR_CORRUPT,
					"file ends at %lld, expected %zu bytes from %lld",
					(long long)offset + (long long)done, n, (long long)offset);
		done += (size_t)k;
	}
	return ERR_OK;
}

struct err file_read(int dirfd, const char *path, struct buf *b)
{
	auto_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno("open %s", path);
	for (;;) {
		char piece[4096];
		ssize_t k = read(fd, piece, sizeof(piece));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_errno("read %s", path);
		if (k == 0)
			return ERR_OK;
		buf_add(b, piece, (size_t)k);
		if (buf_failed(b))
			return err_make(ERR_LIMIT, "%s is larger than %zu bytes", path, b->max);
	}
}
