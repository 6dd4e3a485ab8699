#include "base/test.h"

#include "idl/config.h"
#include "idl/describe.h"

/* Every key that an existing configuration may have: blocks, and their keys. `*` is whatever name
 * or item stands there in the example. */
struct block {
	const char *path, *keys;
};

static const struct block static_blocks[] = {
	{"",
	 "DataDir LogLevel PackageLogLevels User NoFixPermissions Hostname CheckUpdates Pedantic "
	 "DNS TLS ACME AdminPasswordFile Listeners Postmaster HostTLSRPT InitialMailboxes "
	 "DefaultMailboxes Transports NoOutgoingDMARCReports NoOutgoingTLSReports "
	 "OutgoingTLSReportsForAllSuccess QuotaMessageSize"},
	{"Postmaster", "Account Mailbox"},
	{"HostTLSRPT", "Account Mailbox Localpart"},
	{"InitialMailboxes", "SpecialUse Regular"},
	{"InitialMailboxes SpecialUse", "Sent Archive Trash Draft Junk"},
	{"DNS", "Forwarders Zones TrustAnchors"},
	{"DNS Zones *", "Forwarders Private"},
	{"TLS CA", "AdditionalToSystem CertFiles"},
	{"ACME *", "DirectoryURL RenewBefore ContactEmail Port IssuerDomainName "
		   "ExternalAccountBinding"},
	{"ACME * ExternalAccountBinding", "KeyID KeyFile"},
	{"Listeners *", "IPs NATIPs IPsNATed Hostname SMTPMaxMessageSize TLS SMTP Submission "
			"Submissions IMAP IMAPS AccountHTTP AccountHTTPS AdminHTTP AdminHTTPS "
			"WebmailHTTP WebmailHTTPS WebAPIHTTP WebAPIHTTPS MetricsHTTP PprofHTTP "
			"AutoconfigHTTPS MTASTSHTTPS WebserverHTTP WebserverHTTPS ProxyNetworks"},
	{"Listeners * TLS", "ACME KeyCerts MinVersion HostPrivateKeyFiles ClientAuthDisabled"},
	{"Listeners * TLS KeyCerts *", "CertFile KeyFile"},
	{"Listeners * SMTP", "Enabled Port NoSTARTTLS RequireSTARTTLS NoRequireTLS DNSBLs "
			     "FirstTimeSenderDelay TLSSessionTicketsDisabled"},
	{"Listeners * Submission", "Enabled Port NoRequireSTARTTLS"},
	{"Listeners * Submissions", "Enabled Port EnabledOnHTTPS"},
	{"Listeners * IMAP", "Enabled Port NoRequireSTARTTLS"},
	{"Listeners * IMAPS", "Enabled Port EnabledOnHTTPS"},
	{"Listeners * AccountHTTP", "Enabled Port Path Forwarded"},
	{"Listeners * AccountHTTPS", "Enabled Port Path Forwarded"},
	{"Listeners * AdminHTTP", "Enabled Port Path Forwarded"},
	{"Listeners * AdminHTTPS", "Enabled Port Path Forwarded"},
	{"Listeners * WebmailHTTP", "Enabled Port Path Forwarded"},
	{"Listeners * WebmailHTTPS", "Enabled Port Path Forwarded"},
	{"Listeners * WebAPIHTTP", "Enabled Port Path Forwarded"},
	{"Listeners * WebAPIHTTPS", "Enabled Port Path Forwarded"},
	{"Listeners * MetricsHTTP", "Enabled Port"},
	{"Listeners * PprofHTTP", "Enabled Port"},
	{"Listeners * AutoconfigHTTPS", "Enabled Port NonTLS Forwarded"},
	{"Listeners * MTASTSHTTPS", "Enabled Port NonTLS Forwarded"},
	{"Listeners * WebserverHTTP", "Enabled Port RateLimitDisabled"},
	{"Listeners * WebserverHTTPS", "Enabled Port RateLimitDisabled"},
	{"Transports *", "Submissions Submission SMTP Socks Direct Fail"},
	{"Transports * Submissions", "Host Port STARTTLSInsecureSkipVerify NoSTARTTLS Auth"},
	{"Transports * Submission", "Host Port STARTTLSInsecureSkipVerify NoSTARTTLS Auth"},
	{"Transports * SMTP", "Host Port STARTTLSInsecureSkipVerify NoSTARTTLS Auth"},
	{"Transports * SMTP Auth", "Username Password Mechanisms"},
	{"Transports * Socks", "Address RemoteIPs RemoteHostname"},
	{"Transports * Direct", "DisableIPv4 DisableIPv6"},
	{"Transports * Fail", "SMTPCode SMTPMessage"},
};

