#include "store/testing.h"

#include "store/data.h"

static void put(const char *root, const char *version)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/version", root);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(version, f);
	fclose(f);
}

static void one_server(void **state)
{
	struct fs fs = FS_SYSTEM;
	char root[] = "/tmp/mox-data-XXXXXX";
	int a, b;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_ok(data_lock(&fs, root, &a));
	assert_err(data_lock(&fs, root, &b), ERR_IN_USE);
	fd_close(&a);
	assert_ok(data_lock(&fs, root, &a));
	fd_close(&a);
	testing_remove(root);
	assert_err(data_lock(&fs, root, &a), ERR_NOT_FOUND);
}

static void versions(void **state)
{
	static const struct {
		const char *text;
		enum err_code code;
	} cases[] = {
		{"1\n", ERR_NONE},    {"1", ERR_NONE},    {"2\n", ERR_VERSION},
		{"0\n", ERR_CORRUPT}, {"x", ERR_CORRUPT}, {"", ERR_CORRUPT},
	};
	struct fs fs = FS_SYSTEM;
	char root[] = "/tmp/mox-data-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_close int fd = -1;

		put(root, cases[i].text);
		assert_err(data_lock(&fs, root, &fd), cases[i].code);
	}
	testing_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(one_server),
					   cmocka_unit_test(versions)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
