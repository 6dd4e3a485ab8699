/* Writing records to segments. */
#include "store/internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { COPY_CHUNK = 256 << 10, SEGMENT_TRIES = 1000 };

static void segment_name(uint32_t number, char ret[16])
{
	snprintf(ret, 16, "%06u", number);
}

/* The highest number in use; 0 if there is none. */
static struct err highest_segment(struct account *acc, uint32_t *ret)
{
	int fd = openat(acc->mail_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		fd_close(&fd);
		return err_errno("read the mail folder");
	}
	*ret = 0;
	while ((e = readdir(d))) {
		uint64_t n;

		if (str_u64(str_z(e->d_name), UINT32_MAX - SEGMENT_TRIES, &n) && n > *ret)
			*ret = (uint32_t)n;
	}
	closedir(d);
	return ERR_OK;
}

/* Makes a new segment with its header. Its name is exclusive among all processes. */
static struct err segment_create(struct account *acc, uint32_t *ret_number, int *ret_fd)
{
	struct fs *fs = acc->store->o.fs;
	struct segment_header h = {0};
	uint8_t bytes[SEGMENT_HEADER];
	struct err e = ERR_OK;
	char name[16];

	TRY(highest_segment(acc, &h.number));
	for (int i = 0; i < SEGMENT_TRIES; i++) {
		segment_name(++h.number, name);
		e = fs_open(fs, acc->mail_fd, name, O_RDWR | O_CREAT | O_EXCL, 0660, ret_fd);
		if (!err_is(e, ERR_EXISTS))
			break;
	}
	TRY(e);
	memcpy(h.cookie, acc->cookie, SEGMENT_COOKIE);
	segment_header_write(&h, bytes);
	e = fs_pwrite(fs, *ret_fd, bytes, sizeof(bytes), 0);
	if (err_failed(e)) {
		fs_close(fs, ret_fd);
		return e;
	}
	*ret_number = h.number;
	return ERR_OK;
}

/* Design section 4: below the floor mail is refused, while what frees space still works. */
static struct err space_check(struct account *acc, uint64_t n)
{
	struct store *s = acc->store;
	struct statvfs v;

	if (s->o.free_floor == UINT64_MAX)
		return ERR_OK;
	if (fstatvfs(acc->mail_fd, &v) != 0)
		return err_errno("free space of the mail folder");
	if ((uint64_t)v.f_bavail * v.f_frsize < s->o.free_floor + n)
		return err_make(ERR_DISK_FULL, "less than %llu bytes are free",
				(unsigned long long)s->o.free_floor);
	return ERR_OK;
}

static struct err size_check(struct account *acc, const struct message_add *m)
{
	uint64_t max = acc->store->o.message_max;

	if (m->bytes.size > max || m->prefix.n > MESSAGE_PREFIX_MAX)
		return err_make(ERR_TOO_BIG, "a message of %llu bytes; the limit is %llu",
				(unsigned long long)m->bytes.size, (unsigned long long)max);
	if (m->bytes.size != m->facts->size)
		return err_make(ERR_BAD_MESSAGE, "the facts are of %llu bytes, not of these %llu",
				(unsigned long long)m->facts->size,
				(unsigned long long)m->bytes.size);
	return ERR_OK;
}

/* Calls put with each piece of the received bytes. */
static struct err bytes_each(const struct message_bytes *b,
			     struct err (*put)(void *arg, struct str piece), void *arg)
{
	if (b->fd < 0)
		return put(arg, str_sub(b->memory, 0, b->size));
	char *p = malloc(COPY_CHUNK);

	if (!p)
		return err_make(ERR_RESOURCES, "no memory to copy a message");
	struct err e = ERR_OK;

	for (uint64_t done = 0; done < b->size && err_is_ok(e);) {
		size_t n = b->size - done < COPY_CHUNK ? (size_t)(b->size - done) : COPY_CHUNK;

		e = file_pread(b->fd, p, n, (off_t)(b->at + done));
		if (err_is_ok(e))
			e = put(arg, str_of(p, n));
		done += n;
	}
	free(p);
	return e;
}

/* A record on its way into a file. */
struct output {
	struct fs *fs;
	int fd;
	uint64_t at;
	uint32_t crc; /* of added headers and received bytes */
};

static struct err output_put(void *arg, struct str piece)
{
	struct output *o = arg;

