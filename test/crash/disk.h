/* disk: what a disk may hold when the power goes: everything synced and any part of the rest. Bytes
 * not synced are there, not there, or torn at sectors; names not synced with their folder are there
 * up to some point.
 */
#ifndef MOX_TEST_CRASH_DISK_H
#define MOX_TEST_CRASH_DISK_H

#include "trace.h"

enum { SECTOR = 512 };

struct disk {
	struct buf file[FILES_MAX]; /* what is durable of each */
	char *name[FILES_MAX];      /* durable names of files; NULL: none */
	int name_file[FILES_MAX];
	char *dir[FILES_MAX];
	int name_n, dir_n;
};

static inline struct disk *disk_new(void)
{
	struct disk *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	for (int i = 0; i < FILES_MAX; i++)
		buf_init(&d->file[i], 64 << 20);
	return d;
}

static inline void disk_free(struct disk *d)
{
	for (int i = 0; i < FILES_MAX; i++)
		buf_fini(&d->file[i]);
	free(d);
}

static inline void disk_write(struct buf *b, uint64_t at, struct str s)
{
	if (at + s.n > b->n)
		buf_char_n(b, '\0', at + s.n - b->n);
	assert_false(buf_failed(b));
	if (s.n)
		memcpy(b->p + at, s.p, s.n);
}

/* Each sector of a write is there or not; a sector is not torn. */
static inline void disk_write_torn(struct buf *b, const struct event *e, struct rand_src *r)
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

static inline void disk_truncate(struct buf *b, uint64_t n)
{
	if (n < b->n)
		buf_truncate(b, n);
	else
		buf_char_n(b, '\0', n - b->n);
}

static inline void disk_data(struct disk *d, const struct event *e)
{
	if (e->op == FS_WRITE)
		disk_write(&d->file[e->file], e->offset, e->data);
	else
		disk_truncate(&d->file[e->file], e->offset);
}

static inline void disk_name_set(struct disk *d, char *path, int file)
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

static inline void disk_name_drop(struct disk *d, const char *path)
{
	for (int i = 0; i < d->name_n; i++)
		if (strcmp(d->name[i], path) == 0) {
			d->name[i] = d->name[--d->name_n];
			d->name_file[i] = d->name_file[d->name_n];
			return;
		}
}

static inline void disk_name(struct disk *d, const struct event *e)
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

static inline bool is_data(const struct event *e)
{
	return !e->acknowledged && (e->op == FS_WRITE || e->op == FS_TRUNCATE);
}

static inline bool is_name(const struct event *e)
{
	return !e->acknowledged && (e->op == FS_CREATE || e->op == FS_MKDIR || e->op == FS_LINK ||
				    e->op == FS_UNLINK || e->op == FS_RENAME);
}

/* Whether the name changes in that folder. */
static inline bool in_folder(const struct event *e, const char *folder)
{
	const char *slash = strrchr(e->path, '/');
	struct str parent = slash ? str_of(e->path, (size_t)(slash - e->path)) : STR(".");

	return str_eq(parent, str_z(folder));
}

/* Whether the event is durable at `cut` by a sync between them; `without` is a sync left out. */
static inline bool synced(const struct trace *t, int i, int cut, int without)
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

/* Names reach the disk in order: once one is lost, all that follow are. */
static inline void names_make(const struct trace *t, struct disk *d, int cut, int without,
			      enum mode mode, struct rand_src *r)
{
	bool lost = false;

	for (int i = 0; i < cut; i++) {
		const struct event *e = &t->e[i];

		if (!is_name(e))
			continue;
		bool sure = synced(t, i, cut, without);

		lost |= !sure && (mode == DROP || (mode == ANY && rand_below(r, 4) == 0));
		if (sure || !lost)
			disk_name(d, e);
	}
}

static inline bool has_name(const struct disk *d, int file)
{
	for (int i = 0; i < d->name_n; i++)
		if (d->name_file[i] == file)
			return true;
	return false;
}

/* What the disk holds when the power goes before event `cut`. */
static inline void disk_make(const struct trace *t, struct disk *d, int cut, int without,
			     enum mode mode, struct rand_src *r)
{
	names_make(t, d, cut, without, mode, r);
	for (int i = 0; i < cut; i++) {
		const struct event *e = &t->e[i];

		if (!is_data(e) || !has_name(d, e->file))
			continue;
		unsigned luck = (unsigned)rand_below(r, 4);

		if (mode == KEEP || synced(t, i, cut, without) || (mode == ANY && luck < 2))
			disk_data(d, e);
		else if (mode == ANY && luck == 2 && e->op == FS_WRITE)
			disk_write_torn(&d->file[e->file], e, r);
	}
}

/* Two disks that hold the same have the same number. */
static inline uint64_t disk_hash(const struct disk *d)
{
	uint64_t h = 0;

	for (int i = 0; i < d->dir_n; i++)
		h ^= str_hash(str_z(d->dir[i]), 1);
	for (int i = 0; i < d->name_n; i++)
		h ^= str_hash(buf_str(&d->file[d->name_file[i]]), str_hash(str_z(d->name[i]), 2));
	return h;
}

static inline void disk_store(const struct disk *d, const char *root)
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

#endif
