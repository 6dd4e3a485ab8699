#include "base/test.h"

#include "conf/conf.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATIC                         \
	"DataDir: ../data\n"           \
	"LogLevel: info\n"             \
	"Hostname: mail.example.org\n" \
	"Postmaster:\n"                \
	"\tAccount: you\n"             \
	"\tMailbox: Postmaster\n"      \
	"Listeners:\n"                 \
	"\tpublic:\n"                  \
	"\t\tIPs:\n"                   \
	"\t\t\t- 198.51.100.1\n"

#define DOMAINS            \
	"Domains:\n"       \
	"\texample.org:\n" \
	"\t\tDescription: x\n"

#define ACCOUNTS                    \
	"Accounts:\n"               \
	"\tyou:\n"                  \
	"\t\tDomain: example.org\n" \
	"\t\tDestinations:\n"       \
	"\t\t\tyou@example.org: nil\n"

static struct err parse_texts(const char *st, const char *dyn, struct buf *problems,
			      struct conf **ret)
{
	struct conf_source src = {
		.number = 7,
		.static_path = STR("/etc/mox/mox.conf"),
		.static_text = str_z(st),
		.domains_path = STR("/etc/mox/domains.conf"),
		.domains_text = str_z(dyn),
	};

	return conf_parse(&src, problems, ret);
}

static struct conf *conf_full(void)
{
	char path[4096];
	struct conf *c = NULL;

	snprintf(path, sizeof(path), "%s/test/data/conf/mox.conf", getenv("MOX_SOURCE_ROOT"));
	assert_ok(conf_load(path, 1, false, NULL, &c));
	return c;
}

/* Everything a user of the Go original may have in the files. */
static void full(void **state)
{
	struct conf *c = conf_full();
	const struct conf_static *st = conf_static(c);
	const struct conf_dynamic *dyn = conf_dynamic(c);
	const struct conf_account *you = conf_account(c, STR("you"));
	size_t n;

	assert_str("password", st->transports[0].submissions->auth->password,
		   STR("pass: word # all of it"));
	assert_null(st->transports[4].smtp);
	assert_int_equal(st->acme[1].renew_before_ms, 240 * 3600 * 1000);
	assert_int_equal(st->acme[0].renew_before_ms, 720 * 3600 * INT64_C(1000));
	assert_int_equal(dyn->domains[0].mtasts->max_age_ms, 24 * 3600 * 1000);
	assert_int_equal(dyn->domains[0].dkim->selectors[1].headers_n, 3);
	assert_str("ruleset", you->destinations[5].rulesets[0].headers_regexp[0].name,
		   STR("^list-id$"));
	assert_int_equal(conf_account(c, STR("kim"))->quota_message_size, -1);
	assert_int_equal(dyn->web_handlers[1].web_redirect->status_code, 307);
	assert_null(conf_account(c, STR("You")));
	conf_later(c, &n);
	assert_true(n > 10);
	conf_unref(c);
}

static void domains(void **state)
{
	struct conf *c = conf_full();

	assert_str("domain", conf_domain(c, STR("EXAMPLE.org"))->description, STR("the family"));
	assert_non_null(conf_domain(c, STR("m\303\274nchen.example")));
	assert_ptr_equal(conf_domain(c, STR("m\303\274nchen.example")),
			 conf_domain(c, STR("XN--MNCHEN-3ya.example.")));
	assert_null(conf_domain(c, STR("sub.example.org")));
	assert_null(conf_domain(c, STR("")));
	assert_true(conf_is_hostname(c, STR("Mail.Example.org")));
	assert_true(conf_is_hostname(c, STR("localhost")));
	assert_false(conf_is_hostname(c, STR("example.org")));
	conf_unref(c);
}

struct lookup_case {
	const char *local, *domain;
	enum conf_found found;
	enum conf_via via;
	const char *account, *mailbox, *address;
};

