#include "role/dns_wire.h"

static bool ip_write(const struct dns_record *r, void *item, struct arena *a)
{
	*(struct str *)item = str_of((const char *)r->ip.b, r->ip.family == 4 ? 4 : 16);
	return true;
}

static bool ip_read(const void *item, struct dns_record *r, struct arena *a)
{
	const struct str *s = item;

	if (s->n != 4 && s->n != 16)
		return false;
	r->ip.family = s->n == 4 ? 4 : 6;
	memcpy(r->ip.b, s->p, s->n);
	return true;
}

static bool name_write(const struct dns_record *r, void *item, struct arena *a)
{
	*(struct str *)item = r->name;
	return true;
}

static bool name_read(const void *item, struct dns_record *r, struct arena *a)
{
	r->name = *(const struct str *)item;
	return true;
}

static bool mx_write(const struct dns_record *r, void *item, struct arena *a)
{
	*(struct msg_dns_mx *)item = (struct msg_dns_mx){r->mx.preference, r->mx.host};
	return true;
}

static bool mx_read(const void *item, struct dns_record *r, struct arena *a)
{
	const struct msg_dns_mx *m = item;

	r->mx.preference = m->preference;
	r->mx.host = m->host;
	return true;
}

static bool txt_write(const struct dns_record *r, void *item, struct arena *a)
{
	struct msg_dns_txt *m = item;
	char *lengths = arena_alloc(a, r->txt.parts);

	if (!lengths)
		return false;
	for (size_t i = 0; i < r->txt.parts; i++) {
		if (r->txt.part[i].n > UINT8_MAX)
			return false;
		lengths[i] = (char)r->txt.part[i].n;
	}
	*m = (struct msg_dns_txt){r->txt.joined, str_of(lengths, r->txt.parts)};
	return true;
}

static bool txt_read(const void *item, struct dns_record *r, struct arena *a)
{
	const struct msg_dns_txt *m = item;
	struct str *part = ARENA_NEW_N(a, struct str, m->lengths.n);
	size_t at = 0;

	if (!part)
		return false;
	for (size_t i = 0; i < m->lengths.n; i++) {
		size_t n = (unsigned char)m->lengths.p[i];

		part[i] = str_sub(m->joined, at, at + n);
		at += n;
	}
	r->txt.joined = m->joined;
	r->txt.part = part;
	r->txt.parts = m->lengths.n;
	return at == m->joined.n;
}

static bool srv_write(const struct dns_record *r, void *item, struct arena *a)
{
	*(struct msg_dns_srv *)item =
		(struct msg_dns_srv){r->srv.priority, r->srv.weight, r->srv.port, r->srv.target};
	return true;
}

static bool srv_read(const void *item, struct dns_record *r, struct arena *a)
{
	const struct msg_dns_srv *m = item;

	r->srv.priority = m->priority;
	r->srv.weight = m->weight;
	r->srv.port = m->port;
	r->srv.target = m->target;
	return true;
}

static bool tlsa_write(const struct dns_record *r, void *item, struct arena *a)
{
	*(struct msg_dns_tlsa *)item = (struct msg_dns_tlsa){r->tlsa.usage, r->tlsa.selector,
							     r->tlsa.matching, r->tlsa.data};
	return true;
}

static bool tlsa_read(const void *item, struct dns_record *r, struct arena *a)
{
	const struct msg_dns_tlsa *m = item;

	r->tlsa.usage = m->usage;
	r->tlsa.selector = m->selector;
	r->tlsa.matching = m->matching;
	r->tlsa.data = m->data;
	return true;
}

static bool caa_write(const struct dns_record *r, void *item, struct arena *a)
{
	*(struct msg_dns_caa *)item = (struct msg_dns_caa){r->caa.flags, r->caa.tag, r->caa.value};
	return true;
}

static bool caa_read(const void *item, struct dns_record *r, struct arena *a)
{
	const struct msg_dns_caa *m = item;

	r->caa.flags = m->flags;
	r->caa.tag = m->tag;
	r->caa.value = m->value;
	return true;
}

/* Where a type's records are in the message, and how one of them is written and read; false: no
 * such record can be, or the arena is full. */
