#include "store/testing.h"

#include "store/backup.h"
#include <pthread.h>
#include <stdatomic.h>

enum { MESSAGES = 40 };

static struct store_options options_of(struct testing *t, const char *root)
{
	struct store_options o = t->options;

	o.root = root;
	return o;
}

/* The copy has all that was there, is consistent, and its account goes on without touching the
 * original. */
static void copy_is_whole(void **state)
{
	struct testing t;
	struct account *acc;
	struct backup_report r;
	struct store *other;
	struct mailbox m;
	char dest[100];

	(void)state;
	testing_begin(&t);
	t.options.segment_max = 3000;
	testing_restart(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	for (int i = 0; i < MESSAGES; i++)
		testing_append(acc, &t.arena, "Inbox", "hello");
	snprintf(dest, sizeof(dest), "%s-copy", t.root);
	assert_ok(data_backup(t.root, dest, &r));
	assert_int_equal(r.databases, 1);
	assert_true(r.linked > 2 && r.copied == 1);
	assert_err(data_backup(t.root, dest, &r), ERR_EXISTS);
	account_close(acc);

	struct store_options o = options_of(&t, dest);

	assert_ok(store_open(&o, &other));
	assert_ok(account_open(other, STR("a"), &acc));
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &m));
	assert_int_equal(m.total, MESSAGES);
	for (int i = 0; i < MESSAGES; i++)
		testing_append(acc, &t.arena, "Inbox", "in the copy");
	account_close(acc);
	store_close(other);
	assert_ok(account_open(t.store, STR("a"), &acc));
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &m));
	assert_int_equal(m.total, MESSAGES);
	account_close(acc);
	testing_remove(dest);
	testing_end(&t);
}

struct job {
	struct account *acc;
	_Atomic bool stop;
	_Atomic int done;
};

static void *deliver(void *arg)
{
	struct job *j = arg;
	struct arena a;

	arena_init(&a, 1 << 20);
	while (!j->stop) {
		testing_append(j->acc, &a, "Inbox", "hello");
		j->done++;
		arena_reset(&a);
	}
	arena_fini(&a);
	return NULL;
}

/* Beside a writer: what was acknowledged before is in the copy. */
static void beside_a_writer(void **state)
{
	struct testing t;
	struct job j = {0};
	struct store *other;
	struct account *acc;
	pthread_t id;

	(void)state;
	testing_begin(&t);
	t.options.segment_max = 3000;
	testing_restart(&t);
	assert_ok(account_create(t.store, STR("a"), &j.acc));
	assert_int_equal(pthread_create(&id, NULL, deliver, &j), 0);
	for (int i = 0; i < 5; i++) {
		struct backup_report r;
		struct mailbox m;
		char dest[100];
		int before = j.done;

		snprintf(dest, sizeof(dest), "%s-copy%d", t.root, i);
		assert_ok(data_backup(t.root, dest, &r));
		struct store_options o = options_of(&t, dest);

		assert_ok(store_open(&o, &other));
		assert_ok(account_open(other, STR("a"), &acc));
		assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &m));
		assert_true(m.total >= (uint32_t)before);
		account_close(acc);
		store_close(other);
		testing_remove(dest);
	}
	j.stop = true;
	pthread_join(id, NULL);
	account_close(j.acc);
	testing_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy_is_whole),
		cmocka_unit_test(beside_a_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
