/* The header of a message, and behind an empty line a zone's TXT records: of any, there is a
 * verdict after a bounded number of questions, and the same with answers in any order. */
#include "dns/fake.h"
#include "verify/dmarc.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WALKS = 4 };

/* Texts from the input, one a line, for whatever is asked. */
struct source {
	struct dns_resolver resolver;
	struct str rest;
};

static void resolve(struct dns_resolver *r, const struct dns_question *q, struct arena *arena,
		    struct dns_answer *ret)
{
	struct source *s = CONTAINER_OF(r, struct source, resolver);
	struct dns_record *record = ARENA_NEW(arena, struct dns_record);
	struct str line, rest;

	(void)str_cut(s->rest, '\n', &line, &rest);
	s->rest = rest;
	*ret = (struct dns_answer){.status = line.n % 4, .ede = DNS_EDE_NONE, .record = record};
	if (q->type != DNS_TXT || !str_starts(line, STR("v")))
		return;
	record->txt.joined = line;
	record->txt.part = &record->txt.joined;
	record->txt.parts = 1;
	ret->status = DNS_FOUND;
	ret->n = 1;
}

static void verify(struct str header, struct str answers, struct arena *a)
{
	struct source s = {.resolver = {resolve}, .rest = answers};
	struct auth_identifier id[WALKS] = {
		{AUTH_SPF, STR("a.b.example.com"), AUTH_PASS, false},
		{AUTH_DKIM, STR("example.com"), AUTH_TEMPERROR, false},
		{AUTH_DKIM, STR("x.y.example.com"), AUTH_PASS, false},
	};
	struct dmarc_from f;
	struct dmarc_result r;
	struct dns_batch b;

	dmarc_from(header, a, &f);
	id[WALKS - 1] = (struct auth_identifier){AUTH_DKIM, f.domain, AUTH_FAIL, false};
	struct dmarc_args args = {.from = f.domain, .identifier = id, .n = WALKS, .random = 7};

	dns_batch_init(&b, a);
	while (dmarc_verify(&b, &args, &r) == DNS_WAIT)
		dns_batch_resolve(&b, &s.resolver);
	assert(b.n <= 8 * WALKS + 1);
	assert((r.result == AUTH_PASS) == (r.spf || r.dkim));
	assert(!r.reject || (r.result == AUTH_FAIL && r.applied >= DMARC_QUARANTINE));
	assert(!r.undecided || r.result == AUTH_TEMPERROR);
	assert(r.why.n > 0 && (f.domain.n || r.result == AUTH_PERMERROR));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size), answers = STR("");
	ssize_t at = str_find(s, STR("\n\n"), 0);
	struct arena a;

	if (at >= 0)
		answers = str_from(s, (size_t)at + 2);
	arena_init(&a, 16 << 20);
	verify(s, answers, &a);
	arena_fini(&a);
	return 0;
}