static void lookups_check(const struct conf *c, const struct lookup_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct lookup_case *want = &cases[i];
		struct conf_address got;

		conf_address_lookup(c, str_z(want->local), str_z(want->domain), &got);
		if (got.found != want->found)
			fail_msg("%s@%s: %d", want->local, want->domain, got.found);
		if (got.found == CONF_ALIAS)
			assert_str(want->local, got.alias->name, str_z(want->account));
		if (got.found != CONF_USER)
			continue;
		assert_int_equal(got.via, want->via);
		assert_str(want->local, got.account->name, str_z(want->account));
		assert_str(want->local, got.destination->mailbox, str_z(want->mailbox));
		assert_str(want->local, got.address, str_z(want->address));
	}
}

static void lookups(void **state)
{
	static const struct lookup_case cases[] = {
		{"you", "example.org", CONF_USER, CONF_VIA_ADDRESS, "you", "Inbox",
		 "you@example.org"},
		{"YOU+anything+more", "Example.ORG", CONF_USER, CONF_VIA_ADDRESS, "you", "Inbox",
		 "you@example.org"},
		{"sales", "example.org", CONF_USER, CONF_VIA_ADDRESS, "you", "Inbox",
		 "sales@example.org"},
		{"kim k.", "example.org", CONF_USER, CONF_VIA_ADDRESS, "kim", "Inbox",
		 "kim k.@example.org"},
		{"+you", "example.org", CONF_NO_USER, 0, NULL, NULL, NULL},
		{"you-x", "example.org", CONF_NO_USER, 0, NULL, NULL, NULL},
		{"nobody", "example.org", CONF_NO_USER, 0, NULL, NULL, NULL},
		{"Family+x", "example.org", CONF_ALIAS, 0, "family", NULL, NULL},
		{"you", "m\303\274nchen.example", CONF_USER, CONF_VIA_ADDRESS, "you", "Munich",
		 "you@xn--mnchen-3ya.example"},
		{"you-a+b", "xn--mnchen-3ya.example", CONF_USER, CONF_VIA_ADDRESS, "you", "Munich",
		 "you@xn--mnchen-3ya.example"},
		{"You", "xn--mnchen-3ya.example", CONF_USER, CONF_VIA_CATCHALL, "you", "Catchall",
		 "@xn--mnchen-3ya.example"},
		{"postmaster", "xn--mnchen-3ya.example", CONF_USER, CONF_VIA_CATCHALL, "you",
		 "Catchall", "@xn--mnchen-3ya.example"},
		{"postmaster", "example.org", CONF_USER, CONF_VIA_POSTMASTER, "you", "Postmaster",
		 "postmaster"},
		{"PostMaster", "mail.example.org", CONF_USER, CONF_VIA_POSTMASTER, "you",
		 "Postmaster", "postmaster"},
		{"Postmaster", "", CONF_USER, CONF_VIA_POSTMASTER, "you", "Postmaster",
		 "postmaster"},
		{"you", "", CONF_NOT_LOCAL, 0, NULL, NULL, NULL},
		{"you", "mail.example.org", CONF_NO_USER, 0, NULL, NULL, NULL},
		{"tlsreports", "mail.example.org", CONF_USER, CONF_VIA_ADDRESS, "you", "TLSRPT",
		 "tlsreports@mail.example.org"},
		{"DMARCreports", "example.org", CONF_USER, CONF_VIA_ADDRESS, "you", "DMARC",
		 "dmarcreports@example.org"},
		{"you", "example.com", CONF_NOT_LOCAL, 0, NULL, NULL, NULL},
		{"postmaster", "example.com", CONF_NOT_LOCAL, 0, NULL, NULL, NULL},
		{"you", "a..b", CONF_NOT_LOCAL, 0, NULL, NULL, NULL},
		{"\303", "example.org", CONF_NO_USER, 0, NULL, NULL, NULL},
		{"", "example.org", CONF_NO_USER, 0, NULL, NULL, NULL},
	};
	struct conf *c = conf_full();
	struct conf_address got;

	lookups_check(c, cases, ARRAY_LEN(cases));
	conf_address_lookup(c, STR("dmarcreports"), STR("example.org"), &got);
	assert_true(got.dmarc_reports && !got.tls_reports);
	conf_address_lookup(c, STR("tlsreports"), STR("example.org"), &got);
	assert_true(!got.dmarc_reports && got.tls_reports);
	conf_address_lookup(c, STR("x"), STR("off.example"), &got);
	assert_true(got.domain->disabled);
	conf_unref(c);
}

