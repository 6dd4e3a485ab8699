/* trace: what a run did to the disk, call by call, and when it was acknowledged.
 *
 * -wal files are files like others, -shm is memory.
 */
#ifndef MOX_TEST_CRASH_TRACE_H
#define MOX_TEST_CRASH_TRACE_H

#include "scenario.h"

enum { EVENTS_MAX = 8000, FILES_MAX = 128 };

struct event {
	enum fs_op op;
	bool acknowledged; /* no call: an operation returned */
	int file;          /* index; -1 none */
	char *path, *path2;
	uint64_t offset;
	struct str data;
};

struct trace {
	pthread_mutex_t lock; /* from before a call until after it: the order is that of the disk */
	char root[96];
	struct event e[EVENTS_MAX];
	int n;
	int64_t ns; /* how long it took */
	/* While recording: which file a number or name means. */
	struct {
		int fd, file;
	} fds[FILES_MAX];
	struct {
		char *path;
		int file;
	} names[FILES_MAX];
	int fd_n, name_n, file_n;
	struct arena arena;
};

/* The path below the root; "." for the root itself. */
static inline char *path_of(struct trace *t, int dirfd, const char *path)
{
	char full[1200], folder[600] = "", link[64];

	if (path && path[0] == '/') {
		snprintf(full, sizeof(full), "%s", path);
	} else {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
		assert_true(readlink(link, folder, sizeof(folder) - 1) > 0);
		snprintf(full, sizeof(full), path ? "%s/%s" : "%s", folder, path);
	}
	size_t n = strlen(t->root);

	assert_true(str_starts(str_z(full), str_z(t->root)));
	char *p = arena_strz(&t->arena, str_z(full[n] ? full + n + 1 : "."));

	assert_non_null(p);
	return p;
}

static inline int name_find(struct trace *t, const char *path)
{
	for (int i = 0; i < t->name_n; i++)
		if (strcmp(t->names[i].path, path) == 0)
			return i;
	return -1;
}

static inline void name_add(struct trace *t, char *path, int file)
{
	int i = name_find(t, path);

	if (i < 0)
		i = t->name_n++;
	assert_true(t->name_n <= FILES_MAX);
	t->names[i].path = path;
	t->names[i].file = file;
}

static inline int file_of_fd(struct trace *t, int fd)
{
	for (int i = t->fd_n - 1; i >= 0; i--)
		if (t->fds[i].fd == fd)
			return t->fds[i].file;
	fail_msg("a file that nobody opened: %d", fd);
	return -1;
}

static inline struct event *event_add(struct trace *t, enum fs_op op)
{
	assert_true(t->n < EVENTS_MAX);
	struct event *e = &t->e[t->n++];

	*e = (struct event){.op = op, .file = -1};
	return e;
}

static inline void on_create(struct trace *t, const struct fs_call *c, int fd)
{
	char *path = path_of(t, c->dirfd, c->path);
	int i = name_find(t, path);

	if (i < 0) {
		struct event *e = event_add(t, FS_CREATE);

		e->path = path;
		e->file = t->file_n++;
		name_add(t, path, e->file);
		i = name_find(t, path);
	} else if (c->flags & O_TRUNC) {
		event_add(t, FS_TRUNCATE)->file = t->names[i].file;
	}
	t->fds[t->fd_n].fd = fd;
	t->fds[t->fd_n++].file = t->names[i].file;
	assert_true(t->fd_n < FILES_MAX);
}

static inline void on_close(struct trace *t, int fd)
{
	for (int i = t->fd_n - 1; i >= 0; i--)
		if (t->fds[i].fd == fd) {
			t->fds[i] = t->fds[--t->fd_n];
			return;
		}
}

static inline void on_name(struct trace *t, const struct fs_call *c)
{
	char *path = path_of(t, c->dirfd, c->path);
	int i = name_find(t, path);
	struct event *e;

	if (c->op != FS_MKDIR && i < 0)
		return; /* a -shm */
	e = event_add(t, c->op);
	e->path = path;
	if (c->op == FS_MKDIR)
		return;
	e->file = t->names[i].file;
	if (c->op != FS_UNLINK) {
		e->path2 = path_of(t, c->dirfd2, c->path2);
		name_add(t, e->path2, e->file);
	}
	if (c->op != FS_LINK)
		t->names[i] = t->names[--t->name_n];
}

