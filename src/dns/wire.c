#include "dns/wire.h"

#include "base/bytes.h"

enum {
	FLAG_RESPONSE = 0x8000,
	FLAG_TRUNCATED = 0x0200,
	MASK_OPCODE = 0x7800,
	MASK_RCODE = 0x000f,
	RCODE_NOERROR = 0,
	RCODE_NXDOMAIN = 3,
	CLASS_IN = 1,
	TYPE_SOA = 6,
	TYPE_OPT = 41,
	OPTION_EDE = 15, /* RFC 8914 §2 */
	EDE_TEXT_MAX = 200,
};

static const char malformed[] = "malformed answer";
static const char too_large[] = "answer too large";

/* Everything is big-endian. */
static uint32_t number(struct bytes *b, unsigned n)
{
	struct str s = bytes_take(b, n);
	uint32_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | (uint8_t)s.p[i];
	return v;
}

/* A name as text. */
struct name {
	char text[DNS_NAME_MAX];
	size_t n;
	bool odd; /* it has no text: a dot or NUL in a label */
};

static struct str name_str(const struct name *name)
{
	return str_of(name->text, name->n);
}

static void label_add(struct name *to, struct str label, struct bytes *b)
{
	if (to->n + (to->n > 0) + label.n > sizeof(to->text)) {
		b->failed = true;
		return;
	}
	to->odd |= str_chr(label, '.') >= 0 || str_chr(label, '\0') >= 0;
	if (to->n)
		to->text[to->n++] = '.';
	memcpy(to->text + to->n, label.p, label.n);
	to->n += label.n;
}

/* RFC 1035 §4.1.4: labels, then a zero byte or a pointer to where the rest stands. A pointer goes
 * back behind the one before it, so that there is an end. */
static void name_read(struct bytes *b, struct name *ret)
{
	struct bytes at = *b;
	size_t limit = b->at;
	unsigned pointers = 0;

	*ret = (struct name){0};
	for (;;) {
		size_t n = number(&at, 1);

		if (n >= 0xc0) {
			size_t to = (n & 0x3f) << 8 | number(&at, 1);

			if (pointers++ == 0)
				b->at = at.at;
			at.failed |= to >= limit || pointers > DNS_WIRE_POINTERS;
			at.at = limit = to;
		} else if (n > DNS_LABEL_MAX) {
			at.failed = true;
		} else if (n > 0) {
			label_add(ret, bytes_take(&at, n), &at);
		}
		if (at.failed || n == 0)
			break;
	}
	if (pointers == 0)
		b->at = at.at;
	b->failed |= at.failed;
}

struct rr {
	struct name owner;
	uint16_t type, class;
	uint32_t ttl;
	struct bytes rdata; /* the packet up to the rdata's end, at its start */
};

static void rr_read(struct bytes *b, struct rr *ret)
{
	name_read(b, &ret->owner);
	ret->type = (uint16_t)number(b, 2);
	ret->class = (uint16_t)number(b, 2);
	ret->ttl = number(b, 4);
	if (ret->ttl > INT32_MAX)
		ret->ttl = 0; /* RFC 2181 §8 */
	size_t n = number(b, 2);

	(void)bytes_take(b, n);
	ret->rdata = b->failed ? (struct bytes){.failed = true}
			       : (struct bytes){.s = str_sub(b->s, 0, b->at), .at = b->at - n};
}

/* What an answer is being made of. */
struct reading {
	const struct dns_question *q;
	struct arena *arena;
	struct bytes answers; /* the packet, at its answer section */
	size_t answer_count;
	struct name at; /* the name in question: q's, later that of the last CNAME */
	size_t left;    /* bytes that the answer may still take */
	struct dns_record *record;
	struct dns_answer *ret;
	uint32_t absent_ttl; /* as the SOA record says; 0 without one */
	struct str ede_text; /* in the packet */
	const char *error;   /* the first one */
};

static void fail(struct reading *r, const char *error)
{
	if (!r->error)
		r->error = error;
}

