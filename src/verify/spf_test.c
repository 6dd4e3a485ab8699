#include "base/test.h"

#include "dns/fake.h"
#include "verify/spf.h"

struct fixture {
	struct arena arena;
	struct dns_fake fake;
	struct buf explain;
	unsigned runs; /* of the last check, from the start */
	size_t questions;
};

static void setup(struct fixture *f, const char *zone)
{
	*f = (struct fixture){.explain = BUF_INIT(1 << 20)};
	arena_init(&f->arena, 8 << 20);
	dns_fake_init(&f->fake, &f->arena);
	dns_fake_zone(&f->fake, str_z(zone));
}

static void teardown(struct fixture *f)
{
	buf_fini(&f->explain);
	arena_fini(&f->arena);
}

static struct spf_args args_of(const char *ip, const char *from, const char *helo)
{
	struct spf_args a = {.helo = str_z(helo), .receiver = STR("mx.receiver.example"), .now = 1};
	struct str s = str_z(from);
	ssize_t at = str_rchr(s, '@');

	assert_true(ip_parse(str_z(ip), &a.ip));
	if (at >= 0) {
		a.local = str_sub(s, 0, (size_t)at);
		a.domain = str_from(s, (size_t)at + 1);
	}
	return a;
}

/* One answer a run, chosen by `pick`: as much beginning anew as there can be. */
static struct spf_result check_slowly(struct fixture *f, struct spf_args a, uint64_t pick)
{
	struct spf_result r;
	struct dns_batch b;

	dns_batch_init(&b, &f->arena);
	a.explain = &f->explain;
	for (f->runs = 1; spf_check(&a, &b, &f->arena, &r) == DNS_WAIT; f->runs++)
		assert_true(dns_fake_answer(&f->fake, &b, pick++));
	f->questions = b.n;
	return r;
}

static struct spf_result check(struct fixture *f, const char *ip, const char *from,
			       const char *helo)
{
	struct spf_args a = args_of(ip, from, helo);
	struct spf_result r;
	struct dns_batch b;

	dns_batch_init(&b, &f->arena);
	for (f->runs = 1; spf_check(&a, &b, &f->arena, &r) == DNS_WAIT; f->runs++)
		dns_batch_resolve(&b, &f->fake.resolver);
	f->questions = b.n;
	struct spf_result slow = check_slowly(f, a, 1);

	assert_int_equal(slow.result, r.result);
	assert_str("explanation", slow.explanation, r.explanation);
	return r;
}

static const char zone[] =
	"example.org TXT \"v=spf1 mx a:other.example.org/30 -all\"\n"
	"example.org MX 10 mail.example.org\n"
	"mail.example.org A 192.0.2.1\n"
	"mail.example.org AAAA 2001:db8::1\n"
	"other.example.org A 192.0.2.9\n"
	"helo.example.org TXT \"v=spf1 a -all\"\n"
	"helo.example.org A 192.0.2.5\n"
	"split.example TXT \"v=spf1 ip4:192.0.\" \"2.1 -all\"\n"
	"two.example TXT \"v=spf1 -all\"\n"
	"two.example TXT \"v=spf1 -all\"\n"
	"notspf.example TXT \"v=spf10 -all\"\n"
	"notspf.example TXT \"hello\"\n"
	"sick.example TXT SERVFAIL\n"
	"forged.example TXT BOGUS\n"
	"alias.example CNAME example.org\n"
	"bad.example TXT \"v=spf1 ip4:192.0.2.1 -all moo\"\n"
	"q.example TXT \"v=spf1 ?ip4:192.0.2.1 ~ip4:192.0.2.2 ip6:2001:db8::/32\"\n"
	"in.example TXT \"v=spf1 include:example.org ?include:helo.example.org ~all\"\n"
	"in-none.example TXT \"v=spf1 include:notspf.example +all\"\n"
	"in-sick.example TXT \"v=spf1 include:sick.example +all\"\n"
	"in-bad.example TXT \"v=spf1 include:bad.example +all\"\n"
	"in-name.example TXT \"v=spf1 include:a..b.example +all\"\n"
	"re.example TXT \"v=spf1 redirect=example.org\"\n"
	"re-all.example TXT \"v=spf1 redirect=example.org ?all\"\n"
	"re-none.example TXT \"v=spf1 redirect=notspf.example\"\n"
	"re-name.example TXT \"v=spf1 redirect=a..b.example\"\n"
	"re-sick.example TXT \"v=spf1 redirect=sick.example\"\n"
	"a-name.example TXT \"v=spf1 a:a..b.example -all\"\n"
	"a-sick.example TXT \"v=spf1 a:sick.example mx:sick.example ?all\"\n"
	"sick.example A SERVFAIL\n"
	"mx-sick.example TXT \"v=spf1 mx -all\"\n"
	"mx-sick.example MX 20 sick.example\n"
	"mx-sick.example MX 10 mail.example.org\n"
	"mx-null.example TXT \"v=spf1 mx -all\"\n"
	"mx-null.example MX 0 .\n"
	"mx-none.example TXT \"v=spf1 mx -all\"\n"
	"mx-none.example A 192.0.2.1\n"
	"exists.example TXT \"v=spf1 exists:%{ir}.%{l1r+-}._spf.%{d} -all\"\n"
	"1.2.0.192.some._spf.exists.example A 127.0.0.2\n"
	"ptr.example TXT \"v=spf1 ptr -all\"\n"
	"1.2.0.192.in-addr.arpa PTR liar.ptr.example\n"
	"1.2.0.192.in-addr.arpa PTR sick.ptr.example\n"
	"1.2.0.192.in-addr.arpa PTR Host.PTR.example\n"
	"sick.ptr.example A SERVFAIL\n"
	"host.ptr.example A 192.0.2.1\n"
	"badptr.example A 192.0.2.7\n"
	"7.2.0.192.in-addr.arpa PTR badptr.example\n"
	"8.2.0.192.in-addr.arpa PTR SERVFAIL\n"
	"up.host.ptr.example TXT \"v=spf1 ptr ?all\"\n"
	"xn--bcher-kva.example TXT \"v=spf1 exists:%{o}.ok.example -all\"\n"
	"xn--bcher-kva.example.ok.example A 127.0.0.2\n"
	"utf8.example TXT \"v=spf1 exists:%{l}.any.example include:%{s}.x -exists:%{h}.ok.example ?all\"\n"
	"case.EXAMPLE TXT \"v=spf1 exists:%{d}.case.example -all\"\n"
	"case.example.case.example A 127.0.0.2\n"
	"tld TXT \"v=spf1 +all\"\n"
	"example.org SECURE\n"
	"re.example SECURE\n";

