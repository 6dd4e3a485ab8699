/* testing: a data folder for tests, and small messages to put into it.
 */
#ifndef MOX_STORE_TESTING_H
#define MOX_STORE_TESTING_H

#include "base/test.h"

#include "store/changes.h"
#include "store/check.h"
#include "store/message.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct testing {
	char root[64];
	struct clock clock;
	struct log log;
	struct store_notify *notify;
	struct store_options options;
	struct store *store;
	struct arena arena;
};

/* A fresh folder and a store that checks accounts when they are closed. */
static inline void testing_begin(struct testing *t)
{
	memset(t, 0, sizeof(*t));
	snprintf(t->root, sizeof(t->root), "/tmp/mox-store-XXXXXX");
	assert_non_null(mkdtemp(t->root));
	clock_init(&t->clock);
	t->notify = calloc(1, sizeof(*t->notify));
	assert_non_null(t->notify);
	arena_init(&t->arena, 64 << 20);
	t->options = (struct store_options){
		.root = t->root,
		.clock = &t->clock,
		.notify = t->notify,
		.free_floor = UINT64_MAX,
		.check = true,
	};
	assert_ok(store_open(&t->options, &t->store));
}

static inline void testing_remove(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char sub[600];

		if (str_eq(str_z(e->d_name), STR(".")) || str_eq(str_z(e->d_name), STR("..")))
			continue;
		snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
		if (unlink(sub) != 0)
			testing_remove(sub);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static inline void testing_end(struct testing *t)
{
	store_close(t->store);
	arena_fini(&t->arena);
	free(t->notify);
	testing_remove(t->root);
}

/* Closes the store and opens it anew, as a restart does. */
static inline void testing_restart(struct testing *t)
{
	store_close(t->store);
	assert_ok(store_open(&t->options, &t->store));
}

/* Facts enough for the store: of a text of one part. */
static inline struct facts *testing_facts(struct arena *a, struct str message_id,
					  struct str subject, struct str bytes)
{
	struct facts *f = ARENA_NEW(a, struct facts);
	struct facts_part *part = ARENA_NEW(a, struct facts_part);

	assert_non_null(f);
	assert_non_null(part);
	*part = (struct facts_part){
		.type = STR("text"), .subtype = STR("plain"), .body_n = bytes.n};
	*f = (struct facts){
		.size = bytes.n,
		.envelope = STR("(NIL)"),
		.body = STR("(\"text\" \"plain\")"),
		.bodystructure = STR("(\"text\" \"plain\")"),
		.parts = part,
		.part_count = 1,
		.message_id = message_id,
		.subject = subject,
		.subject_base = subject,
		.signature = STR("12345678"),
	};
	uint64_t h = str_hash(bytes, 0);

	memcpy(f->sha256, &h, sizeof(h));
	return f;
}

static inline struct message_add testing_message(struct arena *a, const char *mailbox,
						 const char *text)
{
	struct str bytes = str_z(text);

	return (struct message_add){
		.bytes = {.fd = -1, .memory = bytes, .size = bytes.n},
		.facts = testing_facts(a, STR(""), STR(""), bytes),
		.prefix = STR("Delivered-To: x@example.org\r\n"),
		.mailbox = str_z(mailbox),
	};
}

/* Appends one; its uid. */
static inline uint32_t testing_append(struct account *acc, struct arena *a, const char *mailbox,
				      const char *text)
{
	struct message_add m = testing_message(a, mailbox, text);

	assert_ok(message_append(acc, &m, 1));
	return m.ret_uid;
}

/* A set of "1:3,7". */
static inline void testing_uids(struct uids *u, const char *text)
{
	struct str item, rest = str_z(text);

	uids_clear(u);
	while (rest.n) {
		struct str first, last;
		uint64_t f, l;

		str_cut(rest, ',', &item, &rest);
		if (!str_cut(item, ':', &first, &last))
			last = first;
		assert_true(str_u64(first, UINT32_MAX, &f) && str_u64(last, UINT32_MAX, &l));
		assert_ok(uids_add_range(u, (uint32_t)f, (uint32_t)l));
	}
}

#define assert_uids(u, want)                                       \
	do {                                                       \
		BUF_AUTO uids_text_ = BUF_INIT(1 << 20);           \
		uids_text((u), &uids_text_);                       \
		assert_str(#u, buf_str(&uids_text_), str_z(want)); \
	} while (0)

#endif
