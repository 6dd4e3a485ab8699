#include "facts/derive.h"

#include "base/utf8.h"
#include "format/address.h"
#include "format/date.h"
#include "format/header.h"
#include "format/msgid.h"
#include "format/subject.h"
#include "format/word.h"

/* The fields of a kind, in their order; of more than that the first count. Values are cut, so that
 * one cannot use up the scratch memory of the others. */
enum { SAME_MAX = 20, VALUE_MAX = 256 << 10 };

enum field {
	FIELD_FROM,
	FIELD_SENDER,
	FIELD_REPLY_TO,
	FIELD_TO,
	FIELD_CC,
	FIELD_BCC,
	FIELD_MESSAGE_ID,
	FIELD_REFERENCES,
	FIELD_IN_REPLY_TO,
	FIELD_SUBJECT,
	FIELD_DATE,
	FIELD_COUNT
};

static const struct str names[] = {
	[FIELD_FROM] = STR_INIT("from"),
	[FIELD_SENDER] = STR_INIT("sender"),
	[FIELD_REPLY_TO] = STR_INIT("reply-to"),
	[FIELD_TO] = STR_INIT("to"),
	[FIELD_CC] = STR_INIT("cc"),
	[FIELD_BCC] = STR_INIT("bcc"),
	[FIELD_MESSAGE_ID] = STR_INIT("message-id"),
	[FIELD_REFERENCES] = STR_INIT("references"),
	[FIELD_IN_REPLY_TO] = STR_INIT("in-reply-to"),
	[FIELD_SUBJECT] = STR_INIT("subject"),
	[FIELD_DATE] = STR_INIT("date"),
};

struct values {
	struct str v[FIELD_COUNT][SAME_MAX];
	size_t n[FIELD_COUNT];
};

static void values_take(struct str header, struct values *v)
{
	struct header_iter it = header_iter_of(header);
	struct header_field f;

	while (header_next(&it, &f))
		for (size_t i = 0; i < FIELD_COUNT; i++)
			if (v->n[i] < SAME_MAX && str_eq_nocase(f.name, names[i]))
				v->v[i][v->n[i]++] = str_sub(f.value, 0, VALUE_MAX);
}

/* Encoded words decoded, on one line, at most max bytes of UTF-8. */
static struct str text_of(struct str s, size_t max, struct arena *a)
{
	BUF_AUTO b = BUF_INIT(WORD_GROWTH * VALUE_MAX);

	word_decode(s, &b);
	return arena_dup(a, utf8_cut(str_trim(buf_str(&b)), max));
}

/* -- addresses -- */

struct people {
	struct facts *f;
	struct arena *a;
	size_t budget;
};

static struct str domain_lower(struct str s, struct arena *a)
{
	char *to = arena_alloc(a, s.n);

	for (size_t i = 0; to && i < s.n; i++)
		to[i] = ch_lower(s.p[i]);
	return str_of(to, to ? s.n : 0);
}

/* False when no more can be kept. One that is too long to be an address is passed over. */
static bool address_add(struct people *p, enum facts_role role, const struct address *x)
{
	struct facts *f = p->f;

	if (x->kind != ADDRESS_MAILBOX || x->local.n > FACTS_ADDRESS_TEXT_MAX ||
	    x->domain.n > FACTS_ADDRESS_TEXT_MAX)
		return true;
	struct str name = text_of(x->name, FACTS_ADDRESS_TEXT_MAX, p->a);
	size_t n = name.n + x->local.n + x->domain.n;

	f->addresses = ARENA_GROW(p->a, f->addresses, f->address_count);
	if (!f->addresses || n > p->budget)
		return false;
	p->budget -= n;
	f->addresses[f->address_count++] = (struct facts_address){
		.role = role,
		.name = name,
		.local = arena_dup(p->a, x->local),
		.domain = domain_lower(x->domain, p->a),
	};
	return f->address_count < FACTS_ADDRESSES_MAX;
}

static bool addresses_of(struct people *p, enum facts_role role, struct str value,
			 struct arena *scratch)
{
	struct address_list list = {0};

	address_list_parse(value, scratch, &list);
	for (size_t i = 0; i < list.n; i++)
		if (!address_add(p, role, &list.at[i]))
			return false;
	return true;
}

