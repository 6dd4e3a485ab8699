#include "base/metric.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	KEY_MAX = 116,
	VALUES_MAX = 16384,
	INDEX = 4096, /* twice the series, a power of two */
};

enum metric_kind { COUNTER, GAUGE, HISTOGRAM };

static const struct metric_row {
	enum metric_kind kind;
	const char *name, *labels, *help;
} rows[METRIC_N] = {
#define ROW(id, kind, name, labels, help) {kind, name, labels, help},
	METRIC_TABLE(ROW)
#undef ROW
};

static const struct {
	int64_t ns;
	const char *text;
} bounds[] = {
	{1000000, "0.001"},    {5000000, "0.005"},  {10000000, "0.01"},  {50000000, "0.05"},
	{100000000, "0.1"},    {500000000, "0.5"},  {1000000000, "1"},   {5000000000, "5"},
	{10000000000, "10"},   {20000000000, "20"}, {30000000000, "30"}, {60000000000, "60"},
	{120000000000, "120"},
};

/* A histogram's values: a count for each bound, one for what is above, the sum in ns. */
enum { BOUNDS = ARRAY_LEN(bounds), HISTOGRAM_VALUES = BOUNDS + 2 };

struct series {
	uint16_t metric, key_n;
	uint32_t value;    /* index of its first */
	char key[KEY_MAX]; /* a length byte and the value for each label */
};

/* Series and values are filled from the front, so that memory is touched only as far as it is used.
 * A process may die at any moment: a series is complete before series_n says that it is there, and
 * is found only after that. One that was counted but is not found is made again, and the writer
 * adds the two up. */
struct metric_page {
	_Atomic uint64_t dropped;
	_Atomic uint32_t series_n, values_n;
	_Atomic uint16_t index[INDEX]; /* 1 + the series; 0: free */
	struct series series[METRIC_SERIES_MAX];
	_Atomic uint64_t values[VALUES_MAX];
};

size_t metric_page_size(void)
{
	return sizeof(struct metric_page);
}

static unsigned values_of(enum metric_kind kind)
{
	return kind == HISTOGRAM ? HISTOGRAM_VALUES : 1;
}

static size_t labels_count(const char *labels)
{
	size_t n = labels[0] != '\0';

	for (; *labels; labels++)
		n += *labels == ' ';
	return n;
}

/* What the page says may be a lie: it is used only within bounds. */
static uint32_t series_count(struct metric_page *p)
{
	uint32_t n = atomic_load_explicit(&p->series_n, memory_order_acquire);

	return n < METRIC_SERIES_MAX ? n : METRIC_SERIES_MAX;
}

static bool values_fit(uint32_t first, unsigned n)
{
	return first <= VALUES_MAX && n <= VALUES_MAX - first;
}

void metrics_init(struct metrics *m, struct metric_page *page)
{
	m->page = page;
	pthread_mutex_init(&m->lock, NULL);
	for (uint32_t i = 0; page && i < series_count(page); i++) {
		const struct series *s = &page->series[i];

		if (s->metric < METRIC_N && rows[s->metric].kind == GAUGE &&
		    values_fit(s->value, 1))
			atomic_store(&page->values[s->value], 0);
	}
}

void metrics_fini(struct metrics *m)
{
	pthread_mutex_destroy(&m->lock);
	m->page = NULL;
}

/* The labels' values as a key; false if they are too long together. */
static bool key_make(const struct str *values, size_t n, char key[KEY_MAX], struct str *ret)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		struct str v = str_sub(values[i], 0, METRIC_LABEL_MAX);

		if (v.n + 1 > KEY_MAX - at)
			return false;
		key[at++] = (char)v.n;
		if (v.n)
			memcpy(key + at, v.p, v.n);
		at += v.n;
	}
	*ret = str_of(key, at);
	return true;
}

/* Its place in the index: where it is, or the free place where it belongs. */
static _Atomic uint16_t *index_find(struct metric_page *p, enum metric_id id, struct str key,
				    const struct series **ret)
{
	uint64_t at = str_hash(key, id);

	for (unsigned k = 0; k < INDEX; k++, at++) {
		_Atomic uint16_t *place = &p->index[at % INDEX];
		unsigned i = atomic_load_explicit(place, memory_order_acquire);

		*ret = NULL;
		if (i == 0)
			return place;
		if (i > METRIC_SERIES_MAX)
			continue;
		*ret = &p->series[i - 1];
		if ((*ret)->metric == id && (*ret)->key_n <= KEY_MAX &&
		    str_eq(str_of((*ret)->key, (*ret)->key_n), key))
			return place;
	}
	*ret = NULL;
	return NULL;
}

