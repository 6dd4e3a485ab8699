#include "base/test.h"

#include "idl/config.h"

static struct arena arena;

static int setup(void **state)
{
	arena_init(&arena, 16 * 1024 * 1024);
	return 0;
}

static int teardown(void **state)
{
	arena_fini(&arena);
	return 0;
}

static struct err read_as(const struct idl_record *rec, struct str text, struct idl_reader *r,
			  void *ret)
{
	struct sconf_node *root;

	*r = (struct idl_reader){.arena = &arena, .file = "f"};
	memset(ret, 0, rec->size);
	TRY(sconf_parse(&arena, "f", text, &root));
	return idl_read(r, rec, root, ret);
}

#define MINIMAL                        \
	"DataDir: ../data\n"           \
	"LogLevel: info\n"             \
	"Hostname: mail.example.org\n" \
	"Postmaster:\n"                \
	"\tAccount: you\n"             \
	"\tMailbox: Postmaster\n"      \
	"Listeners:\n"                 \
	"\tpublic:\n"                  \
	"\t\tIPs:\n"                   \
	"\t\t\t- 198.51.100.1\n"       \
	"\t\t\t- 2001:db8::1\n"

static void minimal(void **state)
{
	struct idl_reader r;
	struct conf_static c;

	assert_ok(read_as(&conf_static_record, STR(MINIMAL), &r, &c));
	assert_str("data", c.data_dir, STR("../data"));
	assert_int_equal(c.log_level, CONF_LOG_LEVEL_INFO);
	assert_str("user", c.user, STR("mox"));
	assert_int_equal(c.line_of.user, 0);
	assert_int_equal(c.line_of.hostname, 3);
	assert_str("postmaster", c.postmaster->mailbox, STR("Postmaster"));
	assert_int_equal(c.postmaster->line, 4);
	assert_null(c.tls);
	assert_int_equal(c.listeners_n, 1);
	const struct conf_listener *l = &c.listeners[0];

	assert_str("name", l->name, STR("public"));
	assert_int_equal(l->line, 8);
	assert_int_equal(l->ips_n, 2);
	assert_str("ip", l->ips[1], STR("2001:db8::1"));
	assert_int_equal(l->smtp_max_message_size, 104857600);
	assert_null(l->smtp);
	assert_int_equal(r.later_n, 0);
}

static void presets_and_later(void **state)
{
	struct idl_reader r;
	struct conf_static c;

	assert_ok(read_as(&conf_static_record,
			  STR(MINIMAL "\t\tHostname:\n"
				      "\t\tSMTPMaxMessageSize: 0\n"
				      "\t\tSMTP:\n"
				      "\t\t\tEnabled: true\n"
				      "\t\t\tPort: 0\n"
				      "\t\t\tFirstTimeSenderDelay: 0s\n"
				      "\t\tIMAP:\n"
				      "\t\t\tEnabled: false\n"
				      "\t\t\tPort: 1143\n"
				      "\t\tWebmailHTTP:\n"
				      "\t\t\tEnabled: true\n"
				      "CheckUpdates: true\n"
				      "PackageLogLevels:\n"
				      "\timap: debug\n"),
			  &r, &c));
	const struct conf_listener *l = &c.listeners[0];

	assert_int_equal(l->hostname.n, 0);
	assert_int_equal(l->line_of.hostname, 0);
	assert_int_equal(l->smtp_max_message_size, 104857600);
	assert_true(l->smtp->enabled);
	assert_int_equal(l->smtp->port, 25);
	assert_int_equal(l->smtp->first_time_sender_delay_ms, 0);
	assert_true(l->smtp->tls_session_tickets_disabled);
	assert_int_equal(l->imap->port, 1143);
	assert_false(l->imap->enabled);
	assert_str("level", c.package_log_levels[0].name, STR("imap"));
	assert_str("level", c.package_log_levels[0].value, STR("debug"));
	assert_int_equal(r.later_n, 3);
	assert_string_equal(r.later[0], "FirstTimeSenderDelay");
	assert_string_equal(r.later[1], "WebmailHTTP");
	assert_string_equal(r.later[2], "CheckUpdates");
}

