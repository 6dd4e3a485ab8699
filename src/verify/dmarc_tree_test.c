#include "base/test.h"

#include "dns/fake.h"
#include "verify/dmarc_tree.h"

static void walk(const char *zone, const char *domain, struct arena *a, struct dmarc_walk *ret)
{
	struct dns_fake f;
	struct dns_batch b;

	dns_fake_init(&f, a);
	dns_fake_zone(&f, str_z(zone));
	dns_batch_init(&b, a);
	while (dmarc_walk(&b, str_z(domain), ret) == DNS_WAIT)
		assert_true(dns_fake_answer(&f, &b, 2));
	assert_true(f.asked <= DMARC_WALK_MAX);
}

#define RECORD(name, tags) "_dmarc." name " TXT \"v=DMARC1; p=none" tags "\"\n"

/* RFC 9989 §4.10.2, and §B.4 beyond it. */
static void organizational(void **state)
{
	static const struct {
		const char *name, *zone, *domain, *org, *publisher;
	} cases[] = {
		{"4.10.2: two records", RECORD("mail.example.com", "") RECORD("example.com", ""),
		 "a.mail.example.com", "example.com", "example.com"},
		{"4.10.2: psd=n", RECORD("mail.example.com", "; psd=n") RECORD("example.com", ""),
		 "a.mail.example.com", "mail.example.com", "mail.example.com"},
		{"4.10.2: psd=y at the top", RECORD("com", "; psd=y"), "a.mail.example.com",
		 "example.com", "com"},
		{"4.10.2 rule 2: psd=y", RECORD("example.com", "; psd=y"), "mail.example.com",
		 "mail.example.com", "example.com"},
		{"4.10.2 rule 2: psd=y where the walk starts", RECORD("example.com", "; psd=y"),
		 "example.com", "example.com", "example.com"},
		{"4.10.2 rule 2: the organization has a record too",
		 RECORD("example.com", "; psd=y") RECORD("b.example.com", ""), "a.b.example.com",
		 "b.example.com", "b.example.com"},
		{"4.10.2: none", "x.example A 192.0.2.1\n", "a.mail.example.com",
		 "a.mail.example.com", ""},
		{"5.1.8: a record that no walk meets",
		 RECORD("example.com", "") RECORD("b.c.d.e.f.g.example.com", "; psd=n"),
		 "mail.a.b.c.d.e.f.g.example.com", "example.com", "example.com"},
		{"B.4.1", RECORD("example.com", "") RECORD("signing.example.com", ""),
		 "signing.example.com", "example.com", "signing.example.com"},
		{"B.4.2", RECORD("example.com", ""), "a.b.c.d.e.f.g.h.i.j.k.example.com",
		 "example.com", "example.com"},
		{"B.4.3: author domain",
		 RECORD("bank.example", "; psd=y") RECORD("giant.bank.example", ""),
		 "giant.bank.example", "giant.bank.example", "giant.bank.example"},
		{"B.4.3: MAIL FROM",
		 RECORD("bank.example", "; psd=y") RECORD("giant.bank.example", ""),
		 "mail.giant.bank.example", "giant.bank.example", "giant.bank.example"},
		{"B.4.3: DKIM", RECORD("bank.example", "; psd=y") RECORD("giant.bank.example", ""),
		 "mail.mega.bank.example", "mega.bank.example", "bank.example"},
		{"psd=y seven labels up", RECORD("c.d.e.f.g.h.com", "; psd=y"),
		 "x.y.z.a.b.c.d.e.f.g.h.com", "b.c.d.e.f.g.h.com", "c.d.e.f.g.h.com"},
		{"one label", RECORD("com", ""), "com", "com", "com"},
		{"no label", RECORD("com", ""), "", "", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena a;
		struct dmarc_walk w;

		arena_init(&a, 1 << 20);
		walk(cases[i].zone, cases[i].domain, &a, &w);
		assert_str(cases[i].name, w.org, str_z(cases[i].org));
		assert_str(cases[i].name, w.publisher ? w.publisher->domain : STR(""),
			   str_z(cases[i].publisher));
		arena_fini(&a);
	}
}

/* RFC 9989 §4.10: eight names, whatever the length. */
static void names(void **state)
{
	static const struct {
		const char *domain, *names;
	} cases[] = {
		{"a.b.c.d.e.f.g.h.i.j.mail.example.com",
		 "a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com "
		 "h.i.j.mail.example.com i.j.mail.example.com j.mail.example.com mail.example.com "
		 "example.com com"},
		{"mail.a.b.c.d.e.f.g.example.com",
		 "mail.a.b.c.d.e.f.g.example.com c.d.e.f.g.example.com d.e.f.g.example.com "
		 "e.f.g.example.com f.g.example.com g.example.com example.com com"},
		{"1.2.3.4.5.6.7.8",
		 "1.2.3.4.5.6.7.8 2.3.4.5.6.7.8 3.4.5.6.7.8 4.5.6.7.8 5.6.7.8 6.7.8 7.8 8"},
		{"0.1.2.3.4.5.6.7.8",
		 "0.1.2.3.4.5.6.7.8 2.3.4.5.6.7.8 3.4.5.6.7.8 4.5.6.7.8 5.6.7.8 6.7.8 7.8 8"},
		{"2.3.4.5.6.7.8", "2.3.4.5.6.7.8 3.4.5.6.7.8 4.5.6.7.8 5.6.7.8 6.7.8 7.8 8"},
		{"a.mail.example.com", "a.mail.example.com mail.example.com example.com com"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(2000);
		struct arena a;
		struct dmarc_walk w;

		arena_init(&a, 1 << 20);
		walk("x.example A 192.0.2.1\n", cases[i].domain, &a, &w);
		for (size_t k = 0; k < w.n; k++)
			buf_strs(&b, k ? STR(" ") : STR(""), w.place[k].domain);
		assert_str("names", buf_str(&b), str_z(cases[i].names));
		arena_fini(&a);
	}
}

static void too_long(void **state)
{
	char domain[400];
	struct arena a;
	struct dmarc_walk w;

	for (size_t i = 0; i + 1 < sizeof(domain); i++)
		domain[i] = i % 2 ? '.' : 'a';
	domain[sizeof(domain) - 1] = 0;
	arena_init(&a, 1 << 20);
	walk("x.example A 192.0.2.1\n", domain, &a, &w);
	assert_null(w.publisher);
	assert_false(w.temporary);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(organizational),
		cmocka_unit_test(names),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
