#include "base/test.h"

#include "dns/fake.h"
#include "verify/dmarc.h"

/* What the identifiers of a case are written as: "spf=pass example.com; dkim=fail example.net". */
static size_t identifiers_read(struct str s, struct auth_identifier id[static 8])
{
	struct str one, method, result, domain;
	size_t n = 0;

	for (bool more = s.n > 0; more; n++) {
		more = str_cut(s, ';', &one, &s);
		assert_true(str_cut(str_trim(one), '=', &method, &one));
		assert_true(str_cut(one, ' ', &result, &domain));
		id[n] = (struct auth_identifier){.method = str_eq(method, STR("spf")) ? AUTH_SPF
										      : AUTH_DKIM,
						 .domain = domain};
		assert_true(auth_result_parse(result, &id[n].result));
	}
	return n;
}

struct world {
	struct arena arena;
	struct dns_fake fake;
	struct dns_batch batch;
	struct auth_identifier id[8];
	struct dmarc_result result;
};

static void world_init(struct world *w, const char *zone)
{
	arena_init(&w->arena, 1 << 20);
	dns_fake_init(&w->fake, &w->arena);
	dns_fake_zone(&w->fake, str_z(zone));
	dns_batch_init(&w->batch, &w->arena);
}

/* Answers come one at a time, in an order that seed picks; the step is called after each. */
static void verify(struct world *w, const char *from, const char *ids, uint64_t random,
		   uint64_t seed)
{
	struct dmarc_args a = {.from = str_z(from), .identifier = w->id, .random = random};

	a.n = identifiers_read(str_z(ids), w->id);
	while (dmarc_verify(&w->batch, &a, &w->result) == DNS_WAIT)
		assert_true(dns_fake_answer(&w->fake, &w->batch, seed));
}

struct want {
	const char *name;
	const char *zone; /* TXT records, one a line */
	const char *from, *ids;
	enum auth_result result;
	const char *policy_domain, *org;
	enum dmarc_policy published, applied;
	bool reject;
};

static void check(const struct want *c, uint64_t random)
{
	for (uint64_t seed = 0; seed < 3; seed++) {
		struct world w;

		world_init(&w, c->zone);
		verify(&w, c->from, c->ids, random, seed);
		const struct dmarc_result *r = &w.result;

		assert_str(c->name, auth_result_name(r->result), auth_result_name(c->result));
		assert_str(c->name, r->policy_domain, str_z(c->policy_domain));
		assert_str(c->name, r->org, str_z(c->org));
		assert_str(c->name, dmarc_policy_name(r->published),
			   dmarc_policy_name(c->published));
		assert_str(c->name, dmarc_policy_name(r->applied), dmarc_policy_name(c->applied));
		if (r->reject != c->reject || (r->result == AUTH_PASS) != (r->spf || r->dkim) ||
		    !r->why.n)
			fail_msg("%s: reject %d, %.*s", c->name, r->reject, STR_ARG(r->why));
		arena_fini(&w.arena);
	}
}

#define CHECK_ALL(cases)                                         \
	do {                                                     \
		for (size_t i_ = 0; i_ < ARRAY_LEN(cases); i_++) \
			check(&(cases)[i_], 0);                  \
	} while (0)

#define COM "_dmarc.example.com TXT \"v=DMARC1; p=reject\"\n"