	TRY(fs_pwrite(o->fs, o->fd, piece.p, piece.n, (off_t)o->at));
	o->crc = record_crc(o->crc, piece);
	o->at += piece.n;
	return ERR_OK;
}

static struct err buffer_put(void *arg, struct str piece)
{
	struct buf *b = arg;

	buf_str_add(b, piece);
	return buf_failed(b) ? err_make(ERR_RESOURCES, "no memory for a record") : ERR_OK;
}

static void record_fill(struct account *acc, const struct message_add *m, struct str facts,
			struct str keywords, struct record *r)
{
	*r = (struct record){
		.received = m->received,
		.flags = m->set.flags,
		.mailbox = m->mailbox,
		.keywords = keywords,
		.facts_n = (uint32_t)facts.n,
		.prefix_n = (uint32_t)m->prefix.n,
		.bytes_n = m->bytes.size,
		.facts_crc = record_crc(0, facts),
		.key = rand_u64(acc->store->o.random),
	};
	memcpy(r->cookie, acc->cookie, SEGMENT_COOKIE);
	memcpy(r->sha256, m->facts->sha256, sizeof(r->sha256));
}

static void place_of(const struct record *r, uint32_t segment, uint64_t at, struct place *ret)
{
	*ret = (struct place){segment, at, at + record_body_at(r), at + record_size(r)};
}

/* The header comes last, when the checksum of the bytes is known. */
static struct err record_stream(struct account *acc, struct record *r, const struct message_add *m,
				struct str facts, int fd)
{
	struct output o = {
		.fs = acc->store->o.fs, .fd = fd, .at = SEGMENT_HEADER + record_facts_at(r)};
	BUF_AUTO head = BUF_INIT(RECORD_HEADER + RECORD_NAMES_MAX + 8);

	TRY(output_put(&o, facts));
	o.crc = 0;
	TRY(output_put(&o, m->prefix));
	TRY(bytes_each(&m->bytes, output_put, &o));
	r->bytes_crc = o.crc;
	record_header_write(r, &head);
	if (buf_failed(&head))
		return err_make(ERR_LIMIT, "the name and keywords of a message are too long");
	return fs_pwrite(o.fs, fd, head.p, head.n, SEGMENT_HEADER);
}

struct err append_own(struct account *acc, const struct message_add *m, struct str facts,
		      struct place *ret)
{
	struct fs *fs = acc->store->o.fs;
	BUF_AUTO keywords = BUF_INIT(RECORD_NAMES_MAX);
	struct record r;
	uint32_t number;
	int fd;

	TRY(size_check(acc, m));
	TRY(space_check(acc, m->bytes.size));
	keywords_join(&m->set, &keywords);
	record_fill(acc, m, facts, buf_str(&keywords), &r);
	TRY(segment_create(acc, &number, &fd));
	struct err e = record_stream(acc, &r, m, facts, fd);

	if (err_is_ok(e))
		e = fs_sync(fs, fd);
	fs_close(fs, &fd);
	if (err_is_ok(e))
		e = fs_sync_dir(fs, acc->mail_fd);
	if (err_failed(e)) {
		char name[16];

		segment_name(number, name);
		err_ignore(fs_unlink(fs, acc->mail_fd, name), "nobody knows the file; it is dead");
		return e;
	}
	place_of(&r, number, SEGMENT_HEADER, ret);
	return ERR_OK;
}

struct err segment_row_add(struct writer *w, uint32_t number, uint64_t end, int64_t live)
{
	Q_AUTO q = q_of(w->db, "INSERT INTO segment VALUES(?1, ?2, ?3, 0) ON CONFLICT(number) "
			       "DO UPDATE SET end = ?2, live = live + ?3, emptied = 0");

	q_i64(&q, number);
	q_i64(&q, (int64_t)end);
	q_i64(&q, live);
	return q_run(&q);
}

struct err segment_row_grow(struct writer *w, const struct place *p)
{
	Q_AUTO q = q_of(w->db, "INSERT INTO segment VALUES(?1, ?2, ?3, 0) ON CONFLICT(number) "
			       "DO UPDATE SET end = max(end, ?2), live = live + ?3");

	q_i64(&q, p->segment);
	q_i64(&q, (int64_t)p->end);
	q_i64(&q, (int64_t)(p->end - p->at));
	return q_run(&q);
}

