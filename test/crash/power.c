/* The power goes. The calls of a run are recorded; of them disk states are made that hold
 * everything synced and any part of the rest: bytes not synced are there, not there, or torn at
 * sectors; names not synced with their folder are there up to some point. -wal files are files like
 * others, -shm is memory.
 *
 * Each state must be one that survived() accepts. The negative control leaves out one sync at a
 * time and wants a state that is not.
 */
#include "scenario.h"

#include <errno.h>

enum { EVENTS_MAX = 4000, FILES_MAX = 64, SECTOR = 512, STATES = 60, STATES_FULL = 1000 };

struct event {
	enum fs_op op;
	bool acknowledged; /* no call: an operation returned */
	int file;          /* index; -1 none */
	char *path, *path2;
	uint64_t offset;
	struct str data;
};

struct trace {
	char root[96];
	struct event e[EVENTS_MAX];
	int n;
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

/* ---- recording ---- */

/* The path below the root; "." for the root itself. */
static char *path_of(struct trace *t, int dirfd, const char *path)
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

static int name_find(struct trace *t, const char *path)
{
	for (int i = 0; i < t->name_n; i++)
		if (strcmp(t->names[i].path, path) == 0)
			return i;
	return -1;
}

static void name_add(struct trace *t, char *path, int file)
{
	int i = name_find(t, path);

	if (i < 0)
		i = t->name_n++;
	assert_true(t->name_n <= FILES_MAX);
	t->names[i].path = path;
	t->names[i].file = file;
}

static int file_of_fd(struct trace *t, int fd)
{
	for (int i = t->fd_n - 1; i >= 0; i--)
		if (t->fds[i].fd == fd)
			return t->fds[i].file;
	fail_msg("a file that nobody opened: %d", fd);
	return -1;
}

static struct event *event_add(struct trace *t, enum fs_op op)
{
	assert_true(t->n < EVENTS_MAX);
	struct event *e = &t->e[t->n++];