/* RFC 9989 §B.1, §4.4 table 1. */
static void alignment_examples(void **state)
{
	static const struct want cases[] = {
		{"B.1.1 example 1: SPF in strict alignment", COM, "example.com",
		 "spf=pass example.com", AUTH_PASS, "example.com", "example.com", DMARC_REJECT,
		 DMARC_NONE, false},
		{"B.1.1 example 2: SPF in relaxed alignment", COM, "example.com",
		 "spf=pass child.example.com", AUTH_PASS, "example.com", "example.com",
		 DMARC_REJECT, DMARC_NONE, false},
		{"B.1.1 example 3: no SPF identifier alignment", COM, "child.example.com",
		 "spf=pass example.net", AUTH_FAIL, "example.com", "example.com", DMARC_REJECT,
		 DMARC_REJECT, true},
		{"B.1.2 example 1: DKIM in strict alignment", COM, "example.com",
		 "dkim=pass example.com", AUTH_PASS, "example.com", "example.com", DMARC_REJECT,
		 DMARC_NONE, false},
		{"B.1.2 example 2: DKIM in relaxed alignment", COM, "child.example.com",
		 "dkim=pass example.com", AUTH_PASS, "example.com", "example.com", DMARC_REJECT,
		 DMARC_NONE, false},
		{"B.1.2 example 3: no DKIM identifier alignment", COM, "child.example.com",
		 "dkim=pass example.net", AUTH_FAIL, "example.com", "example.com", DMARC_REJECT,
		 DMARC_REJECT, true},
		{"4.4 table 1: siblings", COM, "news.example.com", "dkim=pass foo.example.com",
		 AUTH_PASS, "example.com", "example.com", DMARC_REJECT, DMARC_NONE, false},
		{"4.4 table 1: another organization", COM, "news.example.com",
		 "dkim=pass foo.example.net", AUTH_FAIL, "example.com", "example.com", DMARC_REJECT,
		 DMARC_REJECT, true},
	};

	CHECK_ALL(cases);
}

#define TEST_COM                                                    \
	"_dmarc.test.example.com TXT \"v=DMARC1; p=quarantine; \" " \
	"\"rua=mailto:dmarc-feedback@example.com,\" "               \
	"\"mailto:tld-test@thirdparty.example.net; \" \"t=y\"\n"

/* RFC 9989 §B.2. */
static void owner_examples(void **state)
{
	static const struct want cases[] = {
		{"B.2.1: entire domain, monitoring mode",
		 "_dmarc.example.com TXT \"v=DMARC1; p=none; \" "
		 "\"rua=mailto:dmarc-feedback@example.com\"\n",
		 "example.com", "spf=fail example.com", AUTH_FAIL, "example.com", "example.com",
		 DMARC_NONE, DMARC_NONE, false},
		{"B.2.2: per-message failure reports",
		 "_dmarc.example.com TXT \"v=DMARC1; p=none; \" "
		 "\"rua=mailto:dmarc-feedback@example.com; \" "
		 "\"ruf=mailto:auth-reports@example.com\"\n",
		 "example.com", "dkim=pass example.com", AUTH_PASS, "example.com", "example.com",
		 DMARC_NONE, DMARC_NONE, false},
		{"B.2.5: subdomain, testing", TEST_COM, "test.example.com", "spf=none example.com",
		 AUTH_FAIL, "test.example.com", "test.example.com", DMARC_QUARANTINE, DMARC_NONE,
		 false},
		{"B.2.5: testing over",
		 "_dmarc.test.example.com TXT \"v=DMARC1; p=reject; \" "
		 "\"rua=mailto:dmarc-feedback@example.com,\" "
		 "\"mailto:tld-test@thirdparty.example.net\"\n",
		 "test.example.com", "spf=none example.com", AUTH_FAIL, "test.example.com",
		 "test.example.com", DMARC_REJECT, DMARC_REJECT, true},
	};

	CHECK_ALL(cases);
}

#define SIGNING COM "_dmarc.signing.example.com TXT \"v=DMARC1; p=none\"\n"
#define BANK                                                    \
	"_dmarc.bank.example TXT \"v=DMARC1; p=none; psd=y\"\n" \
	"_dmarc.giant.bank.example TXT \"v=DMARC1; p=reject\"\n"
#define DEEP "a.b.c.d.e.f.g.h.i.j.k.example.com"

