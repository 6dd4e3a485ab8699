#include "role/keyfile.h"

#include "base/map.h"
#include "base/secret.h"
#include "os/file.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct keyfile {
	struct stat st; /* of the file that was read */
	char id[KEY_ID_LEN + 1];
	char path[];
};

struct keyfiles {
	pthread_mutex_t lock;
	struct keys *keys;
	struct map files; /* path -> struct keyfile */
};

struct err keyfiles_new(struct keys *k, struct keyfiles **ret)
{
	struct keyfiles *f = calloc(1, sizeof(*f));

	if (!f)
		return err_make(ERR_RESOURCES, "no memory for key files");
	pthread_mutex_init(&f->lock, NULL);
	f->keys = k;
	map_init(&f->files, KEYFILES_MAX, (struct map_seed){{1, 2}});
	*ret = f;
	return ERR_OK;
}

void keyfiles_free(struct keyfiles *f)
{
	if (!f)
		return;
	map_for_each (&f->files, e)
		free(e->value);
	map_fini(&f->files);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

struct err key_file_add(struct keys *k, int fd, char ret_id[KEY_ID_LEN + 1])
{
	BUF_AUTO pem = BUF_INIT(KEY_PEM_MAX);
	char *to = buf_reserve(&pem, KEY_PEM_MAX);
	ssize_t n = to ? pread(fd, to, KEY_PEM_MAX, 0) : -1;

	if (n < 0)
		return err_errno("read");
	buf_commit(&pem, (size_t)n);
	struct err e = keys_add_pem(k, buf_str(&pem), ret_id);

	secret_wipe(pem.p, pem.cap);
	return e;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The row of a path, made if it is missing. */
static struct keyfile *row_of(struct keyfiles *f, struct str path)
{
	struct keyfile *row = map_get(&f->files, path);
	void *old;

	if (row)
		return row;
	row = calloc(1, sizeof(*row) + path.n + 1);
	if (!row)
		return NULL;
	memcpy(row->path, path.p, path.n);
	if (!map_put(&f->files, str_of(row->path, path.n), row, &old)) {
		free(row);
		return NULL;
	}
	return row;
}

static struct err file_load(struct keyfiles *f, const char *path, struct keyfile *row)
{
	struct stat st;
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == EACCES)
		return err_make(ERR_ACCESS,
				"not readable, or in a folder that was not among those of "
				"keys at start: restart the server, or use the folder dkim "
				"beside mox.conf");
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno("open");
	if (!S_ISREG(st.st_mode))
		return err_make(ERR_CONFIG, "not a file");
	if (row->id[0] && same_file(&st, &row->st))
		return ERR_OK;
	TRY(key_file_add(f->keys, fd, row->id));
	row->st = st;
	return ERR_OK;
}

static struct err get(struct keyfiles *f, struct str path, char ret_id[KEY_ID_LEN + 1])
{
	struct keyfile *row = row_of(f, path);

	if (!row)
		return err_make(ERR_RESOURCES, "more than %d key files, or no memory",
				KEYFILES_MAX);
	TRY(file_load(f, row->path, row));
	memcpy(ret_id, row->id, sizeof(row->id));
	return ERR_OK;
}

struct err keyfiles_get(struct keyfiles *f, struct str path, char ret_id[KEY_ID_LEN + 1],
			enum msg_key_kind *ret_kind)
{
	if (path.n == 0 || path.n > KEYFILE_PATH_MAX || memchr(path.p, 0, path.n))
		return err_make(ERR_CONFIG, "not the path of a key file");
	pthread_mutex_lock(&f->lock);
	struct err e = get(f, path, ret_id);

	pthread_mutex_unlock(&f->lock);
	TRY(err_add(e, "private key %.*s", STR_ARG(path)));
	return keys_kind(f->keys, str_of(ret_id, KEY_ID_LEN), ret_kind);
}
