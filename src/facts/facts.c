#include "facts/facts.h"

#include "base/bytes.h"

/* The scalar fields in the order of the serialised form. */
enum kind { U, I, BOOL, TEXT };

struct field {
	size_t at;
	enum kind kind;
	uint8_t size; /* of the struct's member: U, I */
	uint32_t max; /* TEXT: length */
};

/* clang-format off */
#define FIELD_U(m)         {offsetof(struct facts, m), U, sizeof(((struct facts *)0)->m), 0}
#define FIELD_I(m)         {offsetof(struct facts, m), I, sizeof(((struct facts *)0)->m), 0}
#define FIELD_BOOL(m)      {offsetof(struct facts, m), BOOL, sizeof(bool), 0}
#define FIELD_TEXT(m, max) {offsetof(struct facts, m), TEXT, 0, max}
static const struct field fields[] = {
	FIELD_U(size),
	FIELD_U(header_n),
	FIELD_U(lines),
	FIELD_U(longest_line),
	FIELD_U(bare_cr),
	FIELD_U(bare_lf),
	FIELD_BOOL(has_8bit),
	FIELD_BOOL(has_nul),
	FIELD_TEXT(message_id, FACTS_MESSAGE_ID_MAX),
	FIELD_TEXT(subject, FACTS_SUBJECT_MAX),
	FIELD_TEXT(subject_base, FACTS_SUBJECT_MAX),
	FIELD_BOOL(subject_is_reply),
	FIELD_BOOL(has_date),
	FIELD_I(date),
	FIELD_I(date_zone),
	FIELD_TEXT(preview, FACTS_PREVIEW_MAX * 4),
	FIELD_TEXT(envelope, FACTS_SIZE_MAX),
	FIELD_TEXT(body, FACTS_SIZE_MAX),
	FIELD_TEXT(bodystructure, FACTS_SIZE_MAX),
	FIELD_TEXT(signature, FACTS_SIGNATURE_MAX),
	FIELD_TEXT(origin, FACTS_ORIGIN_MAX),
};
/* clang-format on */

size_t facts_part_child(const struct facts *f, size_t part)
{
	/* Depth first: a first child stands right behind its parent. */
	return part + 1 < f->part_count && f->parts[part + 1].parent == part ? part + 1 : 0;
}

size_t facts_part_next(const struct facts *f, size_t part)
{
	for (size_t i = part + 1; part && i < f->part_count; i++) {
		if (f->parts[i].parent == f->parts[part].parent)
			return i;
		if (f->parts[i].parent < f->parts[part].parent)
			break;
	}
	return 0;
}

static bool child_numbered(const struct facts *f, size_t part, uint32_t number, size_t *ret)
{
	for (size_t i = facts_part_child(f, part); i; i = facts_part_next(f, i))
		if (f->parts[i].number == number) {
			*ret = i;
			return true;
		}
	return false;
}

/* RFC 9051 §6.4.5.1: a message's numbers are those of its multipart; one that is not multipart has
 * a part 1, the message's own body. */
static bool message_numbered(const struct facts *f, size_t message, uint32_t number, size_t *ret)
{
	if (f->parts[message].kind == FACTS_PART_MULTIPART)
		return child_numbered(f, message, number, ret);
	*ret = message;
	return number == 1;
}

bool facts_part_find(const struct facts *f, const uint32_t *section, size_t n, size_t *ret_part)
{
	size_t part = 0;
	bool as_message = true; /* the next number is one of the message that starts at `part` */

	for (size_t i = 0; i < n; i++) {
		if (!as_message && f->parts[part].kind == FACTS_PART_MESSAGE) {
			part = facts_part_child(f, part);
			if (!part)
				return false;
			as_message = true;
		}
		bool own_body = as_message && f->parts[part].kind != FACTS_PART_MULTIPART;

		if (as_message ? !message_numbered(f, part, section[i], &part)
			       : !child_numbered(f, part, section[i], &part))
			return false;
		/* After "1" of a message that is not multipart, nothing but a message/rfc822's own
		 * numbers may follow. */
		if (own_body && i + 1 < n && f->parts[part].kind != FACTS_PART_MESSAGE)
			return false;
		as_message = false;
	}
	*ret_part = part;
	return true;
}

static const void *member(const struct facts *f, const struct field *fl)
{
	return (const char *)f + fl->at;
}

/* So that small negative numbers are short: 0, -1, 1, -2, ... */
static uint64_t zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static void field_write(const struct facts *f, const struct field *fl, struct buf *b)
{
	const void *m = member(f, fl);

	switch (fl->kind) {
	case U: buf_varint(b, fl->size == 8 ? *(const uint64_t *)m : *(const uint32_t *)m); break;
	case I:
		buf_varint(b, zigzag(fl->size == 8 ? *(const int64_t *)m : *(const int16_t *)m));
		break;
	case BOOL: buf_char(b, *(const bool *)m ? 1 : 0); break;
	case TEXT: buf_lstr(b, *(const struct str *)m); break;
	}
}