static void login(void **state)
{
	static const struct {
		const char *name, *account;
	} cases[] = {
		{"you@example.org", "you"},
		{"You+fromid@EXAMPLE.org", "you"},
		{"x@m\303\274nchen.example", "you"},
		{"kim@example.org", "kim"},
		{"postmaster@example.org", NULL},
		{"family@example.org", NULL},
		{"you", NULL},
		{"@example.org", NULL},
		{"you@", NULL},
		{"", NULL},
	};
	struct conf *c = conf_full();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct conf_account *a = conf_login(c, str_z(cases[i].name));

		if (!a != !cases[i].account)
			fail_msg("%s", cases[i].name);
		if (a)
			assert_str(cases[i].name, a->name, str_z(cases[i].account));
	}
	conf_unref(c);
}

static void services(void **state)
{
	static const struct {
		enum conf_service_kind kind;
		const char *hostname;
		uint16_t port;
		bool tls, starttls, require_tls;
	} want[] = {
		{CONF_ACCOUNT_HTTP, "localhost", 80, false, false, false},
		{CONF_ADMIN_HTTP, "localhost", 80, false, false, false},
		{CONF_WEBMAIL_HTTP, "localhost", 80, false, false, false},
		{CONF_WEBAPI_HTTP, "localhost", 80, false, false, false},
		{CONF_METRICS_HTTP, "localhost", 8010, false, false, false},
		{CONF_SMTP, "mail.example.org", 25, false, true, false},
		{CONF_SUBMISSION, "mail.example.org", 587, false, true, true},
		{CONF_SUBMISSIONS, "mail.example.org", 465, true, false, false},
		{CONF_IMAPS, "mail.example.org", 993, true, false, false},
		{CONF_ACCOUNT_HTTPS, "mail.example.org", 443, true, false, false},
		{CONF_WEBMAIL_HTTPS, "mail.example.org", 443, true, false, false},
		{CONF_AUTOCONFIG_HTTPS, "mail.example.org", 443, true, false, false},
		{CONF_MTASTS_HTTPS, "mail.example.org", 443, true, false, false},
		{CONF_WEBSERVER_HTTP, "mail.example.org", 80, false, false, false},
		{CONF_WEBSERVER_HTTPS, "mail.example.org", 443, true, false, false},
	};
	struct conf *c = conf_full();
	size_t n;
	const struct conf_service *s = conf_services(c, &n);

	assert_int_equal(n, ARRAY_LEN(want));
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(s[i].kind, want[i].kind);
		assert_str("host", s[i].hostname, str_z(want[i].hostname));
		assert_int_equal(s[i].port, want[i].port);
		assert_int_equal(s[i].tls, want[i].tls);
		assert_int_equal(s[i].starttls, want[i].starttls);
		assert_int_equal(s[i].require_tls, want[i].require_tls);
	}
	assert_string_equal(conf_service_name(CONF_SUBMISSIONS), "Submissions");
	conf_unref(c);
}

