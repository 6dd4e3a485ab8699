#include "store/backup.h"

#include "os/file.h"
#include "store/db.h"
#include "store/uids.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, DEPTH_MAX = 8, CHUNK = 256 << 10 };

struct backup {
	struct fs fs;
	struct backup_report *report;
	char *chunk;
};

/* A folder and its copy. */
struct pair {
	char from[PATH_SIZE], to[PATH_SIZE];
	int from_fd, to_fd;
	int depth;
};

/* ---- files ---- */

static struct err path_join(char *ret, const char *folder, const char *name)
{
	if (snprintf(ret, PATH_SIZE, "%s/%s", folder, name) >= PATH_SIZE)
		return err_make(ERR_LIMIT, "a path below %s is too long", folder);
	return ERR_OK;
}

/* Whoever restores it starts a server as the same user. */
static void owner_keep(int fd, const struct stat *st)
{
	if (fchown(fd, st->st_uid, st->st_gid) != 0)
		return; /* not root: the copy is the caller's */
}

static struct err bytes_copy(struct backup *b, int from, int to)
{
	off_t at = 0;

	for (;;) {
		ssize_t n = pread(from, b->chunk, CHUNK, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno("read");
		if (n == 0)
			return fs_sync(&b->fs, to);
		TRY(fs_pwrite(&b->fs, to, b->chunk, (size_t)n, at));
		at += n;
	}
}

static struct err file_copy(struct backup *b, const struct pair *p, const char *name)
{
	auto_close int from = openat(p->from_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int to = -1;
	struct stat st;

	if (from < 0 && errno == ENOENT)
		return ERR_OK; /* removed meanwhile */
	if (from < 0 || fstat(from, &st) != 0)
		return err_errno("open %s/%s", p->from, name);
	TRY(fs_open(&b->fs, p->to_fd, name, O_WRONLY | O_CREAT | O_EXCL, st.st_mode & 0777, &to));
	TRY(err_add(bytes_copy(b, from, to), "copy %s/%s", p->from, name));
	owner_keep(to, &st);
	b->report->copied++;
	return ERR_OK;
}

static struct err file_link(struct backup *b, const struct pair *p, const char *name)
{
	if (err_failed(fs_link(&b->fs, p->from_fd, name, p->to_fd, name)))
		return file_copy(b, p, name); /* another file system */
	b->report->linked++;
	return ERR_OK;
}

/* ---- databases ---- */

static struct err pages_copy(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
	int rc = copy ? sqlite3_backup_step(copy, -1) : SQLITE_ERROR;

	if (copy)
		sqlite3_backup_finish(copy);
	if (rc != SQLITE_DONE)
		return err_make(ERR_IO, "copy of a database: %s", sqlite3_errmsg(to));
	return ERR_OK;
}

static struct err database_copy(struct backup *b, const struct pair *p, const char *name)
{
	char from[PATH_SIZE], to[PATH_SIZE];
	struct db *source, *copy;
	struct stat st;

	TRY(path_join(from, p->from, name));
	TRY(path_join(to, p->to, name));
	TRY(db_open_as_is(from, false, &source));
	struct err e = db_open_as_is(to, true, &copy);

	if (err_is_ok(e)) {
		e = pages_copy(source->h, copy->h);
		/* All in the one file: the WAL of the copy goes. */
		if (err_is_ok(e))
			e = db_exec(copy, "PRAGMA journal_mode=DELETE");
		db_close(copy);
	}
	db_close(source);
	if (err_is_ok(e) && stat(from, &st) == 0 && chown(to, st.st_uid, st.st_gid) == 0)
		chmod(to, st.st_mode & 0777);
	b->report->databases++;
	return err_add(e, "database %s", from);
}

/* ---- segments ---- */

static struct err segments_read(struct db *db, uint32_t *ret_current, struct uids *ret)
{
	Q_AUTO q = q_of(db, "SELECT number, number = (SELECT segment FROM account) FROM segment");

	*ret_current = 0;
	while (q_row(&q)) {
		TRY(uids_add(ret, (uint32_t)q_col_i64(&q, 0)));
		if (q_col_i64(&q, 1))
			*ret_current = (uint32_t)q_col_i64(&q, 0);
	}
	return q_end(&q);
}

/* The segments that the copied database knows. */
static struct err segments_copy(struct backup *b, const struct pair *p, const struct pair *account)
{
	char path[PATH_SIZE], name[16];
	uint32_t current;
	struct db *db;
	UIDS_AUTO numbers = {0};

	TRY(path_join(path, account->to, "index.db"));
	TRY(db_open_as_is(path, false, &db));
	struct err e = segments_read(db, &current, &numbers);

	db_close(db);
	TRY(e);
	for (uint32_t n = uids_next(&numbers, 1); n; n = uids_next(&numbers, n + 1)) {
		snprintf(name, sizeof(name), "%06u", n);
		TRY(n == current ? file_copy(b, p, name) : file_link(b, p, name));
	}
	return ERR_OK;
}

/* ---- folders ---- */

static struct err folder_copy(struct backup *b, struct pair *p);

static struct err pair_open(struct backup *b, struct pair *p)
{
	struct stat st;