static void results(void **state)
{
	static const struct {
		const char *name, *ip, *from, *helo;
		enum auth_result result;
		bool authentic;
		const char *mechanism;
	} cases[] = {
		{"mx", "192.0.2.1", "x@example.org", "h.x", AUTH_PASS, true, "mx"},
		{"mx, IPv6", "2001:db8::1", "x@example.org", "h.x", AUTH_PASS, true, "mx"},
		{"prefix", "192.0.2.10", "x@example.org", "h.x", AUTH_PASS, true,
		 "a:other.example.org/30"},
		{"all", "192.0.2.12", "x@example.org", "h.x", AUTH_FAIL, true, "-all"},
		{"mapped", "::ffff:192.0.2.1", "x@example.org", "h.x", AUTH_PASS, true, "mx"},
		{"case", "192.0.2.1", "x@EXAMPLE.ORG", "h.x", AUTH_PASS, true, "mx"},
		{"dot", "192.0.2.1", "x@example.org.", "h.x", AUTH_PASS, true, "mx"},
		{"null path", "192.0.2.5", "", "helo.example.org", AUTH_PASS, true, "a"},
		{"null path, other", "192.0.2.6", "", "helo.example.org", AUTH_FAIL, true, "-all"},
		{"null path, literal", "192.0.2.5", "", "[192.0.2.5]", AUTH_NONE, false, ""},
		{"null path, one label", "192.0.2.5", "", "tld", AUTH_NONE, false, ""},
		{"null path, no HELO", "192.0.2.5", "", "", AUTH_NONE, false, ""},
		{"null path, a dot", "192.0.2.5", "", ".", AUTH_NONE, false, ""},
		{"literal", "192.0.2.5", "x@[192.0.2.5]", "h.x", AUTH_NONE, false, ""},
		{"one label", "192.0.2.5", "x@tld", "h.x", AUTH_NONE, false, ""},
		{"empty label", "192.0.2.5", "x@a..example.org", "h.x", AUTH_NONE, false, ""},
		{"no such name", "192.0.2.5", "x@nope.example", "h.x", AUTH_NONE, false, ""},
		{"strings", "192.0.2.1", "x@split.example", "h.x", AUTH_PASS, false,
		 "ip4:192.0.2.1"},
		{"two records", "192.0.2.1", "x@two.example", "h.x", AUTH_PERMERROR, false, ""},
		{"no record", "192.0.2.1", "x@notspf.example", "h.x", AUTH_NONE, false, ""},
		{"failure", "192.0.2.1", "x@sick.example", "h.x", AUTH_TEMPERROR, false, ""},
		{"bogus", "192.0.2.1", "x@forged.example", "h.x", AUTH_TEMPERROR, false, ""},
		{"alias", "192.0.2.1", "x@alias.example", "h.x", AUTH_PASS, false, "mx"},
		{"syntax", "192.0.2.1", "x@bad.example", "h.x", AUTH_PERMERROR, false, ""},
		{"neutral", "192.0.2.1", "x@q.example", "h.x", AUTH_NEUTRAL, false,
		 "?ip4:192.0.2.1"},
		{"softfail", "192.0.2.2", "x@q.example", "h.x", AUTH_SOFTFAIL, false,
		 "~ip4:192.0.2.2"},
		{"ip6", "2001:db8:1::", "x@q.example", "h.x", AUTH_PASS, false,
		 "ip6:2001:db8::/32"},
		{"default", "2001:db9::", "x@q.example", "h.x", AUTH_NEUTRAL, false, "default"},
		{"include passes", "192.0.2.1", "x@in.example", "h.x", AUTH_PASS, false,
		 "include:example.org"},
		{"include, qualifier", "192.0.2.5", "x@in.example", "h.x", AUTH_NEUTRAL, false,
		 "?include:helo.example.org"},
		{"include fails", "192.0.2.6", "x@in.example", "h.x", AUTH_SOFTFAIL, false, "~all"},
		{"include none", "192.0.2.6", "x@in-none.example", "h.x", AUTH_PERMERROR, false,
		 "include:notspf.example"},
		{"include failure", "192.0.2.6", "x@in-sick.example", "h.x", AUTH_TEMPERROR, false,
		 "include:sick.example"},
		{"include syntax", "192.0.2.1", "x@in-bad.example", "h.x", AUTH_PERMERROR, false,
		 ""},
		{"include no name", "192.0.2.1", "x@in-name.example", "h.x", AUTH_PERMERROR, false,
		 "include:a..b.example"},
		{"redirect", "192.0.2.1", "x@re.example", "h.x", AUTH_PASS, true, "mx"},
		{"redirect and all", "192.0.2.1", "x@re-all.example", "h.x", AUTH_NEUTRAL, false,
		 "?all"},
		{"redirect none", "192.0.2.1", "x@re-none.example", "h.x", AUTH_PERMERROR, false,
		 "redirect=notspf.example"},
		{"redirect no name", "192.0.2.1", "x@re-name.example", "h.x", AUTH_PERMERROR, false,
		 "redirect=a..b.example"},
		{"redirect failure", "192.0.2.1", "x@re-sick.example", "h.x", AUTH_TEMPERROR, false,
		 ""},
		{"a no name", "192.0.2.1", "x@a-name.example", "h.x", AUTH_FAIL, false, "-all"},
		{"a failure", "192.0.2.1", "x@a-sick.example", "h.x", AUTH_TEMPERROR, false,
		 "a:sick.example"},
		{"mx, match first", "192.0.2.1", "x@mx-sick.example", "h.x", AUTH_PASS, false,
		 "mx"},
		{"mx failure", "192.0.2.2", "x@mx-sick.example", "h.x", AUTH_TEMPERROR, false,
		 "mx"},
		{"null MX", "192.0.2.2", "x@mx-null.example", "h.x", AUTH_FAIL, false, "-all"},
		{"no implicit MX", "192.0.2.1", "x@mx-none.example", "h.x", AUTH_FAIL, false,
		 "-all"},
		{"exists", "192.0.2.1", "some-user@exists.example", "h.x", AUTH_PASS, false, NULL},
		{"exists not", "192.0.2.1", "other-user@exists.example", "h.x", AUTH_FAIL, false,
		 "-all"},
		{"ptr", "192.0.2.1", "x@ptr.example", "h.x", AUTH_PASS, false, "ptr"},
		{"ptr elsewhere", "192.0.2.7", "x@ptr.example", "h.x", AUTH_FAIL, false, "-all"},
		{"ptr failure", "192.0.2.8", "x@ptr.example", "h.x", AUTH_FAIL, false, "-all"},
		{"ptr none", "192.0.2.9", "x@ptr.example", "h.x", AUTH_FAIL, false, "-all"},
		{"ptr above", "192.0.2.1", "x@up.host.ptr.example", "h.x", AUTH_NEUTRAL, false,
		 "?all"},
		{"U-label", "192.0.2.1",
		 "x@b\xc3\xbc"
		 "cher.example",
		 "h.x", AUTH_PASS, false, NULL},
		{"not UTF-8", "192.0.2.1",
		 "x@b\xfc"
		 "cher.example",
		 "h.x", AUTH_NONE, false, ""},
		{"local part", "192.0.2.1", "\xc3\xa4@utf8.example", "h.x", AUTH_NEUTRAL, false,
		 "?all"},
		{"U-label in HELO", "192.0.2.1", "\xc3\xa4@utf8.example",
		 "b\xc3\xbc"
		 "cher.example",
		 AUTH_FAIL, false, NULL},
		{"case of %{d}", "192.0.2.1", "x@CASE.example", "h.x", AUTH_PASS, false, NULL},
	};
	struct fixture f;

	setup(&f, zone);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct spf_result r = check(&f, cases[i].ip, cases[i].from, cases[i].helo);

		if (r.result != cases[i].result || r.authentic != cases[i].authentic)
			fail_msg("%s: %.*s, authentic %d: %.*s", cases[i].name,
				 STR_ARG(auth_result_name(r.result)), r.authentic,
				 STR_ARG(r.problem));
		if (cases[i].mechanism)
			assert_str(cases[i].name, r.mechanism, str_z(cases[i].mechanism));
		bool failed = r.result == AUTH_NONE || r.result == AUTH_TEMPERROR ||
			      r.result == AUTH_PERMERROR;

		if (failed != (r.problem.n > 0))
			fail_msg("%s: problem \"%.*s\"", cases[i].name, STR_ARG(r.problem));
	}
	teardown(&f);
}

