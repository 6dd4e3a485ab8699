#include "base/test.h"

#include "base/metric.h"

static struct metric_page *page_new(void)
{
	struct metric_page *p = calloc(1, metric_page_size());

	assert_non_null(p);
	return p;
}

/* The lines of the text that begin with this metric's name. */
static struct str lines_of(struct str text, const char *name, struct buf *b)
{
	struct str line, want = str_z(name);

	buf_clear(b);
	while (str_cut(text, '\n', &line, &text))
		if (str_starts(line, want))
			buf_strs(b, line, STR("\n"));
	return buf_str(b);
}

static void text(void **state)
{
	struct metric_page *p = page_new();
	struct metrics m;
	BUF_AUTO b = BUF_INIT(1 << 20);
	BUF_AUTO lines = BUF_INIT(1 << 20);

	(void)state;
	metrics_init(&m, p);
	METRIC_ADD(&m, SMTPD_DELIVERY, 2, STR("reject"), STR("spf"));
	METRIC_ADD(&m, SMTPD_DELIVERY, 1, STR("delivered"), STR(""));
	METRIC_ADD(&m, SMTPD_DELIVERY, 3, STR("reject"), STR("spf"));
	METRIC_ADD(&m, PANIC, 0, STR("a\"b\\c\nd\xff"));
	METRIC_GAUGE_ADD(&m, CONNECTIONS, 5);
	METRIC_GAUGE_ADD(&m, CONNECTIONS, -7);
	METRIC_GAUGE_SET(&m, QUEUE_HOLD, 4);
	METRIC_OBSERVE(&m, SPF_VERIFY, 1000000, STR("pass"));
	METRIC_OBSERVE(&m, SPF_VERIFY, 1000001, STR("pass"));
	METRIC_OBSERVE(&m, SPF_VERIFY, INT64_C(200000000000), STR("pass"));
	assert_true(metric_write(&p, 1, &b));
	assert_str("counter", lines_of(buf_str(&b), "mox_smtpserver_delivery_total", &lines),
		   STR("mox_smtpserver_delivery_total{result=\"reject\",reason=\"spf\"} 5\n"
		       "mox_smtpserver_delivery_total{result=\"delivered\",reason=\"\"} 1\n"));
	assert_str("escapes", lines_of(buf_str(&b), "mox_panic_total", &lines),
		   STR("mox_panic_total{pkg=\"a\\\"b\\\\c?d?\"} 0\n"));
	assert_str("gauge", lines_of(buf_str(&b), "mox_connections_count", &lines),
		   STR("mox_connections_count -2\n"));
	assert_str("without labels, never counted",
		   lines_of(buf_str(&b), "mox_queue_plaintext_fallback_total", &lines),
		   STR("mox_queue_plaintext_fallback_total 0\n"));
	assert_str("head", lines_of(buf_str(&b), "# TYPE mox_spf", &lines),
		   STR("# TYPE mox_spf_verify_duration_seconds histogram\n"));
	assert_str("histogram",
		   lines_of(buf_str(&b), "mox_spf_verify_duration_seconds_bucket", &lines),
		   STR("mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"0.001\"} 1\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"0.005\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"0.01\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"0.05\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"0.1\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"0.5\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"1\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"5\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"10\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"20\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"30\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"60\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"120\"} 2\n"
		       "mox_spf_verify_duration_seconds_bucket{status=\"pass\",le=\"+Inf\"} 3\n"));
	assert_str("sum", lines_of(buf_str(&b), "mox_spf_verify_duration_seconds_sum", &lines),
		   STR("mox_spf_verify_duration_seconds_sum{status=\"pass\"} 200.002000001\n"));
	metrics_fini(&m);
	free(p);
}

/* A role's second process goes on with the page of the first; gauges begin again. */
static void a_page_survives(void **state)
{
	struct metric_page *p = page_new();
	struct metrics m;
	BUF_AUTO b = BUF_INIT(1 << 20);
	BUF_AUTO lines = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i < 3; i++) {
		metrics_init(&m, p);
		METRIC_ADD(&m, QUEUE_CONNECTION, 1, STR("ok"));
		METRIC_GAUGE_ADD(&m, CONNECTIONS, 1);
		metrics_fini(&m);
	}
	assert_true(metric_write(&p, 1, &b));
	assert_str("counter", lines_of(buf_str(&b), "mox_queue_connection_total", &lines),
		   STR("mox_queue_connection_total{result=\"ok\"} 3\n"));
	assert_str("gauge", lines_of(buf_str(&b), "mox_connections_count", &lines),
		   STR("mox_connections_count 1\n"));
	free(p);
}

/* One series in two roles is one line. */
static void pages_are_added_up(void **state)
{
	struct metric_page *p[2] = {page_new(), page_new()};
	struct metrics m;
	BUF_AUTO b = BUF_INIT(1 << 20);
	BUF_AUTO lines = BUF_INIT(1 << 20);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		metrics_init(&m, p[i]);
		METRIC_ADD(&m, QUEUE_CONNECTION, i + 1, STR("ok"));
		METRIC_ADD(&m, QUEUE_CONNECTION, 7, i ? STR("a") : STR("b"));
		METRIC_GAUGE_ADD(&m, CONNECTIONS, 10);
		metrics_fini(&m);
	}
	assert_true(metric_write(p, 2, &b));
	assert_str("counter", lines_of(buf_str(&b), "mox_queue_connection_total", &lines),
		   STR("mox_queue_connection_total{result=\"a\"} 7\n"
		       "mox_queue_connection_total{result=\"b\"} 7\n"
		       "mox_queue_connection_total{result=\"ok\"} 3\n"));
	assert_str("gauge", lines_of(buf_str(&b), "mox_connections_count", &lines),
		   STR("mox_connections_count 20\n"));
	free(p[0]);
	free(p[1]);
}

