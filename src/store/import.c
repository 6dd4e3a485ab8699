#include "store/import.h"

#include "facts/build.h"
#include "format/header.h"
#include "format/mbox.h"
#include "store/message.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH = 100, BATCH_BYTES = 8 << 20, KEYWORD_LETTERS = 26, FILE_MAX = 1 << 30 };

/* Messages on their way: a batch. */
struct import {
	struct account *acc;
	struct str mailbox;
	struct import_report *r;
	struct arena arena; /* of the batch */
	struct message_add m[BATCH];
	struct buf bytes[BATCH];
	size_t n, size;
};

static void failed(struct import_report *r, const char *what, struct err e)
{
	char text[600];
	int n = snprintf(text, sizeof(text), "%s: %.*s", what, STR_ARG(err_text(e)));

	r->failures++;
	if (r->failed)
		r->failed(r->arg,
			  str_of(text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1));
}

static struct err import_flush(struct import *x)
{
	struct err e = x->n ? message_append(x->acc, x->m, x->n) : ERR_OK;

	if (err_is_ok(e))
		x->r->messages += x->n;
	for (size_t i = 0; i < x->n; i++)
		buf_fini(&x->bytes[i]);
	x->n = x->size = 0;
	arena_reset(&x->arena);
	return e;
}

/* Where the next message's bytes go. */
static struct buf *import_buf(struct import *x)
{
	buf_init(&x->bytes[x->n], FILE_MAX);
	return &x->bytes[x->n];
}

/* The bytes in import_buf are complete. */
static struct err import_add(struct import *x, const struct flagset *set, int64_t received)
{
	struct str bytes = buf_str(&x->bytes[x->n]);
	struct facts *f = ARENA_NEW(&x->arena, struct facts);

	if (!f || buf_failed(&x->bytes[x->n]))
		return err_make(ERR_RESOURCES, "no memory for a message");
	TRY(facts_build(bytes, NULL, &x->arena, f));
	x->m[x->n] = (struct message_add){
		.bytes = {.fd = -1, .memory = bytes, .size = bytes.n},
		.facts = f,
		.mailbox = x->mailbox,
		.mailbox_create = true,
		.set = *set,
		.received = received,
	};
	x->n++;
	x->size += bytes.n;
	return x->n == BATCH || x->size > BATCH_BYTES ? import_flush(x) : ERR_OK;
}

static struct import *import_new(struct account *acc, struct str mailbox, struct import_report *r)
{
	struct import *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->acc = acc;
	x->mailbox = mailbox;
	x->r = r;
	arena_init(&x->arena, (size_t)BATCH * FACTS_ARENA_MAX);
	return x;
}

/* The outcome, with what is left of the last batch written if all went well. */
static struct err import_end(struct import *x, struct err e)
{
	if (err_is_ok(e))
		e = import_flush(x);
	for (size_t i = 0; i < x->n; i++)
		buf_fini(&x->bytes[i]);
	arena_fini(&x->arena);
	free(x);
	return e;
}

/* ---- flags ---- */

/* Names of flags, for flagset_parse. */
struct names {
	struct str at[KEYWORDS_MAX + FLAG_COUNT];
	size_t n;
};

static void name_add(struct names *l, struct str name)
{
	if (l->n < ARRAY_LEN(l->at))
		l->at[l->n++] = name;
}

struct letter {
	char letter;
	enum entry_flag flag;
};

static void letters_add(struct names *l, struct str letters, const struct letter *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_chr(letters, table[i].letter) >= 0)
			name_add(l, str_z(entry_flag_names[__builtin_ctz(table[i].flag)]));
}

/* Keywords that are none here are left out. */
static void flags_of(const struct names *l, struct arena *a, struct flagset *ret)
{
	struct names good = {0};

	for (size_t i = 0; i < l->n; i++)
		if (err_is_ok(flagset_parse(&l->at[i], 1, a, ret)))
			name_add(&good, l->at[i]);
	if (err_failed(flagset_parse(good.at, good.n, a, ret)))
		*ret = (struct flagset){0};
}

