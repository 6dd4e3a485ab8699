/* The k-th call that changes the disk fails, for every k (without MOX_TEST_FULL: every fourth of
 * the store alone, and of a server every second, each with one of the faults), with ENOSPC or EIO,
 * that call or all from there on. The operation that fails leaves no trace; done again it succeeds,
 * and the rest too. */
#include "scenario.h"

#include <errno.h>
#include <stdatomic.h>

enum { STRIDE = 4, STRIDE_SERVER = 2 };

static const struct fault_kind {
	int no;
	bool lasting;
} kinds[] = {{ENOSPC, false}, {EIO, false}, {ENOSPC, true}, {EIO, true}};

struct fault {
	struct fault_kind kind;
	int at;
	struct fs *fs;
	atomic_int calls;
	atomic_bool armed, met;
};

static int before(void *arg, const struct fs_call *call)
{
	struct fault *f = arg;
	int k = f->armed ? ++f->calls : 0;

	(void)call;
	if (k < f->at || (k > f->at && !f->kind.lasting))
		return 0;
	f->met = true;
	return f->kind.no;
}

enum outcome { NOTHING, PART, ALL };

/* What an operation did. */
static enum outcome outcome_of(const struct scenario *s, const struct prepared *p, int i,
			       struct world *w)
{
	const struct dumps *now = &p->dumps[i], *next = &p->dumps[i + 1];
	enum outcome ret = PART;
	struct dumps d;

	dumps_init(&d);
	dump(w, &d);
	if (dumps_match(&d, now, now)) {
		ret = NOTHING;
	} else if (dumps_match(&d, next, next)) {
		ret = ALL;
	} else if (!dumps_match(&d, now, next)) {
		dumps_print(s->name, &d, now);
		fail();
	}
	dumps_fini(&d);
	return ret;
}

/* Does an operation, again if it fails. False if it was done for one of two recipients, who gets
 * the message again with the other. */
static bool op_again(const struct scenario *s, const struct prepared *p, struct world *w, int i,
		     struct fault *f)
{
	op_fn op = s->ops[s->prepare + i];
	struct err e = op(w);

	if (err_is_ok(e))
		return true;
	if (!f->met)
		assert_ok(e);
	f->armed = false;
	/* Nor for who opens the account next. */
	if (!s->server && !f->kind.lasting) {
		world_close(w);
		world_open(w, false, f->fs);
	}
	if (op == op_rebuild && !w->acc)
		assert_ok(account_open(w->store, STR(ACCOUNT), &w->acc));
	enum outcome o = outcome_of(s, p, i, w);

	/* A rebuild that failed may have been finished by the next open. */
	if (o == ALL && op == op_rebuild)
		return true;
	/* A disk that refuses all that follows keeps the frames of a commit whose sync failed, and
	 * this database was closed: store.md. Making the account again finds it made. */
	if (o == ALL && op == op_create && f->kind.lasting) {
		assert_ok(op(w));
		return true;
	}
	if (!s->server) {
		assert_int_equal(o, NOTHING);
		assert_true(consistent(w, s->name, false));
	}
	assert_int_not_equal(o, ALL);
	assert_ok(op(w));
	return o == NOTHING;
}

/* False when the scenario came to its end before call k. */
static bool fail_at(const struct scenario *s, const struct prepared *p, int k,
		    struct fault_kind kind)
{
	struct fault f = {.at = k, .kind = kind};
	struct fs fs = {.before = before, .arg = &f};

	f.fs = &fs;
	struct world w = {0};
	bool foretold = true;
	struct dumps d;

	snprintf(w.folder, sizeof(w.folder), "%s-f", p->folder);
	copy_tree(p->folder, w.folder);
	world_open(&w, s->server, &fs);
	f.armed = true;
	for (int i = 0; i < p->n && foretold; i++)
		foretold = op_again(s, p, &w, i, &f);
	f.armed = false;
	world_close(&w);
	dumps_init(&d);
	left(s, w.folder, &d);
	if (foretold && !dumps_match(&d, &p->dumps[p->n], &p->dumps[p->n])) {
		dumps_print(s->name, &d, &p->dumps[p->n]);
		fail_msg("%s: call %d failed with %s", s->name, k, strerror(kind.no));
	}
	dumps_fini(&d);
	testing_remove(w.folder);
	return f.met;
}

/* Every stride-th call, with one kind of fault after the other; or with all of them. */
static void every_call(void **state)
{
	const struct scenario *s = *state;
	bool all = !s->server || getenv("MOX_TEST_FULL");
	int stride = getenv("MOX_TEST_FULL") ? 1 : s->server ? STRIDE_SERVER : STRIDE;
	struct prepared p;
	bool met = true;

	prepare(s, &p);
	for (int k = 1, n = 0; met; k += stride, n++)
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			if (all || n % ARRAY_LEN(kinds) == i)
				met = fail_at(s, &p, k, kinds[i]);
	prepared_fini(&p);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[ARRAY_LEN(scenarios)];

	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		tests[i] = (struct CMUnitTest){.name = scenarios[i].name,
					       .test_func = every_call,
					       .initial_state = (void *)(uintptr_t)&scenarios[i]};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
