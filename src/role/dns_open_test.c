#include "base/test.h"

#include "conf/conf.h"
#include "role/dns_open.h"
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/mox-dns-open-XXXXXX";

static int setup(void **state)
{
	(void)state;
	return !mkdtemp(folder) || chdir(folder) != 0 || mkdir("dns", 0700) != 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink("anchors");
	unlink("system");
	unlink("dns/root.key");
	return rmdir("dns") != 0 || rmdir(folder) != 0;
}

/* A role as the configuration says, in the test's folder. */
static struct role *role_new(const char *dns)
{
	static struct fs fs;
	struct role *r = calloc(1, sizeof(*r));
	BUF_AUTO text = BUF_INIT(4096);
	struct conf_source src = {
		.number = 1,
		.static_path = STR("./mox.conf"),
		.domains_path = STR("./domains.conf"),
		.domains_text = STR("Domains:\n\tlocalhost: nil\nAccounts:\n\tmox:\n"
				    "\t\tDomain: localhost\n\t\tDestinations:\n"
				    "\t\t\tmox@localhost: nil\n"),
	};

	assert_non_null(r);
	buf_printf(&text,
		   "DataDir: .\nLogLevel: info\nHostname: localhost\nListeners:\n\tlocal:\n"
		   "\t\tIPs:\n\t\t\t- 127.0.0.1\nPostmaster:\n\tAccount: mox\n\tMailbox: Inbox\n%s",
		   dns);
	src.static_text = buf_str(&text);
	assert_ok(conf_parse(&src, NULL, &r->conf));
	r->data_dir = ".";
	r->fs = &fs;
	log_init(&r->log, -1, LOG_ERROR);
	r->lc = (struct log_ctx){.log = &r->log, .pkg = "dns"};
	arena_init(&r->arena, 1 << 20);
	return r;
}

static void role_free(struct role *r)
{
	arena_fini(&r->arena);
	conf_unref(r->conf);
	free(r);
}

static void file_write(const char *path, const char *text, time_t modified)
{
	struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void root_keys(void **state)
{
	enum { MISSING = 0, OLD = 1000, NEW = 2000 };
	static const struct {
		const char *name;
		time_t ours, system;
		const char *text; /* of our file */
		const char *want; /* how it begins then */
	} cases[] = {
		{"neither: those that the program knows", MISSING, MISSING, "",
		 ". IN DS 20326 8 2 "},
		{"ours is empty", NEW, MISSING, "", ". IN DS 20326 8 2 "},
		{"only the system's", MISSING, OLD, "", "system"},
		{"only ours", OLD, MISSING, "ours", "ours"},
		{"ours is newer", NEW, OLD, "ours", "ours"},
		{"ours is as old", OLD, OLD, "ours", "ours"},
		{"ours is older", OLD, NEW, "ours", "system"},
	};
	struct role *r = role_new("");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO got = BUF_INIT(4096);

		unlink("dns/root.key");
		unlink("system");
		if (cases[i].ours)
			file_write("dns/root.key", cases[i].text, cases[i].ours);
		if (cases[i].system)
			file_write("system", "system", cases[i].system);
		assert_ok(dns_root_keys_keep(r, "./system"));
		assert_ok(file_read(AT_FDCWD, "dns/root.key", &got));
		if (!str_starts(buf_str(&got), str_z(cases[i].want)))
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&got)));
	}
	role_free(r);
}

static void forwards(void **state)
{
	static const struct {
		const char *zone;
		uint8_t last; /* byte of the address */
		uint16_t port;
		bool private;
	} want[] = {
		{"corp.example", 53, 0, true},
		{"corp.example", 54, 5353, true},
		{"xn--mnchen-3ya.example", 55, 0, false},
		{"", 1, 0, false},
	};
	struct role *r = role_new("DNS:\n\tForwarders:\n\t\t- 192.0.2.1\n\tZones:\n"
				  "\t\tCorp.example.:\n\t\t\tPrivate: true\n\t\t\tForwarders:\n"
				  "\t\t\t\t- 10.0.0.53\n\t\t\t\t- 10.0.0.54:5353\n"
				  "\t\tm\303\274nchen.example:\n\t\t\tForwarders:\n"
				  "\t\t\t\t- 10.0.0.55\n");
	struct dns_forwards f;

	(void)state;
	assert_ok(dns_forwards_read(r, &f));
	assert_int_equal(f.n, ARRAY_LEN(want));
	assert_int_equal(f.zoned, 3);
	for (size_t i = 0; i < f.n; i++) {
		assert_str("zone", f.forward[i].zone, str_z(want[i].zone));
		assert_int_equal(f.forward[i].ip.b[3], want[i].last);
		assert_int_equal(f.forward[i].port, want[i].port);
		assert_int_equal(f.forward[i].private, want[i].private);
	}
	role_free(r);
}

/* Files are read when a resolver is opened: what is wrong with them is known then. */
static void opening(void **state)
{
	static const struct {
		const char *name, *dns, *anchors;
		enum err_code want;
	} cases[] = {
		{"the root's keys", "", NULL, ERR_NONE},
		{"anchors of one's own", "DNS:\n\tTrustAnchors: anchors\n",
		 "example. IN DS 1 8 2 "
		 "0000000000000000000000000000000000000000000000000000000000000000\n",
		 ERR_NONE},
		{"no such file", "DNS:\n\tTrustAnchors: missing\n", NULL, ERR_CONFIG},
		{"no anchors", "DNS:\n\tTrustAnchors: anchors\n", "what is this\n", ERR_CONFIG},
	};

	(void)state;
	unlink("dns/root.key");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct role *r = role_new(cases[i].dns);
		struct dns_unbound *u = NULL;
		struct dns_forwards f;

		if (cases[i].anchors)
			file_write("anchors", cases[i].anchors, 1000);
		assert_ok(dns_forwards_read(r, &f));
		struct err e = dns_open(r, &f, true, &u);

		if (!err_is(e, cases[i].want))
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
		if (err_is_ok(e))
			dns_unbound_free(u);
		role_free(r);
	}
}

static void damaged_root_keys(void **state)
{
	struct role *r = role_new("");
	struct dns_unbound *u = NULL;
	struct dns_forwards f;
	BUF_AUTO got = BUF_INIT(4096);

	(void)state;
	file_write("dns/root.key", "what is this\n", INT32_MAX);
	assert_ok(dns_forwards_read(r, &f));
	assert_ok(dns_open(r, &f, true, &u));
	dns_unbound_free(u);
	assert_ok(file_read(AT_FDCWD, "dns/root.key", &got));
	assert_true(str_find(buf_str(&got), STR("IN D"), 0) >= 0);
	role_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_keys),
		cmocka_unit_test(forwards),
		cmocka_unit_test(opening),
		cmocka_unit_test(damaged_root_keys),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
