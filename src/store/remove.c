/* The accounts' folders: listing and removing them. */
#include "store/internal.h"
#include "store/lock.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Removes the files of a folder, then the folder. The names are the store's own. */
static struct err folder_remove(struct fs *fs, int dirfd, const char *name, int depth)
{
	auto_close int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int again = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct err e = ERR_OK;
	struct dirent *entry;

	if (!d) {
		fd_close(&again);
		return err_errno("read folder %s", name);
	}
	while (err_is_ok(e) && (entry = readdir(d))) {
		struct str file = str_z(entry->d_name);

		if (str_eq(file, STR(".")) || str_eq(file, STR("..")))
			continue;
		if (entry->d_type == DT_DIR && depth > 0)
			e = folder_remove(fs, fd, entry->d_name, depth - 1);
		else
			e = fs_unlink(fs, fd, entry->d_name);
	}
	closedir(d);
	TRY(e);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) != 0)
		return err_errno("remove folder %s", name);
	return ERR_OK;
}

struct err account_unlist(struct store *s, struct str name, struct account **ret)
{
	struct err e = ERR_OK;

	*ret = NULL;
	pthread_mutex_lock(&s->lock);
	for (struct account **p = &s->accounts; *p; p = &(*p)->next) {
		struct account *acc = *p;

		if (!str_eq(str_z(acc->name), name))
			continue;
		if (acc->refs) {
			e = err_make(ERR_IN_USE, "account %s is open", acc->name);
		} else {
			*p = acc->next;
			*ret = acc;
		}
		break;
	}
	pthread_mutex_unlock(&s->lock);
	return e;
}

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct err names_read(DIR *d, struct arena *a, struct str **ret, size_t *ret_n)
{
	struct dirent *e;
	size_t cap = 0;

	*ret = NULL;
	*ret_n = 0;
	while ((e = readdir(d))) {
		if (!account_name_ok(str_z(e->d_name)))
			continue;
		if (*ret_n == cap) {
			cap = cap ? cap * 2 : 64;
			struct str *more = ARENA_NEW_N(a, struct str, cap);

			if (!more)
				return err_make(ERR_RESOURCES, "no memory for %zu accounts", cap);
			if (*ret_n)
				memcpy(more, *ret, *ret_n * sizeof(*more));
			*ret = more;
		}
		(*ret)[(*ret_n)++] = arena_dup(a, str_z(e->d_name));
	}
	return arena_failed(a) ? err_make(ERR_RESOURCES, "no memory for accounts") : ERR_OK;
}

struct err store_accounts(struct store *s, struct arena *a, struct str **ret, size_t *ret_n)
{
	int fd = openat(s->root_fd, "accounts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd < 0 && errno == ENOENT) {
		*ret_n = 0;
		return ERR_OK;
	}
	if (!d) {
		fd_close(&fd);
		return err_errno("open the accounts' folder");
	}
	struct err e = names_read(d, a, ret, ret_n);

	closedir(d);
	if (err_is_ok(e) && *ret_n)
		qsort(*ret, *ret_n, sizeof(**ret), str_order);
	return e;
}

/* The folder gets another name first, so that a crash leaves either the account or leftovers that
 * nobody takes for one: no account's name begins with a dot. */
struct err account_remove(struct store *s, struct str name)
{
	char from[STORE_ACCOUNT_NAME_MAX + 1], to[STORE_ACCOUNT_NAME_MAX + 40];
	struct account *acc;

	if (!account_name_ok(name))
		return err_make(ERR_CANNOT, "not a name for an account: %.*s", STR_ARG(name));
	TRY(account_unlist(s, name, &acc));
	if (acc)
		account_free(acc);
	auto_close int accounts =
		openat(s->root_fd, "accounts", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (accounts < 0)
		return err_errno("open the accounts' folder");
	snprintf(from, sizeof(from), "%.*s", STR_ARG(name));
	snprintf(to, sizeof(to), ".removed-%s-%016llx", from,
		 (unsigned long long)rand_u64(s->o.random));
	TRY(fs_rename(s->o.fs, accounts, from, accounts, to));
	TRY(fs_sync_dir(s->o.fs, accounts));
	return folder_remove(s->o.fs, accounts, to, 1);
}
