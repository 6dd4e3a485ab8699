#include "verify/dkim_testing.h"

#define HEADER                               \
	"From: Joe <joe@example.com>\r\n"    \
	"To: Suzie <suzie@example.net>\r\n"  \
	"Subject:  Is dinner\r\n ready?\r\n" \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700\r\n"
#define BODY    "Hi.\r\n\r\nWe lost  the game.  \r\n\r\n\r\n"
#define MESSAGE HEADER "\r\n" BODY

#define KEY  "s._domainkey.example.com TXT "
#define GOOD KEY "\"v=DKIM1; k=ed25519; p=" ED25519_P "\"\n"
#define TAGS "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=s; h=from:subject; bh=@; "

/* What a signature with these tags, well signed, gives with this zone. */
static void signatures(void **state)
{
	static const struct {
		const char *name, *tags, *zone;
		enum auth_result want;
		const char *why;
	} cases[] = {
		{"good", TAGS "b=", GOOD, AUTH_PASS, "good"},
		{"folded",
		 "v=1;\r\n\ta=ed25519-sha256;\r\n c=simple; d=example.com ; s=s; h=from :\r\n"
		 " subject; bh=@;\r\n b=",
		 GOOD, AUTH_PASS, "good"},
		{"tag behind b is not signed here", TAGS "t=1; b=", GOOD, AUTH_PASS, "good"},
		{"simple/simple", "v=1; a=ed25519-sha256; d=example.com; s=s; h=from; bh=@; b=",
		 GOOD, AUTH_PASS, "good"},
		{"unknown tag", TAGS "zz=top; b=", GOOD, AUTH_PASS, "good"},
		{"domain in upper case",
		 "v=1; a=ed25519-sha256; d=EXAMPLE.com; s=S; h=from; bh=@; b=", GOOD, AUTH_PASS,
		 "good"},
		{"U-label",
		 "v=1; a=ed25519-sha256; d=b\xc3\xbc"
		 "cher.example; s=s; h=from; bh=@; b=",
		 "s._domainkey.xn--bcher-kva.example TXT \"k=ed25519; p=" ED25519_P "\"\n",
		 AUTH_PASS, "good"},
		/* RFC 6376 §6.1.1 */
		{"no version", "a=ed25519-sha256; d=example.com; s=s; h=from; bh=@; b=", GOOD,
		 AUTH_PERMERROR, "v= is missing"},
		{"version 2", "v=2; a=ed25519-sha256; d=example.com; s=s; h=from; bh=@; b=", GOOD,
		 AUTH_PERMERROR, "v=: not version 1"},
		{"version 01", "v=01; a=ed25519-sha256; d=example.com; s=s; h=from; bh=@; b=", GOOD,
		 AUTH_PERMERROR, "v=: not version 1"},
		{"no algorithm", "v=1; d=example.com; s=s; h=from; bh=@; b=", GOOD, AUTH_PERMERROR,
		 "a= is missing"},
		{"unknown algorithm", "v=1; a=dsa-sha256; d=example.com; s=s; h=from; bh=@; b=",
		 GOOD, AUTH_PERMERROR, "unknown algorithm"},
		{"no domain", "v=1; a=ed25519-sha256; s=s; h=from; bh=@; b=", GOOD, AUTH_PERMERROR,
		 "d= is missing"},
		{"space in domain", "v=1; a=ed25519-sha256; d=exam ple.com; s=s; h=from; bh=@; b=",
		 GOOD, AUTH_PERMERROR, "d=: not a domain"},
		{"dot after domain", "v=1; a=ed25519-sha256; d=example.com.; s=s; h=from; bh=@; b=",
		 GOOD, AUTH_PERMERROR, "d=: not a domain"},
		{"one label", "v=1; a=ed25519-sha256; d=localhost; s=s; h=from; bh=@; b=", GOOD,
		 AUTH_PERMERROR, "d=: not a domain"},
		{"no selector", "v=1; a=ed25519-sha256; d=example.com; h=from; bh=@; b=", GOOD,
		 AUTH_PERMERROR, "s= is missing"},
		{"no names", "v=1; a=ed25519-sha256; d=example.com; s=s; bh=@; b=", GOOD,
		 AUTH_PERMERROR, "h= is missing"},
		{"no body hash", "v=1; a=ed25519-sha256; d=example.com; s=s; h=from; b=", GOOD,
		 AUTH_PERMERROR, "bh= is missing"},
		{"bad body hash", "v=1; a=ed25519-sha256; d=example.com; s=s; h=from; bh=!!; b=",
		 GOOD, AUTH_PERMERROR, "bh=: not base64"},
		{"short body hash",
		 "v=1; a=ed25519-sha256; d=example.com; s=s; h=from; bh=AAAA; b=", GOOD,
		 AUTH_PERMERROR, "not as long"},
		{"From not signed",
		 "v=1; a=ed25519-sha256; d=example.com; s=s; h=subject; bh=@; b=", GOOD,
		 AUTH_PERMERROR, "From is not signed"},
		{"empty name", "v=1; a=ed25519-sha256; d=example.com; s=s; h=from::to; bh=@; b=",
		 GOOD, AUTH_PERMERROR, "not names"},
		{"duplicate tag", TAGS "d=example.com; b=", GOOD, AUTH_PERMERROR, "twice"},
		{"canonicalisation", TAGS "b=", GOOD, AUTH_PASS, "good"},
		{"unknown canonicalisation",
		 "v=1; a=ed25519-sha256; c=nowsp; d=example.com; s=s; h=from; bh=@; b=", GOOD,
		 AUTH_PERMERROR, "c=: unknown"},
		/* RFC 6376 §3.5 i= */
		{"identity", TAGS "i=joe=40x=2eorg@example.com; b=", GOOD, AUTH_PASS, "good"},
		{"identity of a subdomain", TAGS "i=@mail.Example.COM; b=", GOOD, AUTH_PASS,
		 "good"},
		{"identity elsewhere", TAGS "i=@example.org; b=", GOOD, AUTH_PERMERROR,
		 "not at or below"},
		{"identity of another with the same end", TAGS "i=@anexample.com; b=", GOOD,
		 AUTH_PERMERROR, "not at or below"},
		{"identity without @", TAGS "i=example.com; b=", GOOD, AUTH_PERMERROR, "no @"},
		{"identity with a control", TAGS "i==0D=0Ax@example.com; b=", GOOD, AUTH_PERMERROR,
		 "control"},
		/* q= */
		{"query", TAGS "q=dns/txt; b=", GOOD, AUTH_PASS, "good"},
		{"queries", TAGS "q=http : dns/txt; b=", GOOD, AUTH_PASS, "good"},
		{"query without option", TAGS "q=dns; b=", GOOD, AUTH_PERMERROR, "q=: no known"},
		/* t= and x=; RFC 6376 §6.1.1 */
		{"not expired", TAGS "t=1600000000; x=1700000000; b=", GOOD, AUTH_PASS, "good"},
		{"expired", TAGS "t=1600000000; x=1699999999; b=", GOOD, AUTH_PERMERROR, "expired"},
		{"expires before it is made", TAGS "t=1600000000; x=1600000000; b=", GOOD,
		 AUTH_PERMERROR, "x=: not after"},
		{"never expires", TAGS "x=99999999999999999999999999; b=", GOOD, AUTH_PASS, "good"},
		{"a little in the future", TAGS "t=1700036000; b=", GOOD, AUTH_PASS, "good"},
		{"in the future", TAGS "t=1700036001; b=", GOOD, AUTH_PERMERROR, "future"},
		{"negative time", TAGS "t=-1; b=", GOOD, AUTH_PERMERROR, "t=: not a number"},
		{"empty expiry", TAGS "x=; b=", GOOD, AUTH_PERMERROR, "x=: not a number"},
		/* l= */
		{"length of all", TAGS "l=26; b=", GOOD, AUTH_PASS, "good"},
		{"length of a part", TAGS "l=3; b=", GOOD, AUTH_PASS, "good"},
		{"length of nothing", TAGS "l=0; b=", GOOD, AUTH_PASS, "good"},
		{"bad length", TAGS "l=1a; b=", GOOD, AUTH_PERMERROR, "l=: not a number"},
		/* RFC 8301 §3.1 */
		{"sha1", "v=1; a=rsa-sha1; d=example.com; s=s; h=from; bh=@; b=", GOOD,
		 AUTH_PERMERROR, "rsa-sha1"},
		/* names nobody may sign for */
		{"public suffix", "v=1; a=ed25519-sha256; d=co.uk; s=s; h=from; bh=@; b=",
		 "s._domainkey.co.uk TXT \"k=ed25519; p=" ED25519_P "\"\n", AUTH_PERMERROR,
		 "public suffix"},
		/* the key */
		{"no such name", TAGS "b=", "", AUTH_PERMERROR, "no key in the DNS"},
		{"no such type", TAGS "b=", "s._domainkey.example.com A 127.0.0.1\n",
		 AUTH_PERMERROR, "no key in the DNS"},
		{"failure", TAGS "b=", KEY "SERVFAIL\n", AUTH_TEMPERROR, "looked up"},
		{"bogus", TAGS "b=", KEY "BOGUS\n", AUTH_TEMPERROR, "looked up"},
		{"revoked", TAGS "b=", KEY "\"v=DKIM1; k=ed25519; p=\"\n", AUTH_PERMERROR,
		 "revoked"},
		{"revoked, no type", TAGS "b=", KEY "\"v=DKIM1; p=\"\n", AUTH_PERMERROR, "revoked"},
		{"several strings", TAGS "b=",
		 KEY
		 "\"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg\" \"7hcvPapiMlrwIaaPcHURo=\"\n",
		 AUTH_PASS, "good"},
		{"white space in the key", TAGS "b=",
		 KEY
		 "\" v = DKIM1 ; k = ed25519 ; p = 11qYAYKxCrfVS/7TyWQHOg 7hcvPapiMlrwIaaPcHURo= ; \"\n",
		 AUTH_PASS, "good"},
		{"no v=", TAGS "b=", KEY "\"k=ed25519; p=" ED25519_P "\"\n", AUTH_PASS, "good"},
		{"v= not first", TAGS "b=", KEY "\"k=ed25519; v=DKIM1; p=" ED25519_P "\"\n",
		 AUTH_PERMERROR, "no key record"},
		{"DKIM2", TAGS "b=", KEY "\"v=DKIM2; k=ed25519; p=" ED25519_P "\"\n",
		 AUTH_PERMERROR, "no key record"},
		{"no p=", TAGS "b=", KEY "\"v=DKIM1; k=ed25519\"\n", AUTH_PERMERROR,
		 "p= is missing"},
		{"bad base64", TAGS "b=", KEY "\"v=DKIM1; k=ed25519; p=x\"\n", AUTH_PERMERROR,
		 "not base64"},
		{"short key", TAGS "b=", KEY "\"v=DKIM1; k=ed25519; p=AAAA\"\n", AUTH_PERMERROR,
		 "bad key"},
		{"unknown type", TAGS "b=", KEY "\"v=DKIM1; k=dsa; p=AAAA\"\n", AUTH_PERMERROR,
		 "another type"},
		{"of another type", TAGS "b=", KEY "\"v=DKIM1; p=" ED25519_P "\"\n", AUTH_PERMERROR,
		 "another type"},
		{"of both types", TAGS "b=", GOOD KEY "\"v=DKIM1; k=rsa; p=AAAA\"\n", AUTH_PASS,
		 "good"},
		{"beside another record", TAGS "b=", GOOD KEY "\"v=spf1 -all\"\n", AUTH_PASS,
		 "good"},
		{"beside a key for another service", TAGS "b=",
		 KEY "\"s=tlsrpt; k=ed25519; p=" ED25519_P "\"\n" GOOD, AUTH_PASS, "good"},
		{"beside a key for another hash",
		 TAGS "b=", GOOD KEY "\"h=sha1; k=ed25519; p=" ED25519_P "\"\n", AUTH_PASS, "good"},
		{"beside a broken record", TAGS "b=", KEY "\"v=DKIM1; k=ed25519\"\n" GOOD,
		 AUTH_PASS, "good"},
		{"testing, other service",
		 TAGS "b=", KEY "\"t=y; s=web; k=ed25519; p=" ED25519_P "\"\n", AUTH_NONE, "t=y"},
		{"two keys", TAGS "b=", GOOD GOOD, AUTH_TEMPERROR, "several"},
		{"old g=", TAGS "b=", KEY "\"v=DKIM1; g=nobody; k=ed25519; p=" ED25519_P "\"\n",
		 AUTH_PASS, "good"},
		{"hash allowed",
		 TAGS "b=", KEY "\"v=DKIM1; h=sha1 : sha256; k=ed25519; p=" ED25519_P "\"\n",
		 AUTH_PASS, "good"},
		{"hash not allowed",
		 TAGS "b=", KEY "\"v=DKIM1; h=sha1; k=ed25519; p=" ED25519_P "\"\n", AUTH_PERMERROR,
		 "SHA-256"},
		{"any service", TAGS "b=", KEY "\"s=*; k=ed25519; p=" ED25519_P "\"\n", AUTH_PASS,
		 "good"},
		{"email", TAGS "b=", KEY "\"s=web : email; k=ed25519; p=" ED25519_P "\"\n",
		 AUTH_PASS, "good"},
		{"other service", TAGS "b=", KEY "\"s=web; k=ed25519; p=" ED25519_P "\"\n",
		 AUTH_PERMERROR, "not for email"},
		{"strict", TAGS "i=x@example.com; b=",
		 KEY "\"t=y:s; k=ed25519; p=" ED25519_P "\"\n", AUTH_PASS, "good"},
		{"strict, subdomain", TAGS "i=x@mail.example.com; b=",
		 KEY "\"t=s; k=ed25519; p=" ED25519_P "\"\n", AUTH_PERMERROR, "t=s"},
		{"testing", TAGS "b=", KEY "\"t=y; k=ed25519; p=" ED25519_P "\"\n", AUTH_PASS,
		 "good"},
		{"testing, revoked", TAGS "b=", KEY "\"t=y; k=ed25519; p=\"\n", AUTH_NONE, "t=y"},
	};
	EVP_PKEY *key = test_ed25519();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO m = BUF_INIT(1 << 20);
		struct arena a;
		struct dkim_results r;
		const struct dkim_options o = {.now = DKIM_TEST_NOW};

		arena_init(&a, 1 << 20);
		test_sign("DKIM-Signature", cases[i].tags, DKIM_SIGNATURE, STR(MESSAGE), key, &a,
			  &m);
		buf_str_add(&m, STR(MESSAGE));
		test_verify(buf_str(&m), cases[i].zone, &o, &a, &r);
		assert_int_equal(r.n, 1);
		assert_str(cases[i].name, auth_result_name(r.result[0].result),
			   auth_result_name(cases[i].want));
		if (str_find(r.result[0].why, str_z(cases[i].why), 0) < 0)
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(r.result[0].why));
		arena_fini(&a);
	}
	EVP_PKEY_free(key);
}