static struct err segment_sync(struct writer *w)
{
	struct account *acc = w->acc;
	struct fs *fs = acc->store->o.fs;

	if (w->segment_dirty) {
		struct err e = fs_sync(fs, acc->segment_fd);

		w->sync_failed = err_failed(e);
		TRY(e);
	}
	w->segment_dirty = false;
	if (w->folder_dirty)
		TRY(fs_sync_dir(fs, acc->mail_fd));
	w->folder_dirty = false;
	return ERR_OK;
}

struct err append_flush(struct writer *w)
{
	TRY(segment_sync(w));
	if (w->s.segment.number == 0 || w->s.segment.live == 0)
		return ERR_OK;
	return segment_row_add(w, w->s.segment.number, w->s.segment.end, w->s.segment.live);
}

/* The next segment instead of the one in use, which is synced and gets its row. */
static struct err segment_next(struct writer *w)
{
	struct account *acc = w->acc;

	TRY(append_flush(w));
	fs_close(acc->store->o.fs, &acc->segment_fd);
	TRY(segment_create(acc, &acc->segment, &acc->segment_fd));
	w->s.segment = (struct segment_use){acc->segment, SEGMENT_HEADER, 0};
	w->segment_dirty = w->folder_dirty = true;
	return ERR_OK;
}

/* acc->segment_fd is the segment that the account row names, or a new one. */
static struct err segment_ready(struct writer *w)
{
	struct account *acc = w->acc;
	struct segment_use *use = &w->s.segment;
	char name[16];

	if (use->number == 0 || use->number == acc->segment_bad ||
	    use->end >= acc->store->o.segment_max)
		return segment_next(w);
	if (acc->segment == use->number && acc->segment_fd >= 0)
		return ERR_OK;
	fs_close(acc->store->o.fs, &acc->segment_fd);
	segment_name(use->number, name);
	TRY(fs_open(acc->store->o.fs, acc->mail_fd, name, O_RDWR, 0, &acc->segment_fd));
	acc->segment = use->number;
	return ERR_OK;
}

struct err append_again(struct writer *w, const struct record *r, struct str facts, struct str body,
			struct place *ret)
{
	struct account *acc = w->acc;
	BUF_AUTO out = BUF_INIT(SIZE_MAX);

	TRY(segment_ready(w));
	record_header_write(r, &out);
	buf_str_add(&out, facts);
	buf_str_add(&out, body);
	buf_char_n(&out, 0, record_size(r) - out.n);
	if (buf_failed(&out))
		return err_make(ERR_RESOURCES, "no memory for a record");
	w->segment_dirty = w->s.changed = true;
	TRY(fs_pwrite(acc->store->o.fs, acc->segment_fd, out.p, out.n, (off_t)w->s.segment.end));
	place_of(r, w->s.segment.number, w->s.segment.end, ret);
	w->s.segment.end = ret->end;
	w->s.segment.live += (int64_t)(ret->end - ret->at);
	return ERR_OK;
}

struct err append_record(struct writer *w, const struct message_add *m, struct str facts,
			 struct place *ret)
{
	struct account *acc = w->acc;
	BUF_AUTO keywords = BUF_INIT(RECORD_NAMES_MAX);
	BUF_AUTO body = BUF_INIT(SIZE_MAX);
	struct record r;

	TRY(size_check(acc, m));
	TRY(space_check(acc, m->bytes.size));
	keywords_join(&m->set, &keywords);
	record_fill(acc, m, facts, buf_str(&keywords), &r);
	r.uidvalidity = w->s.uidvalidity_next;
	buf_str_add(&body, m->prefix);
	TRY(bytes_each(&m->bytes, buffer_put, &body));
	r.bytes_crc = record_crc(0, buf_str(&body));
	return append_again(w, &r, facts, buf_str(&body), ret);
}

/* In memory for us, in the database for other processes. The latter may fail too: they then find
 * bytes past the known end that may not be on the disk, overwrite them, and sync what they wrote.
 */
void append_failed(struct account *acc, struct db *db)
{
	Q_AUTO q = q_of(db, "UPDATE account SET segment = 0 WHERE segment = ?");

	acc->segment_bad = acc->segment;
	q_i64(&q, acc->segment);
	err_ignore(q_run(&q), "the disk has a problem; see above");
	fs_close(acc->store->o.fs, &acc->segment_fd);
}
