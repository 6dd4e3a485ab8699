#include "conf/localserve.h"

void localserve_static_write(struct ip ip, struct buf *b)
{
	buf_str_add(b, STR("# Written by mox localserve; changes are kept.\n"
			   "DataDir: " LOCALSERVE_DATA_DIR "\n"
			   "LogLevel: traceauth\n"
			   "Hostname: localhost\n"
			   "Pedantic: true\n"
			   "AdminPasswordFile: " LOCALSERVE_ADMIN_PASSWORD_FILE "\n"
			   "Listeners:\n"
			   "\tlocal:\n"
			   "\t\tIPs:\n"));
	if (ip_is_set(ip)) {
		buf_str_add(b, STR("\t\t\t- "));
		buf_ip(b, ip);
		buf_char(b, '\n');
	} else {
		buf_str_add(b, STR("\t\t\t- 127.0.0.1\n"
				   "\t\t\t- ::1\n"));
	}
	buf_str_add(b, STR("\t\tTLS:\n"
			   "\t\t\tKeyCerts:\n"
			   "\t\t\t\t-\n"
			   "\t\t\t\t\tCertFile: " LOCALSERVE_CERT_FILE "\n"
			   "\t\t\t\t\tKeyFile: " LOCALSERVE_KEY_FILE "\n"
			   "\t\tSMTP:\n"
			   "\t\t\tEnabled: true\n"
			   "\t\t\tPort: 1025\n"
			   "\t\t\tFirstTimeSenderDelay: 0s\n"
			   "\t\tSubmission:\n"
			   "\t\t\tEnabled: true\n"
			   "\t\t\tPort: 1587\n"
			   "\t\t\tNoRequireSTARTTLS: true\n"
			   "\t\tSubmissions:\n"
			   "\t\t\tEnabled: true\n"
			   "\t\t\tPort: 1465\n"
			   "\t\tIMAP:\n"
			   "\t\t\tEnabled: true\n"
			   "\t\t\tPort: 1143\n"
			   "\t\t\tNoRequireSTARTTLS: true\n"
			   "\t\tIMAPS:\n"
			   "\t\t\tEnabled: true\n"
			   "\t\t\tPort: 1993\n"));
	static const struct {
		const char *plain, *tls, *path;
	} web[] = {
		{"AccountHTTP", "AccountHTTPS", "/"},
		{"AdminHTTP", "AdminHTTPS", "/admin/"},
		{"WebmailHTTP", "WebmailHTTPS", "/webmail/"},
		{"WebAPIHTTP", "WebAPIHTTPS", "/webapi/"},
		{"WebserverHTTP", "WebserverHTTPS", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(web); i++)
		for (int tls = 0; tls < 2; tls++) {
			buf_printf(b, "\t\t%s:\n\t\t\tEnabled: true\n\t\t\tPort: %d\n",
				   tls ? web[i].tls : web[i].plain, tls ? 1443 : 1080);
			if (web[i].path)
				buf_printf(b, "\t\t\tPath: %s\n", web[i].path);
		}
	buf_str_add(b, STR("\t\tMetricsHTTP:\n"
			   "\t\t\tEnabled: true\n"
			   "\t\t\tPort: 1081\n"
			   "Postmaster:\n"
			   "\tAccount: " LOCALSERVE_ACCOUNT "\n"
			   "\tMailbox: Inbox\n"));
}

void localserve_domains_write(struct str work_dir, struct buf *b)
{
	buf_str_add(b, STR("Domains:\n"
			   "\tlocalhost:\n"
			   "\t\tLocalpartCatchallSeparator: +\n"
			   "Accounts:\n"
			   "\t" LOCALSERVE_ACCOUNT ":\n"
			   "\t\tDomain: localhost\n"
			   "\t\tDestinations:\n"
			   "\t\t\t" LOCALSERVE_ADDRESS ": nil\n"
			   "\t\tRejectsMailbox: Rejects\n"
			   "\t\tAutomaticJunkFlags:\n"
			   "\t\t\tEnabled: true\n"
			   "\t\t\tJunkMailboxRegexp: ^(junk|spam)\n"
			   "\t\t\tNeutralMailboxRegexp: ^(inbox|neutral|postmaster|dmarc|tlsrpt|"
			   "rejects)\n"
			   "\t\tJunkFilter:\n"
			   "\t\t\tThreshold: 0.95\n"
			   "\t\t\tOnegrams: true\n"
			   "WebHandlers:\n"
			   "\t-\n"
			   "\t\tLogName: workdir\n"
			   "\t\tDomain: localhost\n"
			   "\t\tPathRegexp: ^/workdir/\n"
			   "\t\tDontRedirectPlainHTTP: true\n"
			   "\t\tWebStatic:\n"
			   "\t\t\tStripPrefix: /workdir/\n"
			   "\t\t\tRoot: "));
	buf_strs(b, work_dir,
		 STR("\n"
		     "\t\t\tListFiles: true\n"));
}