/* What happens to a good signature when the message changes on its way. */
static void changes(void **state)
{
	static const struct {
		const char *name, *tags, *message;
		enum auth_result want;
	} cases[] = {
		{"folding, relaxed", TAGS "b=",
		 "from:Joe <joe@example.com>\r\nSUBJECT : Is\r\n\tdinner ready? \r\n\r\n" BODY,
		 AUTH_PASS},
		{"white space in body, relaxed",
		 TAGS "b=", HEADER "\r\nHi.\t\r\n \r\nWe lost\tthe game.\r\n", AUTH_PASS},
		{"unsigned fields", TAGS "b=", "X: y\r\nTo: other\r\n" HEADER "\r\n" BODY,
		 AUTH_PASS},
		{"From changed", TAGS "b=", "From: x\r\nSubject: Is dinner ready?\r\n\r\n" BODY,
		 AUTH_FAIL},
		{"Subject changed",
		 TAGS "b=", "From: Joe <joe@example.com>\r\nSubject: No\r\n\r\n" BODY, AUTH_FAIL},
		{"Subject gone", TAGS "b=", "From: Joe <joe@example.com>\r\n\r\n" BODY, AUTH_FAIL},
		{"body changed", TAGS "b=", HEADER "\r\nHi!\r\n", AUTH_FAIL},
		{"body gone", TAGS "b=", HEADER, AUTH_FAIL},
		{"more behind l=", TAGS "l=26; b=", HEADER "\r\n" BODY "Buy!\r\n", AUTH_PASS},
		{"less than l=", TAGS "l=26; b=", HEADER "\r\nHi.\r\n", AUTH_FAIL},
		{"another From in front", TAGS "b=", "From: evil\r\n" HEADER "\r\n" BODY,
		 AUTH_PASS},
		{"another From at the end", TAGS "b=", HEADER "From: evil\r\n\r\n" BODY, AUTH_FAIL},
		{"sealed From",
		 "v=1; a=ed25519-sha256; d=example.com; s=s; c=relaxed/relaxed; h=from:from; bh=@; b=",
		 "From: evil\r\n" HEADER "\r\n" BODY, AUTH_FAIL},
		{"sealed absent field",
		 "v=1; a=ed25519-sha256; d=example.com; s=s; c=relaxed/relaxed; h=from:cc; bh=@; b=",
		 "Cc: evil\r\n" HEADER "\r\n" BODY, AUTH_FAIL},
		{"folding, simple",
		 "v=1; a=ed25519-sha256; d=example.com; s=s; h=from:subject; bh=@; b=",
		 "From: Joe <joe@example.com>\r\nSubject: Is dinner ready?\r\n\r\n" BODY,
		 AUTH_FAIL},
		{"empty lines at the end, simple",
		 "v=1; a=ed25519-sha256; d=example.com; s=s; h=from:subject; bh=@; b=",
		 HEADER "\r\nHi.\r\n\r\nWe lost  the game.  \r\n", AUTH_PASS},
		{"trailing spaces, simple",
		 "v=1; a=ed25519-sha256; d=example.com; s=s; h=from:subject; bh=@; b=",
		 HEADER "\r\nHi.\r\n\r\nWe lost  the game.\r\n", AUTH_FAIL},
	};
	EVP_PKEY *key = test_ed25519();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO m = BUF_INIT(1 << 20);
		struct arena a;
		struct dkim_results r;
		const struct dkim_options o = {.now = DKIM_TEST_NOW};

		arena_init(&a, 1 << 20);
		test_sign("DKIM-Signature", cases[i].tags, DKIM_SIGNATURE, STR(MESSAGE), key, &a,
			  &m);
		buf_str_add(&m, str_z(cases[i].message));
		test_verify(buf_str(&m), GOOD, &o, &a, &r);
		assert_str(cases[i].name, auth_result_name(r.result[0].result),
			   auth_result_name(cases[i].want));
		arena_fini(&a);
	}
	EVP_PKEY_free(key);
}

