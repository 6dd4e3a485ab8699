#include "base/test.h"

#include "os/crashnote.h"
#include "os/sharedpage.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct crashnote_page *page_new(int *fd)
{
	void *p;

	assert_ok(sharedpage_new(crashnote_page_size(), fd, &p));
	return p;
}

static void page_end(struct crashnote_page *c, int fd)
{
	sharedpage_unmap(c, crashnote_page_size());
	close(fd);
}

#define HOUR (INT64_C(3600) * 1000000000)

/* A process that notes, and dies; its page says what it was doing. */
static void a_crash_is_found(void **state)
{
	static struct crashnote_found found;
	int fd, status;
	struct crashnote_page *c = page_new(&fd);

	(void)state;
	pid_t pid = fork();

	if (pid == 0) {
		void *mine;

		setrlimit(RLIMIT_CORE, &(struct rlimit){0});
		if (err_failed(sharedpage_map(fd, crashnote_page_size(), &mine)))
			_exit(1);
		int done = crashnote_begin(mine, STR("10.0.0.1"), STR("smtp data"), 1);

		crashnote_begin(mine, STR("10.0.0.2"), STR("smtp data"), 0xfeed);
		crashnote_end(mine, done);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	crashnote_take(c, true, 1000, &found);
	assert_int_equal(found.n, 1);
	assert_str("peer", crashnote_peer(&found.item[0]), STR("10.0.0.2"));
	assert_str("what", crashnote_what(&found.item[0]), STR("smtp data"));
	assert_int_equal(found.item[0].digest, 0xfeed);
	assert_true(crashnote_is_suspect(c, STR("10.0.0.2"), 1000));
	assert_true(crashnote_is_suspect(c, STR("10.0.0.2"), HOUR + 999));
	assert_false(crashnote_is_suspect(c, STR("10.0.0.2"), HOUR + 1000));
	assert_false(crashnote_is_suspect(c, STR("10.0.0.1"), 1000));
	/* Nothing is left for the next time. */
	crashnote_take(c, true, 1000, &found);
	assert_int_equal(found.n, 0);
	page_end(c, fd);
}

static void a_proper_end_makes_no_suspects(void **state)
{
	static struct crashnote_found found;
	int fd;
	struct crashnote_page *c = page_new(&fd);

	(void)state;
	crashnote_begin(c, STR("10.0.0.1"), STR("x"), 1);
	crashnote_take(c, false, 0, &found);
	assert_int_equal(found.n, 1);
	assert_false(crashnote_is_suspect(c, STR("10.0.0.1"), 0));
	page_end(c, fd);
}

static void limits(void **state)
{
	static struct crashnote_found found;
	char peer[CRASHNOTE_PEER_MAX + 1];
	int fd;
	struct crashnote_page *c = page_new(&fd);

	(void)state;
	memset(peer, 'p', sizeof(peer));
	for (int i = 0; i < CRASHNOTE_SLOTS; i++)
		assert_true(crashnote_begin(c, str_of(peer, sizeof(peer)), STR("x"), 1) >= 0);
	assert_int_equal(crashnote_begin(c, STR("one"), STR("too many"), 1), -1);
	crashnote_end(c, -1);
	crashnote_end(c, 17);
	assert_int_equal(crashnote_begin(c, STR("peer"), STR("x"), 1), 17);
	crashnote_take(c, true, 0, &found);
	assert_int_equal(found.n, CRASHNOTE_SLOTS);
	assert_int_equal(crashnote_peer(&found.item[0]).n, CRASHNOTE_PEER_MAX);
	assert_true(crashnote_is_suspect(c, str_of(peer, sizeof(peer)), 0));
	/* More suspects than there is room for: the newest are known. */
	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < CRASHNOTE_SLOTS; i++) {
			int n = snprintf(peer, sizeof(peer), "%d-%d", k, i);

			crashnote_begin(c, str_of(peer, (size_t)n), STR("x"), 1);
		}
		crashnote_take(c, true, k + 1, &found);
	}
	assert_false(crashnote_is_suspect(c, STR("0-0"), 1));
	assert_true(crashnote_is_suspect(c, STR("2-255"), 1));
	page_end(c, fd);
}

/* What a role that was taken over may leave in its page. */
static void garbage(void **state)
{
	static struct crashnote_found found;
	int fd;
	struct crashnote_page *c = page_new(&fd);

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		memset((void *)c, byte, crashnote_page_size());
		crashnote_take(c, true, 5, &found);
		for (size_t i = 0; i < found.n; i++) {
			assert_true(crashnote_peer(&found.item[i]).n <= CRASHNOTE_PEER_MAX);
			assert_true(crashnote_what(&found.item[i]).n <= CRASHNOTE_WHAT_MAX);
		}
		crashnote_begin(c, STR("peer"), STR("x"), 1);
	}
	page_end(c, fd);
}

static void pages_are_checked(void **state)
{
	int fd, other = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *p, *q;

	(void)state;
	assert_ok(sharedpage_new(4096, &fd, &p));
	assert_err(sharedpage_map(fd, 4095, &q), ERR_SYNTAX);
	assert_ok(sharedpage_map(fd, 4096, &q));
	((char *)p)[100] = 'x';
	assert_int_equal(((char *)q)[100], 'x');
	assert_int_equal(ftruncate(fd, 0), -1);
	sharedpage_unmap(p, 4096);
	sharedpage_unmap(q, 4096);
	assert_int_equal(ftruncate(other, 4096), 0);
	assert_err(sharedpage_map(other, 4096, &q), ERR_SYNTAX);
	close(fd);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crash_is_found),
		cmocka_unit_test(a_proper_end_makes_no_suspects),
		cmocka_unit_test(limits),
		cmocka_unit_test(garbage),
		cmocka_unit_test(pages_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