/* RFC 9989 §B.4. */
static void walk_examples(void **state)
{
	static const struct want cases[] = {
		{"B.4.1: SPF aligns", SIGNING, "example.com",
		 "spf=pass example.com; dkim=fail signing.example.com", AUTH_PASS, "example.com",
		 "example.com", DMARC_REJECT, DMARC_NONE, false},
		{"B.4.1: DKIM aligns", SIGNING, "example.com",
		 "spf=fail example.com; dkim=pass signing.example.com", AUTH_PASS, "example.com",
		 "example.com", DMARC_REJECT, DMARC_NONE, false},
		{"B.4.1: neither passes", SIGNING, "example.com",
		 "spf=fail example.com; dkim=fail signing.example.com", AUTH_FAIL, "example.com",
		 "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"B.4.2: SPF aligns", SIGNING, DEEP, "spf=pass example.com", AUTH_PASS,
		 "example.com", "example.com", DMARC_REJECT, DMARC_NONE, false},
		{"B.4.2: DKIM aligns", SIGNING, DEEP, "dkim=pass signing.example.com", AUTH_PASS,
		 "example.com", "example.com", DMARC_REJECT, DMARC_NONE, false},
		{"B.4.2: neither passes", SIGNING, DEEP,
		 "spf=none example.com; dkim=fail signing.example.com", AUTH_FAIL, "example.com",
		 "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"B.4.3: SPF aligns", BANK, "giant.bank.example",
		 "spf=pass mail.giant.bank.example; dkim=pass mail.mega.bank.example", AUTH_PASS,
		 "giant.bank.example", "giant.bank.example", DMARC_REJECT, DMARC_NONE, false},
		{"B.4.3: DKIM of another bank", BANK, "giant.bank.example",
		 "spf=fail mail.giant.bank.example; dkim=pass mail.mega.bank.example", AUTH_FAIL,
		 "giant.bank.example", "giant.bank.example", DMARC_REJECT, DMARC_REJECT, true},
		{"B.4.3: a bank without record", BANK, "mega.bank.example",
		 "dkim=pass mail.mega.bank.example", AUTH_PASS, "bank.example", "mega.bank.example",
		 DMARC_NONE, DMARC_NONE, false},
	};

	CHECK_ALL(cases);
}

#define ORG(tags) "_dmarc.example.com TXT \"v=DMARC1; " tags "\"\nhere.example.com A 192.0.2.1\n"