/* ---- mbox ---- */

static void status_names(struct str message, struct names *l)
{
	static const struct letter letters[] = {{'R', FLAG_SEEN},
						{'A', FLAG_ANSWERED},
						{'F', FLAG_FLAGGED},
						{'D', FLAG_DELETED},
						{'T', FLAG_DRAFT}};
	static const struct str fields[] = {STR_INIT("Status"), STR_INIT("X-Status")};
	struct str header = str_sub(message, 0, header_end(message, NULL));
	struct header_field h;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (header_get(header, fields[i], 0, &h))
			letters_add(l, h.value, letters, ARRAY_LEN(letters));
	if (!header_get(header, STR("X-Keywords"), 0, &h))
		return;
	for (struct str word, rest = str_trim(h.value); rest.n; rest = str_trim(rest)) {
		str_cut(rest, ' ', &word, &rest);
		name_add(l, str_trim(word));
	}
}

static struct err mbox_each(struct import *x, struct str file)
{
	struct mbox m;
	struct mbox_message msg;

	if (!mbox_open(file, &m))
		return err_make(ERR_SYNTAX, "an mbox file begins with \"From \"");
	while (mbox_next(&m, &msg)) {
		struct names l = {0};
		struct flagset set;
		int64_t received = 0;
		struct buf *b = import_buf(x);

		mbox_message(msg.raw, b);
		status_names(buf_str(b), &l);
		flags_of(&l, &x->arena, &set);
		if (!mbox_from_time(msg.from, &received))
			received = 0;
		TRY(import_add(x, &set, received));
	}
	return ERR_OK;
}

struct err import_mbox(struct account *acc, struct str mailbox, const char *path,
		       struct import_report *r)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_errno("open %s", path);
	if (st.st_size == 0)
		return ERR_OK;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return err_errno("read %s", path);
	struct import *x = import_new(acc, mailbox, r);
	struct err e = x ? import_end(x, mbox_each(x, str_of(p, (size_t)st.st_size)))
			 : err_make(ERR_RESOURCES, "no memory for an import");

	munmap(p, (size_t)st.st_size);
	return err_add(e, "import %s", path);
}

/* ---- maildir ---- */

static const struct letter maildir_letters[] = {{'S', FLAG_SEEN},      {'R', FLAG_ANSWERED},
						{'T', FLAG_DELETED},   {'D', FLAG_DRAFT},
						{'P', FLAG_FORWARDED}, {'F', FLAG_FLAGGED}};

/* Lines `0 name`: the letters a to z in file names. */
static void keywords_read(const char *path, struct arena *a, struct str ret[KEYWORD_LETTERS])
{
	char file[4096];
	BUF_AUTO b = BUF_INIT(64 << 10);
	struct str line, rest, number, name;
	uint64_t n;

	snprintf(file, sizeof(file), "%s/dovecot-keywords", path);
	if (err_failed(file_read(AT_FDCWD, file, &b)))
		return;
	for (rest = arena_dup(a, buf_str(&b)); rest.n;) {
		str_cut(rest, '\n', &line, &rest);
		if (str_cut(line, ' ', &number, &name) && str_u64(number, KEYWORD_LETTERS - 1, &n))
			ret[n] = str_trim(name);
	}
}

static struct err maildir_message(struct import *x, int dirfd, const char *name,
				  const struct str keywords[KEYWORD_LETTERS])
{
	BUF_AUTO file = BUF_INIT(FILE_MAX);
	struct names l = {0};
	struct flagset set;
	struct str head, info, file_name = str_z(name);
	uint64_t received = 0;
	ssize_t comma = str_find(file_name, STR(":2,"), 0);

	TRY(file_read(dirfd, name, &file));
	buf_crlf(import_buf(x), buf_str(&file));
	info = comma < 0 ? STR("") : str_from(file_name, (size_t)comma + 3);
	letters_add(&l, info, maildir_letters, ARRAY_LEN(maildir_letters));
	for (size_t i = 0; i < info.n; i++)
		if (info.p[i] >= 'a' && info.p[i] <= 'z' && keywords[info.p[i] - 'a'].n)
			name_add(&l, keywords[info.p[i] - 'a']);
	flags_of(&l, &x->arena, &set);
	str_cut(file_name, '.', &head, &file_name);
	if (!str_u64(head, INT64_MAX, &received))
		received = 0;
	return import_add(x, &set, (int64_t)received);
}

