/* metric: counters, gauges and histograms in a page of memory, one page a role, that the parent
 * keeps: they survive a role's death, and /metrics is written from the pages without asking anyone.
 *
 *	METRIC_ADD(m, SMTPD_DELIVERY, 1, STR("reject"), reason);
 *	METRIC_OBSERVE(m, IMAPD_COMMAND, ns, STR("fetch"), STR("ok"));
 *
 * What exists is a row in base/metric_table.h. A series (a metric with values for its labels) comes
 * to be when it is first counted; a page holds a bounded number, what does not fit is counted in
 * mox_metrics_dropped_total.
 *
 * Input: label values may be a peer's bytes, so use them only where they are few: they are cut at
 * METRIC_LABEL_MAX. The writer reads pages that a role which was taken over may have filled.
 * Threads: any, without a lock but for a series' first time.
 */
#ifndef MOX_BASE_METRIC_H
#define MOX_BASE_METRIC_H

#include "base/buf.h"
#include "base/metric_table.h"
#include <pthread.h>

#define METRIC_ENUM(id, kind, name, labels, help) METRIC_##id,
enum metric_id { METRIC_TABLE(METRIC_ENUM) METRIC_N };
#undef METRIC_ENUM

enum { METRIC_SERIES_MAX = 2048, METRIC_LABEL_MAX = 64, METRIC_LABELS_MAX = 4 };

struct metric_page;

/* The size of a page: zeroed memory, shared or not. */
size_t metric_page_size(void);

/* One process' access to its page. */
struct metrics {
	struct metric_page *page; /* NULL: nothing is counted */
	pthread_mutex_t lock;     /* for new series */
};

/* The page may hold what an earlier process counted; its gauges, which spoke of that process, begin
 * again at 0. Not while another process uses the page. */
void metrics_init(struct metrics *m, struct metric_page *page);
void metrics_fini(struct metrics *m);

/* A struct metrics that is NULL counts nothing. */
/* Counters. Adding 0 makes the series visible. */
#define METRIC_ADD(m, id, n, ...) \
	metric_add((m), METRIC_##id, (n), METRIC_VALUES_(__VA_ARGS__), METRIC_COUNT_(__VA_ARGS__))
/* Gauges. */
#define METRIC_GAUGE_ADD(m, id, n, ...)                                      \
	metric_gauge_add((m), METRIC_##id, (n), METRIC_VALUES_(__VA_ARGS__), \
			 METRIC_COUNT_(__VA_ARGS__))
#define METRIC_GAUGE_SET(m, id, n, ...)                                      \
	metric_gauge_set((m), METRIC_##id, (n), METRIC_VALUES_(__VA_ARGS__), \
			 METRIC_COUNT_(__VA_ARGS__))
/* Histograms of durations, in ns. */
#define METRIC_OBSERVE(m, id, ns, ...)                                      \
	metric_observe((m), METRIC_##id, (ns), METRIC_VALUES_(__VA_ARGS__), \
		       METRIC_COUNT_(__VA_ARGS__))
#define METRIC_VALUES_(...) ((const struct str[]){{0} __VA_OPT__(, ) __VA_ARGS__} + 1)
#define METRIC_COUNT_(...) \
	(sizeof((const struct str[]){{0} __VA_OPT__(, ) __VA_ARGS__}) / sizeof(struct str) - 1)

/* values: of the labels, as many as the metric has. */
void metric_add(struct metrics *m, enum metric_id id, uint64_t n, const struct str *values,
		size_t values_n);
void metric_gauge_add(struct metrics *m, enum metric_id id, int64_t n, const struct str *values,
		      size_t values_n);
void metric_gauge_set(struct metrics *m, enum metric_id id, int64_t n, const struct str *values,
		      size_t values_n);
void metric_observe(struct metrics *m, enum metric_id id, int64_t ns, const struct str *values,
		    size_t values_n);

/* All series of these pages in Prometheus' text format 0.0.4; the same series in several pages is
 * added up. A metric without labels is there from the beginning. False without memory. */
bool metric_write(struct metric_page *const *pages, size_t n, struct buf *b) NODISCARD;

#endif