static const struct shape {
	enum dns_type type;
	size_t list, list_n, size;
	bool (*write)(const struct dns_record *r, void *item, struct arena *a);
	bool (*read)(const void *item, struct dns_record *r, struct arena *a);
} shapes[] = {
#define LIST(l)                                                                     \
	offsetof(struct msg_dns_answer, l), offsetof(struct msg_dns_answer, l##_n), \
		sizeof(*((struct msg_dns_answer *)0)->l)
	{DNS_A, LIST(addresses), ip_write, ip_read},
	{DNS_AAAA, LIST(addresses), ip_write, ip_read},
	{DNS_NS, LIST(names), name_write, name_read},
	{DNS_CNAME, LIST(names), name_write, name_read},
	{DNS_PTR, LIST(names), name_write, name_read},
	{DNS_MX, LIST(mx), mx_write, mx_read},
	{DNS_TXT, LIST(txt), txt_write, txt_read},
	{DNS_SRV, LIST(srv), srv_write, srv_read},
	{DNS_TLSA, LIST(tlsa), tlsa_write, tlsa_read},
	{DNS_CAA, LIST(caa), caa_write, caa_read},
#undef LIST
};

static const struct shape *shape_of(unsigned type)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (shapes[i].type == type)
			return &shapes[i];
	return NULL;
}

/* Questions. */

void dns_wire_question_write(const struct dns_question *q, struct msg_dns_question *ret)
{
	*ret = (struct msg_dns_question){(uint16_t)q->type, q->name};
}

static bool is_lower(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != ch_lower(s.p[i]))
			return false;
	return true;
}

struct err dns_wire_question_read(const struct msg_dns_question *m, struct dns_question *ret)
{
	if (!shape_of(m->type))
		return err_make(ERR_SYNTAX, "question for type %u", m->type);
	if (!dns_name_ok(m->name) || !is_lower(m->name))
		return err_make(ERR_SYNTAX, "question for a name that is none");
	*ret = (struct dns_question){(enum dns_type)m->type, m->name};
	return ERR_OK;
}

/* Answers. */

_Static_assert((int)DNS_FOUND == MSG_DNS_STATUS_FOUND && (int)DNS_BOGUS == MSG_DNS_STATUS_BOGUS &&
		       (int)DNS_BOGUS + 1 == MSG_DNS_STATUS_N,
	       "both enums are in one order");

static void failed_write(const char *why, struct msg_dns_answer *ret)
{
	*ret = (struct msg_dns_answer){.status = MSG_DNS_STATUS_FAILED, .error = str_z(why)};
}

static bool records_write(const struct dns_answer *a, const struct shape *s, struct arena *arena,
			  struct msg_dns_answer *ret)
{
	char *items = arena_array(arena, a->n, s->size);
	bool ok = items;

	for (size_t i = 0; i < a->n && ok; i++)
		ok = s->write(&a->record[i], items + i * s->size, arena);
	*(void **)((char *)ret + s->list) = items;
	*(size_t *)((char *)ret + s->list_n) = a->n;
	return ok;
}

void dns_wire_answer_write(enum dns_type type, const struct dns_answer *from, struct arena *arena,
			   struct msg_dns_answer *ret)
{
	const struct shape *s = shape_of(type);
	const struct dns_answer *a = dns_answer_copy(arena, type, from);

	*ret = (struct msg_dns_answer){
		.status = (enum msg_dns_status)a->status,
		.authentic = a->authentic,
		.has_ede = a->ede >= 0 && a->ede <= UINT16_MAX,
		.ede = (uint16_t)a->ede,
		.ttl = a->ttl,
		.error = a->error,
	};
	if (!s || !records_write(a, s, arena, ret))
		failed_write("answer too large", ret);
}

/* How many records the message has, in whichever list. */
static size_t records_count(const struct msg_dns_answer *m)
{
	return m->addresses_n + m->names_n + m->mx_n + m->txt_n + m->srv_n + m->tlsa_n + m->caa_n;
}

static bool records_read(const struct msg_dns_answer *m, const struct shape *s, struct arena *arena,
			 struct dns_answer *ret)
{
	size_t n = *(const size_t *)((const char *)m + s->list_n);
	const char *items = *(const char *const *)((const char *)m + s->list);
	struct dns_record *r = ARENA_NEW_N(arena, struct dns_record, n);
	bool ok = r && n == records_count(m);

	for (size_t i = 0; i < n && ok; i++)
		ok = s->read(items + i * s->size, &r[i], arena);
	ret->record = r;
	ret->n = n;
	return ok;
}

void dns_wire_answer_read(enum dns_type type, const struct msg_dns_answer *m, struct arena *arena,
			  struct dns_answer *ret)
{
	const struct shape *s = shape_of(type);
	struct dns_answer a = {
		.status = (enum dns_status)m->status,
		.authentic = m->authentic,
		.ede = m->has_ede ? m->ede : DNS_EDE_NONE,
		.ttl = m->ttl,
		.error = m->error,
	};

	if (!s || !records_read(m, s, arena, &a))
		a = (struct dns_answer){.status = DNS_FAILED,
					.ede = DNS_EDE_NONE,
					.error = STR("malformed answer")};
	*ret = *dns_answer_copy(arena, type, &a);
}