/* Copies, and counts as dns/resolver does. */
static struct str keep(struct reading *r, struct str s)
{
	if (s.n > r->left) {
		fail(r, too_large);
		return str_of("", 0);
	}
	r->left -= s.n;
	s = arena_dup(r->arena, s);
	if (!s.p)
		fail(r, too_large);
	return s;
}

static struct str keep_name(struct reading *r, struct bytes *b)
{
	struct name name;

	name_read(b, &name);
	if (name.odd)
		fail(r, "a name that has no text");
	return keep(r, name_str(&name));
}

static struct str keep_rest(struct reading *r, struct bytes *b)
{
	return keep(r, b->failed ? str_of("", 0) : bytes_take(b, b->s.n - b->at));
}

static void read_a(struct reading *r, struct bytes *b, struct dns_record *ret)
{
	struct str s = bytes_take(b, 4);

	ret->ip.family = 4;
	memcpy(ret->ip.b, s.p, s.n);
}

static void read_aaaa(struct reading *r, struct bytes *b, struct dns_record *ret)
{
	struct str s = bytes_take(b, 16);

	ret->ip.family = 6;
	memcpy(ret->ip.b, s.p, s.n);
}

static void read_name(struct reading *r, struct bytes *b, struct dns_record *ret)
{
	ret->name = keep_name(r, b);
}

static void read_mx(struct reading *r, struct bytes *b, struct dns_record *ret)
{
	ret->mx.preference = (uint16_t)number(b, 2);
	ret->mx.host = keep_name(r, b);
}

/* The number of strings and, with the length bytes taken out, their bytes. */
static size_t txt_measure(struct bytes b, size_t *ret_bytes)
{
	size_t n = 0;

	*ret_bytes = 0;
	for (; !b.failed && b.at < b.s.n; n++)
		*ret_bytes += bytes_take(&b, number(&b, 1)).n;
	return n;
}

/* RFC 1035 §3.3.14 NOT: "one or more character-strings": one with none, which some servers let
 * people publish, would hide the other records of its name. */
static void read_txt(struct reading *r, struct bytes *b, struct dns_record *ret)
{
	size_t bytes, parts = txt_measure(*b, &bytes), at = 0;

	if (parts + bytes > r->left) {
		fail(r, too_large);
		return;
	}
	r->left -= parts + bytes;
	char *joined = arena_alloc(r->arena, bytes);
	struct str *part = ARENA_NEW_N(r->arena, struct str, parts);

	if (!joined || !part) {
		fail(r, too_large);
		return;
	}
	for (size_t i = 0; i < parts; i++) {
		struct str s = bytes_take(b, number(b, 1));

		memcpy(joined + at, s.p, s.n);
		part[i] = str_of(joined + at, s.n);
		at += s.n;
	}
	ret->txt.joined = str_of(joined, bytes);
	ret->txt.part = part;
	ret->txt.parts = parts;
}

static void read_srv(struct reading *r, struct bytes *b, struct dns_record *ret)
{
	ret->srv.priority = (uint16_t)number(b, 2);
	ret->srv.weight = (uint16_t)number(b, 2);
	ret->srv.port = (uint16_t)number(b, 2);
	ret->srv.target = keep_name(r, b);
}

static void read_tlsa(struct reading *r, struct bytes *b, struct dns_record *ret)
{
	ret->tlsa.usage = (uint8_t)number(b, 1);
	ret->tlsa.selector = (uint8_t)number(b, 1);
	ret->tlsa.matching = (uint8_t)number(b, 1);
	ret->tlsa.data = keep_rest(r, b);
}

/* RFC 8659 §4.1: a tag has a letter or digit at least. */
static void read_caa(struct reading *r, struct bytes *b, struct dns_record *ret)
{
	ret->caa.flags = (uint8_t)number(b, 1);
	size_t n = number(b, 1);

	b->failed |= n == 0;
	ret->caa.tag = keep(r, bytes_take(b, n));
	ret->caa.value = keep_rest(r, b);
}