/* The policy of the server: features that are legal and not wanted, before the DNS is asked. */
static void policy(void **state)
{
	static const struct {
		const char *name, *tags;
		enum auth_result want;
	} cases[] = {
		{"l=", TAGS "l=26; b=", AUTH_POLICY},
		{"Subject not signed",
		 "v=1; a=ed25519-sha256; d=example.com; s=s; h=from; bh=@; b=", AUTH_POLICY},
		{"acceptable", TAGS "b=", AUTH_PASS},
	};
	EVP_PKEY *key = test_ed25519();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO m = BUF_INIT(1 << 20);
		struct arena a;
		struct dkim_results r;
		const struct dkim_options o = {.now = DKIM_TEST_NOW, .policy = true};

		arena_init(&a, 1 << 20);
		test_sign("DKIM-Signature", cases[i].tags, DKIM_SIGNATURE, STR(MESSAGE), key, &a,
			  &m);
		buf_str_add(&m, STR(MESSAGE));
		test_verify(buf_str(&m), GOOD, &o, &a, &r);
		assert_str(cases[i].name, auth_result_name(r.result[0].result),
			   auth_result_name(cases[i].want));
		arena_fini(&a);
	}
	EVP_PKEY_free(key);
}

/* RFC 8301 §3.2: keys of 1024 bits and more, in both forms that p= has. */
static void rsa_keys(void **state)
{
	static const struct {
		unsigned bits, min;
		enum auth_result want;
	} cases[] = {
		{512, 0, AUTH_PERMERROR}, {1016, 0, AUTH_PERMERROR},    {1024, 0, AUTH_PASS},
		{2048, 0, AUTH_PASS},     {1024, 2048, AUTH_PERMERROR}, {2048, 2048, AUTH_PASS},
	};

	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		EVP_PKEY *key = test_rsa(cases[i / 2].bits);
		const struct dkim_options o = {.now = DKIM_TEST_NOW,
					       .rsa_bits_min = cases[i / 2].min};
		BUF_AUTO m = BUF_INIT(1 << 20);
		BUF_AUTO zone = BUF_INIT(8192);
		uint8_t *der = NULL;
		int n = i % 2 ? i2d_PublicKey(key, &der) : i2d_PUBKEY(key, &der);
		struct arena a;
		struct dkim_results r;

		arena_init(&a, 1 << 20);
		buf_str_add(&zone, STR(KEY "\"v=DKIM1; p="));
		buf_base64(&zone, str_of(der, (size_t)n));
		buf_str_add(&zone, STR("\"\n"));
		buf_char(&zone, 0);
		test_sign("DKIM-Signature",
			  "v=1; a=rsa-sha256; d=example.com; s=s; h=from:subject; bh=@; b=",
			  DKIM_SIGNATURE, STR(MESSAGE), key, &a, &m);
		buf_str_add(&m, STR(MESSAGE));
		test_verify(buf_str(&m), zone.p, &o, &a, &r);
		assert_int_equal(r.result[0].key_bits, cases[i / 2].bits);
		assert_str("result", auth_result_name(r.result[0].result),
			   auth_result_name(cases[i / 2].want));
		arena_fini(&a);
		OPENSSL_free(der);
		EVP_PKEY_free(key);
	}
}

