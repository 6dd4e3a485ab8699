/* The table of commands. Help is complete sentences for people, wrapped at 78 columns. */
#include "cli/envelope.h"
#include "cli/resolve.h"

#define FLAG_CONFIG                                                                     \
	{                                                                               \
		"config", "PATH", NULL, "mox.conf; else $MOXCONF, else config/mox.conf" \
	}

/* clang-format off */
const struct cli_command cli_commands[] = {
	{
		.words = "localserve", .args = "",
		.brief = "run a mail server for trying things, on this machine alone",
		.help =
			"Runs a complete server on loopback addresses and high ports, for developers.\n"
			"The first run writes a configuration and a certificate. Mail to any address is\n"
			"delivered to the account mox@localhost with the password moxmoxmox.\n\n"
			"The end of a recipient's localpart simulates failures: `temperror`,\n"
			"`permerror`, three digits such as `452`, or `timeout`; with `mailfrom` or\n"
			"`rcptto` in front the failure comes at that command instead of after the\n"
			"message.",
		.run = cli_localserve,
		.flags = {
			{"dir", "FOLDER", NULL, "where all of it is; else mox-localserve in the configuration folder"},
			{"ip", "ADDRESS", NULL, "listen on this address instead of 127.0.0.1 and ::1 (first run only)"},
			{"initonly", NULL, NULL, "write the configuration, then end"},
			{"oneprocess", NULL, NULL, "run the roles as threads of one process, without promises"},
			{"loglevel", "LEVEL", NULL, "error, info, debug, trace, traceauth or tracedata"},
		},
	},
	{
		.words = "serve", .args = "",
		.brief = "run the server",
		.help =
			"Runs the server that mox.conf and domains.conf describe, until SIGTERM, SIGINT\n"
			"or `mox stop`. A changed domains.conf is taken over while it runs; mox.conf is\n"
			"read at start.",
		.run = cli_serve,
		.flags = {
			FLAG_CONFIG,
			{"oneprocess", NULL, NULL, "run the roles as threads of one process, without promises"},
			{"loglevel", "LEVEL", NULL, "instead of mox.conf's LogLevel"},
		},
	},
	{
		.words = "stop", .args = "",
		.brief = "stop the running server",
		.help =
			"Asks the running server to stop: sessions are told so, and get up to 3\n"
			"seconds. Returns when the server has ended.",
		.run = cli_stop,
		.flags = {FLAG_CONFIG},
	},
	{
		.words = "setaccountpassword", .args = "ACCOUNT",
		.brief = "set the password of an account",
		.help =
			"Reads the new password from standard input, one line, and sets it through the\n"
			"running server. It must have at least 8 characters.",
		.args_min = 1, .args_max = 1,
		.run = cli_setaccountpassword,
		.flags = {FLAG_CONFIG},
	},
	{
		.words = "loglevels", .args = "[LEVEL [PACKAGE]]",
		.brief = "show or set the log levels of the running server",
		.help =
			"Without arguments prints the level of each package. With a level sets the\n"
			"default, or that of one package. Levels: error, info, debug, trace (protocol\n"
			"transcripts), traceauth (with credentials), tracedata (with messages). Lost at\n"
			"restart.",
		.args_max = 2,
		.run = cli_loglevels,
		.flags = {FLAG_CONFIG},
	},
	{
		.words = "metrics", .args = "",
		.brief = "print what the running server has counted",
		.help =
			"Prints the metrics of all processes of the server in Prometheus' text format.\n"
			"They survive a process that dies, but not the server.",
		.run = cli_metrics,
		.flags = {FLAG_CONFIG},
	},
	{
		.words = "backup", .args = "DATAFOLDER DESTINATION",
		.brief = "copy a data folder, also of a running server",
		.help =
			"Makes the folder DESTINATION, which must not exist, with a consistent copy of\n"
			"every database and of all messages. On the same file system complete message\n"
			"files are hard-linked, so that a copy each day takes little time and space. To\n"
			"restore: stop the server, put a copy of the copy in place of the data folder,\n"
			"and run mox verifydata on it.\n\n"
			"The configuration is not part of it: copy its folder too.",
		.args_min = 2, .args_max = 2,
		.run = cli_backup,
	},
	{
		.words = "import mbox", .args = "DATAFOLDER ACCOUNT MAILBOX FILE",
		.brief = "put the messages of an mbox file into a mailbox",
		.help =
			"Adds the messages of FILE to MAILBOX, which is made if it does not exist.\n"
			"Flags come from Status, X-Status and X-Keywords, the time of arrival from the\n"
			"`From ` line. A server may run meanwhile. Importing twice adds the messages\n"
			"twice.",
		.args_min = 4, .args_max = 4,
		.run = cli_import_mbox,
	},
	{
		.words = "import maildir", .args = "DATAFOLDER ACCOUNT MAILBOX FOLDER",
		.brief = "put the messages of a maildir into a mailbox",
		.help =
			"Adds the messages in the folders cur and new of FOLDER to MAILBOX, which is\n"
			"made if it does not exist. Flags and the time of arrival come from the file\n"
			"names, keywords from dovecot-keywords. A server may run meanwhile. Importing\n"
			"twice adds the messages twice.",
		.args_min = 4, .args_max = 4,
		.run = cli_import_maildir,
	},
	{
		.words = "export maildir", .args = "DATAFOLDER ACCOUNT DESTINATION",
		.brief = "write an account's mailboxes as maildirs",
		.help =
			"Makes the folder DESTINATION with a maildir for each mailbox of the account. A\n"
			"server may run meanwhile.",
		.args_min = 3, .args_max = 3,
		.run = cli_export_maildir,
	},
	{
		.words = "verify", .args = "MESSAGE",
		.brief = "say who sent a message, as the server would",
		.help =
			"Judges the message in the file MESSAGE (- is standard input; line ends may be\n"
			"LF) as if the client of the flags sent it, by all methods. The first line\n"
			"printed is\n\n"
			"  spf=... dkim=... dmarc=... policy=... arc=... iprev=...\n\n"
			"with the best result of the DKIM signatures, and the policy that the domain in\n"
			"From publishes (none where it publishes nothing). The fields follow that the\n"
			"server would put in front of the message, then each method: why it came out\n"
			"so, and which record decided. The exit status is 0 if DMARC passes.",
		.args_min = 1, .args_max = 1,
		.run = cli_verify,
		.flags = {CLI_FLAGS_ENVELOPE, CLI_FLAGS_DNS},
	},
	{
		.words = "verifydata", .args = "DATAFOLDER",
		.brief = "check a data folder, and mend what can be",
		.help =
			"Checks every account: the database against itself and against the stored\n"
			"messages, and each message's checksums. Prints what is wrong; the exit status\n"
			"is 1 if anything is. No server may use the folder meanwhile.\n\n"
			"With -fix an account whose database is damaged is rebuilt from its messages\n"
			"(flags and mailboxes are then those of each delivery), and messages whose\n"
			"bytes are gone are taken out of their mailboxes. Try it on a copy first.",
		.args_min = 1, .args_max = 1,
		.run = cli_verifydata,
		.flags = {{"fix", NULL, NULL, "mend what can be"}},
	},
	{
		.words = "dns lookup", .args = "TYPE NAME",
		.brief = "ask the DNS, as the server does",
		.help =
			"TYPE is a, aaaa, ips (both), mx, txt, cname, ns, srv, tlsa, caa, or ptr with\n"
			"an IP address for NAME. Aliases (CNAME) are followed.\n\n"
			"The first word printed is the result: found, nxdomain (no such name), nodata\n"
			"(the name has no such record), failed (no answer: try again later) or bogus\n"
			"(DNSSEC says forged or broken; also temporary). The line goes on with what was\n"
			"asked, whether DNSSEC proves the result (authentic), how long it holds (ttl,\n"
			"seconds), an extended error (ede, RFC 8914), and why it failed. The records\n"
			"follow, one a line. ips gives two such answers. The exit status is 0 if a\n"
			"record was found.",
		.args_min = 2, .args_max = 2,
		.run = cli_dns_lookup,
		.flags = {CLI_FLAGS_DNS},
	},
	{
		.words = "spf check", .args = "",
		.brief = "say what SPF says of a client and a sender",
		.help =
			"The first word printed is the result: pass, fail, softfail, neutral, none,\n"
			"temperror or permerror. The line goes on with the identity that was checked\n"
			"(mailfrom, or helo for the null path) and its domain, how many terms asked the\n"
			"DNS (of 10) and found nothing (of 2), and whether DNSSEC proves all of it\n"
			"(authentic). Lines on what decided follow: mechanism, problem, explanation\n"
			"(the words of the domain's owner) and record; then the field Received-SPF, and\n"
			"what was looked at, step by step. The exit status is 0 for pass.",
		.run = cli_spf_check,
		.flags = {
			CLI_FLAGS_ENVELOPE,
			{"receiver", "NAME", NULL, "of this server, for explanations"},
			CLI_FLAGS_DNS,
		},
	},
	{
		.words = "spf lookup", .args = "DOMAIN",
		.brief = "look up a domain's SPF record and read it",
		.help =
			"The first word printed is found, none, temperror (no answer: try again later)\n"
			"or permerror (several records, or one that breaks the rules). The line goes on\n"
			"with the record, authentic if DNSSEC proves it, or with what is wrong. The\n"
			"terms follow, one a line, with the result of each that matches. The exit\n"
			"status is 0 if there is a proper record.",
		.args_min = 1, .args_max = 1,
		.run = cli_spf_lookup,
		.flags = {CLI_FLAGS_DNS},
	},
	{
		.words = "spf parse", .args = "RECORD",
		.brief = "read an SPF record",
		.help =
			"Reads the text of a record, such as \"v=spf1 mx -all\". The first word printed\n"
			"is found, or permerror and what is wrong. The terms follow, one a line, with\n"
			"the result of each that matches. The exit status is 0 if the record is proper.",
		.args_min = 1, .args_max = 1,
		.run = cli_spf_parse,
	},
	{
		.words = "iprev", .args = "IP",
		.brief = "check that the name of an IP address has that address",
		.help =
			"The first word printed is the result (RFC 8601): pass, fail (no name has the\n"
			"address), permerror (it has no name) or temperror (try again later); then the\n"
			"name that has the address, without a pass the first of its names, and whether\n"
			"DNSSEC proves the result (authentic). Why, and all names that were looked at,\n"
			"follow. The exit status is 0 for a pass.",
		.args_min = 1, .args_max = 1,
		.run = cli_iprev,
		.flags = {CLI_FLAGS_DNS},
	},
	{
		.words = "dmarc lookup", .args = "DOMAIN",
		.brief = "show the DMARC policy for a domain, and how it is found",
		.help =
			"The first word printed is the result: found, none, permerror (a record without\n"
			"a policy) or temperror (try again later). The line goes on with the policy for\n"
			"messages from DOMAIN that nothing authenticates, where it was found, the\n"
			"organizational domain, and whether DNSSEC proves them (authentic). The record\n"
			"and what it says follow, with the tags that were ignored because they cannot\n"
			"be read, and each step of the walk up the DNS (RFC 9989). The exit status is 0\n"
			"if there is a policy.",
		.args_min = 1, .args_max = 1,
		.run = cli_dmarc_lookup,
		.flags = {CLI_FLAGS_DNS},
	},
	{
		.words = "dmarc verify", .args = "FILE",
		.brief = "say what DMARC says of a message",
		.help =
			"Judges the message in FILE (- is standard input) as if the client of the flags\n"
			"sent it: SPF, DKIM and what they mean for the domain in From. The first word\n"
			"printed is the result: pass, fail, none, temperror or permerror. The line goes\n"
			"on with the domain in From, the policy published for it and what it comes to\n"
			"for this message (applied), `reject` if the domain wants it refused, and\n"
			"whether DNSSEC proves the policy (authentic). Of a policy for some percent of\n"
			"messages it is taken to be for this one. Lines on what decided follow, then\n"
			"the field Authentication-Results, and each step of the walk up the DNS. The\n"
			"exit status is 0 for pass.",
		.args_min = 1, .args_max = 1,
		.run = cli_dmarc_verify,
		.flags = {CLI_FLAGS_ENVELOPE, CLI_FLAGS_DNS},
	},
	{
		.words = "dmarc checkreportaddrs", .args = "DOMAIN",
		.brief = "check that the addresses for DMARC reports take them",
		.help =
			"For each address in rua and ruf of the domain's DMARC record looks whether it\n"
			"is of the same organization, or its domain publishes that it takes reports\n"
			"about DOMAIN. The first word printed is ok if all do, refused if not, or none,\n"
			"permerror, temperror if there is no record to look at. A line for each address\n"
			"follows. The exit status is 0 for ok.",
		.args_min = 1, .args_max = 1,
		.run = cli_dmarc_checkreportaddrs,
		.flags = {CLI_FLAGS_DNS},
	},
	{
		.words = "dmarc parsereportmsg", .args = "FILE",
		.brief = "print a DMARC aggregate report as JSON",
		.help =
			"FILE (- is standard input) is a message with a report, or the report itself:\n"
			"XML, gzip or zip. Prints one line of JSON, with the names of the XML's\n"
			"elements (RFC 9990). What is absent is left out.",
		.args_min = 1, .args_max = 1,
		.run = cli_dmarc_parsereportmsg,
	},
	{
		.words = "dkim genrsa", .args = "[BITS]",
		.brief = "make an RSA key for DKIM",
		.help = "Prints a new private key of 2048 or BITS bits, PKCS #8 in PEM form.",
		.args_max = 1,
		.run = cli_dkim_genrsa,
	},
	{
		.words = "dkim gened25519", .args = "",
		.brief = "make an Ed25519 key for DKIM",
		.help = "Prints a new private key, PKCS #8 in PEM form.",
		.run = cli_dkim_gened25519,
	},
	{
		.words = "dkim txt", .args = "[KEYFILE]",
		.brief = "print the DNS record for a DKIM key",
		.help =
			"Reads a private or public key in PEM form from KEYFILE or standard input and\n"
			"prints the TXT record that belongs at SELECTOR._domainkey.DOMAIN.",
		.args_max = 1,
		.run = cli_dkim_txt,
		.flags = {{"zone", NULL, NULL, "as quoted strings of at most 255 bytes, for zone files"}},
	},
	{
		.words = "dkim lookup", .args = "SELECTOR DOMAIN",
		.brief = "look up a DKIM key in the DNS",
		.help =
			"The first word printed is found, none or temperror (no answer: try again\n"
			"later), then the name that was asked for. A line for each record says what it\n"
			"is good for. The exit status is 0 if there is a key.",
		.args_min = 2, .args_max = 2,
		.run = cli_dkim_lookup,
		.flags = {CLI_FLAGS_DNS},
	},
	{
		.words = "dkim sign", .args = "KEYFILE SELECTOR DOMAIN MESSAGE",
		.brief = "sign a message",
		.help =
			"Prints the message in the file MESSAGE (or - for standard input) with a\n"
			"DKIM-Signature in front, made with the private key in KEYFILE, PEM form. The\n"
			"key says the algorithm: rsa-sha256 or ed25519-sha256. Line ends are as in the\n"
			"file; CRLF is what is signed.",
		.args_min = 4, .args_max = 4,
		.run = cli_dkim_sign,
		.flags = {
			{"canonicalization", "HEADER/BODY", "relaxed/relaxed", "relaxed or simple, for each"},
			{"headers", "NAME,...", "", "the fields to sign; else those that the server signs"},
			{"noseal", NULL, NULL, "do not sign that there are no more fields of these names"},
			{"identity", "ADDRESS", "", "whom the domain signs for (i=): [LOCAL]@DOMAIN"},
			{"expire", "SECONDS", "0", "how long the signature holds; 0: for ever"},
			{"field", NULL, NULL, "print the DKIM-Signature alone"},
			CLI_FLAG_NOW,
		},
	},
	{
		.words = "dkim verify", .args = "MESSAGE",
		.brief = "verify the DKIM signatures of a message",
		.help =
			"Reads the file MESSAGE (or - for standard input); line ends may be LF. The\n"
			"first word printed is the best result that a signature has: pass, temperror,\n"
			"policy, fail, permerror, or none. Then comes a line for each signature with\n"
			"its own result, domain, selector, identity, algorithm, start of b= and the\n"
			"reason, and the DNS record that decided. The exit status is 0 if a signature\n"
			"passes.\n\n"
			"The server also refuses signatures of a part of the body (l=), and those\n"
			"without Subject. This is said of such a signature; with -policy it is its\n"
			"result.",
		.args_min = 1, .args_max = 1,
		.run = cli_dkim_verify,
		.flags = {
			CLI_FLAGS_DNS,
			{"policy", NULL, NULL, "refuse what the server refuses"},
			{"signatures", "N", "10", "look at the first N signatures only"},
		},
	},
	{
		.words = "arc verify", .args = "MESSAGE",
		.brief = "verify the ARC chain of a message",
		.help =
			"Reads the file MESSAGE (or - for standard input); line ends may be LF. The\n"
			"first word printed is the result: none (no ARC fields), pass or fail; the line\n"
			"goes on with the reason and, for a pass, the oldest set whose message\n"
			"signature still holds (0: all do). A line for each set follows: who sealed it,\n"
			"and what that forwarder found. A pass means something only if all sealers are\n"
			"trusted. The exit status is 1 for fail.",
		.args_min = 1, .args_max = 1,
		.run = cli_arc_verify,
		.flags = {CLI_FLAGS_DNS},
	},
	{
		.words = "config test", .args = "",
		.brief = "check mox.conf and domains.conf",
		.help =
			"Reads both files. Prints what is wrong, with file and line, or that all is\n"
			"well.",
		.run = cli_config_test,
		.flags = {FLAG_CONFIG},
	},
	{
		.words = "config describe-static", .args = "",
		.brief = "print mox.conf with every key explained",
		.help = "Prints an annotated example of mox.conf with all keys and their defaults.",
		.run = cli_config_describe_static,
	},
	{
		.words = "config describe-domains", .args = "",
		.brief = "print domains.conf with every key explained",
		.help = "Prints an annotated example of domains.conf with all keys and their defaults.",
		.run = cli_config_describe_domains,
	},
	{
		.words = "tlsrpt parsereportmsg", .args = "FILE",
		.brief = "print a TLS report as JSON",
		.help =
			"FILE (- is standard input) is a message with a report, or the report itself:\n"
			"JSON, gzip or zip. Prints one line of JSON in the form of RFC 8460, checked.",
		.args_min = 1, .args_max = 1,
		.run = cli_tlsrpt_parsereportmsg,
	},
	{
		.words = "arf parsereportmsg", .args = "FILE",
		.brief = "print a feedback report about abuse or authentication as JSON",
		.help =
			"FILE (- is standard input) is a message with a report (RFC 5965, RFC 6591).\n"
			"Prints one line of JSON, with the names of the report's fields in lower case,\n"
			"and the header of the message that it is about as original-header.",
		.args_min = 1, .args_max = 1,
		.run = cli_arf_parsereportmsg,
	},
	{
		.words = "dnsbl check", .args = "ZONE IP",
		.brief = "look an address up in a DNS blocklist",
		.help =
			"The first word printed is the result: listed, unlisted, or temperror: the list\n"
			"gave no answer, or one that is no listing, as to those it does not serve. What\n"
			"the list answered and its explanation follow. The exit status is 0 if the\n"
			"address is not listed.",
		.args_min = 2, .args_max = 2,
		.run = cli_dnsbl_check,
		.flags = {CLI_FLAGS_DNS},
	},
	{
		.words = "dnsbl checkhealth", .args = "ZONE",
		.brief = "check whether a DNS blocklist works",
		.help =
			"A list must have its test entry, 127.0.0.2, and must not have 127.0.0.1 (RFC\n"
			"5782). The first word printed is healthy, unhealthy or temperror, and why. The\n"
			"second line says the same of the list's IPv6 entries, which not all have. The\n"
			"exit status is 0 if the first word is healthy.",
		.args_min = 1, .args_max = 1,
		.run = cli_dnsbl_checkhealth,
		.flags = {CLI_FLAGS_DNS},
	},
	{
		.words = "version", .args = "",
		.brief = "print the version",
		.help = "Prints the version of this program.",
		.run = cli_version,
	},
	{
		.words = "help", .args = "[COMMAND]",
		.brief = "explain the commands, or one of them",
		.help = "Lists the commands, or explains one.",
		.args_max = 3,
		.run = cli_help,
	},
	{
		.words = "role", .args = "NAME",
		.brief = "be one of the server's processes",
		.help = "Started by the server itself.",
		.args_min = 1, .args_max = 1, .hidden = true,
		.run = cli_role,
	},
};
/* clang-format on */
const size_t cli_command_count = ARRAY_LEN(cli_commands);
