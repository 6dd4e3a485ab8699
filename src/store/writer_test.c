#include "store/testing.h"

#include "store/lock.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { THREADS = 8, PROCESSES = 3, EACH = 25 };

static _Atomic int syncs;

static int count_syncs(void *arg, const struct fs_call *call)
{
	(void)arg;
	syncs += call->op == FS_SYNC || call->op == FS_SYNC_DIR;
	return 0;
}

static struct fs counting = {.before = count_syncs};

/* A lone append costs two syncs: the segment's and the database's. */
static void two_syncs(void **state)
{
	struct testing t;
	struct account *acc;

	(void)state;
	testing_begin(&t);
	t.options.fs = &counting;
	testing_restart(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	testing_append(acc, &t.arena, "Inbox", "the first makes a segment");
	syncs = 0;
	for (int i = 0; i < 10; i++)
		testing_append(acc, &t.arena, "Inbox", "x");
	assert_int_equal(syncs, 20);
	account_close(acc);
	testing_end(&t);
}

struct job {
	struct account *acc;
	uint32_t inbox;
	int number;
	uint32_t uids[EACH];
};

static void *append_and_flag(void *arg)
{
	struct job *j = arg;
	struct arena a;

	arena_init(&a, 4 << 20);
	for (int i = 0; i < EACH; i++) {
		UIDS_AUTO u = {0};
		struct str seen[] = {STR("\\Seen"), STR("work")};
		struct flags_change c = {.mailbox = j->inbox, .uids = &u};

		j->uids[i] = testing_append(j->acc, &a, "Inbox", "Subject: x\r\n\r\nhello\r\n");
		assert_ok(uids_add(&u, j->uids[i]));
		assert_ok(flagset_parse(seen, 2, &a, &c.set));
		assert_ok(entry_flags(j->acc, &c));
		assert_true(c.ret_modseq > 0);
		arena_reset(&a);
	}
	arena_fini(&a);
	return NULL;
}

/* Threads on one account share transactions, and each gets uids of its own. */
static void threads(void **state)
{
	static struct job jobs[THREADS];
	struct testing t;
	struct account *acc;
	struct mailbox m;
	pthread_t id[THREADS];
	UIDS_AUTO all = {0};

	(void)state;
	testing_begin(&t);
	t.options.fs = &counting;
	testing_restart(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &m));
	syncs = 0;
	for (int i = 0; i < THREADS; i++) {
		jobs[i] = (struct job){.acc = acc, .inbox = m.id, .number = i};
		assert_int_equal(pthread_create(&id[i], NULL, append_and_flag, &jobs[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(id[i], NULL);
	for (int i = 0; i < THREADS; i++)
		for (int k = 0; k < EACH; k++) {
			assert_false(uids_has(&all, jobs[i].uids[k]));
			assert_ok(uids_add(&all, jobs[i].uids[k]));
		}
	assert_uids(&all, "1:200");
	/* Three syncs an append and flag change, if nothing were shared. */
	assert_in_range(syncs, 2, 3 * THREADS * EACH);
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &m));
	assert_int_equal(m.total, THREADS * EACH);
	assert_int_equal(m.unseen, 0);
	account_close(acc);
	testing_end(&t);
}

static void child(struct testing *t)
{
	struct store *s;
	struct job j = {0};
	struct mailbox m;

	/* A store of its own: nothing is shared but the files. */
	if (err_failed(store_open(&t->options, &s)) ||
	    err_failed(account_open(s, STR("a"), &j.acc)) ||
	    err_failed(mailbox_get(j.acc, STR("Inbox"), &t->arena, &m)))
		_exit(1);
	j.inbox = m.id;
	append_and_flag(&j);
	account_close(j.acc);
	store_close(s);
	_exit(0);
}

static void processes(void **state)
{
	struct testing t;
	struct account *acc;
	struct mailbox m;
	int status;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	account_close(acc);
	store_close(t.store);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			child(&t);
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_ok(store_open(&t.options, &t.store));
	assert_ok(account_open(t.store, STR("a"), &acc));
	assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &m));
	assert_int_equal(m.total, PROCESSES * EACH);
	assert_int_equal(m.uidnext, PROCESSES * EACH + 1);
	account_close(acc);
	testing_end(&t);
}

/* A byte into the pipe for each. */
static void append_for_ever(struct testing *t, _Atomic int *acknowledged, int fd)
{
	struct store *s;
	struct account *acc;

	if (err_failed(store_open(&t->options, &s)) || err_failed(account_open(s, STR("a"), &acc)))
		_exit(1);
	for (;;) {
		testing_append(acc, &t->arena, "Inbox", "of the one that is killed");
		++*acknowledged;
		if (write(fd, "", 1) != 1)
			_exit(1);
	}
}

/* A process is killed wherever it is, lock held or not; the other goes on at once, and all that
 * either acknowledged is there. */
static void killed_process(void **state)
{
	enum { ROUNDS = 12, OURS = 10 };
	_Atomic int *acknowledged = mmap(NULL, sizeof(*acknowledged), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct testing t;
	struct account *acc;
	struct mailbox m;

	(void)state;
	testing_begin(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	account_close(acc);
	for (int i = 0; i < ROUNDS; i++) {
		/* SQLite's connections do not survive a fork. */
		store_close(t.store);
		int tell[2];
		char byte;

		assert_int_equal(pipe(tell), 0);
		pid_t pid = fork();

		if (pid == 0)
			append_for_ever(&t, acknowledged, tell[1]);
		close(tell[1]);
		assert_ok(store_open(&t.options, &t.store));
		assert_ok(account_open(t.store, STR("a"), &acc));
		for (int k = 0; k < OURS; k++)
			testing_append(acc, &t.arena, "Inbox", "of the one that stays");
		for (int k = 0; k < 1 + i; k++)
			assert_int_equal(read(tell[0], &byte, 1), 1);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(tell[0]);
		uint32_t uid = testing_append(acc, &t.arena, "Inbox", "right after");

		assert_ok(mailbox_get(acc, STR("Inbox"), &t.arena, &m));
		assert_int_equal(m.uidnext, uid + 1);
		assert_int_equal(m.total, uid);
		assert_true(m.total > (uint32_t)*acknowledged);
		account_close(acc);
	}
	testing_end(&t);
	munmap(acknowledged, sizeof(*acknowledged));
}

static void lock_deadline(void **state)
{
	struct testing t;
	struct account *acc;
	char path[100];

	(void)state;
	testing_begin(&t);
	t.options.lock_ms = 30;
	testing_restart(&t);
	assert_ok(account_create(t.store, STR("a"), &acc));
	snprintf(path, sizeof(path), "%s/accounts/a/lock", t.root);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_ok(lock_take(fd, 0));
	assert_err(mailbox_create(acc, STR("x"), 0, NULL), ERR_TIMEOUT);
	close(fd);
	assert_ok(mailbox_create(acc, STR("x"), 0, NULL));
	account_close(acc);
	testing_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_syncs),      cmocka_unit_test(processes),
		cmocka_unit_test(killed_process), cmocka_unit_test(lock_deadline),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
