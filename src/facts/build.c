#include "facts/build.h"

#include "base/utf8.h"
#include "format/address.h"
#include "format/date.h"
#include "format/header.h"
#include "format/msgid.h"
#include "format/subject.h"
#include "imap/bodystructure.h"
#include "imap/envelope.h"
#include <openssl/evp.h>

/* So that the whole fits into FACTS_SIZE_MAX. */
enum {
	ENVELOPE_MAX = 128 << 10,
	STRUCTURE_MAX = 256 << 10, /* each of the two */
	ADDRESSES_BYTES = 64 << 10,
	REFERENCES_BYTES = 32 << 10,
	PARTS_BYTES = 128 << 10, /* types, names */
	TEXT_MAX = 1000,         /* a name, a domain, a charset */
	SUBJECT_BYTES = 4096,
	PREVIEW_SOURCE = 16 << 10, /* bytes of a part that are looked at for the preview */
};

/* ---- lines ---- */

static void line_end(struct facts *f, uint64_t n)
{
	f->lines++;
	if (n > f->longest_line)
		f->longest_line = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static void lines_count(struct str m, struct facts *f)
{
	size_t start = 0;

	for (size_t i = 0; i < m.n; i++) {
		unsigned char c = (unsigned char)m.p[i];

		if (c >= ' ' && c < 0x7f)
			continue;
		if (c == '\n') {
			bool crlf = i > start && m.p[i - 1] == '\r';

			f->bare_lf += !crlf;
			line_end(f, i - start - crlf);
			start = i + 1;
		} else if (c == '\r') {
			f->bare_cr += i + 1 == m.n || m.p[i + 1] != '\n';
		} else if (c == '\0') {
			f->has_nul = true;
		} else if (c >= 0x80) {
			f->has_8bit = true;
		}
	}
	if (start < m.n)
		line_end(f, m.n - start);
}

/* ---- parts ---- */

static enum facts_encoding encoding_of(enum encoding e)
{
	static const enum facts_encoding map[] = {
		[ENCODING_7BIT] = FACTS_ENCODING_7BIT,
		[ENCODING_8BIT] = FACTS_ENCODING_8BIT,
		[ENCODING_BINARY] = FACTS_ENCODING_BINARY,
		[ENCODING_BASE64] = FACTS_ENCODING_BASE64,
		[ENCODING_QP] = FACTS_ENCODING_QUOTED_PRINTABLE,
		[ENCODING_UNKNOWN] = FACTS_ENCODING_UNKNOWN,
	};

	return map[e];
}

static struct str param_of(const struct param_list *l, struct str name, struct arena *a)
{
	struct param_text t;

	return param_get(l, name, a, &t) ? utf8_cut(t.value, TEXT_MAX) : STR("");
}

static void part_fill(const struct mime_part *m, struct arena *a, struct facts_part *p)
{
	*p = (struct facts_part){
		.number = (uint16_t)m->number,
		.kind = (enum facts_part_kind)m->kind,
		.encoding = encoding_of(m->encoding),
		.header_at = m->header,
		.header_n = m->body - m->header,
		.body_at = m->body,
		.body_n = mime_size(m),
		.lines = m->lines > UINT32_MAX ? UINT32_MAX : (uint32_t)m->lines,
		.type = utf8_cut(m->type, TEXT_MAX),
		.subtype = utf8_cut(m->subtype, TEXT_MAX),
		.charset = param_of(&m->content_type.params, STR("charset"), a),
		.filename = param_of(&m->disposition.params, STR("filename"), a),
		/* RFC 2183 §2.8: unknown types are treated like an attachment. */
		.attachment = m->disposition.type.n && !str_eq(m->disposition.type, STR("inline")),
	};
	if (!p->filename.n)
		p->filename = param_of(&m->content_type.params, STR("name"), a);
}

/* Fills the table depth first. False if it would be too large. */
static bool parts_fill(const struct mime_tree *t, struct arena *a, struct facts *f)
{
	uint16_t row_at_depth[MIME_DEPTH_MAX + 2];
	size_t bytes = 0;

	_Static_assert((int)FACTS_DEPTH_MAX > (int)MIME_DEPTH_MAX, "every tree fits");
	_Static_assert((int)FACTS_PART_MESSAGE == (int)MIME_MESSAGE, "the kinds are the same");
	if (t->parts > FACTS_PARTS_MAX)
		return false;
	f->parts = ARENA_NEW_N(a, struct facts_part, t->parts);
	f->part_count = 0;
	for (const struct mime_part *m = t->root; m && f->parts; m = mime_next(m)) {
		struct facts_part *p = &f->parts[f->part_count];

		part_fill(m, a, p);
		p->parent = m->depth ? row_at_depth[m->depth - 1] : 0;
		if (!m->depth)
			p->number = 0;
		row_at_depth[m->depth] = (uint16_t)f->part_count++;
		bytes += p->type.n + p->subtype.n + p->charset.n + p->filename.n;
	}
	return bytes <= PARTS_BYTES;
}

static bool structure_text(const struct mime_part *root, struct str message, bool extended,
			   struct arena *a, struct str *ret)
{
	BUF_AUTO b = BUF_INIT(STRUCTURE_MAX);

	buf_imap_bodystructure(&b, root, message, extended, a);
	*ret = arena_dup(a, buf_str(&b));
	return !buf_failed(&b);
}

static bool structure(const struct mime_tree *t, struct str message, struct arena *a,
		      struct facts *f)
{
	return parts_fill(t, a, f) && structure_text(t->root, message, false, a, &f->body) &&
	       structure_text(t->root, message, true, a, &f->bodystructure);
}

/* A message too large to be taken apart is bytes. */
static void structure_opaque(const struct mime_tree *t, struct str message, struct arena *a,
			     struct facts *f)
{
	struct mime_part root = {
		.opaque = true,
		.header = t->root->header,
		.body = t->root->body,
		.end = t->root->end,
		.lines = t->root->lines,
		.type = STR("application"),
		.subtype = STR("octet-stream"),
	};
	struct mime_tree one = {.root = &root, .parts = 1};

	if (!structure(&one, message, a, f))
		f->part_count = 0;
}

/* ---- header fields ---- */

/* A decoded, one-line, UTF-8 text of at most max bytes. */
static struct str text_of(struct str value, size_t max, struct arena *a)
{
	BUF_AUTO b = BUF_INIT(4 * SUBJECT_BYTES);

	buf_utf8_repair(&b, str_sub(header_unfold(a, value), 0, SUBJECT_BYTES));
	return arena_dup(a, utf8_cut(buf_str(&b), max));
}

struct fields {
	struct facts *f;
	struct arena *a;
	size_t address_bytes;
	bool role_seen[FACTS_ROLE_COUNT];
};

static const struct {
	struct str name;
	enum facts_role role;
	bool once; /* of several fields the first counts */
} address_fields[] = {
	{STR_INIT("From"), FACTS_FROM, true},
	{STR_INIT("Sender"), FACTS_SENDER, true},
	{STR_INIT("Reply-To"), FACTS_REPLY_TO, true},
	{STR_INIT("To"), FACTS_TO, false},
	{STR_INIT("Cc"), FACTS_CC, false},
	{STR_INIT("Bcc"), FACTS_BCC, false},
};

static struct str lower(struct str s, struct arena *a)
{
	s = arena_dup(a, s);
	for (size_t i = 0; i < s.n; i++)
		((char *)s.p)[i] = ch_lower(s.p[i]);
	return s;
}

static void address_add(struct fields *x, enum facts_role role, const struct address *from)
{
	struct facts_address ad = {
		.role = role,
		.name = text_of(from->name, TEXT_MAX, x->a),
		.local = arena_dup(x->a, str_sub(from->local, 0, TEXT_MAX)),
		.domain = lower(str_sub(from->domain, 0, TEXT_MAX), x->a),
	};

	x->address_bytes += ad.name.n + ad.local.n + ad.domain.n + 8;
	if (x->address_bytes <= ADDRESSES_BYTES && x->f->address_count < FACTS_ADDRESSES_MAX)
		x->f->addresses[x->f->address_count++] = ad;
}

static void addresses_add(struct fields *x, enum facts_role role, struct str value)
{
	struct address_list l;

	address_list_parse(value, x->a, &l);
	for (size_t i = 0; i < l.n; i++)
		if (l.at[i].kind == ADDRESS_MAILBOX && (l.at[i].local.n || l.at[i].domain.n))
			address_add(x, role, &l.at[i]);
}

static void addresses_fill(struct str header, struct fields *x)
{
	struct header_iter it = header_iter_of(header);
	struct header_field h;

	x->f->addresses = ARENA_NEW_N(x->a, struct facts_address, FACTS_ADDRESSES_MAX);
	while (x->f->addresses && header_next(&it, &h)) {
		for (size_t i = 0; i < ARRAY_LEN(address_fields); i++) {
			enum facts_role role = address_fields[i].role;

			if (!str_eq_nocase(h.name, address_fields[i].name) ||
			    x->address_bytes > ADDRESSES_BYTES ||
			    (address_fields[i].once && x->role_seen[role]))
				continue;
			x->role_seen[role] = true;
			addresses_add(x, role, h.value);
		}
	}
}

static void references_fill(struct str header, struct fields *x)
{
	static const struct str names[] = {STR_INIT("References"), STR_INIT("In-Reply-To")};
	struct msgid_list l = {0};
	struct header_field h;
	size_t bytes = 0, from;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (header_get(header, names[i], 0, &h))
			msgid_references(h.value, x->a, &l);
	/* The nearest count most: from the end. */
	for (from = l.n; from > 0 && l.n - from < FACTS_REFERENCES_MAX; from--) {
		bytes += l.at[from - 1].n;
		if (bytes > REFERENCES_BYTES || l.at[from - 1].n > TEXT_MAX)
			break;
	}
	x->f->references = l.at + from;
	x->f->reference_count = l.n - from;
}

static void header_facts(struct str header, struct fields *x)
{
	struct facts *f = x->f;
	struct header_field h;
	struct date d;
	struct str id;
	BUF_AUTO base = BUF_INIT(4 * SUBJECT_BYTES);

	if (header_get(header, STR("Message-ID"), 0, &h) && msgid_canonical(h.value, x->a, &id))
		f->message_id = str_sub(id, 0, TEXT_MAX);
	if (header_get(header, STR("Subject"), 0, &h))
		f->subject = text_of(h.value, SUBJECT_BYTES, x->a);
	f->subject_is_reply = subject_base(f->subject, &base);
	f->subject_base = arena_dup(x->a, buf_str(&base));
	if (header_get(header, STR("Date"), 0, &h) && date_parse(h.value, &d)) {
		f->has_date = true;
		f->date = d.unix_seconds;
		f->date_zone = (int16_t)d.zone;
	}
	references_fill(header, x);
	addresses_fill(header, x);
}

/* ---- preview ---- */

/* Runs of white space and controls become one space. */
static void preview_fold(struct str text, struct buf *b)
{
	bool space = false;
	uint32_t cp;

	for (size_t at = 0, n; (n = utf8_decode_lossy(text, at, &cp)) != 0; at += n) {
		if (cp <= ' ' || cp == 0x7f || cp == 0xa0) {
			space = true;
			continue;
		}
		if (space && b->n)
			buf_char(b, ' ');
		space = false;
		buf_utf8(b, cp);
		if (b->n >= FACTS_PREVIEW_MAX)
			break;
	}
}

static const struct mime_part *first_text(const struct mime_tree *t)
{
	for (const struct mime_part *p = t->root; p; p = mime_next(p))
		if (p->kind == MIME_LEAF && mime_is(p, STR("text"), STR("plain")) &&
		    p->encoding != ENCODING_UNKNOWN &&
		    !str_eq(p->disposition.type, STR("attachment")))
			return p;
	return NULL;
}

/* RFC 8970 §3.1. */
static void preview_fill(const struct mime_tree *t, struct str message, struct fields *x)
{
	BUF_AUTO decoded = BUF_INIT(PREVIEW_SOURCE + ENCODING_SLACK);
	BUF_AUTO folded = BUF_INIT(FACTS_PREVIEW_MAX + 8);
	const struct mime_part *p = first_text(t);

	if (!p)
		return;
	encoding_decode_all(p->encoding, str_sub(mime_body(p, message), 0, PREVIEW_SOURCE),
			    &decoded);
	preview_fold(buf_str(&decoded), &folded);
	x->f->preview = arena_dup(x->a, utf8_cut(buf_str(&folded), FACTS_PREVIEW_MAX));
}

/* ---- all ---- */

static struct err hash_fill(struct str message, const uint8_t *sha256, struct facts *f)
{
	if (sha256)
		memcpy(f->sha256, sha256, sizeof(f->sha256));
	else if (EVP_Digest(message.p ? message.p : "", message.n, f->sha256, NULL, EVP_sha256(),
			    NULL) != 1)
		return err_make(ERR_INTERNAL, "SHA-256 of a message");
	return ERR_OK;
}

struct err facts_build(struct str message, const uint8_t *sha256, struct arena *a,
		       struct facts *ret)
{
	struct facts f = {.size = message.n};
	struct fields x = {.f = &f, .a = a};
	struct mime_tree t;
	BUF_AUTO envelope = BUF_INIT(ENVELOPE_MAX);

	TRY(hash_fill(message, sha256, &f));
	TRY(mime_parse(message, a, &t));
	struct str header = mime_header(t.root, message);

	f.header_n = header.n;
	lines_count(message, &f);
	buf_imap_envelope(&envelope, header, a);
	if (buf_failed(&envelope)) {
		buf_clear(&envelope);
		buf_imap_envelope(&envelope, STR(""), a);
	}
	f.envelope = arena_dup(a, buf_str(&envelope));
	if (!structure(&t, message, a, &f))
		structure_opaque(&t, message, a, &f);
	header_facts(header, &x);
	preview_fill(&t, message, &x);
	if (arena_failed(a) || f.part_count == 0)
		return err_make(ERR_RESOURCES, "no memory for the facts of a message");
	*ret = f;
	return ERR_OK;
}
