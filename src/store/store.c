#include "store/store.h"

#include "store/check.h"
#include "store/internal.h"
#include "store/lock.h"
#include "store/rebuild.h"
#include "store/schema.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	HANDLES = 64,
	LOCK_MS = 30000,
	CHECKPOINT_PAGES = 1000,
	CHANGES_KEEP = 200000,
};

static void defaults(struct store *s, const struct store_options *o)
{
	s->o = *o;
	if (!s->o.fs)
		s->o.fs = &s->fs;
	if (!s->o.random)
		s->o.random = rand_system();
	if (!s->o.handles_max)
		s->o.handles_max = HANDLES;
	if (!s->o.lock_ms)
		s->o.lock_ms = LOCK_MS;
	if (!s->o.message_max)
		s->o.message_max = UINT64_C(100) << 20;
	if (!s->o.free_floor)
		s->o.free_floor = 2 * s->o.message_max + (UINT64_C(64) << 20);
	if (!s->o.segment_max)
		s->o.segment_max = UINT64_C(64) << 20;
	if (!s->o.own_segment_min)
		s->o.own_segment_min = UINT64_C(1) << 20;
	if (!s->o.changes_keep)
		s->o.changes_keep = CHANGES_KEEP;
	if (!s->o.checkpoint_pages)
		s->o.checkpoint_pages = CHECKPOINT_PAGES;
	s->log = (struct log_ctx){.log = o->log, .pkg = "store"};
}

struct err store_open(const struct store_options *o, struct store **ret)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return err_make(ERR_RESOURCES, "no memory for the store");
	defaults(s, o);
	pthread_mutex_init(&s->lock, NULL);
	s->root_fd = open(o->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e = s->root_fd < 0 ? err_errno("open data folder %s", o->root)
				      : vfs_init(&s->vfs, s->o.fs);
	if (err_failed(e)) {
		fd_close(&s->root_fd);
		pthread_mutex_destroy(&s->lock);
		free(s);
		return e;
	}
	*ret = s;
	return ERR_OK;
}

unsigned store_notify_slot(struct str account)
{
	return (unsigned)(str_hash(account, 0) % STORE_NOTIFY_COUNTERS);
}

bool account_name_ok(struct str name)
{
	if (name.n == 0 || name.n > STORE_ACCOUNT_NAME_MAX || name.p[0] == '.' || name.p[0] == '-')
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (!ch_is_alnum(name.p[i]) && !strchr("-_.", name.p[i]))
			return false;
	return true;
}

struct err account_path(const struct store *s, const char *name, const char *file, char *ret)
{
	int n = snprintf(ret, PATH_LENGTH_MAX, "%s/accounts/%s/%s", s->o.root, name, file);

	if (n >= PATH_LENGTH_MAX)
		return err_make(ERR_LIMIT, "the path of the data folder is too long");
	return ERR_OK;
}

