/* The k-th call that changes the disk fails, for every k (without MOX_TEST_FULL: every fourth),
 * with ENOSPC or EIO. The operation that fails leaves no trace; done again it succeeds, and the
 * rest too. */
#include "scenario.h"

#include <errno.h>

enum { STRIDE = 4 };

struct fault {
	int calls, at, no;
	bool armed, met;
	bool lasting; /* all that follow fail too */
};

static int before(void *arg, const struct fs_call *call)
{
	struct fault *f = arg;

	(void)call;
	if (!f->armed || ++f->calls < f->at || (f->calls > f->at && !f->lasting))
		return 0;
	f->met = true;
	return f->no;
}

static void op_again(const struct scenario *s, const struct prepared *p, struct world *w, int i,
		     struct fault *f)
{
	BUF_AUTO now = BUF_INIT(DUMP_MAX);
	struct err e = s->ops[s->prepare + i](w);

	if (err_is_ok(e))
		return;
	if (!f->met)
		assert_ok(e);
	f->armed = false;
	if (s->ops[s->prepare + i] == op_rebuild && !w->acc)
		assert_ok(account_open(w->store, STR("a"), &w->acc));
	dump(w, &now);
	/* A rebuild that failed may have been finished by the next open. */
	if (s->ops[s->prepare + i] == op_rebuild &&
	    str_eq(buf_str(&now), buf_str(&p->dumps[i + 1])))
		return;
	assert_str(s->name, buf_str(&now), buf_str(&p->dumps[i]));
	assert_true(consistent(w, s->name, false));
	assert_ok(s->ops[s->prepare + i](w));
}

/* False when the scenario came to its end before call k. */
static bool fail_at(const struct scenario *s, const struct prepared *p, int k, int no, bool lasting)
{
	struct fault f = {.at = k, .no = no, .lasting = lasting};
	struct fs fs = {.before = before, .arg = &f};
	struct world w = {0};
	BUF_AUTO now = BUF_INIT(DUMP_MAX);

	snprintf(w.root, sizeof(w.root), "%s-f", p->folder);
	copy_tree(p->folder, w.root);
	world_open(&w, &fs);
	f.armed = true;
	for (int i = 0; i < p->n; i++)
		op_again(s, p, &w, i, &f);
	f.armed = false;
	dump(&w, &now);
	assert_str(s->name, buf_str(&now), buf_str(&p->dumps[p->n]));
	world_close(&w);
	if (!survived(s, p, w.root, p->n, false))
		fail_msg("%s: call %d failed with %s", s->name, k, strerror(no));
	testing_remove(w.root);
	return f.met;
}

static void every_call(void **state)
{
	static const struct {
		int no;
		bool lasting;
	} faults[] = {{ENOSPC, false}, {EIO, false}, {ENOSPC, true}, {EIO, true}};
	const struct scenario *s = *state;
	int stride = getenv("MOX_TEST_FULL") ? 1 : STRIDE;
	struct prepared p;

	prepare(s, &p);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		for (int k = 1; fail_at(s, &p, k, faults[i].no, faults[i].lasting); k += stride)
			;
	prepared_fini(&p);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(scenarios)];

	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		tests[i] = (struct CMUnitTest){.name = scenarios[i].name,
					       .test_func = every_call,
					       .initial_state = (void *)(uintptr_t)&scenarios[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