static struct err maildir_folder(struct import *x, const char *path, const char *sub,
				 const struct str keywords[KEYWORD_LETTERS])
{
	char folder[4096];
	struct dirent *entry;
	struct err e = ERR_OK;

	snprintf(folder, sizeof(folder), "%s/%s", path, sub);
	DIR *d = opendir(folder);

	if (!d)
		return err_errno("read %s", folder);
	while (err_is_ok(e) && (entry = readdir(d)))
		if (entry->d_name[0] != '.')
			e = maildir_message(x, dirfd(d), entry->d_name, keywords);
	closedir(d);
	return e;
}

struct err import_maildir(struct account *acc, struct str mailbox, const char *path,
			  struct import_report *r)
{
	struct import *x = import_new(acc, mailbox, r);
	struct str keywords[KEYWORD_LETTERS] = {0};
	struct arena a;

	if (!x)
		return err_make(ERR_RESOURCES, "no memory for an import");
	arena_init(&a, 1 << 20);
	keywords_read(path, &a, keywords);
	struct err e = maildir_folder(x, path, "cur", keywords);

	if (err_is_ok(e))
		e = maildir_folder(x, path, "new", keywords);
	e = import_end(x, e);
	arena_fini(&a);
	return err_add(e, "import %s", path);
}

/* ---- export ---- */

struct export
{
	struct account *acc;
	struct import_report *r;
	struct fs fs;
	char path[3000];
	struct str keywords[KEYWORD_LETTERS];
	size_t keyword_n;
};

static struct err folder_make(struct export *x, const char *path)
{
	struct err e = fs_mkdir(&x->fs, AT_FDCWD, path, 0700);

	return err_is(e, ERR_EXISTS) ? ERR_OK : e;
}

static const char *const subs[] = {"cur", "new", "tmp"};

/* A level with the name of a maildir's own folder gets an `=` in front. */
static const char *level_prefix(struct str level)
{
	for (size_t i = 0; i < ARRAY_LEN(subs); i++)
		if (str_eq(level, str_z(subs[i])))
			return "=";
	return "";
}

/* path/level/level/{cur,new,tmp}. */
static struct err maildir_make(struct export *x, struct str mailbox)
{
	struct str level, rest = mailbox;
	size_t n = strlen(x->path);

	while (rest.n) {
		str_cut(rest, '/', &level, &rest);
		n += (size_t)snprintf(x->path + n, sizeof(x->path) - n, "/%s%.*s",
				      level_prefix(level), STR_ARG(level));
		if (n + 8 >= sizeof(x->path))
			return err_make(ERR_LIMIT, "the path of a mailbox is too long");
		TRY(folder_make(x, x->path));
	}
	for (size_t i = 0; i < ARRAY_LEN(subs); i++) {
		snprintf(x->path + n, sizeof(x->path) - n, "/%s", subs[i]);
		TRY(folder_make(x, x->path));
	}
	x->path[n] = '\0';
	return ERR_OK;
}

/* `:2,FS` and letters for keywords, in ASCII order as the format wants. */
static void name_flags(const struct export *x, const struct flagset *set, struct buf *b)
{
	static const struct letter sorted[] = {{'D', FLAG_DRAFT},     {'F', FLAG_FLAGGED},
					       {'P', FLAG_FORWARDED}, {'R', FLAG_ANSWERED},
					       {'S', FLAG_SEEN},      {'T', FLAG_DELETED}};

	buf_str_add(b, STR(":2,"));
	for (size_t i = 0; i < ARRAY_LEN(sorted); i++)
		if (set->flags & sorted[i].flag)
			buf_char(b, sorted[i].letter);
	for (size_t k = 0; k < x->keyword_n; k++)
		for (size_t i = 0; i < set->keyword_count; i++)
			if (str_eq(set->keywords[i], x->keywords[k]))
				buf_char(b, (char)('a' + k));
}