/* RFC 7208 §A.1 to §A.4: its zone; each record is published at example.com. */
static void examples(void **state)
{
	static const char common[] =
		"example.com MX 10 mail-a.example.com\n"
		"example.com MX 20 mail-b.example.com\n"
		"example.com A 192.0.2.10\n"
		"example.com A 192.0.2.11\n"
		"amy.example.com A 192.0.2.65\n"
		"bob.example.com A 192.0.2.66\n"
		"mail-a.example.com A 192.0.2.129\n"
		"mail-b.example.com A 192.0.2.130\n"
		"www.example.com CNAME example.com\n"
		"example.org MX 10 mail-c.example.org\n"
		"mail-c.example.org A 192.0.2.140\n"
		"10.2.0.192.in-addr.arpa PTR example.com\n"
		"11.2.0.192.in-addr.arpa PTR example.com\n"
		"65.2.0.192.in-addr.arpa PTR amy.example.com\n"
		"66.2.0.192.in-addr.arpa PTR bob.example.com\n"
		"129.2.0.192.in-addr.arpa PTR mail-a.example.com\n"
		"130.2.0.192.in-addr.arpa PTR mail-b.example.com\n"
		"140.2.0.192.in-addr.arpa PTR mail-c.example.org\n"
		"4.0.0.10.in-addr.arpa PTR bob.example.com\n"
		"mary.mobile-users._spf.example.com A 127.0.0.2\n"
		"fred.mobile-users._spf.example.com A 127.0.0.2\n"
		"15.15.168.192.joel.remote-users._spf.example.com A 127.0.0.2\n"
		"mobile-users._spf.example.com TXT \"v=spf1 exists:%{l1r+}.%{d}\"\n"
		"remote-users._spf.example.com TXT \"v=spf1 exists:%{ir}.%{l1r+}.%{d}\"\n"
		"ip4._spf.example.com TXT \"v=spf1 -ip4:192.0.2.0/24 +all\"\n"
		"ptr._spf.example.com TXT \"v=spf1 -ptr:example.com +all\"\n"
		"la.example.org TXT \"v=spf1 redirect=example.org\"\n"
		"example.org TXT \"v=spf1 include:example.com -all\"\n";
	static const struct {
		const char *record, *ip, *from;
		enum auth_result result;
	} cases[] = {
		{"+all", "198.51.100.1", "x@example.com", AUTH_PASS},
		{"a -all", "192.0.2.10", "x@example.com", AUTH_PASS},
		{"a -all", "192.0.2.11", "x@example.com", AUTH_PASS},
		{"a -all", "192.0.2.12", "x@example.com", AUTH_FAIL},
		{"a:example.org -all", "192.0.2.10", "x@example.com", AUTH_FAIL},
		{"a:www.example.com -all", "192.0.2.10", "x@example.com", AUTH_PASS},
		{"mx -all", "192.0.2.130", "x@example.com", AUTH_PASS},
		{"mx -all", "192.0.2.140", "x@example.com", AUTH_FAIL},
		{"mx:example.org -all", "192.0.2.140", "x@example.com", AUTH_PASS},
		{"mx mx:example.org -all", "192.0.2.129", "x@example.com", AUTH_PASS},
		{"mx/30 mx:example.org/30 -all", "192.0.2.131", "x@example.com", AUTH_PASS},
		{"mx/30 mx:example.org/30 -all", "192.0.2.143", "x@example.com", AUTH_PASS},
		{"mx/30 mx:example.org/30 -all", "192.0.2.132", "x@example.com", AUTH_FAIL},
		{"ptr -all", "192.0.2.65", "x@example.com", AUTH_PASS},
		{"ptr -all", "192.0.2.140", "x@example.com", AUTH_FAIL},
		{"ptr -all", "10.0.0.4", "x@example.com", AUTH_FAIL},
		{"ip4:192.0.2.128/28 -all", "192.0.2.65", "x@example.com", AUTH_FAIL},
		{"ip4:192.0.2.128/28 -all", "192.0.2.129", "x@example.com", AUTH_PASS},
		{"mx -all", "192.0.2.129", "x@example.org", AUTH_PASS},
		{"mx -all", "192.0.2.140", "x@example.org", AUTH_FAIL},
		{"mx -all", "192.0.2.129", "x@la.example.org", AUTH_PASS},
		{"mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all",
		 "198.51.100.1", "mary+list@example.com", AUTH_PASS},
		{"mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all",
		 "192.168.15.15", "joel@example.com", AUTH_PASS},
		{"mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all",
		 "192.168.15.16", "joel@example.com", AUTH_FAIL},
		{"-include:ip4._spf.%{d} -include:ptr._spf.%{d} +all", "192.0.2.65",
		 "x@example.com", AUTH_PASS},
		{"-include:ip4._spf.%{d} -include:ptr._spf.%{d} +all", "192.0.2.140",
		 "x@example.com", AUTH_FAIL},
		{"-include:ip4._spf.%{d} -include:ptr._spf.%{d} +all", "198.51.100.1",
		 "x@example.com", AUTH_FAIL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO text = BUF_INIT(4000);
		struct fixture f;

		setup(&f, common);
		buf_printf(&text, "example.com TXT \"v=spf1 %s\"", cases[i].record);
		dns_fake_zone(&f.fake, buf_str(&text));
		struct spf_result r = check(&f, cases[i].ip, cases[i].from, "h.x");

		if (r.result != cases[i].result)
			fail_msg("%s, %s: %.*s", cases[i].record, cases[i].ip,
				 STR_ARG(auth_result_name(r.result)));
		teardown(&f);
	}
}

/* RFC 7208 §6.2, §7.2. */
static void explanations(void **state)
{
	static const char explained[] =
		"simple.example TXT \"v=spf1 -all exp=exp.%{d}\"\n"
		"exp.simple.example TXT \"%{i} is \" \"not one of %{d}'s: %{l} %{o} %{h} %{c} %{r} %{t} %{p}\"\n"
		"7.2.0.192.in-addr.arpa PTR host.simple.example\n"
		"host.simple.example A 192.0.2.7\n"
		"url.example TXT \"v=spf1 exp=exp.%{d} -all\"\n"
		"exp.url.example TXT \"See http://%{d}/why.html?s=%{S}&i=%{I}\"\n"
		"none.example TXT \"v=spf1 -all exp=nope.example\"\n"
		"sick.example TXT \"v=spf1 -all exp=exp.sick.example\"\n"
		"exp.sick.example TXT SERVFAIL\n"
		"two.example TXT \"v=spf1 -all exp=exp.two.example\"\n"
		"exp.two.example TXT \"one\"\n"
		"exp.two.example TXT \"two\"\n"
		"bad.example TXT \"v=spf1 -all exp=exp.bad.example\"\n"
		"exp.bad.example TXT \"100%\"\n"
		"eight.example TXT \"v=spf1 -all exp=exp.eight.example\"\n"
		"exp.eight.example TXT \"caf\\195\\169\"\n"
		"soft.example TXT \"v=spf1 ~all exp=exp.simple.example\"\n"
		"name.example TXT \"v=spf1 -all exp=a..b.example\"\n"
		"local.example TXT \"v=spf1 -all exp=exp.local.example\"\n"
		"exp.local.example TXT \"<%{l}> <%{L}>\"\n"
		"localname.example TXT \"v=spf1 -all exp=%{l}.local.example\"\n"
		"in.example TXT \"v=spf1 -include:passes.example -all exp=exp.in.example\"\n"
		"passes.example TXT \"v=spf1 +ip4:192.0.2.7 exp=exp.simple.example\"\n"
		"exp.in.example TXT \"of the including\"\n"
		"notin.example TXT \"v=spf1 include:simple.example -all\"\n"
		"re.example TXT \"v=spf1 redirect=simple2.example exp=exp.in.example\"\n"
		"simple2.example TXT \"v=spf1 -all exp=exp2.example\"\n"
		"exp2.example TXT \"of the redirected\"\n"
		"renone.example TXT \"v=spf1 redirect=noexp.example exp=exp.in.example\"\n"
		"noexp.example TXT \"v=spf1 -all\"\n"
		"voids.example TXT \"v=spf1 a:no1.example a:no2.example -all exp=no3.example\"\n"
		"empty.example TXT \"v=spf1 -all exp=exp.empty.example\"\n"
		"exp.empty.example TXT \"\"\n";
	static const struct {
		const char *from, *want;
	} cases[] = {
		{"a-b@simple.example",
		 "192.0.2.7 is not one of simple.example's: a-b simple.example h.x 192.0.2.7 "
		 "mx.receiver.example 1 host.simple.example"},
		{"a@url.example", "See http://url.example/why.html?s=a%40url.example&i=192.0.2.7"},
		{"a@none.example", ""},
		{"a@sick.example", ""},
		{"a@two.example", ""},
		{"a@bad.example", ""},
		{"a@eight.example", ""},
		{"a@soft.example", ""},
		{"a@name.example", ""},
		{"\xc3\xa4\n@local.example", "<> <%C3%A4%0A>"},
		{"\xc3\xa4@localname.example", ""},
		{"a@in.example", "of the including"},
		{"a@notin.example", ""},
		{"a@re.example", "of the redirected"},
		{"a@renone.example", ""},
		{"a@voids.example", ""},
		{"a@empty.example", ""},
	};
	struct fixture f;

	setup(&f, explained);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct spf_result r = check(&f, "192.0.2.7", cases[i].from, "h.x");

		assert_str(cases[i].from, r.explanation, str_z(cases[i].want));
		if (r.result != (str_eq(r.domain, STR("soft.example")) ? AUTH_SOFTFAIL : AUTH_FAIL))
			fail_msg("%s: %.*s", cases[i].from, STR_ARG(auth_result_name(r.result)));
	}
	teardown(&f);
}