bool account_has_segments(int mail_fd)
{
	int fd = mail_fd < 0 ? -1 : openat(mail_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool found = false;
	struct dirent *e;

	if (!d) {
		fd_close(&fd);
		return false;
	}
	while (!found && (e = readdir(d)))
		found = e->d_name[0] != '.';
	closedir(d);
	return found;
}

/* ---- connections ---- */

struct err account_db(struct account *acc, struct db **ret)
{
	char path[PATH_LENGTH_MAX];

	pthread_mutex_lock(&acc->lock);
	struct db *db = acc->idle_n ? acc->idle[--acc->idle_n] : NULL;

	pthread_mutex_unlock(&acc->lock);
	if (!db) {
		TRY(account_path(acc->store, acc->name, "index.db", path));
		TRY(db_open(acc->store->vfs.name, path, false, &db));
	}
	*ret = db;
	return ERR_OK;
}

void account_db_back(struct account *acc, struct db *db, bool broken)
{
	if (db->wal_pages >= acc->store->o.checkpoint_pages)
		acc->wants_checkpoint = true;
	acc->db_used = clock_mono(acc->store->o.clock);
	acc->db_warm = true;
	pthread_mutex_lock(&acc->lock);
	if (!broken && acc->idle_n < ACCOUNT_IDLE_MAX)
		acc->idle[acc->idle_n++] = TAKE_PTR(db);
	pthread_mutex_unlock(&acc->lock);
	db_close(db);
}

struct err reader_take(struct account *acc, struct reader *ret)
{
	ret->acc = acc;
	return account_db(acc, &ret->db);
}

void reader_back(struct reader *c)
{
	if (!c->db)
		return;
	if (!sqlite3_get_autocommit(c->db->h))
		err_ignore(db_exec(c->db, "ROLLBACK"), "then the connection is closed");
	account_db_back(c->acc, c->db, !sqlite3_get_autocommit(c->db->h));
}

/* ---- opening and closing ---- */

void account_free(struct account *acc)
{
	for (size_t i = 0; i < acc->idle_n; i++)
		db_close(acc->idle[i]);
	fs_close(acc->store->o.fs, &acc->segment_fd);
	fd_close(&acc->lock_fd);
	fd_close(&acc->mail_fd);
	fd_close(&acc->dir_fd);
	pthread_cond_destroy(&acc->cond);
	pthread_mutex_destroy(&acc->lock);
	free(acc);
}

/* NULL without memory. */
static struct account *account_new(struct store *s, struct str name)
{
	struct account *acc = calloc(1, sizeof(*acc));

	if (!acc)
		return NULL;
	acc->store = s;
	memcpy(acc->name, name.p, name.n);
	acc->slot = store_notify_slot(name);
	acc->dir_fd = acc->mail_fd = acc->lock_fd = acc->segment_fd = -1;
	acc->queue_end = &acc->queue;
	acc->wants_purge = true; /* what an earlier process left */
	pthread_mutex_init(&acc->lock, NULL);
	pthread_cond_init(&acc->cond, NULL);
	return acc;
}

/* A folder below dirfd, made if `create` says so. */
static struct err folder_open(struct store *s, int dirfd, const char *path, bool create,
			      int *ret_fd)
{
	struct err e = create ? fs_mkdir(s->o.fs, dirfd, path, 0770) : ERR_OK;

	if (err_failed(e) && !err_is(e, ERR_EXISTS))
		return e;
	*ret_fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? err_errno("folder %s", path) : ERR_OK;
}

static struct err files_open(struct account *acc, bool create)
{
	struct store *s = acc->store;
	auto_close int accounts = -1;

	TRY(folder_open(s, s->root_fd, "accounts", create, &accounts));
	if (create)
		TRY(fs_sync_dir(s->o.fs, s->root_fd));
	TRY(folder_open(s, accounts, acc->name, create, &acc->dir_fd));
	if (create)
		TRY(fs_sync_dir(s->o.fs, accounts));
	TRY(folder_open(s, acc->dir_fd, "mail", create, &acc->mail_fd));
	return fs_open(s->o.fs, acc->dir_fd, "lock", O_RDWR | O_CREAT, 0660, &acc->lock_fd);
}

static struct err meta_read(struct account *acc, struct db *db)
{
	Q_AUTO q = q_of(db, "SELECT cookie FROM account");

	if (!q_row(&q)) {
		TRY(q_end(&q));
		return err_make(ERR_CORRUPT, "the database has no account row");
	}
	struct str cookie = q_col_blob(&q, 0);

	if (cookie.n != SEGMENT_COOKIE)
		return err_make(ERR_CORRUPT, "the account's cookie has %zu bytes", cookie.n);
	memcpy(acc->cookie, cookie.p, SEGMENT_COOKIE);
	memcpy(&acc->hash_seed, cookie.p, sizeof(acc->hash_seed));
	return q_end(&q);
}

struct err account_first_rows(struct db *db, const uint8_t cookie[SEGMENT_COOKIE],
			      int64_t uidvalidity)
{
	static const struct {
		const char *name;
		unsigned use;
	} mailboxes[] = {
		{"Inbox", 0},           {"Archive", MAILBOX_ARCHIVE}, {"Drafts", MAILBOX_DRAFTS},
		{"Junk", MAILBOX_JUNK}, {"Sent", MAILBOX_SENT},       {"Trash", MAILBOX_TRASH},
	};
	Q_AUTO q = q_of(db, "INSERT INTO account VALUES(1, ?, 1, 0, 1, ?, ?, 0)");
	Q_AUTO m = q_of(db, "INSERT INTO mailbox VALUES(?, ?, ?, 1, 1, 1, 1, ?, '', "
			    "0, 0, 0, 0, 0, 0)");
	Q_AUTO sub = q_of(db, "INSERT INTO subscription VALUES(?)");

	q_blob(&q, str_of(cookie, SEGMENT_COOKIE));
	q_i64(&q, ARRAY_LEN(mailboxes) + 1);
	q_i64(&q, uidvalidity + (int64_t)ARRAY_LEN(mailboxes));
	TRY(q_run(&q));
	for (size_t i = 0; i < ARRAY_LEN(mailboxes); i++) {
		q_i64(&m, (int64_t)i + 1);
		q_str(&m, str_z(mailboxes[i].name));
		q_i64(&m, uidvalidity + (int64_t)i);
		q_i64(&m, mailboxes[i].use);
		TRY(q_run(&m));
		q_str(&sub, str_z(mailboxes[i].name));
		TRY(q_run(&sub));
	}
	return ERR_OK;
}

/* Half the time as the first UIDVALIDITY, so that the counter stays above what the same account had
 * before it was lost, and below 2^32 after 2038. */
static struct err first_rows(struct account *acc, struct db *db)
{
	uint8_t cookie[SEGMENT_COOKIE];

	rand_fill(acc->store->o.random, cookie, sizeof(cookie));
	return account_first_rows(db, cookie, clock_unix(acc->store->o.clock) / 2);
}

/* Under the account's lock. */
static struct err upgrade_locked(struct account *acc, struct db *db, unsigned *version)
{
	TRY(db_exec(db, "BEGIN IMMEDIATE"));
	struct err e = db_version(db, version);
	unsigned from = *version;

	if (err_is_ok(e) && from < SCHEMA_VERSION)
		e = schema_upgrade(db, from);
	if (err_is_ok(e) && from == 0)
		e = first_rows(acc, db);
	/* Before the commit: a database with tables has a name that stays, and a mail folder. */
	if (err_is_ok(e))
		e = fs_sync_dir(acc->store->o.fs, acc->dir_fd);
	if (err_is_ok(e))
		e = db_commit(db);
	if (err_is_ok(e)) {
		*version = SCHEMA_VERSION;
		return ERR_OK;
	}
	if (!sqlite3_get_autocommit(db->h))
		err_ignore(db_exec(db, "ROLLBACK"), "the first error counts");
	return e;
}

/* Checks the version, makes the tables of a new account, upgrades an older one. */
static struct err schema_ready(struct account *acc, struct db *db, bool create)
{
	unsigned version;

	TRY(db_version(db, &version));
	if (version == 0 && account_has_segments(acc->mail_fd))
		return err_make(ERR_CORRUPT, "the index is empty but there is mail");
	if (version == 0 && !create)
		return err_make(ERR_NOT_FOUND, "the account was not completely made");
	if (version < SCHEMA_VERSION) {
		TRY(lock_take(acc->lock_fd, acc->store->o.lock_ms));
		struct err e = upgrade_locked(acc, db, &version);

		lock_drop(acc->lock_fd);
		TRY(e);
	}
	if (version > SCHEMA_VERSION)
		return err_make(ERR_VERSION,
				"the data is of version %u, newer than this program's %d", version,
				SCHEMA_VERSION);
	return meta_read(acc, db);
}

static bool index_exists(struct account *acc)
{
	struct stat st;

	/* Only what is surely not there is made anew. */
	return fstatat(acc->dir_fd, "index.db", &st, 0) == 0 || errno != ENOENT;
}

/* There is mail but no index.db: somebody lost it, or a rebuild was cut short. */
static struct err index_rebuild(struct account *acc)
{
	struct check_report report = {0};
	struct err e = ERR_OK;

	TRY(lock_take(acc->lock_fd, acc->store->o.lock_ms));
	if (!index_exists(acc)) /* else another process was faster */
		e = account_rebuild_locked(acc, &report);
	lock_drop(acc->lock_fd);
	return e;
}

static struct err account_load(struct account *acc, bool create)
{
	char path[PATH_LENGTH_MAX];
	struct db *db;

	TRY(files_open(acc, create));
	bool there = index_exists(acc);

	if (!there && account_has_segments(acc->mail_fd)) {
		TRY(index_rebuild(acc));
		there = true;
	}
	if (!there && !create)
		return err_make(ERR_NOT_FOUND, "there is no index.db");
	TRY(account_path(acc->store, acc->name, "index.db", path));
	TRY(db_open(acc->store->vfs.name, path, create, &db));
	struct err e = schema_ready(acc, db, create);

	account_db_back(acc, db, err_failed(e));
	return e;
}

static struct account *find(struct store *s, struct str name)
{
	for (struct account *a = s->accounts; a; a = a->next)
		if (str_eq(str_z(a->name), name))
			return a;
	return NULL;
}

struct err account_prepare(struct store *s, struct str name, struct account **ret)
{
	if (!account_name_ok(name))
		return err_make(ERR_CANNOT, "not a name for an account: %.*s", STR_ARG(name));
	struct account *idle;

	TRY(account_unlist(s, name, &idle));
	if (idle)
		account_free(idle);
	struct account *acc = account_new(s, name);

	if (!acc)
		return err_make(ERR_RESOURCES, "no memory for an account");
	struct err e = files_open(acc, false);

	if (err_failed(e)) {
		account_free(acc);
		return e;
	}
	*ret = acc;
	return ERR_OK;
}

/* With the store's lock: closes the longest unused account if there are too many. */
static struct account *evict(struct store *s)
{
	struct account **oldest = NULL;
	size_t n = 0;

	for (struct account **p = &s->accounts; *p; p = &(*p)->next) {
		if ((*p)->refs)
			continue;
		n++;
		if (!oldest || (*p)->used < (*oldest)->used)
			oldest = p;
	}
	if (!oldest || n <= s->o.handles_max)
		return NULL;
	struct account *acc = *oldest;

	*oldest = acc->next;
	return acc;
}

static struct err get(struct store *s, struct str name, bool create, struct account **ret)
{
	struct account *fresh = NULL;

	if (!account_name_ok(name))
		return err_make(ERR_CANNOT, "not a name for an account: %.*s", STR_ARG(name));
	pthread_mutex_lock(&s->lock);
	struct account *acc = find(s, name);

	if (acc)
		acc->refs++;
	pthread_mutex_unlock(&s->lock);
	if (acc) {
		*ret = acc;
		return ERR_OK;
	}
	fresh = account_new(s, name);
	if (!fresh)
		return err_make(ERR_RESOURCES, "no memory for an account");
	struct err e = account_load(fresh, create);

	if (err_failed(e)) {
		account_free(fresh);
		return err_add(e, "account %.*s", STR_ARG(name));
	}
	pthread_mutex_lock(&s->lock);
	acc = find(s, name); /* another thread may have been faster */
	if (!acc) {
		acc = TAKE_PTR(fresh);
		acc->next = s->accounts;
		s->accounts = acc;
	}
	acc->refs++;
	pthread_mutex_unlock(&s->lock);
	if (fresh)
		account_free(fresh);
	*ret = acc;
	return ERR_OK;
}

struct err account_open(struct store *s, struct str name, struct account **ret)
{
	return get(s, name, false, ret);
}

struct err account_create(struct store *s, struct str name, struct account **ret)
{
	return get(s, name, true, ret);
}

static void print_finding(void *arg, struct str what)
{
	fprintf(stderr, "account %s: %.*s\n", (const char *)arg, STR_ARG(what));
}

/* options.check: an account that a test leaves inconsistent ends the test. */
static void check_or_die(struct account *acc)
{
	struct check_report r = {.found = print_finding, .arg = acc->name};
	struct err e = account_check(acc, CHECK_BYTES, &r);

	if (err_failed(e))
		print_finding(acc->name, err_text(e));
	assert(err_is_ok(e) && r.findings == 0);
}

void account_unref(struct account *acc)
{
	struct store *s = acc->store;
	struct account *old = NULL;

	pthread_mutex_lock(&s->lock);
	assert(acc->refs > 0);
	acc->used = ++s->uses;
	if (--acc->refs == 0)
		old = evict(s);
	pthread_mutex_unlock(&s->lock);
	if (old)
		account_free(old);
}

void account_close(struct account *acc)
{
	if (acc->store->o.check)
		check_or_die(acc);
	account_unref(acc);
}

void store_close(struct store *s)
{
	while (s->accounts) {
		struct account *acc = s->accounts;

		assert(acc->refs == 0);
		s->accounts = acc->next;
		account_free(acc);
	}
	vfs_fini(&s->vfs);
	fd_close(&s->root_fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

struct str account_name(const struct account *a)
{
	return str_z(a->name);
}

struct err account_modseq(struct account *acc, uint64_t *ret_modseq)
{
	READER_AUTO c = {0};

	TRY(reader_take(acc, &c));
	Q_AUTO q = q_of(c.db, "SELECT modseq FROM account");

	if (q_row(&q))
		*ret_modseq = (uint64_t)q_col_i64(&q, 0);
	return q_end(&q);
}