/* RFC 9989 §4.10.1: whose policy, and which of p, sp, np. */
static void policies(void **state)
{
	static const struct want cases[] = {
		{"no record", "example.com A 192.0.2.1\n", "example.com", "spf=pass example.com",
		 AUTH_NONE, "", "example.com", DMARC_UNSET, DMARC_NONE, false},
		{"sp for a subdomain", ORG("p=reject; sp=none"), "here.example.com", "", AUTH_FAIL,
		 "example.com", "example.com", DMARC_NONE, DMARC_NONE, false},
		{"sp not for the domain itself", ORG("p=reject; sp=none"), "example.com", "",
		 AUTH_FAIL, "example.com", "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"p for a subdomain without sp", ORG("p=quarantine"), "here.example.com", "",
		 AUTH_FAIL, "example.com", "example.com", DMARC_QUARANTINE, DMARC_QUARANTINE, true},
		{"np for a name that is not", ORG("p=none; np=reject"), "not.example.com", "",
		 AUTH_FAIL, "example.com", "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"np not for a name that is", ORG("p=none; np=reject"), "here.example.com", "",
		 AUTH_FAIL, "example.com", "example.com", DMARC_NONE, DMARC_NONE, false},
		{"np before sp", ORG("p=none; sp=none; np=quarantine"), "not.example.com", "",
		 AUTH_FAIL, "example.com", "example.com", DMARC_QUARANTINE, DMARC_QUARANTINE, true},
		{"sp for a name that is not, without np", ORG("p=none; sp=reject"),
		 "not.example.com", "", AUTH_FAIL, "example.com", "example.com", DMARC_REJECT,
		 DMARC_REJECT, true},
		{"np of a public suffix",
		 "_dmarc.bank.example TXT \"v=DMARC1; p=none; np=reject; psd=y\"\n",
		 "fake.bank.example", "", AUTH_FAIL, "bank.example", "fake.bank.example",
		 DMARC_REJECT, DMARC_REJECT, true},
		{"the organization's before the suffix'",
		 "_dmarc.bank.example TXT \"v=DMARC1; p=reject; psd=y\"\n"
		 "_dmarc.a.bank.example TXT \"v=DMARC1; p=none\"\n",
		 "x.a.bank.example", "", AUTH_FAIL, "a.bank.example", "a.bank.example", DMARC_NONE,
		 DMARC_NONE, false},
		{"a record between is not looked at",
		 ORG("p=reject") "_dmarc.b.example.com TXT \"v=DMARC1; p=none\"\n",
		 "a.b.example.com", "", AUTH_FAIL, "example.com", "example.com", DMARC_REJECT,
		 DMARC_REJECT, true},
		{"psd=n between is the organization",
		 ORG("p=reject") "_dmarc.b.example.com TXT \"v=DMARC1; p=none; psd=n\"\n",
		 "a.b.example.com", "dkim=pass example.com", AUTH_FAIL, "b.example.com",
		 "b.example.com", DMARC_NONE, DMARC_NONE, false},
		{"strict DKIM", ORG("p=reject; adkim=s"), "example.com", "dkim=pass a.example.com",
		 AUTH_FAIL, "example.com", "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"strict DKIM, relaxed SPF", ORG("p=reject; adkim=s"), "example.com",
		 "dkim=pass a.example.com; spf=pass a.example.com", AUTH_PASS, "example.com",
		 "example.com", DMARC_REJECT, DMARC_NONE, false},
		{"strict SPF", ORG("p=reject; aspf=s"), "example.com", "spf=pass a.example.com",
		 AUTH_FAIL, "example.com", "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"strict and identical", ORG("p=reject; aspf=s"), "example.com",
		 "spf=pass example.com", AUTH_PASS, "example.com", "example.com", DMARC_REJECT,
		 DMARC_NONE, false},
		{"the end of a name is not its parent", ORG("p=reject"), "example.com",
		 "dkim=pass badexample.com", AUTH_FAIL, "example.com", "example.com", DMARC_REJECT,
		 DMARC_REJECT, true},
		{"a subdomain that is its own organization",
		 ORG("p=reject") "_dmarc.free.example.com TXT \"v=DMARC1; p=none; psd=n\"\n",
		 "example.com", "dkim=pass free.example.com", AUTH_FAIL, "example.com",
		 "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"two records are none", ORG("p=reject") ORG("p=none"), "example.com",
		 "spf=pass example.com", AUTH_NONE, "", "example.com", DMARC_UNSET, DMARC_NONE,
		 false},
		{"other texts beside one", ORG("p=reject") "_dmarc.example.com TXT \"hello\"\n",
		 "example.com", "", AUTH_FAIL, "example.com", "example.com", DMARC_REJECT,
		 DMARC_REJECT, true},
		{"two records below one",
		 ORG("p=reject") "_dmarc.a.example.com TXT \"v=DMARC1;p=none\"\n"
				 "_dmarc.a.example.com TXT \"v=DMARC1\"\n",
		 "a.example.com", "", AUTH_FAIL, "example.com", "example.com", DMARC_REJECT,
		 DMARC_REJECT, true},
		{"no policy in the record", ORG("p=rejct"), "example.com", "spf=pass example.com",
		 AUTH_PERMERROR, "example.com", "example.com", DMARC_UNSET, DMARC_NONE, false},
		{"no policy, but an address for reports", ORG("p=rejct; rua=mailto:a@example.com"),
		 "example.com", "spf=fail example.com", AUTH_FAIL, "example.com", "example.com",
		 DMARC_NONE, DMARC_NONE, false},
		{"sp cannot be read", ORG("p=reject; sp=x; rua=mailto:a@example.com"),
		 "example.com", "", AUTH_FAIL, "example.com", "example.com", DMARC_NONE, DMARC_NONE,
		 false},
		{"no domain in From", COM, "", "spf=pass example.com", AUTH_PERMERROR, "", "",
		 DMARC_UNSET, DMARC_NONE, false},
		{"a top-level domain", "_dmarc.com TXT \"v=DMARC1; p=reject; psd=y\"\n", "com", "",
		 AUTH_FAIL, "com", "com", DMARC_REJECT, DMARC_REJECT, true},
		{"reject under test", ORG("p=reject; t=y"), "example.com", "", AUTH_FAIL,
		 "example.com", "example.com", DMARC_REJECT, DMARC_QUARANTINE, false},
		{"no more than none under test", ORG("p=none; t=y"), "example.com", "", AUTH_FAIL,
		 "example.com", "example.com", DMARC_NONE, DMARC_NONE, false},
	};

	CHECK_ALL(cases);
}

