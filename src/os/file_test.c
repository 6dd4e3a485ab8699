#include "base/test.h"

#include "os/clock.h"
#include "os/file.h"
#include <errno.h>
#include <unistd.h>

static char dir[] = "/tmp/mox-file-test-XXXXXX";
static int dfd = -1;

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	dfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dfd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	unlinkat(dfd, "a", 0);
	close(dfd);
	return rmdir(dir);
}

static void replace_and_read(void **state)
{
	struct fs fs = FS_SYSTEM;
	BUF_AUTO b = BUF_INIT(5);

	(void)state;
	assert_ok(fs_replace(&fs, dfd, "a", STR("one"), 0600));
	assert_ok(fs_replace(&fs, dfd, "a", STR("two22"), 0600));
	assert_ok(file_read(dfd, "a", &b));
	assert_str("content", buf_str(&b), STR("two22"));
	assert_ok(fs_replace(&fs, dfd, "a", STR("six666"), 0600));
	buf_clear(&b);
	assert_err(file_read(dfd, "a", &b), ERR_LIMIT);
	assert_err(file_read(dfd, "none", &b), ERR_NOT_FOUND);
}

struct fault {
	int at, n;
};

static int fail_at(void *arg, const struct fs_call *call)
{
	struct fault *f = arg;

	(void)call;
	return f->n++ == f->at ? ENOSPC : 0;
}

/* The k-th call fails: an error, and the old or the new content, never a mix. */
static void replace_with_faults(void **state)
{
	(void)state;
	for (int k = 0;; k++) {
		struct fs fs = FS_SYSTEM;
		struct fault f = {.at = k};
		BUF_AUTO b = BUF_INIT(100);

		assert_ok(fs_replace(&fs, dfd, "a", STR("old"), 0600));
		fs = (struct fs){.before = fail_at, .arg = &f};
		struct err e = fs_replace(&fs, dfd, "a", STR("new"), 0600);

		if (err_is_ok(e)) {
			assert_int_equal(k, 5); /* create write sync rename sync_dir */
			break;
		}
		assert_err(e, ERR_DISK_FULL);
		assert_ok(file_read(dfd, "a", &b));
		assert_str("old unless only the last sync failed", buf_str(&b),
			   k == 4 ? STR("new") : STR("old"));
		assert_int_not_equal(faccessat(dfd, "a.tmp", F_OK, 0), 0);
	}
}

static int hook_runs;

static void on_step(void *arg)
{
	(void)arg;
	hook_runs++;
}

static void clock_steps(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c);
	clock_hook_add(&c, on_step, NULL);
	int64_t mono = clock_mono(&c);
	clock_set(&c, 1000 * NS_PER_S);
	clock_step(&c, 3600 * NS_PER_S);
	assert_true(clock_mono(&c) - mono >= 3600 * NS_PER_S);
	assert_in_range(clock_unix(&c), 4600, 4700);
	assert_int_equal(hook_runs, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replace_and_read),
		cmocka_unit_test(replace_with_faults),
		cmocka_unit_test(clock_steps),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