static void explanation_limit(void **state)
{
	for (size_t over = 0; over < 2; over++) {
		BUF_AUTO text = BUF_INIT(4000);
		struct fixture f;

		buf_str_add(&text,
			    STR("a.example TXT \"v=spf1 -all exp=b.example\"\nb.example TXT \""));
		buf_char_n(&text, 'x', SPF_EXPLANATION_MAX + over);
		buf_str_add(&text, STR("\"\n"));
		buf_char(&text, 0);
		setup(&f, text.p);
		assert_int_equal(check(&f, "192.0.2.1", "x@a.example", "h.x").explanation.n,
				 SPF_EXPLANATION_MAX);
		teardown(&f);
	}
}

/* A zone of one record with n times the term, all of whose names exist, and the result. */
static enum auth_result result_of_terms(const char *term, unsigned n, const char *more)
{
	BUF_AUTO text = BUF_INIT(64 << 10);
	struct fixture f;

	buf_str_add(&text, STR("a.example TXT \"v=spf1"));
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, " %s", term);
	buf_printf(&text,
		   " ip4:192.0.2.1 -all\"\na.example A 192.0.2.2\na.example MX 1 a.example\n%s",
		   more);
	buf_char(&text, 0);
	setup(&f, text.p);
	enum auth_result r = check(&f, "192.0.2.1", "x@a.example", "h.x").result;

	teardown(&f);
	return r;
}