/* The example of RFC 8463 §A.3, byte for byte; and that signatures beyond the limit are counted. */
static void example(void **state)
{
#define ED_SIGNATURE                                                      \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"   \
	" d=football.example.com; i=@football.example.com;\r\n"           \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"         \
	" subject : date : message-id : from : subject : date;\r\n"       \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"           \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n" \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
	static const char message[] =
		ED_SIGNATURE "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
			     " d=football.example.com; i=@football.example.com;\r\n"
			     " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
			     " date : message-id : from : subject : date;\r\n"
			     " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
			     " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
			     " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
			     " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
			     "From: Joe SixPack <joe@football.example.com>\r\n"
			     "To: Suzie Q <suzie@shopping.example.net>\r\n"
			     "Subject: Is dinner ready?\r\n"
			     "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
			     "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n"
			     "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
	static const char zone[] =
		"brisbane._domainkey.football.example.com TXT \"v=DKIM1; k=ed25519; p=" ED25519_P
		"\"\n"
		"test._domainkey.football.example.com TXT \"v=DKIM1; k=rsa; "
		"p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2j"
		"LQiY/J16JYi0Qvx/\" \"byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO"
		"9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\"\n"
		"example.com SECURE\n";
	const struct dkim_options o = {.now = DKIM_TEST_NOW}, one = {.signatures_max = 1};
	BUF_AUTO many = BUF_INIT(1 << 20);
	struct arena a;
	struct dkim_results r;

	arena_init(&a, 1 << 20);
	test_verify(str_z(message), zone, &o, &a, &r);
	assert_int_equal(r.n, 2);
	for (size_t i = 0; i < r.n; i++) {
		assert_int_equal(r.result[i].result, AUTH_PASS);
		assert_true(r.result[i].authentic);
		assert_str("domain", r.result[i].signature.domain, STR("football.example.com"));
		assert_str("identity", r.result[i].signature.identity,
			   STR("@football.example.com"));
	}
	assert_str("b", dkim_signature_b(&r.result[0].signature), STR("/gCrinpcQOoI"));
	assert_int_equal(r.result[0].key_bits, 256);
	assert_int_equal(r.result[1].key_bits, 1024);
	test_verify(str_z(message), zone, &one, &a, &r);
	assert_int_equal(r.n, 1);
	assert_int_equal(r.found, 2);
	for (int i = 0; i < DKIM_SIGNATURES_MAX; i++)
		buf_str_add(&many, STR(ED_SIGNATURE));
	buf_str_add(&many, str_from(str_z(message), sizeof(ED_SIGNATURE) - 1));
	test_verify(buf_str(&many), zone, &o, &a, &r);
	assert_int_equal(r.n, DKIM_SIGNATURES_MAX);
	assert_int_equal(r.found, DKIM_SIGNATURES_MAX + 1);
	assert_int_equal(r.result[r.n - 1].result, AUTH_PASS);
	arena_fini(&a);
}