static void part_write(const struct facts_part *p, struct buf *b)
{
	buf_varint(b, p->parent);
	buf_varint(b, p->number);
	buf_varint(b, p->kind);
	buf_varint(b, p->encoding);
	buf_varint(b, p->header_at);
	buf_varint(b, p->header_n);
	buf_varint(b, p->body_at);
	buf_varint(b, p->body_n);
	buf_varint(b, p->lines);
	buf_lstr(b, p->type);
	buf_lstr(b, p->subtype);
	buf_lstr(b, p->charset);
	buf_lstr(b, p->filename);
	buf_varint(b, p->attachment);
}

struct err facts_write(const struct facts *f, struct buf *b)
{
	size_t from = b->n;

	buf_varint(b, FACTS_VERSION);
	buf_add(b, f->sha256, sizeof(f->sha256));
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		field_write(f, &fields[i], b);
	buf_varint(b, f->part_count);
	for (size_t i = 0; i < f->part_count; i++)
		part_write(&f->parts[i], b);
	buf_varint(b, f->address_count);
	for (size_t i = 0; i < f->address_count; i++) {
		buf_varint(b, f->addresses[i].role);
		buf_lstr(b, f->addresses[i].name);
		buf_lstr(b, f->addresses[i].local);
		buf_lstr(b, f->addresses[i].domain);
	}
	buf_varint(b, f->reference_count);
	for (size_t i = 0; i < f->reference_count; i++)
		buf_lstr(b, f->references[i]);
	if (buf_failed(b) || b->n - from > FACTS_SIZE_MAX)
		return err_make(ERR_LIMIT, "facts of a message are too large");
	return ERR_OK;
}

static void field_read(struct bytes *in, const struct field *fl, struct facts *f)
{
	void *m = (char *)f + fl->at;

	switch (fl->kind) {
	case U:
		if (fl->size == 8)
			*(uint64_t *)m = bytes_varint(in, INT64_MAX);
		else
			*(uint32_t *)m = (uint32_t)bytes_varint(in, UINT32_MAX);
		break;
	case I:
		if (fl->size == 8)
			*(int64_t *)m = unzigzag(bytes_varint(in, UINT64_MAX));
		else
			*(int16_t *)m = (int16_t)unzigzag(bytes_varint(in, UINT16_MAX));
		break;
	case BOOL: *(bool *)m = bytes_varint(in, 1) != 0; break;
	case TEXT: *(struct str *)m = bytes_lstr(in, fl->max); break;
	}
}

static bool range_inside(uint64_t at, uint64_t n, uint64_t size)
{
	return at <= size && n <= size - at;
}

/* The elder sister of row i, or its parent if it is the first child; depth[i] is that of row i.
 * False if it is not where depth first puts it. */
static bool part_before(const struct facts *f, size_t i, const uint8_t *depth, size_t *ret)
{
	const struct facts_part *p = &f->parts[i];
	size_t prev = i - 1;

	/* The row before is the parent, or lies below an elder sister. */
	while (prev != p->parent && depth[prev] > depth[i])
		prev = f->parts[prev].parent;
	*ret = prev;
	if (prev == p->parent)
		return p->number == 1;
	return f->parts[prev].parent == p->parent && p->number == f->parts[prev].number + 1;
}

static uint64_t part_end(const struct facts_part *p)
{
	return p->body_at + p->body_n;
}

/* Its place in the tree and in the message. Parts do not overlap, so that whoever reads all of them
 * reads no byte twice. */
static bool part_ok(const struct facts *f, size_t i, uint8_t *depth)
{
	const struct facts_part *p = &f->parts[i];
	size_t before;

	if (!range_inside(p->header_at, p->header_n, f->size) ||
	    !range_inside(p->body_at, p->body_n, f->size) ||
	    p->body_at != p->header_at + p->header_n)
		return false;
	if (i == 0)
		return p->parent == 0 && p->number == 0;
	if (p->parent >= i || p->number == 0)
		return false;
	const struct facts_part *up = &f->parts[p->parent];

	depth[i] = (uint8_t)(depth[p->parent] + 1);
	if (depth[i] > FACTS_DEPTH_MAX || up->kind == FACTS_PART_LEAF)
		return false;
	if (up->kind == FACTS_PART_MESSAGE && p->number != 1)
		return false;
	if (!part_before(f, i, depth, &before) || part_end(p) > part_end(up))
		return false;
	return p->header_at >= (before == p->parent ? up->body_at : part_end(&f->parts[before]));
}