/* RFC 7208 §4.6.4. */
static void limits(void **state)
{
	static const struct {
		const char *name, *term, *more;
		unsigned at; /* so many pass, one more is a permanent error */
	} cases[] = {
		{"a", "a", "", SPF_LOOKUPS_MAX},
		{"mx", "mx", "", SPF_LOOKUPS_MAX},
		{"ptr", "ptr", "1.2.0.192.in-addr.arpa PTR x.y\nx.y A 192.0.2.1\n",
		 SPF_LOOKUPS_MAX},
		{"exists", "?exists:%{d}.not", "a.example.not TXT \"\"\n", SPF_VOIDS_MAX},
		{"include", "include:b.example", "b.example TXT \"v=spf1\"\n", SPF_LOOKUPS_MAX},
		{"include that asks", "include:b.example", "b.example TXT \"v=spf1 a:a.example\"\n",
		 SPF_LOOKUPS_MAX / 2},
		{"no such name", "a:no.example", "", SPF_VOIDS_MAX},
		{"no such host", "mx:m.example", "m.example MX 1 no.example\n", SPF_VOIDS_MAX},
		{"ptr without names", "ptr", "", SPF_VOIDS_MAX},
		{"names of a ptr may be void", "ptr:x.y",
		 "1.2.0.192.in-addr.arpa PTR x.y\n1.2.0.192.in-addr.arpa PTR z.x.y\n",
		 SPF_LOOKUPS_MAX},
		{"impossible names are not asked for", "a:a..b.example", "", SPF_LOOKUPS_MAX},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum auth_result at = result_of_terms(cases[i].term, cases[i].at, cases[i].more);

		if (at != AUTH_PASS)
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(auth_result_name(at)));
		if (result_of_terms(cases[i].term, cases[i].at + 1, cases[i].more) !=
		    AUTH_PERMERROR)
			fail_msg("%s: one more", cases[i].name);
	}
}