static const struct block dynamic_blocks[] = {
	{"", "Domains Accounts WebDomainRedirects WebHandlers Routes MonitorDNSBLs"},
	{"Domains *",
	 "Description LocalpartCatchallSeparator LocalpartCaseSensitive DKIM DMARC MTASTS "
	 "TLSRPT Routes Disabled ClientSettingsDomain LocalpartCatchallSeparators "
	 "Aliases"},
	{"Domains * Aliases *", "Addresses PostPublic ListMembers AllowMsgFrom"},
	{"Domains * DKIM", "Selectors Sign"},
	{"Domains * DKIM Selectors *", "Hash Canonicalization Headers DontSealHeaders Expiration "
				       "PrivateKeyFile"},
	{"Domains * DKIM Selectors * Canonicalization", "HeaderRelaxed BodyRelaxed"},
	{"Domains * DMARC", "Localpart Domain Account Mailbox"},
	{"Domains * MTASTS", "PolicyID Mode MaxAge MX"},
	{"Domains * TLSRPT", "Localpart Domain Account Mailbox"},
	{"Domains * Routes *", "FromDomain ToDomain MinimumAttempts Transport"},
	{"Accounts *",
	 "Domain Description FullName Destinations SubjectPass RejectsMailbox KeepRejects "
	 "AutomaticJunkFlags JunkFilter MaxOutgoingMessagesPerDay "
	 "MaxFirstTimeRecipientsPerDay Routes OutgoingWebhook IncomingWebhook "
	 "FromIDLoginAddresses KeepRetiredMessagePeriod KeepRetiredWebhookPeriod "
	 "LoginDisabled QuotaMessageSize Introbox NoFirstTimeSenderDelay "
	 "NoCustomPassword IMAPCapabilitiesDisabled"},
	{"Accounts * SubjectPass", "Period"},
	{"Accounts * AutomaticJunkFlags", "Enabled JunkMailboxRegexp NeutralMailboxRegexp "
					  "NotJunkMailboxRegexp"},
	{"Accounts * JunkFilter", "Threshold Onegrams Twograms Threegrams MaxPower TopWords "
				  "IgnoreWords RareWords"},
	{"Accounts * OutgoingWebhook", "URL Authorization Events"},
	{"Accounts * IncomingWebhook", "URL Authorization"},
	{"Accounts * Routes *", "FromDomain ToDomain MinimumAttempts Transport"},
	{"Accounts * Destinations *", "Mailbox Rulesets FullName SMTPError "
				      "MessageAuthRequiredSMTPError"},
	{"Accounts * Destinations * Rulesets *",
	 "SMTPMailFromRegexp VerifiedDomain HeadersRegexp IsForward ListAllowDomain "
	 "AcceptRejectsToMailbox Mailbox MsgFromRegexp Comment"},
	{"WebHandlers *", "LogName Domain PathRegexp DontRedirectPlainHTTP Compress WebStatic "
			  "WebRedirect WebForward WebInternal"},
	{"WebHandlers * WebStatic", "StripPrefix Root ListFiles ContinueNotFound ResponseHeaders"},
	{"WebHandlers * WebRedirect", "BaseURL OrigPathRegexp ReplacePath StatusCode"},
	{"WebHandlers * WebForward", "StripPath URL ResponseHeaders"},
	{"WebHandlers * WebInternal", "BasePath Service"},
	{"Routes *", "FromDomain ToDomain MinimumAttempts Transport"},
};

static const struct sconf_node *walk(const struct sconf_node *n, struct str path)
{
	struct str word;

	while (n && path.n > 0) {
		str_cut(path, ' ', &word, &path);
		n = str_eq(word, STR("*")) ? n->first : sconf_get(n, word);
	}
	return n;
}

static void keys_check(const struct sconf_node *root, const struct block *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct sconf_node *node = walk(root, str_z(b[i].path));
		struct str keys = str_z(b[i].keys), key;
		size_t count = 0;

		if (!node)
			fail_msg("no block %s", b[i].path);
		for (; keys.n > 0; count++) {
			str_cut(keys, ' ', &key, &keys);
			if (!sconf_get(node, key))
				fail_msg("%s: no key %.*s", b[i].path, STR_ARG(key));
		}
		assert_int_equal(node->count, count);
	}
}

static void example_check(const struct idl_record *rec, void *value, const struct block *blocks,
			  size_t n)
{
	struct arena arena;
	struct idl_reader r = {.arena = &arena, .file = "example"};
	BUF_AUTO b = BUF_INIT(1024 * 1024);
	struct sconf_node *root;

	arena_init(&arena, 1024 * 1024);
	idl_describe(rec, &b);
	assert_ok(sconf_parse(&arena, "example", buf_str(&b), &root));
	assert_ok(idl_read(&r, rec, root, value));
	keys_check(root, blocks, n);
	arena_fini(&arena);
}

static void static_example(void **state)
{
	struct conf_static c = {0};

	example_check(&conf_static_record, &c, static_blocks, ARRAY_LEN(static_blocks));
}

static void dynamic_example(void **state)
{
	struct conf_dynamic c = {0};

	example_check(&conf_dynamic_record, &c, dynamic_blocks, ARRAY_LEN(dynamic_blocks));
}

static void marks(void **state)
{
	BUF_AUTO b = BUF_INIT(1024 * 1024);

	idl_describe(&conf_listener_smtp_record, &b);
	assert_str("begins", str_sub(buf_str(&b), 0, b.n < 140 ? b.n : 140),
		   STR("# SMTP for mail from other servers.\n\n"
		       "# Whether to listen.\n"
		       "Enabled: false\n\n"
		       "# TCP port. Default: 25. (optional)\n"
		       "Port: 25\n\n"
		       "# Do not offer TLS. "));
	for (struct str rest = buf_str(&b), line; rest.n > 0;) {
		str_cut(rest, '\n', &line, &rest);
		assert_true(line.n <= 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(static_example),
		cmocka_unit_test(dynamic_example),
		cmocka_unit_test(marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
