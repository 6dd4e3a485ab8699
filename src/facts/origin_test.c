#include "base/test.h"

#include "facts/origin.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static void verify_make(struct verify *v, struct dkim_result *d, size_t n)
{
	*v = (struct verify){
		.args.spf = {.helo = STR("mx.y.example"),
			     .local = STR("x"),
			     .domain = STR("y.example")},
		.result = {.iprev = {.result = AUTH_PASS,
				     .name = STR("mx.y.example"),
				     .authentic = true},
			   .spf = {.result = AUTH_SOFTFAIL, .domain = STR("y.example")},
			   .dkim = {.result = d, .n = n, .found = n},
			   .from = {.domain = STR("news.y.example")},
			   .dmarc = {.result = AUTH_FAIL,
				     .org = STR("y.example"),
				     .published = DMARC_REJECT,
				     .applied = DMARC_QUARANTINE,
				     .reject = true}},
	};
	assert_true(ip_parse(STR("192.0.2.1"), &v->args.spf.ip));
}

static void there_and_back(void **state)
{
	struct dkim_result d[2] = {
		{.result = AUTH_PASS,
		 .signature = {.domain = STR("y.example"),
			       .selector = STR("s"),
			       .identity = STR("x"),
			       .identity_domain = STR("y.example"),
			       .algorithm = DKIM_ED25519_SHA256},
		 .key_bits = 256,
		 .authentic = true},
		{.result = AUTH_TEMPERROR},
	};
	BUF_AUTO b = BUF_INIT(FACTS_ORIGIN_MAX);
	struct msg_origin o;
	struct verify v;

	verify_make(&v, d, ARRAY_LEN(d));
	origin_write(&b, &v, true);
	assert_false(buf_failed(&b));
	assert_ok(origin_read(buf_str(&b), &arena, &o));
	assert_str("remote", o.remote, STR("192.0.2.1"));
	assert_str("name", o.name, STR("mx.y.example"));
	assert_true(o.tls && o.iprev_authentic);
	assert_int_equal(o.spf, AUTH_SOFTFAIL);
	assert_str("mail from", o.mailfrom_local, STR("x"));
	assert_int_equal(o.signatures_n, 2);
	assert_str("algorithm", o.signatures[0].algorithm, STR("ed25519-sha256"));
	assert_int_equal(o.signatures[1].result, AUTH_TEMPERROR);
	assert_int_equal(o.dmarc_applied, DMARC_QUARANTINE);
	assert_str("organization", o.org_domain, STR("y.example"));
	assert_true(o.dmarc_reject);
}

/* A name that did not pass is a claim, and no name. What is too long is left out. */
static void left_out(void **state)
{
	static char text[2000];
	BUF_AUTO b = BUF_INIT(FACTS_ORIGIN_MAX);
	struct msg_origin o;
	struct verify v;

	memset(text, 'a', sizeof(text));
	verify_make(&v, NULL, 0);
	v.result.iprev.result = AUTH_FAIL;
	v.args.spf.helo = str_of(text, 1024);
	v.args.spf.local = str_of(text, 513);
	origin_write(&b, &v, false);
	assert_false(buf_failed(&b));
	assert_ok(origin_read(buf_str(&b), &arena, &o));
	assert_str("name", o.name, STR(""));
	assert_int_equal(o.helo.n, 1024);
	assert_int_equal(o.mailfrom_local.n, 0);
}

/* From a role that was taken over. */
static void corrupt(void **state)
{
	struct msg_origin bad[] = {
		{.iprev = AUTH_RESULT_N},
		{.spf = 255},
		{.dmarc_published = DMARC_REJECT + 1},
		{.signatures = &(struct msg_origin_signature){.result = AUTH_RESULT_N},
		 .signatures_n = 1},
	};
	struct msg_origin o;

	assert_ok(origin_read(STR(""), &arena, &o));
	assert_true(err_is(origin_read(STR("\1\2\3"), &arena, &o), ERR_CORRUPT));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		BUF_AUTO b = BUF_INIT(FACTS_ORIGIN_MAX);

		msg_origin_write(&b, &bad[i]);
		if (!err_is(origin_read(buf_str(&b), &arena, &o), ERR_CORRUPT))
			fail_msg("case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(there_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(corrupt, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