static inline void call_add(struct trace *t, const struct fs_call *c, int result)
{
	struct event *e;

	switch (c->op) {
	case FS_CREATE: on_create(t, c, result); break;
	case FS_CLOSE: on_close(t, c->fd); break;
	case FS_WRITE:
		e = event_add(t, c->op);
		e->file = file_of_fd(t, c->fd);
		e->offset = (uint64_t)c->offset;
		e->data = arena_dup(&t->arena, str_of(c->data, c->n));
		break;
	case FS_TRUNCATE:
		e = event_add(t, c->op);
		e->file = file_of_fd(t, c->fd);
		e->offset = (uint64_t)c->offset;
		break;
	case FS_SYNC: event_add(t, c->op)->file = file_of_fd(t, c->fd); break;
	case FS_SYNC_DIR: event_add(t, c->op)->path = path_of(t, c->fd, c->path); break;
	default: on_name(t, c); break;
	}
}

static inline int before(void *arg, const struct fs_call *c)
{
	(void)c;
	pthread_mutex_lock(&((struct trace *)arg)->lock);
	return 0;
}

static inline void after(void *arg, const struct fs_call *c, int result)
{
	struct trace *t = arg;

	/* Announced after the fact alone. */
	if (c->op == FS_CLOSE)
		pthread_mutex_lock(&t->lock);
	if (result >= 0)
		call_add(t, c, result);
	pthread_mutex_unlock(&t->lock);
}

static inline void acknowledged_add(struct trace *t)
{
	pthread_mutex_lock(&t->lock);
	event_add(t, FS_OP_COUNT)->acknowledged = true;
	pthread_mutex_unlock(&t->lock);
}

static inline struct trace *trace_new(void)
{
	struct trace *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	return t;
}

static inline void trace_reset(struct trace *t)
{
	pthread_mutex_destroy(&t->lock);
	arena_fini(&t->arena);
	memset(t, 0, sizeof(*t));
}

static inline void trace_free(struct trace *t)
{
	trace_reset(t);
	free(t);
}

/* ---- of a scenario ---- */

/* The begin of every trace is the prepared folder, all of it synced. */
static inline void folder_load(struct trace *t, const char *root, const char *below)
{
	char path[400], sub[300];
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/%s", root, below);
	DIR *d = opendir(path);

	assert_non_null(d);
	while ((entry = readdir(d))) {
		struct stat st;
		struct event *e;

		if (entry->d_name[0] == '.' || str_ends(str_z(entry->d_name), STR("-shm")))
			continue;
		snprintf(sub, sizeof(sub), "%s%s%s", below, *below ? "/" : "", entry->d_name);
		snprintf(path, sizeof(path), "%s/%s", root, sub);
		assert_int_equal(stat(path, &st), 0);
		if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
			continue; /* a server's socket */
		e = event_add(t, S_ISDIR(st.st_mode) ? FS_MKDIR : FS_CREATE);
		e->path = arena_strz(&t->arena, str_z(sub));
		if (S_ISDIR(st.st_mode)) {
			folder_load(t, root, sub);
			continue;
		}
		BUF_AUTO b = BUF_INIT(64 << 20);

		assert_ok(file_read(AT_FDCWD, path, &b));
		e->file = t->file_n++;
		name_add(t, e->path, e->file);
		e = event_add(t, FS_WRITE);
		e->file = t->file_n - 1;
		e->data = arena_dup(&t->arena, buf_str(&b));
		event_add(t, FS_SYNC)->file = e->file;
	}
	closedir(d);
	event_add(t, FS_SYNC_DIR)->path = arena_strz(&t->arena, str_z(*below ? below : "."));
}

/* The operations' calls; *ret_begin is where they begin. How a server starts is no part of it. */
static inline void trace_record(const struct scenario *s, const struct prepared *p, struct trace *t,
				int *ret_begin)
{
	struct fs fs = {.before = before, .after = after, .arg = t};
	struct world w = {0};
	struct clock clock;

	pthread_mutex_init(&t->lock, NULL);
	arena_init(&t->arena, 256 << 20);
	folder_load(t, p->folder, "");
	*ret_begin = t->n;
	clock_init(&clock);
	snprintf(w.folder, sizeof(w.folder), "%s-p", p->folder);
	snprintf(t->root, sizeof(t->root), "%s", w.folder);
	copy_tree(p->folder, w.folder);
	t->ns = -clock_mono(&clock);
	world_open(&w, s->server, &fs);
	if (s->server)
		*ret_begin = t->n;
	for (int i = s->prepare; s->ops[i]; i++) {
		assert_ok(s->ops[i](&w));
		acknowledged_add(t);
	}
	int n = t->n;

	t->ns += clock_mono(&clock);
	world_close(&w);
	/* What a server does when it ends is done for nobody. */
	if (s->server)
		t->n = n;
	testing_remove(w.folder);
}

#endif
