/* The tests of publicsuffix.org with its list, test/data/psl. They are for the whole list. */
#include "base/test.h"

#include "format/domain.h"
#include "verify/psl.h"

/* "null" and the cases without registrable domain: the name is nobody's. */
static void check(struct str domain, struct str want)
{
	bool null = str_eq(want, STR("null"));
	struct str got = psl_organizational_in(PSL_ALL, domain);

	if (psl_is_suffix_in(PSL_ALL, domain) != null)
		fail_msg("%.*s: want %.*s, suffix %d", STR_ARG(domain), STR_ARG(want), !null);
	if (!null && !domain_eq(got, want))
		fail_msg("%.*s: want %.*s, got %.*s", STR_ARG(domain), STR_ARG(want), STR_ARG(got));
}

static struct str null_name(struct str s)
{
	return str_eq(s, STR("null")) ? STR("") : s;
}

/* tests.txt: "name registrable" */
static bool spaced(struct str line, struct str *ret_domain, struct str *ret_want)
{
	return line.n && !str_starts(line, STR("//")) && str_cut(line, ' ', ret_domain, ret_want);
}

/* test_psl.txt: "checkPublicSuffix('name', 'registrable');", either may be null. */
static bool called(struct str line, struct str *ret_domain, struct str *ret_want)
{
	struct str *ret[] = {ret_domain, ret_want}, args;

	if (!str_starts(line, STR("checkPublicSuffix(")))
		return false;
	args = str_sub(line, 18, line.n - 2);
	assert_true(str_cut(args, ',', ret_domain, ret_want));
	for (size_t i = 0; i < 2; i++) {
		*ret[i] = str_trim(*ret[i]);
		if (str_starts(*ret[i], STR("'")))
			*ret[i] = str_sub(*ret[i], 1, ret[i]->n - 1);
	}
	return true;
}

static void run(const char *path, bool (*read)(struct str, struct str *, struct str *),
		size_t at_least)
{
	BUF_AUTO b = BUF_INIT(1 << 20);
	struct str rest, line, domain, want;
	size_t n = 0;

	test_data_read(path, &b);
	for (rest = buf_str(&b); rest.n;) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (!read(str_trim(line), &domain, &want))
			continue;
		check(null_name(domain), want);
		print_message("%.*s: %.*s\n", STR_ARG(domain), STR_ARG(want));
		n++;
	}
	if (n < at_least)
		fail_msg("%s: %zu cases", path, n);
}

static int load(void **state)
{
	const char *root = getenv("MOX_SOURCE_ROOT");
	char path[4096];

	snprintf(path, sizeof(path), "%s/test/data/psl/public_suffix_list.dat", root ? root : ".");
	assert_ok(psl_load(path));
	return 0;
}

static void tests_txt(void **state)
{
	run("test/data/psl/tests.txt", spaced, 70);
}

static void test_psl_txt(void **state)
{
	run("test/data/psl/test_psl.txt", called, 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tests_txt),
		cmocka_unit_test(test_psl_txt),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