	*e = (struct event){.op = op, .file = -1};
	return e;
}

static void on_create(struct trace *t, const struct fs_call *c, int fd)
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

static void on_close(struct trace *t, int fd)
{
	for (int i = t->fd_n - 1; i >= 0; i--)
		if (t->fds[i].fd == fd) {
			t->fds[i] = t->fds[--t->fd_n];
			return;
		}
}

static void on_name(struct trace *t, const struct fs_call *c)
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

static void record(void *arg, const struct fs_call *c, int result)
{
	struct trace *t = arg;
	struct event *e;

	if (result < 0)
		return;
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

/* ---- a disk ---- */

struct disk {
	struct buf file[FILES_MAX]; /* what is durable of each */
	char *name[FILES_MAX];      /* durable names of files; NULL: none */
	int name_file[FILES_MAX];
	char *dir[FILES_MAX];
	int name_n, dir_n;
};

static void disk_write(struct buf *b, uint64_t at, struct str s)
{
	if (at + s.n > b->n)
		buf_char_n(b, '\0', at + s.n - b->n);
	assert_false(buf_failed(b));
	if (s.n)
		memcpy(b->p + at, s.p, s.n);
}

/* Each sector of a write is there or not; a sector is not torn. */
static void disk_write_torn(struct buf *b, const struct event *e, struct rand_src *r)
{
	size_t at = 0;

	while (at < e->data.n) {
		size_t n = SECTOR - (e->offset + at) % SECTOR;

		if (n > e->data.n - at)
			n = e->data.n - at;
		if (rand_below(r, 2))
			disk_write(b, e->offset + at, str_sub(e->data, at, at + n));
		at += n;
	}
}

static void disk_truncate(struct buf *b, uint64_t n)
{
	if (n < b->n)
		buf_truncate(b, n);
	else
		buf_char_n(b, '\0', n - b->n);
}

static void disk_data(struct disk *d, const struct event *e)
{
	if (e->op == FS_WRITE)
		disk_write(&d->file[e->file], e->offset, e->data);
	else
		disk_truncate(&d->file[e->file], e->offset);
}

static void disk_name_set(struct disk *d, char *path, int file)
{
	int i = 0;

	while (i < d->name_n && strcmp(d->name[i], path) != 0)
		i++;
	if (i == d->name_n)
		d->name_n++;
	assert_true(d->name_n <= FILES_MAX);
	d->name[i] = path;
	d->name_file[i] = file;
}

static void disk_name_drop(struct disk *d, const char *path)
{
	for (int i = 0; i < d->name_n; i++)
		if (strcmp(d->name[i], path) == 0) {
			d->name[i] = d->name[--d->name_n];
			d->name_file[i] = d->name_file[d->name_n];
			return;
		}
}

static void disk_name(struct disk *d, const struct event *e)
{
	if (e->op == FS_MKDIR)
		d->dir[d->dir_n++] = e->path;
	if (e->op == FS_CREATE)
		disk_name_set(d, e->path, e->file);
	if (e->op == FS_LINK || e->op == FS_RENAME)
		disk_name_set(d, e->path2, e->file);
	if (e->op == FS_UNLINK || e->op == FS_RENAME)
		disk_name_drop(d, e->path);
}

static bool is_data(const struct event *e)
{
	return !e->acknowledged && (e->op == FS_WRITE || e->op == FS_TRUNCATE);
}

static bool is_name(const struct event *e)
{
	return !e->acknowledged && (e->op == FS_CREATE || e->op == FS_MKDIR || e->op == FS_LINK ||
				    e->op == FS_UNLINK || e->op == FS_RENAME);
}

/* Whether the name changes in that folder. */
static bool in_folder(const struct event *e, const char *folder)
{
	const char *slash = strrchr(e->path, '/');
	struct str parent = slash ? str_of(e->path, (size_t)(slash - e->path)) : STR(".");

	return str_eq(parent, str_z(folder));
}

/* Whether the event is durable at `cut` by a sync between them; `without` is a sync left out. */
static bool synced(const struct trace *t, int i, int cut, int without)
{
	const struct event *e = &t->e[i];

	for (int k = i + 1; k < cut; k++) {
		const struct event *s = &t->e[k];

		if (k == without || s->acknowledged)
			continue;
		if (is_data(e) && s->op == FS_SYNC && s->file == e->file)
			return true;
		if (is_name(e) && s->op == FS_SYNC_DIR && in_folder(e, s->path))
			return true;
	}
	return false;
}

enum mode { DROP, KEEP, ANY, MODES };

/* What the disk holds when the power goes before event `cut`. */
static void disk_make(const struct trace *t, struct disk *d, int cut, int without, enum mode mode,
		      struct rand_src *r)
{
	bool names_lost = false; /* names reach the journal in order: once lost, always lost */

	for (int i = 0; i < cut; i++) {
		const struct event *e = &t->e[i];

		if (!is_data(e) && !is_name(e))
			continue;
		bool sure = synced(t, i, cut, without);
		unsigned luck = (unsigned)rand_below(r, 4);

		if (is_name(e)) {
			names_lost |= !sure && (mode == DROP || (mode == ANY && luck == 0));
			if (sure || !names_lost)
				disk_name(d, e);
		} else if (sure || mode == KEEP || (mode == ANY && luck < 2)) {
			disk_data(d, e);
		} else if (mode == ANY && luck == 2 && e->op == FS_WRITE) {
			disk_write_torn(&d->file[e->file], e, r);
		}
	}
}

/* ---- writing it out, and looking at it ---- */

static void disk_store(const struct disk *d, const char *root)
{
	char path[400];

	mkdir(root, 0700);
	for (int i = 0; i < d->dir_n; i++) {
		snprintf(path, sizeof(path), "%s/%s", root, d->dir[i]);
		mkdir(path, 0700); /* not below a folder that was lost */
	}
	for (int i = 0; i < d->name_n; i++) {
		const struct buf *b = &d->file[d->name_file[i]];

		snprintf(path, sizeof(path), "%s/%s", root, d->name[i]);
		FILE *f = fopen(path, "w");

		if (!f)
			continue;
		assert_int_equal(fwrite(b->n ? b->p : "", 1, b->n, f), b->n);
		fclose(f);
	}
}

/* The begin of every trace is the prepared folder, all of it synced. */
static void folder_load(struct trace *t, const char *root, const char *below)
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

static void trace_record(const struct scenario *s, const struct prepared *p, struct trace *t,
			 int *ret_begin)
{
	struct fs fs = {.after = record, .arg = t};
	struct world w = {0};

	arena_init(&t->arena, 256 << 20);
	folder_load(t, p->folder, "");
	*ret_begin = t->n;
	snprintf(w.root, sizeof(w.root), "%s-p", p->folder);
	snprintf(t->root, sizeof(t->root), "%s", w.root);
	copy_tree(p->folder, w.root);
	world_open(&w, &fs);
	for (int i = s->prepare; s->ops[i]; i++) {
		assert_ok(s->ops[i](&w));
		event_add(t, FS_OP_COUNT)->acknowledged = true;
	}
	world_close(&w);
	testing_remove(w.root);
}

static bool state_survives(const struct scenario *s, const struct prepared *p,
			   const struct trace *t, int cut, int without, enum mode mode,
			   uint64_t seed)
{
	struct disk *d = calloc(1, sizeof(*d));
	struct rand_test r;
	char root[96];
	int acknowledged = 0;

	assert_non_null(d);
	for (int i = 0; i < FILES_MAX; i++)
		buf_init(&d->file[i], 64 << 20);
	rand_test_init(&r, seed);
	for (int i = 0; i < cut; i++)
		acknowledged += t->e[i].acknowledged;
	disk_make(t, d, cut, without, mode, &r.src);
	snprintf(root, sizeof(root), "%s-s", p->folder);
	disk_store(d, root);
	bool ok = survived(s, p, root, acknowledged, without >= 0);

	testing_remove(root);
	for (int i = 0; i < FILES_MAX; i++)
		buf_fini(&d->file[i]);
	free(d);
	return ok;
}

static struct trace *trace_new(void)
{
	struct trace *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	return t;
}

static void trace_free(struct trace *t)
{
	arena_fini(&t->arena);
	free(t);
}

static void every_state(void **state)
{
	const struct scenario *s = *state;
	struct trace *t = trace_new();
	struct prepared p;
	int begin, states = getenv("MOX_TEST_FULL") ? STATES_FULL : STATES;

	prepare(s, &p);
	trace_record(s, &p, t, &begin);
	for (int i = 0; i < states; i++) {
		/* Every cut comes up, then again with other luck. */
		int cut = begin + i % (t->n - begin + 1);
		enum mode mode = i % 10 == 0 ? DROP : i % 10 == 1 ? KEEP : ANY;

		if (!state_survives(s, &p, t, cut, -1, mode, (uint64_t)i))
			fail_msg("%s: power cut before call %d of %d, state %d", s->name,
				 cut - begin, t->n - begin, i);
	}
	print_message("%s: %d calls, %d states\n", s->name, t->n - begin, states);
	trace_free(t);
	prepared_fini(&p);
}

/* Where an operation acknowledges nothing to anybody (SQLite's steps to a new database,
 * housekeeping) a lost sync of a file is no loss. Names above the account count always. */
static bool counts(const struct scenario *s, const struct event *e)
{
	if (e->acknowledged || (e->op != FS_SYNC && e->op != FS_SYNC_DIR))
		return false;
	return !s->unseen || (e->op == FS_SYNC_DIR && !strchr(e->path, '/'));
}

/* Until the same file or folder is synced again, some cut must show that this sync is missing. */
static bool missed(const struct scenario *s, const struct prepared *p, const struct trace *t,
		   int sync)
{
	for (int cut = t->n; cut > sync; cut--)
		if ((cut == t->n || t->e[cut - 1].acknowledged) &&
		    !state_survives(s, p, t, cut, sync, DROP, 0))
			return true;
	for (int cut = sync + 1; cut <= t->n; cut++)
		for (uint64_t seed = 0; seed < 3; seed++)
			if (!state_survives(s, p, t, cut, sync, ANY, seed))
				return true;
	return false;
}

static void every_sync_is_needed(void **state)
{
	const struct scenario *s = *state;
	struct trace *t = trace_new();
	struct prepared p;
	int begin, syncs = 0;

	prepare(s, &p);
	trace_record(s, &p, t, &begin);
	for (int i = begin; i < t->n; i++) {
		if (!counts(s, &t->e[i]))
			continue;
		syncs++;
		if (!missed(s, &p, t, i))
			fail_msg("%s: nobody notices that sync %d (call %d, %s) is missing",
				 s->name, syncs, i - begin, t->e[i].path ? t->e[i].path : "a file");
	}
	print_message("%s: %d syncs, none without effect\n", s->name, syncs);
	trace_free(t);
	prepared_fini(&p);
}

int main(void)
{
	struct CMUnitTest tests[2 * ARRAY_LEN(scenarios)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++) {
		void *s = (void *)(uintptr_t)&scenarios[i];

		tests[n++] = (struct CMUnitTest){
			.name = scenarios[i].name, .test_func = every_state, .initial_state = s};
		tests[n++] = (struct CMUnitTest){.name = scenarios[i].name,
						 .test_func = every_sync_is_needed,
						 .initial_state = s};
	}
	return _cmocka_run_group_tests("power", tests, n, NULL, NULL);
}