static void errors(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{MINIMAL "hostname: a\n", "f:12: unknown key \"hostname\", expected \"Hostname\""},
		{MINIMAL "\t\tTLS:\n\t\t\tCert: x\n",
		 "f:13: unknown key \"Cert\", expected one of ACME, KeyCerts, MinVersion, "
		 "HostPrivateKeyFiles, ClientAuthDisabled"},
		{"", "f:0: missing required key \"DataDir\""},
		{MINIMAL "\t\tSMTP:\n\t\t\tPort: 25\n", "f:12: missing required key \"Enabled\""},
		{MINIMAL "\t\tSMTP: nil\n", "f:12: missing required key \"Enabled\""},
		{MINIMAL "\t\tSMTP:\n",
		 "f:12: SMTP: expected a block of \"key: value\" on the next lines, indented with "
		 "one more tab"},
		{MINIMAL "\t\tSMTP:\n\t\t\tEnabled: yes\n",
		 "f:13: Enabled: expected true or false, got \"yes\""},
		{MINIMAL "\t\tSMTP:\n\t\t\tEnabled: true\n\t\t\tPort: 65536\n",
		 "f:14: Port: expected number from 0 to 65535, got \"65536\""},
		{MINIMAL "\t\tSMTP:\n\t\t\tEnabled: true\n\t\t\tFirstTimeSenderDelay: 12\n",
		 "f:14: FirstTimeSenderDelay: expected duration like 12h, got \"12\""},
		{MINIMAL "\t\tSMTP:\n\t\t\tEnabled:\n\t\t\t\tx: y\n",
		 "f:13: Enabled: expected a value on the same line, got a block"},
		{MINIMAL "\t\tNATIPs: 198.51.100.1\n",
		 "f:12: NATIPs: expected a list of \"- value\" on the next lines, indented with one "
		 "more tab"},
		{MINIMAL "\t\tNATIPs:\n\t\t\t- 198.51.100.1\n\t\t\t- x\n",
		 "f:14: NATIPs: expected IP address like 198.51.100.1 or 2001:db8::1, got \"x\""},
		{MINIMAL "PackageLogLevels:\n\timap: loud\n",
		 "f:13: PackageLogLevels: expected one of error, warn, info, debug, trace, "
		 "traceauth, tracedata, got \"loud\""},
		{MINIMAL "\t\tTLS:\n\t\t\tKeyCerts:\n\t\t\t\t-\n\t\t\t\t\tCertFile: a\n",
		 "f:14: missing required key \"KeyFile\""},
		{"DataDir:\n", "f:1: DataDir: expected a value"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct idl_reader r;
		struct conf_static c;
		struct err e = read_as(&conf_static_record, str_z(cases[i].text), &r, &c);

		assert_err(e, ERR_CONFIG);
		assert_str(cases[i].text, err_text(e), str_z(cases[i].want));
	}
}

static void nil_is_empty(void **state)
{
	struct idl_reader r;
	struct conf_dynamic c;

	assert_ok(read_as(&conf_dynamic_record,
			  STR("Domains: nil\n"
			      "Accounts:\n"
			      "\tyou:\n"
			      "\t\tDomain: example.org\n"
			      "\t\tDestinations:\n"
			      "\t\t\tyou@example.org: nil\n"),
			  &r, &c));
	assert_int_equal(c.domains_n, 0);
	assert_int_equal(c.accounts[0].destinations_n, 1);
	assert_str("mailbox", c.accounts[0].destinations[0].mailbox, STR("Inbox"));
	assert_int_equal(c.accounts[0].max_outgoing_messages_per_day, 1000);
}

/* Written and read again it is the same, and only what is not a default is written. */
static void writes(void **state)
{
	static const char text[] = "Domains:\n"
				   "\texample.org:\n"
				   "\t\tLocalpartCatchallSeparator: +\n"
				   "\t\tMTASTS:\n"
				   "\t\t\tPolicyID: 1\n"
				   "\t\t\tMode: enforce\n"
				   "\t\t\tMaxAge: 24h\n"
				   "Accounts:\n"
				   "\tyou:\n"
				   "\t\tDomain: example.org\n"
				   "\t\tDestinations:\n"
				   "\t\t\t@example.org:\n"
				   "\t\t\t\tMailbox: Lists\n"
				   "\t\t\tyou@example.org: nil\n"
				   "\t\tJunkFilter:\n"
				   "\t\t\tThreshold: 0.95\n"
				   "\t\t\tOnegrams: true\n"
				   "WebDomainRedirects:\n"
				   "\ta.example: b.example\n"
				   "MonitorDNSBLs:\n"
				   "\t- a.example\n";
	struct idl_reader r;
	struct conf_dynamic c;
	struct sconf_node *root;
	BUF_AUTO b = BUF_INIT(10000);

	assert_ok(read_as(&conf_dynamic_record, str_z(text), &r, &c));
	c.accounts[0].max_outgoing_messages_per_day = 1000; /* the default is not written */
	c.accounts[0].destinations[1].mailbox = STR("Inbox");
	assert_ok(idl_tree(&arena, &conf_dynamic_record, &c, &root));
	assert_ok(sconf_write(root, &b));
	assert_str("written", buf_str(&b), str_z(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(minimal, setup, teardown),
		cmocka_unit_test_setup_teardown(presets_and_later, setup, teardown),
		cmocka_unit_test_setup_teardown(errors, setup, teardown),
		cmocka_unit_test_setup_teardown(nil_is_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(writes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
