#include "dns/resolver.h"

#include <assert.h>

struct dns_batch_row {
	uint64_t hash;
	struct dns_question question;
	const struct dns_answer *answer; /* NULL while outstanding */
};

enum { SCRATCH_CAP = 1 << 20 };

static const struct {
	enum dns_type type;
	struct str name;
} types[] = {
	{DNS_A, STR_INIT("A")},       {DNS_NS, STR_INIT("NS")},   {DNS_CNAME, STR_INIT("CNAME")},
	{DNS_PTR, STR_INIT("PTR")},   {DNS_MX, STR_INIT("MX")},   {DNS_TXT, STR_INIT("TXT")},
	{DNS_AAAA, STR_INIT("AAAA")}, {DNS_SRV, STR_INIT("SRV")}, {DNS_TLSA, STR_INIT("TLSA")},
	{DNS_CAA, STR_INIT("CAA")},
};

struct str dns_type_name(enum dns_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].type == type)
			return types[i].name;
	return STR("");
}

bool dns_type_parse(struct str s, enum dns_type *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (!str_eq_nocase(types[i].name, s))
			continue;
		*ret = types[i].type;
		return true;
	}
	return false;
}

struct str dns_status_name(enum dns_status status)
{
	static const struct str names[] = {
		[DNS_FOUND] = STR_INIT("found"),   [DNS_NXDOMAIN] = STR_INIT("nxdomain"),
		[DNS_NODATA] = STR_INIT("nodata"), [DNS_FAILED] = STR_INIT("failed"),
		[DNS_BOGUS] = STR_INIT("bogus"),
	};

	return names[status];
}

static const struct dns_answer answer_impossible = {
	.status = DNS_NXDOMAIN,
	.ede = DNS_EDE_NONE,
	.error = STR_INIT("not a name that can exist"),
};
static const struct dns_answer answer_full = {
	.status = DNS_FAILED,
	.ede = DNS_EDE_NONE,
	.error = STR_INIT("too many questions for one message"),
};
static const struct dns_answer answer_too_large = {
	.status = DNS_FAILED,
	.ede = DNS_EDE_NONE,
	.error = STR_INIT("answer too large"),
};
static const struct dns_answer answer_malformed = {
	.status = DNS_FAILED,
	.ede = DNS_EDE_NONE,
	.error = STR_INIT("malformed answer"),
};

void dns_batch_init(struct dns_batch *b, struct arena *arena)
{
	*b = (struct dns_batch){.arena = arena};
}

static struct dns_batch_row *row_find(struct dns_batch *b, uint64_t hash,
				      const struct dns_question *q)
{
	for (size_t i = 0; i < b->n; i++) {
		struct dns_batch_row *row = &b->row[i];

		if (row->hash == hash && row->question.type == q->type &&
		    str_eq(row->question.name, q->name))
			return row;
	}
	return NULL;
}

static bool row_add(struct dns_batch *b, uint64_t hash, const struct dns_question *q)
{
	if (b->n == DNS_BATCH_MAX)
		return false;
	if (!b->row)
		b->row = ARENA_NEW_N(b->arena, struct dns_batch_row, DNS_BATCH_MAX);
	if (!b->row)
		return false;
	struct str name = arena_dup(b->arena, q->name);

	if (!name.p)
		return false;
	b->row[b->n++] = (struct dns_batch_row){hash, {q->type, name}, NULL};
	return true;
}

const struct dns_answer *dns_ask(struct dns_batch *b, enum dns_type type, struct str name)
{
	char lower[DNS_NAME_MAX];

	if (!dns_name_ok(name))
		return &answer_impossible;
	for (size_t i = 0; i < name.n; i++)
		lower[i] = ch_lower(name.p[i]);
	struct dns_question q = {type, str_of(lower, name.n)};
	uint64_t hash = str_hash(q.name, type);
	struct dns_batch_row *row = row_find(b, hash, &q);

	if (row)
		return row->answer;
	return row_add(b, hash, &q) ? NULL : &answer_full;
}

bool dns_batch_next(struct dns_batch *b, size_t *ret_id, struct dns_question *ret)
{
	if (b->handed == b->n)
		return false;
	*ret_id = b->handed++;
	*ret = b->row[*ret_id].question;
	return true;
}

/* Takes a copy of s and its length off what an answer may hold. */
struct copy {
	struct arena *arena;
	size_t left;
	bool failed;
};

static void copy_str(struct copy *c, struct str *s)
{
	if (c->failed || s->n > c->left) {
		c->failed = true;
		return;
	}
	c->left -= s->n;
	*s = arena_dup(c->arena, *s);
	c->failed = !s->p;
}

