#include "base/arena.h"
#include "verify/spf.h"
#include <assert.h>

/* The input is lines: an address, HELO, local part and domain; then answers. Each question takes
 * one of the answers, chosen by its hash, so that all orders give the same. The first byte of an
 * answer is n, d, f or b: nxdomain, no data, failed, bogus; else it is found, and what follows is
 * a text, or names with spaces between. */
enum { ARENA_CAP = 32 << 20, LINES_MAX = 64, HEAD = 4, EXPLAIN_MAX = 1 << 20 };

struct lines {
	struct dns_resolver resolver;
	struct str line[LINES_MAX];
	size_t n;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum dns_status status_of(char c)
{
	switch (c) {
	case 'n': return DNS_NXDOMAIN;
	case 'd': return DNS_NODATA;
	case 'f': return DNS_FAILED;
	case 'b': return DNS_BOGUS;
	default: return DNS_FOUND;
	}
}

static void record_fill(enum dns_type type, struct str text, struct dns_record *r)
{
	if (type == DNS_A || type == DNS_AAAA) {
		r->ip.family = type == DNS_A ? 4 : 6;
		memcpy(r->ip.b, text.p, text.n < 16 ? text.n : 16);
	} else if (type == DNS_MX) {
		r->mx.preference = (uint16_t)text.n;
		r->mx.host = text;
	} else {
		r->name = text;
	}
}

static void records_fill(const struct dns_question *q, struct str text, struct arena *arena,
			 struct dns_answer *ret)
{
	struct dns_record *r = ARENA_NEW_N(arena, struct dns_record, DNS_RECORDS_MAX);
	struct str *part = ARENA_NEW(arena, struct str), word;

	assert(r && part);
	ret->record = r;
	if (q->type == DNS_TXT) {
		*part = text;
		r[ret->n++].txt = (__typeof__(r->txt)){text, part, 1};
		return;
	}
	for (bool more = true; more && ret->n < DNS_RECORDS_MAX;) {
		more = str_cut(text, ' ', &word, &text);
		record_fill(q->type, word, &r[ret->n++]);
	}
}

static void resolve(struct dns_resolver *resolver, const struct dns_question *q,
		    struct arena *arena, struct dns_answer *ret)
{
	struct lines *l = CONTAINER_OF(resolver, struct lines, resolver);

	*ret = (struct dns_answer){.status = DNS_NXDOMAIN, .ede = DNS_EDE_NONE};
	if (l->n <= HEAD)
		return;
	struct str line = l->line[HEAD + str_hash(q->name, q->type) % (l->n - HEAD)];

	ret->status = status_of(line.n ? line.p[0] : 'n');
	if (line.n && ret->status == DNS_FOUND)
		records_fill(q, str_from(line, 1), arena, ret);
	else if (!line.n)
		ret->status = DNS_NODATA;
}

/* All at once, or one answer at a time and the last first. */
static struct spf_result check(struct lines *l, const struct spf_args *args, bool slow,
			       struct arena *arena)
{
	struct spf_result r;
	struct dns_batch b;
	size_t runs = 1;

	dns_batch_init(&b, arena);
	for (; spf_check(args, &b, arena, &r) == DNS_WAIT; runs++) {
		struct dns_question q;
		struct dns_answer a;
		struct arena scratch;
		size_t id;

		assert(dns_batch_waits(&b));
		while (slow && dns_batch_next(&b, &id, &q))
			;
		if (!slow) {
			dns_batch_resolve(&b, &l->resolver);
			continue;
		}
		for (id = b.n - 1; !dns_batch_outstanding(&b, id, &q);)
			id--;
		arena_init(&scratch, 1 << 20);
		resolve(&l->resolver, &q, &scratch, &a);
		assert(dns_batch_set(&b, id, &a));
		arena_fini(&scratch);
	}
	/* 11 records; 10 terms of an MX or PTR and 10 hosts, of which a name may need %{p}; exp. */
	assert(b.n <= 11 + 10 * 22 + 12 && runs <= b.n + 1);
	assert(slow || runs <= 2 + 10 * 4 + 4);
	return r;
}

static void header_check(const struct spf_args *args, const struct spf_result *r)
{
	BUF_AUTO b = BUF_INIT(1 << 20);
	size_t line = 0;

	buf_received_spf(&b, args, r);
	assert(!buf_failed(&b) && str_ends(buf_str(&b), STR("\r\n")));
	for (size_t i = 0; i + 2 < b.n; i++, line++) {
		assert(b.p[i] && line < 998);
		assert(b.p[i] != '\r' || b.p[i + 1] == '\n');
		if (b.p[i] == '\n') {
			assert(b.p[i - 1] == '\r' && b.p[i + 1] == '\t');
			line = 0;
		}
	}
}

static void result_check(const struct spf_result *r)
{
	assert(r->result < AUTH_RESULT_N && r->result != AUTH_POLICY);
	assert(r->lookups <= SPF_LOOKUPS_MAX + 1 && r->voids <= SPF_VOIDS_MAX + 1);
	assert(r->explanation.n <= SPF_EXPLANATION_MAX);
	assert(r->result == AUTH_FAIL || r->explanation.n == 0);
	bool wrong = r->result == AUTH_NONE || r->result == AUTH_TEMPERROR ||
		     r->result == AUTH_PERMERROR;

	assert(wrong == (r->problem.n > 0));
	for (size_t i = 0; i < r->problem.n; i++)
		assert(r->problem.p[i] >= 0x20 && r->problem.p[i] < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO explain = BUF_INIT(EXPLAIN_MAX);
	struct lines l = {.resolver = {resolve}};
	struct str rest = str_of(data, size);
	struct arena arena;

	if (size > 16384)
		return 0;
	for (bool more = true; more && l.n < LINES_MAX;)
		more = str_cut(rest, '\n', &l.line[l.n++], &rest);
	struct spf_args args = {.helo = l.line[1],
				.local = l.line[2],
				.domain = l.line[3],
				.receiver = STR("mx.example"),
				.now = 1,
				.explain = &explain};

	(void)ip_parse(l.line[0], &args.ip);
	arena_init(&arena, ARENA_CAP);
	struct spf_result r = check(&l, &args, false, &arena);
	struct spf_result slow = check(&l, &args, true, &arena);

	assert(r.result == slow.result && str_eq(r.explanation, slow.explanation) &&
	       str_eq(r.mechanism, slow.mechanism) && str_eq(r.problem, slow.problem));
	assert(!arena_failed(&arena));
	result_check(&r);
	header_check(&args, &r);
	arena_fini(&arena);
	return 0;
}
