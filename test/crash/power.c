/* The power goes: of the calls of a run disk states are made, before every call, with nothing of
 * what was not synced, with all of it, and with luck. Each must be one that survived() accepts. The
 * negative control leaves out one sync at a time and wants a state that is not.
 */
#include "disk.h"

enum {
	STATES = 1000,
	STATES_FULL = 20000,
	START_EVERY = 100, /* different states with which a server starts again */
	RECORD_TRIES = 20,
};

#define ROUND_NS (900 * NS_PER_MS)

/* States that were looked at; one that is met again has survived. */
struct seen {
	uint64_t *hash;
	int n;
};

static bool seen_before(struct seen *seen, uint64_t hash)
{
	for (int i = 0; i < seen->n; i++)
		if (seen->hash[i] == hash)
			return true;
	seen->hash[seen->n++] = hash;
	return false;
}

/* When the power goes before event `cut`; `without` is a sync left out, -1: none. */
static bool state_survives(const struct scenario *s, const struct prepared *p,
			   const struct trace *t, int cut, int without, enum mode mode,
			   uint64_t seed, struct seen *seen)
{
	struct disk *d = disk_new();
	struct rand_test r;
	char root[96];
	int acknowledged = 0;
	bool ok = true;

	rand_test_init(&r, seed);
	for (int i = 0; i < cut; i++)
		acknowledged += t->e[i].acknowledged;
	disk_make(t, d, cut, without, mode, &r.src);
	if (!seen || !seen_before(seen, disk_hash(d) + (uint64_t)acknowledged)) {
		snprintf(root, sizeof(root), "%s-s", p->folder);
		disk_store(d, root);
		ok = survived(s, p, root, acknowledged, without >= 0);
		if (ok && s->server && seen && seen->n % START_EVERY == 1)
			served_again(s, p, root, acknowledged);
		testing_remove(root);
	}
	disk_free(d);
	return ok;
}

static void every_state(void **state)
{
	const struct scenario *s = *state;
	struct trace *t = trace_new();
	struct prepared p;
	int begin, states = getenv("MOX_TEST_FULL") ? STATES_FULL : STATES;
	struct seen seen = {.hash = calloc((size_t)states, sizeof(*seen.hash))};

	prepare(s, &p);
	trace_record(s, &p, t, &begin);
	for (int i = 0; i < states; i++) {
		/* Every cut, with nothing of the rest, with all of it, then with luck. */
		int cuts = t->n - begin + 1, cut = begin + i % cuts;
		enum mode mode = i / cuts == 0 ? DROP : i / cuts == 1 ? KEEP : ANY;

		if (!state_survives(s, &p, t, cut, -1, mode, (uint64_t)i, &seen))
			fail_msg("%s: power cut before call %d of %d, state %d", s->name,
				 cut - begin, t->n - begin, i);
	}
	print_message("%s: %d calls, %d states, %d of them different\n", s->name, t->n - begin,
		      states, seen.n);
	free(seen.hash);
	trace_free(t);
	prepared_fini(&p);
}

/* The same without a round of housekeeping, which a server makes each second: its syncs are for
 * nobody. */
static void trace_record_quick(const struct scenario *s, const struct prepared *p, struct trace *t,
			       int *ret_begin)
{
	for (int i = 0; i < RECORD_TRIES; i++) {
		if (i)
			trace_reset(t);
		trace_record(s, p, t, ret_begin);
		if (!s->server || t->ns < ROUND_NS)
			return;
	}
	fail_msg("%s: this machine is too slow", s->name);
}

/* Where an operation acknowledges nothing to anybody (SQLite's steps to a new database,
 * housekeeping) a lost sync of a file is no loss. Names above the account count always. */
static bool counts(const struct scenario *s, const struct event *e)
{
	if (e->acknowledged || (e->op != FS_SYNC && e->op != FS_SYNC_DIR))
		return false;
	return !s->unseen || (e->op == FS_SYNC_DIR && !strchr(e->path, '/'));
}

/* Until the same file or folder is synced again, some cut must show that this sync is missing. */
static bool missed(const struct scenario *s, const struct prepared *p, const struct trace *t,
		   int sync)
{
	for (int cut = t->n; cut > sync; cut--)
		if ((cut == t->n || t->e[cut - 1].acknowledged) &&
		    !state_survives(s, p, t, cut, sync, DROP, 0, NULL))
			return true;
	for (int cut = sync + 1; cut <= t->n; cut++)
		for (uint64_t seed = 0; seed < 3; seed++)
			if (!state_survives(s, p, t, cut, sync, ANY, seed, NULL))
				return true;
	return false;
}

static void every_sync_is_needed(void **state)
{
	const struct scenario *s = *state;
	struct trace *t = trace_new();
	struct prepared p;
	int begin, syncs = 0;

	prepare(s, &p);
	trace_record_quick(s, &p, t, &begin);
	for (int i = begin; i < t->n; i++) {
		if (!counts(s, &t->e[i]))
			continue;
		syncs++;
		if (!missed(s, &p, t, i))
			fail_msg("%s: nobody notices that sync %d (call %d, %s) is missing",
				 s->name, syncs, i - begin, t->e[i].path ? t->e[i].path : "a file");
	}
	print_message("%s: %d syncs, none without effect\n", s->name, syncs);
	trace_free(t);
	prepared_fini(&p);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[2 * ARRAY_LEN(scenarios)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++) {
		void *s = (void *)(uintptr_t)&scenarios[i];

		tests[n++] = (struct CMUnitTest){
			.name = scenarios[i].name, .test_func = every_state, .initial_state = s};
		tests[n++] = (struct CMUnitTest){.name = scenarios[i].name,
						 .test_func = every_sync_is_needed,
						 .initial_state = s};
	}
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return _cmocka_run_group_tests("power", tests, n, NULL, NULL);
}
