#include "dns/fake.h"

#include "base/hex.h"
#include <assert.h>

enum { CNAME_MAX = 8 };

enum line_kind { LINE_RECORD, LINE_ABSENT, LINE_FAILED, LINE_BOGUS, LINE_SECURE };

struct dns_fake_line {
	struct str name; /* lower case */
	enum line_kind kind;
	enum dns_type type; /* 0: any */
	struct str error;
	struct dns_record record;
};

static struct str word(struct str *rest)
{
	struct str w;

	*rest = str_trim(*rest);
	(void)str_cut(*rest, ' ', &w, rest);
	return w;
}

static uint64_t number(struct str *rest, uint64_t max)
{
	uint64_t v = 0;
	bool ok = str_u64(word(rest), max, &v);

	assert(ok && "zone text: a number");
	return v;
}

static struct str name_of(struct dns_fake *f, struct str s)
{
	char lower[DNS_NAME_MAX];

	s = dns_name_undot(s);
	assert(dns_name_ok(s) && "zone text: a name");
	for (size_t i = 0; i < s.n; i++)
		lower[i] = ch_lower(s.p[i]);
	return arena_dup(f->arena, str_of(lower, s.n));
}

static char escaped(struct str s, size_t *at)
{
	uint64_t v;

	if (s.p[*at] != '\\')
		return s.p[*at];
	if (str_u64(str_sub(s, *at + 1, *at + 4), 255, &v)) {
		*at += 3;
		return (char)v;
	}
	assert(*at + 1 < s.n && "zone text: an escape");
	return s.p[++*at];
}

/* One quoted string, added to b. */
static void quoted(struct str *rest, struct buf *b)
{
	size_t i = 1;

	*rest = str_trim(*rest);
	assert(rest->n > 1 && rest->p[0] == '"' && "zone text: a quoted string");
	for (; i < rest->n && rest->p[i] != '"'; i++)
		buf_char(b, escaped(*rest, &i));
	assert(i < rest->n && "zone text: the end of a quoted string");
	*rest = str_trim(str_from(*rest, i + 1));
}

static struct str quoted_one(struct dns_fake *f, struct str *rest)
{
	BUF_AUTO b = BUF_INIT(DNS_ANSWER_MAX);

	quoted(rest, &b);
	return arena_dup(f->arena, buf_str(&b));
}

static void txt_parse(struct dns_fake *f, struct str *rest, struct dns_record *r)
{
	BUF_AUTO b = BUF_INIT(4 * DNS_ANSWER_MAX);
	size_t ends[256], n = 0;

	for (*rest = str_trim(*rest); rest->n; ends[n++] = b.n) {
		assert(n < ARRAY_LEN(ends));
		quoted(rest, &b);
	}
	struct str *part = ARENA_NEW_N(f->arena, struct str, n);

	assert(part && !buf_failed(&b));
	r->txt.joined = arena_dup(f->arena, buf_str(&b));
	for (size_t i = 0; i < n; i++)
		part[i] = str_sub(r->txt.joined, i ? ends[i - 1] : 0, ends[i]);
	r->txt.part = part;
	r->txt.parts = n;
}

static void tlsa_parse(struct dns_fake *f, struct str *rest, struct dns_record *r)
{
	BUF_AUTO b = BUF_INIT(DNS_ANSWER_MAX);

	r->tlsa.usage = (uint8_t)number(rest, 255);
	r->tlsa.selector = (uint8_t)number(rest, 255);
	r->tlsa.matching = (uint8_t)number(rest, 255);
	bool ok = hex_decode(word(rest), &b);

	assert(ok && "zone text: hex");
	r->tlsa.data = arena_dup(f->arena, buf_str(&b));
}

static void record_parse(struct dns_fake *f, enum dns_type type, struct str *rest,
			 struct dns_record *r)
{
	bool ok = true;

	switch (type) {
	case DNS_A: ok = ip4_parse(word(rest), &r->ip); break;
	case DNS_AAAA: ok = ip6_parse(word(rest), &r->ip); break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR: r->name = name_of(f, word(rest)); break;
	case DNS_MX:
		r->mx.preference = (uint16_t)number(rest, 65535);
		r->mx.host = name_of(f, word(rest));
		break;
	case DNS_TXT: txt_parse(f, rest, r); break;
	case DNS_SRV:
		r->srv.priority = (uint16_t)number(rest, 65535);
		r->srv.weight = (uint16_t)number(rest, 65535);
		r->srv.port = (uint16_t)number(rest, 65535);
		r->srv.target = name_of(f, word(rest));
		break;
	case DNS_TLSA: tlsa_parse(f, rest, r); break;
	case DNS_CAA:
		r->caa.flags = (uint8_t)number(rest, 255);
		r->caa.tag = arena_dup(f->arena, word(rest));
		r->caa.value = quoted_one(f, rest);
		break;
	}
	assert(ok && "zone text: an address");
}

static bool special_parse(struct str rest, struct dns_fake_line *line)
{
	static const struct {
		struct str word;
		enum line_kind kind;
		struct str error;
	} words[] = {
		{STR_INIT("TIMEOUT"), LINE_FAILED, STR_INIT("timed out")},
		{STR_INIT("SERVFAIL"), LINE_FAILED, STR_INIT("server failure")},
		{STR_INIT("BOGUS"), LINE_BOGUS, STR_INIT("signature verification failed")},
		{STR_INIT("NULL"), LINE_ABSENT, STR_INIT("")},
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!str_eq(words[i].word, rest))
			continue;
		line->kind = words[i].kind;
		line->error = words[i].error;
		return true;
	}
	return false;
}