static struct err message_bytes(struct export *x, const struct entry *e, struct buf *b)
{
	struct message_body body;
	BUF_AUTO raw = BUF_INIT(FILE_MAX);
	size_t n;

	TRY(message_open(x->acc, e->message, &body));
	char *p = buf_reserve(&raw, body.size);
	struct err err = p ? message_read(&body, 0, p, body.size, &n)
			   : err_make(ERR_RESOURCES, "no memory for a message");

	message_close(&body);
	TRY(err);
	buf_commit(&raw, n);
	buf_lf(b, buf_str(&raw));
	return buf_failed(b) ? err_make(ERR_RESOURCES, "no memory for a message") : ERR_OK;
}

static struct err message_export(struct export *x, const struct entry *e)
{
	BUF_AUTO name = BUF_INIT(4096);
	BUF_AUTO bytes = BUF_INIT(FILE_MAX);
	auto_close int fd = -1;

	TRY(message_bytes(x, e, &bytes));
	buf_printf(&name, "%s/cur/%lld.%u.mox", x->path, (long long)e->received, e->uid);
	name_flags(x, &e->set, &name);
	buf_char(&name, '\0');
	if (buf_failed(&name))
		return err_make(ERR_LIMIT, "the path of a message is too long");
	TRY(fs_open(&x->fs, AT_FDCWD, name.p, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd));
	return fs_pwrite(&x->fs, fd, bytes.p ? bytes.p : "", bytes.n, 0);
}

static struct err keywords_write(struct export *x)
{
	BUF_AUTO b = BUF_INIT(64 << 10);

	for (size_t i = 0; i < x->keyword_n; i++)
		buf_printf(&b, "%zu %.*s\n", i, STR_ARG(x->keywords[i]));
	if (!b.n)
		return ERR_OK;
	auto_close int dir = open(x->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? err_errno("open %s", x->path)
		       : fs_replace(&x->fs, dir, "dovecot-keywords", buf_str(&b), 0600);
}

static struct err mailbox_export(struct export *x, const struct mailbox *m)
{
	struct entry_query q = {.mailbox = m->id};
	struct entries list = {.more = true};

	TRY(maildir_make(x, m->name));
	x->keyword_n = m->keyword_count < KEYWORD_LETTERS ? m->keyword_count : KEYWORD_LETTERS;
	for (size_t i = 0; i < x->keyword_n; i++)
		x->keywords[i] = m->keywords[i];
	while (list.more) {
		struct arena a;

		arena_init(&a, 64 << 20);
		struct err e = entry_list(x->acc, &q, &a, &list);

		for (size_t i = 0; i < list.n && err_is_ok(e); i++) {
			struct err one = message_export(x, &list.e[i]);

			if (err_failed(one))
				failed(x->r, x->path, one);
			else
				x->r->messages++;
			q.uid_from = list.e[i].uid + 1;
		}
		arena_fini(&a);
		TRY(e);
	}
	return keywords_write(x);
}

struct err export_maildir(struct account *acc, const char *path, struct import_report *r)
{
	struct export *x = calloc(1, sizeof(*x));
	struct mailbox *m;
	struct arena a;
	size_t n;

	if (!x)
		return err_make(ERR_RESOURCES, "no memory for an export");
	x->acc = acc;
	x->r = r;
	arena_init(&a, 16 << 20);
	struct err e = fs_mkdir(&x->fs, AT_FDCWD, path, 0700);

	if (err_is_ok(e))
		e = mailbox_list(acc, &a, &m, &n);
	for (size_t i = 0; err_is_ok(e) && i < n; i++) {
		snprintf(x->path, sizeof(x->path), "%s", path);
		e = mailbox_export(x, &m[i]);
	}
	arena_fini(&a);
	free(x);
	return err_add(e, "export to %s", path);
}