/* A zone in which `format`, with each number up to n, is a line; and its check. */
static struct spf_result check_with(const char *zone_text, const char *format, unsigned n,
				    const char *ip)
{
	BUF_AUTO text = BUF_INIT(64 << 10);
	struct fixture f;

	buf_str_add(&text, str_z(zone_text));
	for (unsigned i = 1; i <= n; i++) {
		struct str rest = str_z(format), part;

		for (bool more = true; more;) {
			more = str_cut(rest, '#', &part, &rest);
			buf_str_add(&text, part);
			if (more)
				buf_u64(&text, i);
		}
	}
	buf_char(&text, 0);
	setup(&f, text.p);
	struct spf_result r = check(&f, ip, "x@a.example", "h.x");

	r.problem = r.explanation = STR("");
	teardown(&f);
	return r;
}

/* RFC 7208 §4.6.4: hosts of an MX: an error past ten; names of a PTR: ignored past ten. */
static void many_hosts(void **state)
{
	static const char mx[] = "a.example TXT \"v=spf1 mx -all\"\n";
	static const char mx_line[] = "a.example MX # m#.example\nm#.example A 192.0.2.#\n";
	static const char ptr[] = "a.example TXT \"v=spf1 ptr -all\"\n";
	static const char ptr_line[] =
		"9.2.0.192.in-addr.arpa PTR p#.a.example\np#.a.example A 192.0.2.1#\n"
		"p10.a.example A 192.0.2.9\n";
	static const char ptr_line11[] =
		"9.2.0.192.in-addr.arpa PTR p#.a.example\np#.a.example A 192.0.2.1#\n"
		"p11.a.example A 192.0.2.9\n";

	assert_int_equal(check_with(mx, mx_line, SPF_HOSTS_MAX, "192.0.2.10").result, AUTH_PASS);
	assert_int_equal(check_with(mx, mx_line, SPF_HOSTS_MAX, "192.0.2.11").result, AUTH_FAIL);
	assert_int_equal(check_with(mx, mx_line, SPF_HOSTS_MAX + 1, "192.0.2.1").result,
			 AUTH_PERMERROR);
	assert_int_equal(check_with(ptr, ptr_line, SPF_HOSTS_MAX, "192.0.2.9").result, AUTH_PASS);
	assert_int_equal(check_with(ptr, ptr_line11, SPF_HOSTS_MAX + 1, "192.0.2.9").result,
			 AUTH_FAIL);
}