	p->to_fd = -1;
	p->from_fd = open(p->from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (p->from_fd < 0 || fstat(p->from_fd, &st) != 0)
		return err_errno("open folder %s", p->from);
	TRY(fs_mkdir(&b->fs, AT_FDCWD, p->to, st.st_mode & 0777));
	p->to_fd = open(p->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->to_fd < 0)
		return err_errno("open folder %s", p->to);
	owner_keep(p->to_fd, &st);
	return ERR_OK;
}

static void pair_close(struct pair *p)
{
	fd_close(&p->from_fd);
	fd_close(&p->to_fd);
}

static bool is_account(const struct pair *p)
{
	return faccessat(p->from_fd, "index.db", F_OK, 0) == 0 &&
	       faccessat(p->from_fd, "mail", F_OK, 0) == 0;
}

static struct err below(struct backup *b, const struct pair *p, const char *name)
{
	struct pair *sub = malloc(sizeof(*sub));

	if (!sub)
		return err_make(ERR_RESOURCES, "no memory for a folder");
	*sub = (struct pair){.from_fd = -1, .to_fd = -1, .depth = p->depth + 1};
	struct err e = path_join(sub->from, p->from, name);

	if (err_is_ok(e))
		e = path_join(sub->to, p->to, name);
	if (err_is_ok(e))
		e = pair_open(b, sub);
	if (err_is_ok(e))
		e = is_account(p) && strcmp(name, "mail") == 0 ? segments_copy(b, sub, p)
							       : folder_copy(b, sub);
	if (err_is_ok(e))
		e = fs_sync_dir(&b->fs, sub->to_fd);
	pair_close(sub);
	free(sub);
	return e;
}

/* What belongs to the running server alone, or to SQLite. */
static bool is_passing(struct str name)
{
	static const struct str names[] = {STR_INIT("tmp"), STR_INIT("lock"),
					   STR_INIT("index.db.new")};
	static const struct str ends[] = {STR_INIT("-wal"), STR_INIT("-shm"), STR_INIT("-journal")};

	if (name.p[0] == '.')
		return true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(name, names[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (str_ends(name, ends[i]))
			return true;
	return false;
}

static struct err entry_copy_one(struct backup *b, struct pair *p, const char *name, bool databases)
{
	struct stat st;
	bool is_db = str_ends(str_z(name), STR(".db"));

	if (is_passing(str_z(name)) || is_db != databases)
		return ERR_OK;
	if (fstatat(p->from_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? ERR_OK : err_errno("look at %s/%s", p->from, name);
	if (is_db && S_ISREG(st.st_mode))
		return database_copy(b, p, name);
	if (S_ISREG(st.st_mode))
		return file_copy(b, p, name);
	if (S_ISDIR(st.st_mode) && p->depth < DEPTH_MAX)
		return below(b, p, name);
	return ERR_OK; /* a socket */
}

/* Databases first: what they name must come after. */
static struct err folder_copy(struct backup *b, struct pair *p)
{
	for (int databases = 1; databases >= 0; databases--) {
		int fd = openat(p->from_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *d = fd < 0 ? NULL : fdopendir(fd);
		struct err e = ERR_OK;
		struct dirent *entry;

		if (!d) {
			fd_close(&fd);
			return err_errno("read folder %s", p->from);
		}
		while (err_is_ok(e) && (entry = readdir(d)))
			e = entry_copy_one(b, p, entry->d_name, databases);
		closedir(d);
		TRY(e);
	}
	return ERR_OK;
}

static struct err backup_run(struct backup *b, struct pair *p)
{
	TRY(pair_open(b, p));
	TRY(folder_copy(b, p));
	TRY(fs_sync_dir(&b->fs, p->to_fd));
	auto_close int up = openat(p->to_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return up < 0 ? err_errno("open the folder above %s", p->to) : fs_sync_dir(&b->fs, up);
}

struct err data_backup(const char *root, const char *dest, struct backup_report *ret)
{
	struct backup b = {.report = ret, .chunk = malloc(CHUNK)};
	struct pair *p = calloc(1, sizeof(*p));
	struct err e;

	*ret = (struct backup_report){0};
	if (!b.chunk || !p) {
		e = err_make(ERR_RESOURCES, "no memory for a backup");
	} else if (snprintf(p->from, PATH_SIZE, "%s", root) >= PATH_SIZE ||
		   snprintf(p->to, PATH_SIZE, "%s", dest) >= PATH_SIZE) {
		e = err_make(ERR_LIMIT, "the path of a folder is too long");
	} else {
		p->from_fd = p->to_fd = -1;
		e = backup_run(&b, p);
		pair_close(p);
	}
	free(b.chunk);
	free(p);
	return e;
}