static const struct {
	enum dns_type type;
	void (*read)(struct reading *r, struct bytes *b, struct dns_record *ret);
} readers[] = {
	{DNS_A, read_a},       {DNS_AAAA, read_aaaa}, {DNS_NS, read_name}, {DNS_CNAME, read_name},
	{DNS_PTR, read_name},  {DNS_MX, read_mx},     {DNS_TXT, read_txt}, {DNS_SRV, read_srv},
	{DNS_TLSA, read_tlsa}, {DNS_CAA, read_caa},
};

static void record_add(struct reading *r, struct rr *rr)
{
	struct dns_record *record;

	if (r->ret->n == DNS_RECORDS_MAX) {
		fail(r, too_large);
		return;
	}
	record = ARENA_GROW(r->arena, r->record, r->ret->n);
	if (!record) {
		fail(r, too_large);
		return;
	}
	r->record = record;
	record += r->ret->n++;
	*record = (struct dns_record){0};
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (readers[i].type == r->q->type)
			readers[i].read(r, &rr->rdata, record);
	if (!bytes_done(&rr->rdata))
		fail(r, malformed);
}

static void ttl_lower(struct reading *r, uint32_t ttl)
{
	if (ttl < r->ret->ttl)
		r->ret->ttl = ttl;
}

/* Looks through the answer section for the name in question: takes the records of the type; true if
 * there are none but a CNAME, which then is the name in question. */
static bool answers_pass(struct reading *r)
{
	struct bytes b = r->answers;
	struct name next;
	uint32_t ttl = 0;
	bool alias = false;
	struct rr rr;

	for (size_t i = 0; i < r->answer_count && !r->error; i++) {
		rr_read(&b, &rr);
		if (rr.class != CLASS_IN || rr.owner.odd ||
		    !dns_name_eq(name_str(&rr.owner), name_str(&r->at)))
			continue;
		if (rr.type == r->q->type) {
			record_add(r, &rr);
			ttl_lower(r, rr.ttl);
		} else if (rr.type == DNS_CNAME && !alias) {
			name_read(&rr.rdata, &next);
			if (!bytes_done(&rr.rdata) || next.odd)
				fail(r, malformed);
			ttl = rr.ttl;
			alias = true;
		}
	}
	if (!alias || r->ret->n || r->error || r->q->type == DNS_CNAME)
		return false;
	r->at = next;
	ttl_lower(r, ttl);
	return true;
}

static void answers_read(struct reading *r)
{
	for (unsigned i = 0; answers_pass(r); i++)
		if (i == DNS_WIRE_CNAMES)
			fail(r, "too many CNAMEs");
}

/* RFC 2308 §5: absence holds as long as the SOA record and its last field say. */
static void soa_read(struct reading *r, struct rr *rr)
{
	struct name name;

	name_read(&rr->rdata, &name);
	name_read(&rr->rdata, &name);
	(void)bytes_take(&rr->rdata, 16);
	uint32_t minimum = number(&rr->rdata, 4);

	if (!bytes_done(&rr->rdata)) {
		fail(r, malformed);
		return;
	}
	if (minimum > INT32_MAX)
		minimum = 0;
	r->absent_ttl = minimum < rr->ttl ? minimum : rr->ttl;
}

/* RFC 8914 §2: the first extended error. */
static void opt_read(struct reading *r, struct rr *rr)
{
	struct bytes *b = &rr->rdata;

	while (!b->failed && b->at < b->s.n) {
		uint32_t option = number(b, 2);
		struct bytes value = bytes_of(bytes_take(b, number(b, 2)));

		if (option != OPTION_EDE || r->ret->ede != DNS_EDE_NONE)
			continue;
		uint32_t code = number(&value, 2);

		b->failed |= value.failed;
		if (b->failed)
			break;
		r->ret->ede = (int)code;
		r->ede_text = str_sub(value.s, value.at, value.at + EDE_TEXT_MAX);
	}
	if (b->failed)
		fail(r, malformed);
}