/* With the lock. NULL: the page is full. */
static const struct series *series_add(struct metric_page *p, enum metric_id id, struct str key,
				       _Atomic uint16_t *place)
{
	uint32_t i = atomic_load(&p->series_n), value = atomic_load(&p->values_n);
	unsigned n = values_of(rows[id].kind);

	if (!place || i >= METRIC_SERIES_MAX || !values_fit(value, n))
		return NULL;
	struct series *s = &p->series[i];

	s->metric = (uint16_t)id;
	s->key_n = (uint16_t)key.n;
	s->value = value;
	memcpy(s->key, key.p, key.n);
	for (unsigned k = 0; k < n; k++)
		atomic_store(&p->values[value + k], 0);
	atomic_store(&p->values_n, value + n);
	atomic_store_explicit(&p->series_n, i + 1, memory_order_release);
	atomic_store_explicit(place, (uint16_t)(i + 1), memory_order_release);
	return s;
}

/* The first value of the series; NULL if there is no page, or no room in it. */
static _Atomic uint64_t *values_get(struct metrics *m, enum metric_id id, enum metric_kind kind,
				    const struct str *values, size_t values_n)
{
	const struct series *s = NULL;
	char room[KEY_MAX];
	struct str key;

	assert(rows[id].kind == kind && labels_count(rows[id].labels) == values_n);
	if (!m || !m->page)
		return NULL;
	if (key_make(values, values_n, room, &key)) {
		index_find(m->page, id, key, &s);
		if (!s) {
			pthread_mutex_lock(&m->lock);
			_Atomic uint16_t *place = index_find(m->page, id, key, &s);

			if (!s)
				s = series_add(m->page, id, key, place);
			pthread_mutex_unlock(&m->lock);
		}
	}
	if (!s || !values_fit(s->value, values_of(kind))) {
		atomic_fetch_add(&m->page->dropped, 1);
		return NULL;
	}
	return &m->page->values[s->value];
}

void metric_add(struct metrics *m, enum metric_id id, uint64_t n, const struct str *values,
		size_t values_n)
{
	_Atomic uint64_t *v = values_get(m, id, COUNTER, values, values_n);

	if (v)
		atomic_fetch_add_explicit(v, n, memory_order_relaxed);
}

void metric_gauge_add(struct metrics *m, enum metric_id id, int64_t n, const struct str *values,
		      size_t values_n)
{
	_Atomic uint64_t *v = values_get(m, id, GAUGE, values, values_n);

	if (v)
		atomic_fetch_add_explicit(v, (uint64_t)n, memory_order_relaxed);
}

void metric_gauge_set(struct metrics *m, enum metric_id id, int64_t n, const struct str *values,
		      size_t values_n)
{
	_Atomic uint64_t *v = values_get(m, id, GAUGE, values, values_n);

	if (v)
		atomic_store_explicit(v, (uint64_t)n, memory_order_relaxed);
}