/* The example of RFC 6376 §A.2, with the white space that was signed: folds by six spaces, and one
 * space in the body where the RFC prints two. */
static void simple_example(void **state)
{
	static const char message[] =
		"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n"
		"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n"
		"      h=Received : From : To : Subject : Date : Message-ID;\r\n"
		"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
		"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"
		"      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"
		"      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"
		"      4bmp/YzhwvcubU4=;\r\n"
		"Received: from client1.football.example.com  [192.0.2.1]\r\n"
		"      by submitserver.example.com with SUBMISSION;\r\n"
		"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
		"From: Joe SixPack <joe@football.example.com>\r\n"
		"To: Suzie Q <suzie@shopping.example.net>\r\n"
		"Subject: Is dinner ready?\r\n"
		"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
		"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n\r\n"
		"Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n";
	/* RFC 6376, appendix C */
	static const char zone[] = "brisbane._domainkey.example.com TXT "
				   "\"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ\" "
				   "\"KBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt\" "
				   "\"IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v\" "
				   "\"/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi\" "
				   "\"tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB\"\n";
	const struct dkim_options o = {.now = DKIM_TEST_NOW};
	struct arena a;
	struct dkim_results r;

	arena_init(&a, 1 << 20);
	test_verify(str_z(message), zone, &o, &a, &r);
	assert_int_equal(r.n, 1);
	assert_str("why", r.result[0].why, STR("the signature is good"));
	arena_fini(&a);
}

