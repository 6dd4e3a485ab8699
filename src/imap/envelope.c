#include "imap/envelope.h"

#include "format/address.h"
#include "format/header.h"
#include "imap/stored.h"

static void field_text(struct buf *b, struct str header, struct str name, struct arena *a)
{
	struct header_field f;

	if (!header_get(header, name, 0, &f)) {
		buf_str_add(b, STR("NIL"));
		return;
	}
	/* Present but empty is the empty string, RFC 9051 §7.5.2. */
	buf_imap_stored_string(b, header_unfold(a, f.value));
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

/* "(" 1*address ")" / nil. False if it is nil. */
static bool addresses_write(struct buf *b, struct str header, struct str name, struct arena *a)
{
	struct header_field f;
	struct address_list list = {0};
	bool group = false;

	if (header_get(header, name, 0, &f))
		address_list_parse(f.value, a, &list);
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

static void addresses_or_nil(struct buf *b, struct str header, struct str name, struct arena *a)
{
	if (!addresses_write(b, header, name, a))
		buf_str_add(b, STR("NIL"));
}

void buf_imap_envelope(struct buf *b, struct str header, struct arena *a)
{
	static const struct {
		struct str name;
		enum { TEXT, ADDRESSES, ADDRESSES_OR_FROM } kind;
	} fields[] = {
		{STR_INIT("Date"), TEXT},
		{STR_INIT("Subject"), TEXT},
		{STR_INIT("From"), ADDRESSES},
		{STR_INIT("Sender"), ADDRESSES_OR_FROM},
		{STR_INIT("Reply-To"), ADDRESSES_OR_FROM},
		{STR_INIT("To"), ADDRESSES},
		{STR_INIT("Cc"), ADDRESSES},
		{STR_INIT("Bcc"), ADDRESSES},
		{STR_INIT("In-Reply-To"), TEXT},
		{STR_INIT("Message-ID"), TEXT},
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		buf_char(b, i ? ' ' : '(');
		if (fields[i].kind == TEXT)
			field_text(b, header, fields[i].name, a);
		else if (fields[i].kind == ADDRESSES)
			addresses_or_nil(b, header, fields[i].name, a);
		else if (!addresses_write(b, header, fields[i].name, a))
			addresses_or_nil(b, header, STR("From"), a);
	}
	buf_char(b, ')');
}