/* RFC 9989 §5.3.6: what did not complete is neither pass nor fail. */
static void temporary(void **state)
{
	static const struct want cases[] = {
		{"the domain's record", "_dmarc.example.com TXT SERVFAIL\n", "example.com",
		 "spf=pass example.com", AUTH_TEMPERROR, "", "", DMARC_UNSET, DMARC_NONE, false},
		{"the organization's record", "_dmarc.example.com TXT TIMEOUT\n", "a.example.com",
		 "spf=pass a.example.com", AUTH_TEMPERROR, "", "", DMARC_UNSET, DMARC_NONE, false},
		{"bogus", "_dmarc.example.com TXT BOGUS\n", "example.com", "", AUTH_TEMPERROR, "",
		 "", DMARC_UNSET, DMARC_NONE, false},
		{"above the domain, identical", COM "_dmarc.com TXT SERVFAIL\n", "example.com",
		 "spf=pass example.com", AUTH_PASS, "example.com", "", DMARC_REJECT, DMARC_NONE,
		 false},
		{"above the domain, relaxed", COM "_dmarc.com TXT SERVFAIL\n", "example.com",
		 "spf=pass a.example.com", AUTH_TEMPERROR, "example.com", "", DMARC_REJECT,
		 DMARC_NONE, false},
		{"above the domain, nothing passes", COM "_dmarc.com TXT SERVFAIL\n", "example.com",
		 "spf=fail a.example.com", AUTH_FAIL, "example.com", "", DMARC_REJECT, DMARC_REJECT,
		 true},
		{"above psd=n: not looked at",
		 "_dmarc.example.com TXT \"v=DMARC1; p=reject; psd=n\"\n_dmarc.com TXT SERVFAIL\n",
		 "example.com", "spf=pass a.example.com", AUTH_PASS, "example.com", "example.com",
		 DMARC_REJECT, DMARC_NONE, false},
		{"below the organization, of an identifier",
		 COM "_dmarc.a.example.com TXT SERVFAIL\n", "example.com",
		 "dkim=pass a.example.com", AUTH_TEMPERROR, "example.com", "example.com",
		 DMARC_REJECT, DMARC_NONE, false},
		{"SPF's, aligned", COM, "example.com", "spf=temperror example.com", AUTH_TEMPERROR,
		 "example.com", "example.com", DMARC_REJECT, DMARC_NONE, false},
		{"SPF's, not aligned", COM, "example.com", "spf=temperror example.net", AUTH_FAIL,
		 "example.com", "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"SPF's, and DKIM passes", COM, "example.com",
		 "spf=temperror example.com; dkim=pass example.com", AUTH_PASS, "example.com",
		 "example.com", DMARC_REJECT, DMARC_NONE, false},
		{"DKIM's, aligned", COM, "example.com", "dkim=temperror a.example.com",
		 AUTH_TEMPERROR, "example.com", "example.com", DMARC_REJECT, DMARC_NONE, false},
		{"whether the domain exists", ORG("p=none; np=reject") "x.example.com A SERVFAIL\n",
		 "x.example.com", "", AUTH_TEMPERROR, "example.com", "example.com", DMARC_UNSET,
		 DMARC_NONE, false},
		{"whether the domain exists, and it passes",
		 ORG("p=none; np=reject") "x.example.com A SERVFAIL\n", "x.example.com",
		 "dkim=pass example.com", AUTH_PASS, "example.com", "example.com", DMARC_NONE,
		 DMARC_NONE, false},
	};

	CHECK_ALL(cases);
}