/* The authority and additional sections. */
static void rest_read(struct reading *r, struct bytes *b, size_t authority, size_t additional)
{
	struct rr rr;

	for (size_t i = 0; i < authority + additional && !b->failed; i++) {
		rr_read(b, &rr);
		if (i < authority && rr.type == TYPE_SOA && rr.class == CLASS_IN)
			soa_read(r, &rr);
		if (i >= authority && rr.type == TYPE_OPT)
			opt_read(r, &rr);
	}
	if (!bytes_done(b))
		fail(r, malformed);
}

/* RFC 1035 §4.1.2. */
static void question_read(struct reading *r, struct bytes *b)
{
	name_read(b, &r->at);
	uint32_t type = number(b, 2), class = number(b, 2);

	if (r->at.odd || type != (uint32_t)r->q->type || class != CLASS_IN ||
	    !dns_name_eq(name_str(&r->at), r->q->name))
		fail(r, "answer to another question");
}

/* Goes to the end of the answer section, which answers_read then finds whole. */
static void answers_skip(struct reading *r, struct bytes *b, size_t n)
{
	struct rr rr;

	r->answers = *b;
	r->answer_count = n;
	if (n > DNS_WIRE_ANSWERS)
		fail(r, too_large);
	for (size_t i = 0; i < n && !r->error && !b->failed; i++)
		rr_read(b, &rr);
}

static const char *rcode_text(unsigned rcode)
{
	static const char *const texts[MASK_RCODE + 1] = {
		[1] = "the server says: format error",
		[2] = "server failure",
		[4] = "the server says: not implemented",
		[5] = "the server refuses",
	};

	return texts[rcode] ? texts[rcode] : "the server says: error";
}

static void sections_read(struct reading *r, struct bytes *b, unsigned rcode)
{
	size_t questions = number(b, 2), answers = number(b, 2);
	size_t authority = number(b, 2), additional = number(b, 2);

	/* A server's failure may come without the question. */
	if (questions == 1)
		question_read(r, b);
	else if (questions || !r->error)
		fail(r, malformed);
	answers_skip(r, b, answers);
	rest_read(r, b, authority, additional);
	if (!r->error)
		answers_read(r);
	if (rcode == RCODE_NXDOMAIN && r->ret->n)
		fail(r, malformed);
}

static void packet_read(struct reading *r, struct bytes *b)
{
	(void)number(b, 2); /* the id is libunbound's to check */
	unsigned flags = number(b, 2), rcode = flags & MASK_RCODE;

	if (!(flags & FLAG_RESPONSE) || (flags & MASK_OPCODE))
		fail(r, malformed);
	else if (flags & FLAG_TRUNCATED)
		fail(r, too_large);
	else if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN)
		fail(r, rcode_text(rcode));
	sections_read(r, b, rcode);
	r->ret->status = r->ret->n                 ? DNS_FOUND
			 : rcode == RCODE_NXDOMAIN ? DNS_NXDOMAIN
						   : DNS_NODATA;
	if (!r->ret->n)
		ttl_lower(r, r->absent_ttl);
}

void dns_wire_answer(struct str packet, const struct dns_question *q, struct arena *arena,
		     struct dns_answer *ret)
{
	struct reading r = {.q = q, .arena = arena, .left = DNS_ANSWER_MAX, .ret = ret};
	struct bytes b = bytes_of(packet);

	*ret = (struct dns_answer){.ede = DNS_EDE_NONE, .ttl = INT32_MAX};
	if (packet.n > DNS_WIRE_MAX)
		fail(&r, too_large);
	else
		packet_read(&r, &b);
	ret->record = r.record;
	if (!r.error)
		return;
	*ret = (struct dns_answer){.status = DNS_FAILED, .ede = ret->ede, .error = str_z(r.error)};
	if (r.ede_text.n)
		ret->error = arena_printf(arena, "%s: %.*s", r.error, STR_ARG(r.ede_text));
}