/* From comes first: a long To must not crowd it out. */
static void addresses_fill(const struct values *v, struct arena *a, struct arena *scratch,
			   struct facts *f)
{
	struct people p = {.f = f, .a = a, .budget = BUILD_ADDRESSES_TEXT_MAX};

	_Static_assert((int)FIELD_BCC == (int)FACTS_BCC, "fields in the order of roles");
	for (size_t role = 0; role < FACTS_ROLE_COUNT; role++)
		for (size_t i = 0; i < v->n[role]; i++)
			if (!addresses_of(&p, (enum facts_role)role, v->v[role][i], scratch))
				return;
}

/* -- message ids -- */

static void message_id_fill(const struct values *v, struct arena *a, struct arena *scratch,
			    struct facts *f)
{
	struct str id;

	if (v->n[FIELD_MESSAGE_ID] == 0)
		return;
	if (!msgid_canonical(v->v[FIELD_MESSAGE_ID][0], scratch, &id))
		id = header_unfold(scratch, v->v[FIELD_MESSAGE_ID][0]);
	f->message_id = arena_dup(a, str_sub(id, 0, FACTS_MESSAGE_ID_MAX));
}

struct ids {
	struct str at[FACTS_REFERENCES_MAX];
	size_t n, bytes;
};

static bool ids_have(const struct ids *l, struct str id)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->at[i], id))
			return true;
	return false;
}

/* When there are too many, the oldest but the root goes: the root and the nearest ancestors make
 * threads. */
static void ids_add(struct ids *l, struct str id)
{
	if (id.n > FACTS_REFERENCE_MAX)
		return;
	while (l->n == ARRAY_LEN(l->at) || l->bytes + id.n > BUILD_REFERENCES_TEXT_MAX) {
		l->bytes -= l->at[1].n;
		memmove(&l->at[1], &l->at[2], (l->n - 2) * sizeof(l->at[0]));
		l->n--;
	}
	l->at[l->n++] = id;
	l->bytes += id.n;
}

static void ids_of(const struct values *v, enum field field, bool new_only, struct arena *scratch,
		   struct ids *l)
{
	struct msgid_list ids = {0};

	if (v->n[field])
		msgid_references(v->v[field][0], scratch, &ids);
	for (size_t i = 0; i < ids.n; i++)
		if (!new_only || !ids_have(l, ids.at[i]))
			ids_add(l, ids.at[i]);
}

static void references_fill(const struct values *v, struct arena *a, struct arena *scratch,
			    struct facts *f)
{
	struct ids l = {0};

	ids_of(v, FIELD_REFERENCES, false, scratch, &l);
	ids_of(v, FIELD_IN_REPLY_TO, true, scratch, &l);
	f->references = ARENA_NEW_N(a, struct str, l.n);
	for (size_t i = 0; f->references && i < l.n; i++)
		f->references[f->reference_count++] = arena_dup(a, l.at[i]);
}

/* -- the rest -- */

static void subject_fill(const struct values *v, struct arena *a, struct facts *f)
{
	BUF_AUTO base = BUF_INIT(BUILD_SUBJECT_MAX);

	if (v->n[FIELD_SUBJECT] == 0)
		return;
	f->subject = text_of(v->v[FIELD_SUBJECT][0], BUILD_SUBJECT_MAX, a);
	f->subject_is_reply = subject_base(f->subject, &base);
	f->subject_base = arena_dup(a, buf_str(&base));
}

static void date_fill(const struct values *v, struct facts *f)
{
	struct date d;

	if (v->n[FIELD_DATE] == 0 || !date_parse(v->v[FIELD_DATE][0], &d))
		return;
	f->has_date = true;
	f->date = d.unix_seconds;
	f->date_zone = (int16_t)d.zone;
}

void derive_head(struct str header, struct arena *a, struct arena *scratch, struct facts *f)
{
	struct values v = {0};

	values_take(header, &v);
	message_id_fill(&v, a, scratch, f);
	references_fill(&v, a, scratch, f);
	subject_fill(&v, a, f);
	date_fill(&v, f);
	addresses_fill(&v, a, scratch, f);
}
