#include "base/test.h"

#include "verify/authres.h"

/* What was read, on one line: "id version: method/version=result(comment)[reason]
 * type.name=value;".
 */
static void buf_read(struct buf *b, const struct authres *r)
{
	buf_printf(b, "%.*s %u:", STR_ARG(r->id), r->version);
	for (size_t i = 0; i < r->n; i++) {
		const struct authres_method *m = &r->method[i];

		buf_printf(b, " %.*s/%u=%.*s", STR_ARG(m->name), m->version, STR_ARG(m->result));
		if (m->comment.n)
			buf_printf(b, "(%.*s)", STR_ARG(m->comment));
		if (m->reason.n)
			buf_printf(b, "[%.*s]", STR_ARG(m->reason));
		for (size_t k = 0; k < m->n; k++)
			buf_printf(b, " %.*s.%.*s=%.*s", STR_ARG(m->property[k].type),
				   STR_ARG(m->property[k].name), STR_ARG(m->property[k].value));
		buf_char(b, ';');
	}
}

static void parse(void **state)
{
	static const struct {
		const char *name, *value, *want; /* NULL: refused */
	} cases[] = {
		{"B.2", " example.org 1; none", "example.org 1:"},
		{"B.3", " example.com;\r\n spf=pass smtp.mailfrom=example.net",
		 "example.com 1: spf/1=pass smtp.mailfrom=example.net;"},
		{"B.4, first",
		 " example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n "
		 "spf=pass smtp.mailfrom=example.net",
		 "example.com 1: auth/1=pass(cram-md5) smtp.auth=sender@example.net; spf/1=pass "
		 "smtp.mailfrom=example.net;"},
		{"B.4, second", " example.com; iprev=pass\r\n policy.iprev=192.0.2.200",
		 "example.com 1: iprev/1=pass policy.iprev=192.0.2.200;"},
		{"B.5", " example.com;\r\n dkim=pass (good signature) header.d=example.com",
		 "example.com 1: dkim/1=pass(good signature) header.d=example.com;"},
		{"B.6",
		 " example.com;\r\n dkim=pass reason=\"good signature\"\r\n "
		 "header.i=@mail-router.example.net;\r\n dkim=fail reason=\"bad signature\"\r\n "
		 "header.i=@newyork.example.com",
		 "example.com 1: dkim/1=pass[good signature] header.i=@mail-router.example.net; "
		 "dkim/1=fail[bad signature] header.i=@newyork.example.com;"},
		{"B.7: comments everywhere",
		 " foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = "
		 "(wait for it) fail\r\n policy (A dot can go here) . (like that) expired\r\n (this "
		 "surprised me) = (as I wasn't expecting it) 1362471462",
		 "foo.example.net 1: dkim/1=fail policy.expired=1362471462;"},
		{"Gmail's signature",
		 " mx.google.com; dkim=pass header.i=@x.example header.b=a/b+c=",
		 "mx.google.com 1: dkim/1=pass header.i=@x.example header.b=a/b+c=;"},
		{"Exchange Online's",
		 " spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=x.example; dmarc=pass "
		 "action=none header.from=x.example;",
		 NULL},
		{"Exchange Online's with an id",
		 " mx.example; spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=x.example; "
		 "dmarc=pass action=none\r\n header.from=x.example;compauth=pass reason=100;",
		 "mx.example 1: spf/1=pass(sender IP is 192.0.2.1) smtp.mailfrom=x.example; "
		 "dmarc/1=pass .action=none header.from=x.example; compauth/1=pass[100];"},
		{"quotes", "\"a b\"; x=y reason=\"c\\\"; d\" smtp.mailfrom=\"e f\"@g.example",
		 "a b 1: x/1=y[c\"; d] smtp.mailfrom=e f@g.example;"},
		{"an empty value", "a; x=y p.q=\"\"", "a 1: x/1=y p.q=;"},
		{"nested comment", "a; x=y (b (c\\)) d) p.q=1", "a 1: x/1=y(b (c)) d) p.q=1;"},
		{"capitals", "A; SPF=Pass Smtp.MailFrom=B.example; ",
		 "A 1: SPF/1=Pass Smtp.MailFrom=B.example;"},
		{"UTF-8 (RFC 8616)", "a; dkim=pass header.d=b\303\274cher.example",
		 "a 1: dkim/1=pass header.d=b\303\274cher.example;"},
		{"another version", "a 2; x/3=y", "a 2: x/3=y;"},
		{"no method", "a", NULL},
		{"no method behind the semicolon", "a;", NULL},
		{"none and more", "a; none; x=y", NULL},
		{"none as a method", "a; none=pass", "a 1: none/1=pass;"},
		{"no result", "a; x=", NULL},
		{"no equals", "a; x y", NULL},
		{"empty method", "a; ; x=y", NULL},
		{"no id", "; x=y", NULL},
		{"no value", "a; x=y p.q=", NULL},
		{"comment without end", "a; x=y (b", NULL},
		{"quotes without end", "a; x=y p.q=\"b", NULL},
		{"a line that is none", "a; x=y\r\nb=c", NULL},
		{"NUL", "a; x=y p.q=\"\\", NULL},
		{"nothing", "", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO b = BUF_INIT(10000);
		struct authres r;
		struct arena a;

		arena_init(&a, 1 << 20);
		struct err e = authres_parse(str_z(cases[i].value), &a, &r);

		if (err_is_ok(e) != !!cases[i].want)
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
		if (cases[i].want) {
			buf_read(&b, &r);
			assert_str(cases[i].name, buf_str(&b), str_z(cases[i].want));
		}
		arena_fini(&a);
	}
}

/* Whatever stands in a value, it is read back as that value and nothing else. */
static void injection(void **state)
{
	static const char *const values[] = {
		"plain.example",
		"a@b.example",
		"a b@c.example",
		"\"@c.example",
		"a\\@c.example",
		"@b.example",
		"a@b@c.example",
		"x; dkim=pass header.d=victim.example",
		"x\"; dkim=pass header.d=victim.example",
		"x\\\"; dkim=pass header.d=victim.example",
		"x) ; dkim=pass (",
		"a@b.example; dkim=pass",
		"a@b.example dkim=pass",
		"(a)",
		"\\",
		"a\\",
		"\"",
		"",
		" ",
		"b\303\274cher.example",
		"a@b\303\274cher.example",
		"\303\274@b.example",
		"192.0.2.1",
		"2001:db8::1",
		"=?utf-8?q?x?=",
		"a/b+c==",
	};

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		BUF_AUTO b = BUF_INIT(10000);
		struct authres r, back;
		struct arena a;
		struct str v = str_z(values[i]);

		arena_init(&a, 1 << 20);
		authres_init(&r, &a, STR("mx.example"));
		authres_add(&r, STR("spf"), AUTH_PASS);
		authres_comment(&r, v);
		authres_reason(&r, v);
		authres_property(&r, STR("smtp"), STR("mailfrom"), v);
		assert_false(r.failed);
		buf_authres(&b, &r);
		assert_true(str_ends(buf_str(&b), STR("\r\n")));
		struct str field = str_sub(buf_str(&b), strlen("Authentication-Results:"), b.n - 2);

		assert_ok(authres_parse(field, &a, &back));
		assert_int_equal(back.n, 1);
		assert_int_equal(back.method[0].n, 1);
		assert_str(values[i], back.method[0].property[0].value, v);
		assert_str(values[i], back.method[0].reason, v);
		assert_str(values[i], str_trim(back.method[0].comment), str_trim(v));
		arena_fini(&a);
	}
}