static void series_are_bounded(void **state)
{
	struct metric_page *p = page_new();
	struct metrics m;
	char text_of[200];
	BUF_AUTO b = BUF_INIT(1 << 20);
	BUF_AUTO lines = BUF_INIT(1 << 20);

	(void)state;
	metrics_init(&m, p);
	for (int i = 0; i < METRIC_SERIES_MAX + 10; i++) {
		int n = snprintf(text_of, sizeof(text_of), "%d", i);

		METRIC_ADD(&m, PANIC, 1, str_of(text_of, (size_t)n));
	}
	METRIC_ADD(&m, PANIC, 1, STR("7"));
	/* Too long together: four labels of the longest. */
	memset(text_of, 'x', sizeof(text_of));
	struct str x = str_of(text_of, METRIC_LABEL_MAX + 1);

	METRIC_OBSERVE(&m, QUEUE_DELIVERY, 1, x, x, x, x);
	assert_true(metric_write(&p, 1, &b));
	assert_str("dropped", lines_of(buf_str(&b), "mox_metrics_dropped_total", &lines),
		   STR("mox_metrics_dropped_total 11\n"));
	assert_str("known", lines_of(buf_str(&b), "mox_panic_total{pkg=\"7\"}", &lines),
		   STR("mox_panic_total{pkg=\"7\"} 2\n"));
	metrics_fini(&m);
	free(p);
}

static void no_page(void **state)
{
	struct metrics m;

	(void)state;
	metrics_init(&m, NULL);
	METRIC_ADD(&m, PANIC, 1, STR("x"));
	METRIC_OBSERVE(&m, SPF_VERIFY, 1, STR("x"));
	metrics_fini(&m);
}

/* Whatever a role leaves in its page, reading and counting stay within it. */
static void garbage(void **state)
{
	struct metric_page *p = page_new();
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int round = 0; round < 40; round++) {
		struct metrics m;
		BUF_AUTO b = BUF_INIT(16 << 20);
		unsigned char *bytes = (unsigned char *)p;

		for (size_t i = 0; i < metric_page_size(); i++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			bytes[i] = round < 4 ? (unsigned char)(round * 0x55)
					     : (unsigned char)(seed & (round & 1 ? 0xff : 3));
		}
		assert_true(metric_write(&p, 1, &b));
		metrics_init(&m, p);
		METRIC_ADD(&m, PANIC, 1, STR("x"));
		METRIC_OBSERVE(&m, SPF_VERIFY, 1, STR("x"));
		METRIC_GAUGE_ADD(&m, CONNECTIONS, 1);
		metrics_fini(&m);
	}
	free(p);
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *count(void *arg)
{
	struct metrics *m = arg;
	char name[20];

	for (int i = 0; i < ROUNDS; i++) {
		int n = snprintf(name, sizeof(name), "%d", i % 100);

		METRIC_ADD(m, PANIC, 1, str_of(name, (size_t)n));
	}
	return NULL;
}

static void threads(void **state)
{
	struct metric_page *p = page_new();
	struct metrics m;
	pthread_t t[THREADS];
	BUF_AUTO b = BUF_INIT(1 << 20);
	BUF_AUTO lines = BUF_INIT(1 << 20);

	(void)state;
	metrics_init(&m, p);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, count, &m), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_true(metric_write(&p, 1, &b));
	assert_str("sum", lines_of(buf_str(&b), "mox_panic_total{pkg=\"42\"}", &lines),
		   STR("mox_panic_total{pkg=\"42\"} 80\n"));
	metrics_fini(&m);
	free(p);
}

/* Every row: names as Prometheus wants them, counters end in _total, no more labels than fit. */
static void the_table(void **state)
{
#define ROW(id, kind, name, labels, help) {#kind, name, labels, help},
	static const struct {
		const char *kind, *name, *labels, *help;
	} rows[] = {METRIC_TABLE(ROW)};
#undef ROW

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str name = str_z(rows[i].name), labels = str_z(rows[i].labels), label;
		int n = 0;

		assert_true(str_starts(name, STR("mox_")));
		for (size_t k = 0; k < name.n; k++)
			assert_true(ch_is_alnum(name.p[k]) || name.p[k] == '_');
		if (str_eq(str_z(rows[i].kind), STR("COUNTER")))
			assert_true(str_ends(name, STR("_total")));
		for (; labels.n; n++)
			str_cut(labels, ' ', &label, &labels);
		assert_in_range(n, 0, METRIC_LABELS_MAX);
		assert_true(str_ends(str_z(rows[i].help), STR(".")));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rows[k].name, rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(a_page_survives),
		cmocka_unit_test(pages_are_added_up),
		cmocka_unit_test(series_are_bounded),
		cmocka_unit_test(no_page),
		cmocka_unit_test(garbage),
		cmocka_unit_test(threads),
		cmocka_unit_test(the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