/* Depth is bounded by the number of terms that ask: b.1.example leads to b.2.example and so on. */
static void chains(void **state)
{
	static const char *const terms[] = {"include:", "redirect="};

	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		for (unsigned over = 0; over < 2; over++) {
			BUF_AUTO text = BUF_INIT(64 << 10);
			unsigned n = SPF_LOOKUPS_MAX + over;

			buf_printf(&text, "a.example TXT \"v=spf1 %s1.example\"\n", terms[i]);
			for (unsigned k = 1; k < n; k++)
				buf_printf(&text, "%u.example TXT \"v=spf1 %s%u.example\"\n", k,
					   terms[i], k + 1);
			buf_printf(&text, "%u.example TXT \"v=spf1 all\"\n", n);
			buf_char(&text, 0);
			assert_int_equal(check_with(text.p, "", 0, "192.0.2.1").result,
					 over ? AUTH_PERMERROR : AUTH_PASS);
		}
	}
}

static void macros_limit(void **state)
{
	for (unsigned over = 0; over < 2; over++) {
		BUF_AUTO text = BUF_INIT(64 << 10);

		buf_str_add(&text, STR("a.example TXT \"v=spf1 a:"));
		for (unsigned i = 0; i < SPF_MACROS_MAX + over; i++)
			buf_str_add(&text, STR("%%"));
		buf_str_add(&text, STR(" all\"\n"));
		buf_char(&text, 0);
		assert_int_equal(check_with(text.p, "", 0, "192.0.2.1").result,
				 over ? AUTH_PERMERROR : AUTH_PASS);
	}
}

/* As many questions as there can be: each run goes on for one term more at least, and there are
 * few of them even if every answer comes by itself. */
