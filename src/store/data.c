#include "store/data.h"

#include "store/lock.h"
#include <stdio.h>
#include <unistd.h>

enum { VERSION_FILE_MAX = 32 };

/* 0: there is no version file, the folder is new. */
static struct err version_read(int root, uint64_t *ret)
{
	BUF_AUTO b = BUF_INIT(VERSION_FILE_MAX);
	struct err e = file_read(root, "version", &b);

	*ret = 0;
	if (err_is(e, ERR_NOT_FOUND))
		return ERR_OK;
	TRY(e);
	if (!str_u64(str_trim(buf_str(&b)), UINT32_MAX, ret) || *ret == 0)
		return err_make(ERR_CORRUPT,
				"the file \"version\" of the data folder is no number");
	return ERR_OK;
}

/* upgrades[n] makes layout n + 2 of layout n + 1; there is one layout so far. */
static struct err upgrade(struct fs *fs, int root, uint64_t from)
{
	char text[VERSION_FILE_MAX];

	if (from == DATA_VERSION)
		return ERR_OK;
	snprintf(text, sizeof(text), "%d\n", DATA_VERSION);
	return fs_replace(fs, root, "version", str_z(text), 0660);
}

static struct err locked(struct fs *fs, int root)
{
	uint64_t version;

	TRY(version_read(root, &version));
	if (version > DATA_VERSION)
		return err_make(ERR_VERSION,
				"the data folder is of version %u, newer than this program's %d",
				(unsigned)version, DATA_VERSION);
	return upgrade(fs, root, version);
}

struct err data_lock(struct fs *fs, const char *root, int *ret_fd)
{
	auto_close int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd = -1;

	if (dir < 0)
		return err_errno("open data folder %s", root);
	TRY(fs_open(fs, dir, "lock", O_RDWR | O_CREAT, 0660, &fd));
	struct err e = lock_take(fd, 0);

	if (err_is(e, ERR_TIMEOUT))
		return err_make(ERR_IN_USE, "another server uses the data folder %s", root);
	TRY(e);
	TRY(err_add(locked(fs, dir), "data folder %s", root));
	*ret_fd = TAKE_FD(fd);
	return ERR_OK;
}