static void part_read(struct bytes *in, struct facts_part *p)
{
	p->parent = (uint16_t)bytes_varint(in, FACTS_PARTS_MAX);
	p->number = (uint16_t)bytes_varint(in, FACTS_PARTS_MAX);
	p->kind = (enum facts_part_kind)bytes_varint(in, FACTS_PART_MESSAGE);
	p->encoding = (enum facts_encoding)bytes_varint(in, FACTS_ENCODING_UNKNOWN);
	p->header_at = bytes_varint(in, INT64_MAX);
	p->header_n = bytes_varint(in, INT64_MAX);
	p->body_at = bytes_varint(in, INT64_MAX);
	p->body_n = bytes_varint(in, INT64_MAX);
	p->lines = (uint32_t)bytes_varint(in, UINT32_MAX);
	p->type = bytes_lstr(in, FACTS_PART_TEXT_MAX);
	p->subtype = bytes_lstr(in, FACTS_PART_TEXT_MAX);
	p->charset = bytes_lstr(in, FACTS_PART_TEXT_MAX);
	p->filename = bytes_lstr(in, FACTS_PART_NAME_MAX);
	p->attachment = bytes_varint(in, 1) != 0;
}

/* A count, and an array for it; a row takes at least one byte of what is left. */
static void *array_read(struct bytes *in, struct arena *a, size_t max, size_t size, size_t *ret_n)
{
	*ret_n = bytes_varint(in, max);
	if (*ret_n > in->s.n - in->at)
		in->failed = true;
	void *p = in->failed ? NULL : arena_array(a, *ret_n, size);

	if (!p) {
		in->failed = true;
		*ret_n = 0;
	}
	return p;
}

static bool parts_read(struct bytes *in, struct arena *a, struct facts *f)
{
	uint8_t depth[FACTS_PARTS_MAX] = {0};

	f->parts = array_read(in, a, FACTS_PARTS_MAX, sizeof(*f->parts), &f->part_count);
	for (size_t i = 0; i < f->part_count && !in->failed; i++) {
		part_read(in, &f->parts[i]);
		if (in->failed || !part_ok(f, i, depth))
			return false;
	}
	return f->part_count > 0;
}

/* What goes over an IMAP connection as it is must not be able to end a line. */
static bool wire_ok(struct str s)
{
	return !memchr(s.n ? s.p : "", '\r', s.n) && !memchr(s.n ? s.p : "", '\n', s.n) &&
	       !memchr(s.n ? s.p : "", '\0', s.n);
}

struct err facts_read(struct str bytes, struct arena *a, struct facts *ret)
{
	struct facts f = {0};
	struct bytes in = bytes_of(str_sub(bytes, 0, FACTS_SIZE_MAX + 1));
	uint64_t version = bytes_varint(&in, UINT32_MAX);

	if (!in.failed && version > FACTS_VERSION)
		return err_make(ERR_VERSION, "facts of version %u", (unsigned)version);
	struct str hash = bytes_take(&in, sizeof(f.sha256));

	if (hash.n)
		memcpy(f.sha256, hash.p, sizeof(f.sha256));
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		field_read(&in, &fields[i], &f);
	bool ok = version == FACTS_VERSION && parts_read(&in, a, &f);

	f.addresses =
		array_read(&in, a, FACTS_ADDRESSES_MAX, sizeof(*f.addresses), &f.address_count);
	for (size_t i = 0; i < f.address_count; i++) {
		f.addresses[i].role = (enum facts_role)bytes_varint(&in, FACTS_ROLE_COUNT - 1);
		f.addresses[i].name = bytes_lstr(&in, FACTS_ADDRESS_TEXT_MAX);
		f.addresses[i].local = bytes_lstr(&in, FACTS_ADDRESS_TEXT_MAX);
		f.addresses[i].domain = bytes_lstr(&in, FACTS_ADDRESS_TEXT_MAX);
	}
	f.references =
		array_read(&in, a, FACTS_REFERENCES_MAX, sizeof(*f.references), &f.reference_count);
	for (size_t i = 0; i < f.reference_count; i++)
		f.references[i] = bytes_lstr(&in, FACTS_REFERENCE_MAX);
	if (arena_failed(a))
		return err_make(ERR_RESOURCES, "no memory for the facts of a message");
	if (!ok || !bytes_done(&in) || f.header_n > f.size || !wire_ok(f.envelope) ||
	    !wire_ok(f.body) || !wire_ok(f.bodystructure))
		return err_make(ERR_CORRUPT, "facts of a message are malformed at byte %zu", in.at);
	*ret = f;
	return ERR_OK;
}
