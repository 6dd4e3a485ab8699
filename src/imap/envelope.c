#include "imap/envelope.h"

#include "format/address.h"
#include "format/header.h"
#include "imap/stored.h"

enum { FIELD_FROM = 2, FIELD_COUNT = 10 };

static const struct {
	struct str name;
	enum { TEXT, ADDRESSES, ADDRESSES_OR_FROM } kind;
} fields[FIELD_COUNT] = {
	{STR_INIT("Date"), TEXT},
	{STR_INIT("Subject"), TEXT},
	[FIELD_FROM] = {STR_INIT("From"), ADDRESSES},
	{STR_INIT("Sender"), ADDRESSES_OR_FROM},
	{STR_INIT("Reply-To"), ADDRESSES_OR_FROM},
	{STR_INIT("To"), ADDRESSES},
	{STR_INIT("Cc"), ADDRESSES},
	{STR_INIT("Bcc"), ADDRESSES},
	{STR_INIT("In-Reply-To"), TEXT},
	{STR_INIT("Message-ID"), TEXT},
};

struct value {
	bool is_there;
	struct str s;
};

/* The first field of each name, in one pass: there may be very many others. */
static void values_take(struct str header, struct value v[FIELD_COUNT])
{
	struct header_iter it = header_iter_of(header);
	struct header_field f;

	while (header_next(&it, &f))
		for (size_t i = 0; i < FIELD_COUNT; i++)
			if (!v[i].is_there && str_eq_nocase(f.name, fields[i].name))
				v[i] = (struct value){true, f.value};
}

static void text_write(struct buf *b, const struct value *v, struct arena *a)
{
	/* Present but empty is the empty string, RFC 9051 §7.5.2. */
	if (v->is_there)
		buf_imap_stored_string(b, header_unfold(a, v->s));
	else
		buf_str_add(b, STR("NIL"));
}

/* address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"; adl is always NIL: source
 * routes are not kept (RFC 5321 §4.1.1.3). */
static void address_write(struct buf *b, const struct address *x)
{
	const struct str nil = str_of(NULL, 0);
	struct str name = x->name.n ? x->name : nil;

	buf_char(b, '(');
	switch (x->kind) {
	case ADDRESS_MAILBOX:
		buf_imap_stored_nstring(b, name);
		buf_str_add(b, STR(" NIL "));
		buf_imap_stored_string(b, x->local);
		buf_char(b, ' ');
		buf_imap_stored_string(b, x->domain);
		break;
	case ADDRESS_GROUP_BEGIN:
		buf_str_add(b, STR("NIL NIL "));
		buf_imap_stored_string(b, x->name);
		buf_str_add(b, STR(" NIL"));
		break;
	case ADDRESS_GROUP_END: buf_str_add(b, STR("NIL NIL NIL NIL")); break;
	}
	buf_char(b, ')');
}

/* "(" 1*address ")" / nil. False if it is nil, and nothing is written. */
static bool addresses_write(struct buf *b, const struct value *v, struct arena *a)
{
	struct address_list list = {0};
	bool group = false;

	if (v->is_there)
		address_list_parse(v->s, a, &list);
	if (list.n == 0)
		return false;
	buf_char(b, '(');
	for (size_t i = 0; i < list.n && (i < IMAP_ENVELOPE_ADDRESSES || group); i++) {
		const struct address *x = &list.at[i];

		if (x->kind != ADDRESS_MAILBOX)
			group = x->kind == ADDRESS_GROUP_BEGIN;
		/* Of a group that goes on past the limit only the end is still written. */
		if (i < IMAP_ENVELOPE_ADDRESSES || x->kind == ADDRESS_GROUP_END)
			address_write(b, x);
	}
	buf_char(b, ')');
	return true;
}

void buf_imap_envelope(struct buf *b, struct str header, struct arena *a)
{
	struct value v[FIELD_COUNT] = {0};
	struct str from = STR("NIL");

	values_take(header, v);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		buf_char(b, i ? ' ' : '(');
		size_t start = b->n;

		if (fields[i].kind == TEXT)
			text_write(b, &v[i], a);
		else if (!addresses_write(b, &v[i], a))
			buf_str_add(b, fields[i].kind == ADDRESSES ? STR("NIL") : from);
		if (i == FIELD_FROM)
			from = arena_dup(a, str_from(buf_str(b), start));
	}
	buf_char(b, ')');
}