/* Bytes that no field may have. */
static void dirty(void **state)
{
	BUF_AUTO b = BUF_INIT(10000);
	struct authres r;
	struct arena a;

	arena_init(&a, 1 << 20);
	authres_init(&r, &a, STR("mx.example"));
	authres_add(&r, STR("spf"), AUTH_FAIL);
	authres_reason(&r, str_of("a\0b\r\nX: c\001\177\302\205\377", 15));
	authres_property(&r, STR("smtp"), STR("helo"), STR("\r\n\r\nbody"));
	buf_authres(&b, &r);
	assert_str("dirty", buf_str(&b),
		   STR("Authentication-Results: mx.example;\r\n"
		       "\tspf=fail reason=\"a?b X: c?????\" smtp.helo=\" body\"\r\n"));
	arena_fini(&a);
}

static void written(void **state)
{
	BUF_AUTO b = BUF_INIT(10000);
	struct authres r;
	struct arena a;

	arena_init(&a, 1 << 20);
	authres_init(&r, &a, STR("mx.example"));
	buf_authres(&b, &r);
	assert_str("none", buf_str(&b), STR("Authentication-Results: mx.example; none\r\n"));
	buf_clear(&b);
	authres_add(&r, STR("iprev"), AUTH_PASS);
	authres_comment(&r, STR("without dnssec"));
	authres_property(&r, STR("policy"), STR("iprev"), STR("192.0.2.1"));
	authres_add(&r, STR("dkim"), AUTH_PASS);
	authres_comment(&r, STR("2048 bit rsa, with dnssec"));
	authres_property(&r, STR("header"), STR("d"), STR("example.org"));
	authres_property(&r, STR("header"), STR("s"), STR("sel"));
	authres_property(&r, STR("header"), STR("a"), STR("rsa-sha256"));
	authres_property(&r, STR("header"), STR("b"), STR("ab/cd+efghij"));
	authres_add(&r, STR("dmarc"), AUTH_PASS);
	authres_property(&r, STR("header"), STR("from"), STR("example.org"));
	assert_false(r.failed);
	buf_authres(&b, &r);
	assert_str("folded", buf_str(&b),
		   STR("Authentication-Results: mx.example;\r\n"
		       "\tiprev=pass (without dnssec) policy.iprev=192.0.2.1;\r\n"
		       "\tdkim=pass (2048 bit rsa, with dnssec) header.d=example.org\r\n"
		       " header.s=sel header.a=rsa-sha256 header.b=\"ab/cd+efghij\";\r\n"
		       "\tdmarc=pass header.from=example.org\r\n"));
	arena_fini(&a);
}