static void copy_name(struct copy *c, struct str *s)
{
	*s = dns_name_undot(*s);
	copy_str(c, s);
	c->failed |= !dns_name_ok(*s);
}

/* The parts are pieces of the joined text: they are copied as one. */
static void copy_txt(struct copy *c, struct dns_record *r)
{
	size_t at = 0;

	if (c->failed || r->txt.parts > c->left) {
		c->failed = true;
		return;
	}
	c->left -= r->txt.parts;
	copy_str(c, &r->txt.joined);
	struct str *part = ARENA_NEW_N(c->arena, struct str, r->txt.parts);

	if (!part || c->failed) {
		c->failed = true;
		return;
	}
	for (size_t i = 0; i < r->txt.parts; i++) {
		part[i] = str_sub(r->txt.joined, at, at + r->txt.part[i].n);
		c->failed |= part[i].n != r->txt.part[i].n;
		at += part[i].n;
	}
	c->failed |= at != r->txt.joined.n;
	r->txt.part = part;
}

static void copy_record(struct copy *c, enum dns_type type, struct dns_record *r)
{
	switch (type) {
	case DNS_A: c->failed |= r->ip.family != 4; break;
	case DNS_AAAA: c->failed |= r->ip.family != 6; break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR: copy_name(c, &r->name); break;
	case DNS_MX: copy_name(c, &r->mx.host); break;
	case DNS_TXT: copy_txt(c, r); break;
	case DNS_SRV: copy_name(c, &r->srv.target); break;
	case DNS_TLSA: copy_str(c, &r->tlsa.data); break;
	case DNS_CAA:
		copy_str(c, &r->caa.tag);
		copy_str(c, &r->caa.value);
		break;
	}
}

/* Only FOUND has records, and has some. */
static const struct dns_answer *answer_check(const struct dns_answer *a)
{
	if ((a->status == DNS_FOUND) != (a->n > 0) || a->status > DNS_BOGUS)
		return &answer_malformed;
	return a->n > DNS_RECORDS_MAX ? &answer_too_large : NULL;
}

const struct dns_answer *dns_answer_copy(struct arena *arena, enum dns_type type,
					 const struct dns_answer *a)
{
	struct copy c = {.arena = arena, .left = DNS_ANSWER_MAX};
	const struct dns_answer *bad = answer_check(a);
	struct dns_answer *to = bad ? NULL : ARENA_NEW(arena, struct dns_answer);
	struct dns_record *r = to ? ARENA_NEW_N(arena, struct dns_record, a->n) : NULL;

	if (!r)
		return bad ? bad : &answer_full;
	*to = *a;
	to->record = r;
	to->error = str_sub(a->error, 0, DNS_ERROR_MAX);
	copy_str(&c, &to->error);
	for (size_t i = 0; i < a->n && !c.failed; i++) {
		r[i] = a->record[i];
		copy_record(&c, type, &r[i]);
	}
	if (dns_is_temporary(to))
		to->authentic = false;
	return c.failed ? &answer_too_large : to;
}

bool dns_batch_set(struct dns_batch *b, size_t id, const struct dns_answer *answer)
{
	if (id >= b->handed || b->row[id].answer)
		return false;
	b->row[id].answer = dns_answer_copy(b->arena, b->row[id].question.type, answer);
	b->answered++;
	return true;
}

bool dns_batch_outstanding(const struct dns_batch *b, size_t id, struct dns_question *ret)
{
	if (id >= b->n || b->row[id].answer)
		return false;
	*ret = b->row[id].question;
	return true;
}

void dns_batch_fail(struct dns_batch *b, struct str error)
{
	const struct dns_answer a = {.status = DNS_FAILED, .ede = DNS_EDE_NONE, .error = error};

	b->handed = b->n;
	for (size_t i = 0; i < b->n; i++)
		if (!b->row[i].answer)
			(void)dns_batch_set(b, i, &a);
}

static void resolve_each(struct dns_resolver *r, struct dns_batch *b)
{
	struct dns_question q;
	struct arena scratch;
	size_t id;

	arena_init(&scratch, SCRATCH_CAP);
	while (dns_batch_next(b, &id, &q)) {
		struct dns_answer a = {.status = DNS_FAILED, .ede = DNS_EDE_NONE};

		r->resolve(r, &q, &scratch, &a);
		(void)dns_batch_set(b, id, &a);
		arena_reset(&scratch);
	}
	arena_fini(&scratch);
}

void dns_batch_resolve(struct dns_batch *b, struct dns_resolver *r)
{
	if (r->resolve_all)
		r->resolve_all(r, b);
	else
		resolve_each(r, b);
}
