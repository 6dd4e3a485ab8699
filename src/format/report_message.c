#include "format/report_message.h"

#include "format/mime.h"
#include "format/unpack.h"

static const struct {
	struct str type, subtype;
} candidates[] = {
	{STR_INIT("application"), STR_INIT("gzip")},
	{STR_INIT("application"), STR_INIT("x-gzip")},
	{STR_INIT("application"), STR_INIT("zip")},
	{STR_INIT("application"), STR_INIT("x-zip-compressed")},
	{STR_INIT("application"), STR_INIT("x-zip")},
	{STR_INIT("application"), STR_INIT("octet-stream")},
	{STR_INIT("text"), STR_INIT("xml")},
	{STR_INIT("application"), STR_INIT("xml")},
	{STR_INIT("application"), STR_INIT("tlsrpt+gzip")},
	{STR_INIT("application"), STR_INIT("tlsrpt+json")},
	{STR_INIT("application"), STR_INIT("tlsrpt")},
	{STR_INIT("application"), STR_INIT("json")},
};

struct str report_kind_name(enum report_kind kind)
{
	static const struct str names[REPORT_KINDS] = {
		[REPORT_KIND_DMARC] = STR_INIT("DMARC aggregate report"),
		[REPORT_KIND_TLS] = STR_INIT("TLS report"),
		[REPORT_KIND_ARF] = STR_INIT("feedback report"),
	};

	return names[kind];
}

struct search {
	struct str message;
	struct arena *a;
	struct buf *content;
	struct report_found *ret;
	struct buf decoded;
	bool found;
	unsigned tries;
	struct err error; /* the first */
};

static bool is_candidate(const struct mime_part *p)
{
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++)
		if (mime_is(p, candidates[i].type, candidates[i].subtype))
			return true;
	return false;
}

/* By how it begins: `<` or a byte order mark of UTF-16 is XML, `{` is JSON. */
static bool kind_guess(struct str s, enum report_kind *ret)
{
	if (str_starts(s, STR("\xef\xbb\xbf")))
		s = str_from(s, 3);
	s = str_trim(s);
	if (str_starts(s, STR("<")) || str_starts(s, STR("\xff\xfe")) ||
	    str_starts(s, STR("\xfe\xff"))) {
		*ret = REPORT_KIND_DMARC;
		return true;
	}
	*ret = REPORT_KIND_TLS;
	return str_starts(s, STR("{"));
}

/* Unpacks what may be a report; false if it is none. */
static bool try_file(struct search *s, struct str file)
{
	buf_clear(s->content);
	struct err e = unpack(file, s->content);

	if (err_is_ok(s->error))
		s->error = e;
	s->ret->content = buf_str(s->content);
	return err_is_ok(e) && kind_guess(s->ret->content, &s->ret->kind);
}

static struct str part_decode(struct search *s, const struct mime_part *p, struct buf *to)
{
	buf_clear(to);
	encoding_decode_all(p->encoding, mime_body(p, s->message), to);
	if (buf_failed(to) && err_is_ok(s->error))
		s->error = err_make(ERR_TOO_BIG, "a part has more than %zu bytes", to->max);
	return buf_str(to);
}

static void original_find(struct search *s, const struct mime_part *p)
{
	const struct mime_part *message = mime_embedded(p);

	if (message)
		s->ret->original_header = mime_header(message, s->message);
	else if (mime_is(p, STR("text"), STR("rfc822-headers")))
		s->ret->original_header = arena_dup(s->a, part_decode(s, p, &s->decoded));
}

/* RFC 5965 §2: the second part is the report, the third what it is about. */
static void feedback_take(struct search *s, const struct mime_part *p)
{
	s->ret->kind = REPORT_KIND_ARF;
	s->ret->content = part_decode(s, p, s->content);
	s->found = !buf_failed(s->content);
	if (s->found && p->next)
		original_find(s, p->next);
}

static void part_try(struct search *s, const struct mime_part *p)
{
	if (mime_is(p, STR("message"), STR("feedback-report"))) {
		feedback_take(s, p);
	} else if (is_candidate(p) && s->tries++ < REPORT_TRIES_MAX) {
		struct str file = part_decode(s, p, &s->decoded);

		s->found = !buf_failed(&s->decoded) && try_file(s, file);
	}
}

/* The nesting is bounded by MIME_DEPTH_MAX. */
static void search(struct search *s, const struct mime_part *p)
{
	if (p->kind == MIME_LEAF)
		part_try(s, p);
	if (p->kind != MIME_MULTIPART)
		return;
	for (const struct mime_part *c = p->child; c && !s->found; c = c->next)
		search(s, c);
}

static struct err search_message(struct search *s)
{
	struct mime_tree tree;

	TRY(mime_parse(s->message, s->a, &tree));
	search(s, tree.root);
	if (s->found)
		return ERR_OK;
	return err_failed(s->error) ? s->error
				    : err_make(ERR_NOT_FOUND, "no report in the message");
}

struct err report_message_find(struct str message, struct arena *a, struct buf *content,
			       struct report_found *ret)
{
	struct search s = {.message = message, .a = a, .content = content, .ret = ret};
	enum report_kind kind;

	*ret = (struct report_found){0};
	if (unpack_kind(message) == UNPACK_PLAIN && !kind_guess(message, &kind)) {
		buf_init(&s.decoded, UNPACK_MAX);
		struct err e = search_message(&s);

		buf_fini(&s.decoded);
		return e;
	}
	if (try_file(&s, message))
		return ERR_OK;
	return err_failed(s.error) ? s.error : err_make(ERR_NOT_FOUND, "neither XML nor JSON");
}