static void cost(void **state)
{
	BUF_AUTO text = BUF_INIT(64 << 10);
	struct fixture f;

	buf_str_add(&text, STR("a.example TXT \"v=spf1"));
	for (unsigned i = 0; i < SPF_LOOKUPS_MAX; i++)
		buf_printf(&text, " mx:%u.example", i);
	buf_str_add(&text, STR(" -all\"\n"));
	for (unsigned i = 0; i < SPF_LOOKUPS_MAX; i++)
		for (unsigned k = 0; k < SPF_HOSTS_MAX; k++)
			buf_printf(&text,
				   "%u.example MX 1 h%u.%u.example\nh%u.%u.example A 192.0.2.2\n",
				   i, k, i, k, i);
	buf_char(&text, 0);
	setup(&f, text.p);
	struct spf_args a = args_of("192.0.2.1", "x@a.example", "h.x");
	struct dns_batch b;
	struct spf_result r;
	unsigned runs = 1;

	dns_batch_init(&b, &f.arena);
	for (; spf_check(&a, &b, &f.arena, &r) == DNS_WAIT; runs++)
		dns_batch_resolve(&b, &f.fake.resolver);
	assert_int_equal(r.result, AUTH_FAIL);
	assert_int_equal(r.lookups, SPF_LOOKUPS_MAX);
	assert_int_equal(b.n, 1 + SPF_LOOKUPS_MAX * (1 + SPF_HOSTS_MAX));
	assert_int_equal(runs, 2 + 2 * SPF_LOOKUPS_MAX);
	for (uint64_t pick = 0; pick < 3; pick++)
		assert_int_equal(check_slowly(&f, a, pick).result, AUTH_FAIL);
	assert_true(f.runs <= f.questions + 1);
	teardown(&f);
}

/* What is said of the result, and step by step. */
static void details(void **state)
{
	struct fixture f;

	setup(&f, zone);
	struct spf_result r = check(&f, "192.0.2.6", "x@in-none.example", "h.x");

	assert_str("problem", r.problem, STR("notspf.example has no SPF record"));
	assert_str("record", r.record, STR("v=spf1 include:notspf.example +all"));
	assert_str("where", r.record_domain, STR("in-none.example"));
	r = check(&f, "192.0.2.1", "x@re.example", "h.x");
	assert_str("record", r.record, STR("v=spf1 mx a:other.example.org/30 -all"));
	assert_str("where", r.record_domain, STR("example.org"));
	assert_str("domain", r.domain, STR("re.example"));
	assert_str("local", r.local, STR("x"));
	assert_str("steps", buf_str(&f.explain),
		   STR("re.example: v=spf1 redirect=example.org (dnssec)\n"
		       "redirect=example.org\n"
		       "example.org: v=spf1 mx a:other.example.org/30 -all (dnssec)\n"
		       "  MX of example.org: mail.example.org (dnssec)\n"
		       "  A of mail.example.org: 192.0.2.1 (dnssec)\n"
		       "mx: pass\n"));
	r = check(&f, "192.0.2.6", "x@in-bad.example", "h.x");
	assert_str("problem", r.problem, STR("bad.example: moo: expected a mechanism at byte 26"));
	assert_str("where", r.record_domain, STR("bad.example"));
	r = check(&f, "192.0.2.6", "", "Helo.Example.ORG");
	assert_int_equal(r.identity, SPF_HELO);
	assert_str("domain", r.domain, STR("helo.example.org"));
	assert_str("local", r.local, STR("postmaster"));
	r = check(&f, "192.0.2.6", "", "ev\x1bil\xff");
	assert_str("problem", r.problem, STR("not a domain name of several labels: ev?il?"));
	teardown(&f);
}

/* RFC 7208 §4.4, §5: what comes too late is a temporary error. */
static void deadline(void **state)
{
	struct fixture f;
	struct spf_args a = args_of("192.0.2.1", "x@example.org", "h.x");
	struct spf_result r;
	struct dns_batch b;

	setup(&f, zone);
	dns_batch_init(&b, &f.arena);
	assert_int_equal(spf_check(&a, &b, &f.arena, &r), DNS_WAIT);
	dns_batch_resolve(&b, &f.fake.resolver);
	assert_int_equal(spf_check(&a, &b, &f.arena, &r), DNS_WAIT);
	dns_batch_fail(&b, STR("deadline"));
	assert_int_equal(spf_check(&a, &b, &f.arena, &r), DNS_DONE);
	assert_int_equal(r.result, AUTH_TEMPERROR);
	assert_str("problem", r.problem, STR("MX of example.org: deadline"));
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),      cmocka_unit_test(examples),
		cmocka_unit_test(explanations), cmocka_unit_test(explanation_limit),
		cmocka_unit_test(limits),       cmocka_unit_test(many_hosts),
		cmocka_unit_test(chains),       cmocka_unit_test(macros_limit),
		cmocka_unit_test(cost),         cmocka_unit_test(details),
		cmocka_unit_test(deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