void metric_observe(struct metrics *m, enum metric_id id, int64_t ns, const struct str *values,
		    size_t values_n)
{
	_Atomic uint64_t *v = values_get(m, id, HISTOGRAM, values, values_n);
	unsigned i = 0;

	if (!v)
		return;
	if (ns < 0)
		ns = 0;
	while (i < BOUNDS && ns > bounds[i].ns)
		i++;
	atomic_fetch_add_explicit(&v[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&v[BOUNDS + 1], (uint64_t)ns, memory_order_relaxed);
}

/* Writing. A sample is a copy of a series that was checked. */
struct sample {
	enum metric_id id;
	struct str key; /* in room */
	char room[KEY_MAX];
	uint64_t v[HISTOGRAM_VALUES];
};

/* The key holds as many values as the metric has labels, and nothing else. */
static bool key_is_good(struct str key, size_t labels)
{
	while (labels-- > 0) {
		size_t n = key.n ? (unsigned char)key.p[0] : 0;

		if (key.n < n + 1 || n > METRIC_LABEL_MAX)
			return false;
		key = str_from(key, n + 1);
	}
	return key.n == 0;
}

static bool sample_take(struct metric_page *p, uint32_t i, struct sample *to)
{
	struct series s = p->series[i];

	if (s.metric >= METRIC_N || s.key_n > KEY_MAX ||
	    !values_fit(s.value, values_of(rows[s.metric].kind)) ||
	    !key_is_good(str_of(s.key, s.key_n), labels_count(rows[s.metric].labels)))
		return false;
	to->id = s.metric;
	memcpy(to->room, s.key, s.key_n);
	to->key = str_of(to->room, s.key_n);
	for (unsigned k = 0; k < values_of(rows[s.metric].kind); k++)
		to->v[k] = atomic_load_explicit(&p->values[s.value + k], memory_order_relaxed);
	return true;
}

static int sample_order(const void *a, const void *b)
{
	const struct sample *x = *(struct sample *const *)a, *y = *(struct sample *const *)b;

	return x->id != y->id ? (x->id > y->id) - (x->id < y->id) : str_cmp(x->key, y->key);
}

static void label_value_write(struct buf *b, struct str v)
{
	for (size_t i = 0; i < v.n; i++) {
		char c = v.p[i];

		if (c == '"' || c == '\\')
			buf_char(b, '\\');
		/* Not the text it was, but one that no reader stumbles over. */
		buf_char(b, c >= 0x20 && c < 0x7f ? c : '?');
	}
}

/* {a="x",b="y"} with le="..." behind it, if there is one. */
static void labels_write(struct buf *b, const struct sample *s, const char *le)
{
	struct str names = str_z(rows[s->id].labels), name, key = s->key;
	bool first = true;

	if (names.n == 0 && !le)
		return;
	buf_char(b, '{');
	for (; names.n; first = false) {
		size_t n = key.n ? (unsigned char)key.p[0] : 0;

		str_cut(names, ' ', &name, &names);
		buf_strs(b, first ? STR("") : STR(","), name, STR("=\""));
		label_value_write(b, str_sub(key, 1, n + 1));
		buf_char(b, '"');
		key = str_from(key, n + 1);
	}
	if (le)
		buf_printf(b, "%sle=\"%s\"", first ? "" : ",", le);
	buf_char(b, '}');
}

static void line_begin(struct buf *b, const struct sample *s, const char *suffix, const char *le)
{
	buf_printf(b, "%s%s", rows[s->id].name, suffix);
	labels_write(b, s, le);
	buf_char(b, ' ');
}

static void histogram_write(struct buf *b, const struct sample *s)
{
	uint64_t count = 0, sum = s->v[BOUNDS + 1];

	for (unsigned i = 0; i <= BOUNDS; i++) {
		count += s->v[i];
		line_begin(b, s, "_bucket", i < BOUNDS ? bounds[i].text : "+Inf");
		buf_u64(b, count);
		buf_char(b, '\n');
	}
	line_begin(b, s, "_sum", NULL);
	buf_printf(b, "%llu.%09llu\n", (unsigned long long)(sum / 1000000000),
		   (unsigned long long)(sum % 1000000000));
	line_begin(b, s, "_count", NULL);
	buf_u64(b, count);
	buf_char(b, '\n');
}

static void sample_write(struct buf *b, const struct sample *s)
{
	if (rows[s->id].kind == HISTOGRAM) {
		histogram_write(b, s);
		return;
	}
	line_begin(b, s, "", NULL);
	if (rows[s->id].kind == GAUGE)
		buf_i64(b, (int64_t)s->v[0]);
	else
		buf_u64(b, s->v[0]);
	buf_char(b, '\n');
}

static void head_write(struct buf *b, enum metric_id id)
{
	static const char *const kinds[] = {"counter", "gauge", "histogram"};

	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", rows[id].name, rows[id].help, rows[id].name,
		   kinds[rows[id].kind]);
}

/* One metric, whose samples are sorted[0..n): those of one key are added up. */
static void metric_samples_write(struct buf *b, enum metric_id id, struct sample **sorted, size_t n)
{
	struct sample none = {.id = id};

	if (n == 0 && rows[id].labels[0])
		return;
	head_write(b, id);
	if (n == 0)
		sample_write(b, &none);
	for (size_t i = 0; i < n; i++) {
		struct sample *s = sorted[i];

		for (; i + 1 < n && str_eq(s->key, sorted[i + 1]->key); i++)
			for (unsigned k = 0; k < values_of(rows[id].kind); k++)
				s->v[k] += sorted[i + 1]->v[k];
		sample_write(b, s);
	}
}

static void all_write(struct buf *b, struct sample **sorted, size_t n)
{
	size_t at = 0;

	qsort(sorted, n, sizeof(struct sample *), sample_order);
	for (unsigned id = 0; id < METRIC_N; id++) {
		size_t from = at;

		while (at < n && sorted[at]->id == id)
			at++;
		metric_samples_write(b, id, sorted + from, at - from);
	}
}

bool metric_write(struct metric_page *const *pages, size_t n, struct buf *b)
{
	size_t max = 0, got = 0;
	uint64_t dropped = 0;

	for (size_t i = 0; i < n; i++) {
		max += series_count(pages[i]);
		dropped += atomic_load(&pages[i]->dropped);
	}
	struct sample *samples = calloc(max + 1, sizeof(*samples));
	struct sample **sorted = calloc(max + 1, sizeof(struct sample *));

	for (size_t i = 0; samples && sorted && i < n; i++)
		for (uint32_t k = 0; k < series_count(pages[i]) && got < max; k++)
			if (sample_take(pages[i], k, &samples[got])) {
				sorted[got] = &samples[got];
				got++;
			}
	if (samples && sorted) {
		all_write(b, sorted, got);
		buf_printf(b,
			   "# HELP mox_metrics_dropped_total Counts for which there was no room.\n"
			   "# TYPE mox_metrics_dropped_total counter\n"
			   "mox_metrics_dropped_total %llu\n",
			   (unsigned long long)dropped);
	}
	bool ok = samples && sorted;

	free(samples);
	free(sorted);
	return ok && !buf_failed(b);
}
