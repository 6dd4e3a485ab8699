#include "base/test.h"

#include "role/password.h"
#include <unistd.h>

static char dir[] = "/tmp/mox-password-test-XXXXXX";
static int dir_fd = -1;
static struct clock test_clock;
static struct fs fs = {0};

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	clock_init(&test_clock);
	return dir_fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	unlinkat(dir_fd, "mox", 0);
	unlinkat(dir_fd, "other", 0);
	close(dir_fd);
	return rmdir(dir);
}

static struct passwords *opened(void)
{
	struct passwords *p = NULL;

	assert_ok(passwords_open(&fs, dir_fd, &test_clock, rand_system(), &p));
	return p;
}

static void right_and_wrong(void **state)
{
	struct passwords *p = opened();

	(void)state;
	assert_ok(passwords_set(p, STR("mox"), STR("moxmoxmox")));
	assert_ok(passwords_verify(p, STR("mox"), STR("moxmoxmox")));
	assert_ok(passwords_verify(p, STR("mox"), STR("moxmoxmox"))); /* remembered */
	assert_err(passwords_verify(p, STR("mox"), STR("moxmoxmoX")), ERR_AUTH);
	assert_err(passwords_verify(p, STR("mox"), STR("")), ERR_AUTH);
	assert_err(passwords_verify(p, STR("nobody"), STR("moxmoxmox")), ERR_AUTH);
	assert_err(passwords_verify(p, STR("../mox"), STR("moxmoxmox")), ERR_AUTH);
	passwords_free(p);
	p = opened(); /* what was set is on the disk */
	assert_ok(passwords_verify(p, STR("mox"), STR("moxmoxmox")));
	passwords_free(p);
}

/* A new password ends the old one at once, also where it was remembered. */
static void change_ends_the_old(void **state)
{
	struct passwords *p = opened();

	(void)state;
	assert_ok(passwords_set(p, STR("mox"), STR("first pass")));
	assert_ok(passwords_verify(p, STR("mox"), STR("first pass")));
	assert_ok(passwords_set(p, STR("mox"), STR("second pass")));
	assert_err(passwords_verify(p, STR("mox"), STR("first pass")), ERR_AUTH);
	assert_ok(passwords_verify(p, STR("mox"), STR("second pass")));
	/* Remembering ends by time; the password is still right. */
	clock_step(&test_clock, (PASSWORD_REMEMBER_S + 1) * NS_PER_S);
	assert_ok(passwords_verify(p, STR("mox"), STR("second pass")));
	passwords_free(p);
}

/* RFC 8265 §4.2: composed and decomposed forms, and kinds of spaces, are the same password. */
static void prepared_as_opaque_string(void **state)
{
	struct passwords *p = opened();
	char big[PASSWORD_MAX + 1];

	(void)state;
	assert_ok(passwords_set(p, STR("other"), STR("pa\xc3\xa4ss w\xc2\xa0rd")));
	assert_ok(passwords_verify(p, STR("other"), STR("paa\xcc\x88ss w rd")));
	assert_err(passwords_set(p, STR("other"), STR("1234567")), ERR_USAGE);
	assert_err(passwords_set(p, STR("other"), STR("1234567\t8")), ERR_USAGE);
	assert_err(passwords_set(p, STR("other"), STR("12345678\xff")), ERR_USAGE);
	assert_err(passwords_set(p, STR(".x"), STR("12345678")), ERR_USAGE);
	memset(big, 'x', sizeof(big));
	assert_err(passwords_set(p, STR("other"), str_of(big, PASSWORD_MAX + 1)), ERR_USAGE);
	assert_ok(passwords_set(p, STR("other"), str_of(big, PASSWORD_MAX)));
	assert_ok(passwords_verify(p, STR("other"), str_of(big, PASSWORD_MAX)));
	passwords_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_and_wrong),
		cmocka_unit_test(change_ends_the_old),
		cmocka_unit_test(prepared_as_opaque_string),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