static void line_parse(struct dns_fake *f, struct str rest)
{
	struct dns_fake_line line = {.name = name_of(f, word(&rest))};
	struct str type = word(&rest);

	rest = str_trim(rest);
	if (str_eq(type, STR("SECURE"))) {
		line.kind = LINE_SECURE;
	} else {
		bool ok = str_eq(type, STR("*")) || dns_type_parse(type, &line.type);

		assert(ok && "zone text: a type");
		if (!special_parse(rest, &line)) {
			record_parse(f, line.type, &rest, &line.record);
			assert(line.type && str_trim(rest).n == 0 && "zone text: nothing more");
		}
	}
	f->line = ARENA_GROW(f->arena, f->line, f->n);
	assert(f->line && !arena_failed(f->arena));
	f->line[f->n++] = line;
}

void dns_fake_zone(struct dns_fake *f, struct str text)
{
	struct str line;
	bool more = true;

	while (more) {
		more = str_cut(text, '\n', &line, &text);
		line = str_trim(line);
		if (line.n && line.p[0] != '#')
			line_parse(f, line);
	}
}

/* The line that speaks for a name and type beside records; one for all types only where no line
 * names the type. */
static const struct dns_fake_line *special_find(const struct dns_fake *f, enum dns_type type,
						struct str name)
{
	const struct dns_fake_line *any = NULL;

	for (size_t i = 0; i < f->n; i++) {
		const struct dns_fake_line *l = &f->line[i];

		if (l->kind == LINE_SECURE || !str_eq(l->name, name))
			continue;
		if (l->type == type)
			return l->kind == LINE_RECORD ? NULL : l;
		if (l->type == 0)
			any = l;
	}
	return any;
}

static bool name_exists(const struct dns_fake *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->line[i].kind != LINE_SECURE && dns_name_within(f->line[i].name, name))
			return true;
	return false;
}

static bool name_secure(const struct dns_fake *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->line[i].kind == LINE_SECURE && dns_name_within(name, f->line[i].name))
			return true;
	return false;
}

static void records_find(const struct dns_fake *f, enum dns_type type, struct str name,
			 struct arena *arena, struct dns_answer *ret)
{
	struct dns_record *r = NULL;

	for (size_t i = 0; i < f->n; i++) {
		const struct dns_fake_line *l = &f->line[i];

		if (l->kind != LINE_RECORD || l->type != type || !str_eq(l->name, name))
			continue;
		r = ARENA_GROW(arena, r, ret->n);
		assert(r);
		r[ret->n++] = l->record;
	}
	ret->record = r;
	ret->status = ret->n ? DNS_FOUND : name_exists(f, name) ? DNS_NODATA : DNS_NXDOMAIN;
}

static bool fails(const struct dns_fake *f, enum dns_type type, struct str name,
		  struct dns_answer *ret)
{
	const struct dns_fake_line *special = special_find(f, type, name);

	if (!special || special->kind == LINE_ABSENT)
		return false;
	ret->status = special->kind == LINE_BOGUS ? DNS_BOGUS : DNS_FAILED;
	ret->ede = special->kind == LINE_BOGUS ? 6 : DNS_EDE_NONE; /* RFC 8914 §4.7 */
	ret->error = special->error;
	return true;
}

static void resolve(struct dns_resolver *r, const struct dns_question *q, struct arena *arena,
		    struct dns_answer *ret)
{
	struct dns_fake *f = CONTAINER_OF(r, struct dns_fake, resolver);
	struct str name = q->name;
	bool secure = true;

	f->asked++;
	for (size_t i = 0; i <= CNAME_MAX; i++) {
		struct dns_answer cname = {0};

		*ret = (struct dns_answer){.ede = DNS_EDE_NONE, .ttl = 300};
		secure = secure && name_secure(f, name);
		if (fails(f, q->type, name, ret))
			return;
		records_find(f, q->type, name, arena, ret);
		ret->authentic = secure;
		if (ret->n || q->type == DNS_CNAME)
			return;
		records_find(f, DNS_CNAME, name, arena, &cname);
		if (cname.n == 0)
			return;
		name = name_of(f, cname.record[0].name);
	}
	*ret = (struct dns_answer){
		.status = DNS_FAILED, .ede = DNS_EDE_NONE, .error = STR("too many CNAMEs")};
}

void dns_fake_init(struct dns_fake *f, struct arena *arena)
{
	*f = (struct dns_fake){.resolver = {resolve}, .arena = arena};
}

bool dns_fake_answer(struct dns_fake *f, struct dns_batch *b, uint64_t pick)
{
	struct dns_question q;
	struct dns_answer a;
	struct arena scratch;
	size_t id = 0;

	while (dns_batch_next(b, &id, &q))
		;
	if (!dns_batch_waits(b))
		return false;
	pick %= b->n - b->answered;
	for (id = 0; !dns_batch_outstanding(b, id, &q) || pick-- > 0; id++)
		;
	arena_init(&scratch, 1 << 20);
	resolve(&f->resolver, &q, &scratch, &a);
	(void)dns_batch_set(b, id, &a);
	arena_fini(&scratch);
	return true;
}