static void overall(void **state)
{
	static const struct {
		enum auth_result of[3];
		enum auth_result want;
	} cases[] = {
		{{AUTH_PERMERROR, AUTH_FAIL, AUTH_PASS}, AUTH_PASS},
		{{AUTH_FAIL, AUTH_TEMPERROR, AUTH_PERMERROR}, AUTH_TEMPERROR},
		{{AUTH_PERMERROR, AUTH_POLICY, AUTH_FAIL}, AUTH_POLICY},
		{{AUTH_PERMERROR, AUTH_NONE, AUTH_FAIL}, AUTH_FAIL},
		{{AUTH_NONE, AUTH_NONE, AUTH_NONE}, AUTH_NONE},
	};
	struct dkim_result result[3] = {0};
	struct dkim_results r = {.result = result};

	assert_int_equal(dkim_overall(&r), AUTH_NONE);
	r.n = 3;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t k = 0; k < 3; k++)
			result[k].result = cases[i].of[k];
		assert_int_equal(dkim_overall(&r), cases[i].want);
	}
}

/* A full arena is said, or gives temperror; nothing else happens. */
static void no_memory(void **state)
{
	BUF_AUTO m = BUF_INIT(1 << 20);
	EVP_PKEY *key = test_ed25519();
	const struct dkim_options o = {.now = DKIM_TEST_NOW};
	struct arena a;

	arena_init(&a, 1 << 20);
	test_sign("DKIM-Signature", TAGS "b=", DKIM_SIGNATURE, STR(MESSAGE), key, &a, &m);
	buf_str_add(&m, STR(MESSAGE));
	arena_fini(&a);
	for (size_t cap = 0; cap < 16384; cap += 64) {
		struct arena dns_arena;
		struct dns_fake dns;
		struct dns_batch batch;
		struct dkim_results r;
		struct dkim *d;

		arena_init(&a, cap);
		arena_init(&dns_arena, 1 << 20);
		dns_fake_init(&dns, &dns_arena);
		dns_fake_zone(&dns, STR(GOOD));
		dns_batch_init(&batch, &dns_arena);
		if (err_is_ok(dkim_begin(buf_str(&m), &o, &a, &d))) {
			while (dkim_check(d, &batch, &r) == DNS_WAIT)
				assert_true(dns_fake_answer(&dns, &batch, 0));
			assert_true(r.result[0].result == AUTH_PASS || arena_failed(&a));
		}
		arena_fini(&a);
		arena_fini(&dns_arena);
	}
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures), cmocka_unit_test(changes),
		cmocka_unit_test(policy),     cmocka_unit_test(rsa_keys),
		cmocka_unit_test(example),    cmocka_unit_test(simple_example),
		cmocka_unit_test(overall),    cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