static void undecided(void **state)
{
	static const struct {
		const char *name, *zone, *ids;
		bool undecided;
	} cases[] = {
		{"record unknown", "_dmarc.example.com TXT SERVFAIL\n", "", true},
		{"may be refused", COM, "spf=temperror example.com", true},
		{"never refused", ORG("p=none"), "spf=temperror example.com", false},
		{"under test", ORG("p=reject; t=y"), "spf=temperror example.com", false},
		{"failed", COM, "", false},
		{"passed", COM, "spf=pass example.com", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;

		world_init(&w, cases[i].zone);
		verify(&w, "example.com", cases[i].ids, 0, 0);
		if (w.result.undecided != cases[i].undecided)
			fail_msg("%s", cases[i].name);
		arena_fini(&w.arena);
	}
}

/* RFC 7489 §6.6.4: pct=25 takes 25 of 100 numbers; a record with t has none. */
static void percent(void **state)
{
	static const struct want cases[] = {
		{"taken", ORG("p=reject; pct=25"), "example.com", "", AUTH_FAIL, "example.com",
		 "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"left out", ORG("p=reject; pct=25"), "example.com", "", AUTH_FAIL, "example.com",
		 "example.com", DMARC_REJECT, DMARC_QUARANTINE, false},
		{"left out of quarantine", ORG("p=quarantine; pct=25"), "example.com", "",
		 AUTH_FAIL, "example.com", "example.com", DMARC_QUARANTINE, DMARC_NONE, false},
		{"t=n instead", ORG("p=reject; pct=25; t=n"), "example.com", "", AUTH_FAIL,
		 "example.com", "example.com", DMARC_REJECT, DMARC_REJECT, true},
		{"none of them", ORG("p=reject; pct=0"), "example.com", "", AUTH_FAIL,
		 "example.com", "example.com", DMARC_REJECT, DMARC_QUARANTINE, false},
		{"all of them", ORG("p=reject; pct=100"), "example.com", "", AUTH_FAIL,
		 "example.com", "example.com", DMARC_REJECT, DMARC_REJECT, true},
	};

	check(&cases[0], 24);
	check(&cases[0], 100);
	check(&cases[1], 25);
	check(&cases[1], 125);
	check(&cases[2], 99);
	check(&cases[3], 99);
	check(&cases[4], 0);
	check(&cases[5], 99);
}

static void authentic(void **state)
{
	static const struct {
		const char *name, *zone, *from;
		bool authentic;
	} cases[] = {
		{"own record", COM "example.com SECURE\n", "example.com", true},
		{"own record, unsigned", COM, "example.com", false},
		{"above, all signed", COM "com SECURE\n", "a.example.com", true},
		{"above, not all signed", COM "example.com SECURE\n", "a.example.com", false},
		{"none, all signed", "com SECURE\n", "a.example.com", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;

		world_init(&w, cases[i].zone);
		verify(&w, cases[i].from, "", 0, 0);
		if (w.result.authentic != cases[i].authentic)
			fail_msg("%s", cases[i].name);
		arena_fini(&w.arena);
	}
}

/* Domains outside the organizational domain cost nothing, those below it a walk. */
static void questions(void **state)
{
	static const struct {
		const char *name, *from, *ids;
		size_t asked;
	} cases[] = {
		{"the domain alone", "example.com", "spf=pass example.com", 2},
		{"strangers", "example.com", "dkim=pass a.b.c.example.net; dkim=pass x.org", 2},
		{"what failed", "example.com", "dkim=fail a.b.c.example.com", 2},
		{"below", "example.com", "dkim=pass a.b.c.example.com", 5},
		{"eight labels", "a.b.c.d.e.f.example.com", "", 8},
		{"nine labels", "a.b.c.d.e.f.g.example.com", "", 8},
		{"twelve labels", "a.b.c.d.e.f.g.h.i.j.example.com", "", 8},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world w;

		world_init(&w, COM);
		verify(&w, cases[i].from, cases[i].ids, 0, 0);
		if (w.fake.asked != cases[i].asked)
			fail_msg("%s: %zu questions", cases[i].name, w.fake.asked);
		arena_fini(&w.arena);
	}
}

/* RFC 9989 §5.3.1. */
static void from(void **state)
{
	static const struct {
		const char *name, *header, *domain;
		size_t fields, addresses;
	} cases[] = {
		{"one", "Subject: x\r\nFrom: A <a@Example.COM>\r\n\r\nFrom: b@example.net\r\n",
		 "example.com", 1, 1},
		{"folded, with comments", "From:\r\n (x@example.net) a@example.com (y)\r\n",
		 "example.com", 1, 1},
		{"U-labels", "From: a@b\303\274cher.example\r\n", "xn--bcher-kva.example", 1, 1},
		{"A-labels", "From: a@xn--bcher-kva.example\r\n", "xn--bcher-kva.example", 1, 1},
		{"two of one domain", "From: a@example.com, b@EXAMPLE.com\r\n", "example.com", 1,
		 2},
		{"two domains", "From: a@example.com, b@example.net\r\n", "", 1, 2},
		{"a name with a comma", "From: Doe, Jane <j@example.com>\r\n", "example.com", 1, 1},
		{"in a group", "From: x: a@example.com;\r\n", "example.com", 1, 1},
		{"an empty group", "From: undisclosed:;\r\n", "", 1, 0},
		{"two fields", "From: a@example.com\r\nfrom: a@example.com\r\n", "", 2, 1},
		{"an address as the name", "From: a@example.net <b@example.com>\r\n", "example.com",
		 1, 1},
		{"an address as the name, in quotes", "From: \"a@example.net\" <b@example.com>\r\n",
		 "example.com", 1, 1},
		{"a literal", "From: a@[192.0.2.1]\r\n", "", 1, 1},
		{"a literal beside a domain", "From: a@[192.0.2.1], b@example.com\r\n", "", 1, 2},
		{"no domain", "From: root\r\n", "", 1, 0},
		{"<>", "From: <>\r\n", "", 1, 0},
		{"empty", "From:\r\n", "", 1, 0},
		{"no field", "Subject: x\r\n", "", 0, 0},
		{"nothing", "", "", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dmarc_from f;
		struct arena a;

		arena_init(&a, 1 << 20);
		dmarc_from(str_z(cases[i].header), &a, &f);
		assert_str(cases[i].name, f.domain, str_z(cases[i].domain));
		if (f.fields != cases[i].fields || f.addresses != cases[i].addresses ||
		    !f.why != (f.domain.n > 0))
			fail_msg("%s: %zu fields, %zu addresses", cases[i].name, f.fields,
				 f.addresses);
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alignment_examples),
		cmocka_unit_test(owner_examples),
		cmocka_unit_test(walk_examples),
		cmocka_unit_test(policies),
		cmocka_unit_test(temporary),
		cmocka_unit_test(undecided),
		cmocka_unit_test(percent),
		cmocka_unit_test(authentic),
		cmocka_unit_test(questions),
		cmocka_unit_test(from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