/* RFC 8601 §5. */
static void claims(void **state)
{
	static const struct {
		const char *value;
		bool claims;
	} cases[] = {
		{" mx.example; spf=pass", true},
		{" MX.Example; none", true},
		{" (x) mx.example (y) 1; spf=pass", true},
		{" \"mx.example\"; spf=pass", true},
		{" \"mx\\.example\"; spf=pass", true},
		{"\r\n mx.example\r\n ; spf=pass", true},
		{" mx.example", true},                /* cannot be read */
		{" mx.example/x; spf=pass", true},    /* the same */
		{" other.example spf=pass", true},    /* the same */
		{" other.example 2; spf=pass", true}, /* RFC 8601 §5 MUST: unknown version */
		{" other.example; spf=pass", false},
		{" notmx.example; spf=pass", false},
		{" mx.example.net; spf=pass", false},
		{" other.example; x=y reason=\"mx.example\"", false},
		{"", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (authres_claims(str_z(cases[i].value), STR("mx.example")) != cases[i].claims)
			fail_msg("%s", cases[i].value);
	assert_true(
		authres_claims(STR(" xn--bcher-kva.example; none"), STR("b\303\274cher.example")));
}

static struct err parse_n(struct arena *a, size_t methods, size_t properties, size_t fill)
{
	BUF_AUTO b = BUF_INIT(1 << 20);
	struct authres r;

	buf_str_add(&b, STR("a"));
	for (size_t i = 0; i < methods; i++) {
		buf_str_add(&b, STR("; x=y"));
		for (size_t k = 0; k < properties; k++)
			buf_str_add(&b, STR(" p.q=1"));
	}
	buf_char_n(&b, ' ', fill > b.n ? fill - b.n : 0);
	return authres_parse(buf_str(&b), a, &r);
}

static void limits(void **state)
{
	struct arena a;

	arena_init(&a, 16 << 20);
	assert_ok(parse_n(&a, AUTHRES_METHODS_MAX, 1, 0));
	assert_err(parse_n(&a, AUTHRES_METHODS_MAX + 1, 1, 0), ERR_LIMIT);
	assert_ok(parse_n(&a, 1, AUTHRES_PROPERTIES_MAX, 0));
	assert_err(parse_n(&a, 1, AUTHRES_PROPERTIES_MAX + 1, 0), ERR_LIMIT);
	assert_ok(parse_n(&a, 1, 1, AUTHRES_SIZE_MAX));
	assert_err(parse_n(&a, 1, 1, AUTHRES_SIZE_MAX + 1), ERR_LIMIT);
	arena_fini(&a);
}

/* Values of AUTHRES_VALUE_MAX bytes of which each needs a backslash, and of one more. */
static void value_limit(void **state)
{
	static char quotes[AUTHRES_VALUE_MAX + 1];

	memset(quotes, '"', sizeof(quotes));
	for (size_t over = 0; over < 2; over++) {
		BUF_AUTO b = BUF_INIT(10000);
		struct authres r, back;
		struct arena a;
		struct str line, rest, v = str_of(quotes, AUTHRES_VALUE_MAX + over);

		arena_init(&a, 1 << 20);
		authres_init(&r, &a, STR("mx.example"));
		authres_add(&r, STR("spf"), AUTH_PASS);
		authres_reason(&r, v);
		authres_property(&r, STR("smtp"), STR("helo"), v);
		buf_authres(&b, &r);
		for (rest = buf_str(&b); rest.n;) {
			(void)str_cut(rest, '\n', &line, &rest);
			assert_true(line.n < 998);
		}
		assert_ok(authres_parse(str_sub(buf_str(&b), 23, b.n - 2), &a, &back));
		assert_int_equal(back.method[0].reason.n, AUTHRES_VALUE_MAX);
		assert_int_equal(back.method[0].n, over ? 0 : 1);
		arena_fini(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),       cmocka_unit_test(injection),
		cmocka_unit_test(dirty),       cmocka_unit_test(written),
		cmocka_unit_test(claims),      cmocka_unit_test(limits),
		cmocka_unit_test(value_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