static void problems(void **state)
{
	/* What is added to the static part, to the domain, to the account, behind all; and the
	 * problem. */
	static const struct {
		const char *st, *domain, *account, *end, *want;
	} cases[] = {
		{"", "", "", "", NULL},
		{"HostTLSRPT:\n\tAccount: no\n\tMailbox: a\n\tLocalpart: b\n", "", "", "",
		 "mox.conf:11: Account: there is no account \"no\""},
		{"\t\tTLS:\n\t\t\tMinVersion: TLSv1.3\n", "", "", "",
		 "mox.conf:11: TLS: expected ACME or KeyCerts"},
		{"\t\tTLS:\n\t\t\tACME: le\n", "", "", "",
		 "mox.conf:12: ACME: there is no ACME \"le\" at the top"},
		{"\t\tIMAPS:\n\t\t\tEnabled: true\n", "", "", "",
		 "mox.conf:8: listener \"public\": IMAPS needs TLS"},
		{"\t\tIMAP:\n\t\t\tEnabled: true\n", "", "", "",
		 "mox.conf:8: listener \"public\": IMAP needs TLS"},
		{"\t\tSMTP:\n\t\t\tEnabled: true\n"
		 "\t\tIMAP:\n\t\t\tEnabled: true\n\t\t\tPort: 25\n\t\t\tNoRequireSTARTTLS: true\n",
		 "", "", "",
		 "mox.conf:8: listener \"public\": IMAP: port 25 of 198.51.100.1 is SMTP's of listener "
		 "\"public\""},
		{"\t\tAccountHTTP:\n\t\t\tEnabled: true\n\t\t\tPath: x/\n", "", "", "",
		 "mox.conf:13: Path: expected a slash at both ends, got \"x/\""},
		{"Transports:\n\ta:\n\t\tDirect:\n\t\t\tDisableIPv4: true\n\t\tFail:\n"
		 "\t\t\tSMTPCode: 550\n",
		 "", "", "", "mox.conf:12: transport \"a\": expected at most one kind, got 2"},
		{"Transports:\n\ta:\n\t\tFail:\n\t\t\tSMTPCode: 250\n", "", "", "",
		 "mox.conf:14: SMTPCode: expected 4xx or 5xx"},
		{"DefaultMailboxes:\n\t- a\nInitialMailboxes:\n\tRegular:\n\t\t- b\n", "", "", "",
		 "mox.conf:11: DefaultMailboxes: has no meaning beside InitialMailboxes"},
		{"InitialMailboxes:\n\tSpecialUse:\n\t\tSent: a\n\t\tTrash: A\n", "", "", "",
		 "mox.conf:12: SpecialUse: \"A\" is there twice"},
		{"DNS:\n\tForwarders:\n\t\t- 192.0.2.53\n\t\t- [2001:db8::53]:5353\n\tZones:\n"
		 "\t\tcorp.example:\n\t\t\tPrivate: true\n\t\t\tForwarders:\n\t\t\t\t- 10.0.0.53:54\n",
		 "", "", "", NULL},
		{"DNS:\n\tForwarders:\n\t\t- dns.example\n", "", "", "",
		 "mox.conf:13: Forwarders: expected IP address, with or without a port, like "
		 "192.0.2.53 or [2001:db8::53]:5353, got \"dns.example\""},
		{"DNS:\n\tZones:\n\t\ta.example:\n\t\t\tForwarders:\n\t\t\t\t- 10.0.0.53\n"
		 "\t\tA.example.:\n\t\t\tForwarders:\n\t\t\t\t- 10.0.0.54\n",
		 "", "", "", "mox.conf:16: zone \"A.example.\" was given before, at line 13"},
		{"DNS:\n\tZones:\n\t\ta..example:\n\t\t\tForwarders:\n\t\t\t\t- 10.0.0.53\n", "",
		 "", "", "mox.conf:13: zone \"a..example\" is no domain name"},
		{"DNS:\n\tZones:\n\t\ta.example:\n\t\t\tPrivate: true\n", "", "", "",
		 "mox.conf:13: missing required key \"Forwarders\""},
		{"", "\tEXAMPLE.org: nil\n", "", "",
		 "domains.conf:4: domain \"EXAMPLE.org\" was given before, at line 2"},
		{"", "\ta..b: nil\n", "", "", "domains.conf:4: \"a..b\" is no domain name"},
		{"", "\t\tDMARC:\n\t\t\tLocalpart: a\n\t\t\tAccount: no\n\t\t\tMailbox: b\n", "",
		 "", "domains.conf:4: Account: there is no account \"no\""},
		{"",
		 "\t\tDMARC:\n\t\t\tLocalpart: a\n\t\t\tAccount: you\n\t\t\tMailbox: b\n"
		 "\t\t\tDomain: example.net\n",
		 "", "", "domains.conf:4: Domain: there is no domain \"example.net\""},
		{"", "\t\tMTASTS:\n\t\t\tPolicyID: 1\n\t\t\tMode: none\n\t\t\tMaxAge: 1h\n", "", "",
		 "domains.conf:4: MTASTS: no listener in mox.conf has MTASTSHTTPS enabled"},
		{"",
		 "\t\tDKIM:\n\t\t\tSelectors:\n\t\t\t\ta:\n\t\t\t\t\tPrivateKeyFile: x\n"
		 "\t\t\t\t\tHeaders:\n\t\t\t\t\t\t- To\n",
		 "", "", "domains.conf:8: Headers: From must be among them"},
		{"",
		 "\t\tDKIM:\n\t\t\tSelectors:\n\t\t\t\ta:\n\t\t\t\t\tPrivateKeyFile: x\n"
		 "\t\t\tSign:\n\t\t\t\t- b\n",
		 "", "", "domains.conf:8: Sign: there is no selector \"b\""},
		{"", "\t\tAliases:\n\t\t\tyou:\n\t\t\t\tAddresses:\n\t\t\t\t\t- you@example.org\n",
		 "", "", "domains.conf:5: address of alias \"you\" was given before, at line 12"},
		{"", "\t\tAliases:\n\t\t\ta:\n\t\t\t\tAddresses:\n\t\t\t\t\t- b@example.com\n", "",
		 "", "domains.conf:6: Addresses: \"b@example.com\" is no account's address"},
		{"", "\t\tRoutes:\n\t\t\t-\n\t\t\t\tTransport: no\n", "", "",
		 "domains.conf:6: Transport: there is no transport \"no\" in mox.conf"},
		{"", "", "\t\t\tYou+x@Example.org: nil\n", "", NULL}, /* no separator here */
		{"", "", "\t\t\tYou@Example.org: nil\n", "",
		 "domains.conf:9: address \"You@Example.org\" was given before, at line 8"},
		{"", "", "\t\t\tyou@example.com: nil\n", "",
		 "domains.conf:9: \"you@example.com\" is no address at one of the domains"},
		{"", "", "\t\t\ta b@example.org: nil\n", "",
		 "domains.conf:9: \"a b@example.org\" is no address at one of the domains"},
		{"", "", "\t\t\ta:\n\t\t\t\tSMTPError: 554 no\n", "",
		 "domains.conf:10: SMTPError: expected 421 or 550, a space and a text"},
		{"", "", "\t\t\ta:\n\t\t\t\tRulesets:\n\t\t\t\t\t-\n\t\t\t\t\t\tMailbox: x\n", "",
		 "domains.conf:11: ruleset: expected at least one condition"},
		{"", "",
		 "\t\t\ta:\n\t\t\t\tRulesets:\n\t\t\t\t\t-\n\t\t\t\t\t\tMailbox: x\n"
		 "\t\t\t\t\t\tVerifiedDomain: a.example\n\t\t\t\t\t\tIsForward: true\n",
		 "", "domains.conf:14: IsForward: needs SMTPMailFromRegexp and VerifiedDomain"},
		{"", "",
		 "\t\t\ta:\n\t\t\t\tRulesets:\n\t\t\t\t\t-\n\t\t\t\t\t\tMailbox: x\n"
		 "\t\t\t\t\t\tHeadersRegexp:\n\t\t\t\t\t\t\tlist-id: A\n",
		 "",
		 "domains.conf:14: HeadersRegexp: expected lower case: it never matches, names and "
		 "values are compared in lower case"},
		{"", "", "\t\tRejectsMailbox: inbox\n", "",
		 "domains.conf:9: RejectsMailbox: not Inbox"},
		{"", "", "\t\tFromIDLoginAddresses:\n\t\t\t- x@example.org\n", "",
		 "domains.conf:9: FromIDLoginAddresses: \"x@example.org\" is no address of this "
		 "account"},
		{"", "", "\t.x:\n\t\tDomain: example.org\n", "",
		 "domains.conf:9: account \".x\": expected letters, digits and . - _, at most 64, no "
		 "dot in front"},
		{"", "", "\tx:\n\t\tDomain: example.com\n", "",
		 "domains.conf:10: Domain: there is no domain \"example.com\""},
		{"", "", "", "WebHandlers:\n\t-\n\t\tDomain: a.example\n\t\tPathRegexp: ^/\n",
		 "domains.conf:10: WebHandler: expected one of WebStatic, WebRedirect, WebForward, "
		 "WebInternal, got 0"},
		{"", "", "",
		 "WebHandlers:\n\t-\n\t\tDomain: a.example\n\t\tPathRegexp: /\n"
		 "\t\tWebStatic:\n\t\t\tRoot: a\n",
		 "domains.conf:12: PathRegexp: expected ^ in front"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO st = BUF_INIT(10000);
		BUF_AUTO dyn = BUF_INIT(10000);
		BUF_AUTO got = BUF_INIT(10000);
		BUF_AUTO want = BUF_INIT(10000);
		struct conf *c;

		buf_printf(&st, STATIC "%s%c", cases[i].st, 0);
		buf_printf(&dyn, DOMAINS "%s" ACCOUNTS "%s%s%c", cases[i].domain, cases[i].account,
			   cases[i].end, 0);
		struct err e = parse_texts(st.p, dyn.p, &got, &c);

		if (cases[i].want)
			buf_printf(&want, "/etc/mox/%s\n", cases[i].want);
		assert_str("problems", buf_str(&got), buf_str(&want));
		if (!cases[i].want) {
			assert_ok(e);
			conf_unref(c);
		}
	}
}

static void several_problems(void **state)
{
	BUF_AUTO got = BUF_INIT(10000);
	struct conf *c;
	struct err e = parse_texts(STATIC, DOMAINS "Accounts:\n\tx:\n\t\tDomain: a\n", &got, &c);

	assert_err(e, ERR_CONFIG);
	assert_str("text", err_text(e),
		   STR("/etc/mox/mox.conf:5: Account: there is no account \"you\" (and 1 more)"));
	assert_str("all", buf_str(&got),
		   STR("/etc/mox/mox.conf:5: Account: there is no account \"you\"\n"
		       "/etc/mox/domains.conf:6: Domain: there is no domain \"a\"\n"));
	buf_clear(&got);
	assert_err(parse_texts("x: y\n", "", &got, &c), ERR_CONFIG);
	assert_true(str_starts(buf_str(&got), STR("/etc/mox/mox.conf:1: unknown key \"x\"")));
}

static void source_and_path(void **state)
{
	BUF_AUTO b = BUF_INIT(1000);
	struct conf *c, *again;

	assert_ok(parse_texts(STATIC, DOMAINS ACCOUNTS, NULL, &c));
	assert_int_equal(conf_source(c)->number, 7);
	assert_ok(conf_parse(conf_source(c), NULL, &again));
	conf_unref(c);
	assert_non_null(conf_account(again, STR("you")));
	assert_true(conf_path(again, STR("../data"), &b));
	assert_string_equal(b.p, "/etc/mox/../data");
	buf_clear(&b);
	assert_true(conf_path(again, STR("/var/x"), &b));
	assert_string_equal(b.p, "/var/x");
	assert_ptr_equal(conf_ref(again), again);
	conf_unref(again);
	conf_unref(again);
	conf_unref(NULL);
}

static void file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void load_reload_write(void **state)
{
	char dir[] = "/tmp/mox-conf-XXXXXX", st[100], dyn[100];
	struct fs fs = FS_SYSTEM;
	struct conf *c, *fresh, *last;

	assert_non_null(mkdtemp(dir));
	snprintf(st, sizeof(st), "%s/mox.conf", dir);
	snprintf(dyn, sizeof(dyn), "%s/domains.conf", dir);
	assert_err(conf_load(st, 1, false, NULL, &c), ERR_NOT_FOUND);
	file_write(st, STATIC);
	file_write(dyn, DOMAINS ACCOUNTS);
	assert_ok(conf_load(st, 1, false, NULL, &c));

	assert_ok(conf_reload(c, &fresh));
	assert_null(fresh);
	file_write(dyn, DOMAINS ACCOUNTS "\t\t\tnew@example.org: nil\n");
	assert_ok(conf_reload(c, &fresh));
	assert_non_null(fresh);
	assert_int_equal(conf_source(fresh)->number, 2);
	assert_non_null(conf_login(fresh, STR("new@example.org")));
	assert_null(conf_login(c, STR("new@example.org")));
	file_write(dyn, "x");
	assert_err(conf_reload(fresh, &last), ERR_CONFIG);
	assert_null(last);
	conf_unref(c);

	/* A change by the program: the file is what it was but for the change. */
	struct conf_dynamic change = *conf_dynamic(fresh);

	change.domains[0].description = STR("");
	assert_ok(conf_domains_write(&fs, fresh, &change, &last));
	assert_int_equal(conf_source(last)->number, 3);
	assert_int_equal(conf_domain(last, STR("example.org"))->description.n, 0);
	assert_non_null(conf_login(last, STR("new@example.org")));
	assert_ok(conf_reload(last, &c));
	assert_null(c);
	assert_ok(conf_load(st, 1, false, NULL, &c));
	assert_str("file", conf_source(c)->domains_text, conf_source(last)->domains_text);
	conf_unref(c);
	/* A change that is wrong is not written. */
	change.accounts_n = 0;
	assert_err(conf_domains_write(&fs, fresh, &change, &c), ERR_CONFIG);
	assert_ok(conf_reload(last, &c));
	assert_null(c);
	conf_unref(fresh);
	conf_unref(last);
	unlink(st);
	unlink(dyn);
	rmdir(dir);
}

/* What the large example says survives being written. */
static void full_is_rewritten(void **state)
{
	char dir[] = "/tmp/mox-conf-XXXXXX", dyn[100];
	struct fs fs = FS_SYSTEM;
	struct conf *c = conf_full(), *moved, *fresh, *again;

	assert_non_null(mkdtemp(dir));
	snprintf(dyn, sizeof(dyn), "%s/domains.conf", dir);
	struct conf_source src = *conf_source(c);

	src.domains_path = str_z(dyn);
	assert_ok(conf_parse(&src, NULL, &moved));
	assert_ok(conf_domains_write(&fs, moved, conf_dynamic(moved), &fresh));
	assert_ok(conf_domains_write(&fs, fresh, conf_dynamic(fresh), &again));
	assert_str("same", conf_source(again)->domains_text, conf_source(fresh)->domains_text);
	assert_int_equal(conf_dynamic(again)->accounts_n, 2);
	conf_unref(c);
	conf_unref(moved);
	conf_unref(fresh);
	conf_unref(again);
	unlink(dyn);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full),
		cmocka_unit_test(domains),
		cmocka_unit_test(lookups),
		cmocka_unit_test(login),
		cmocka_unit_test(services),
		cmocka_unit_test(problems),
		cmocka_unit_test(several_problems),
		cmocka_unit_test(source_and_path),
		cmocka_unit_test(load_reload_write),
		cmocka_unit_test(full_is_rewritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
