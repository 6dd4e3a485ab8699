#include "format/report_dmarc.h"

#include "format/xml.h"

static const struct str namespace = STR_INIT("urn:ietf:params:xml:ns:dmarc-2.0");

#define WORDS(array, ...)                                           \
	{                                                           \
		.word = (array), .n = ARRAY_LEN(array), __VA_ARGS__ \
	}

static const char *const alignments[] = {
	[REPORT_RELAXED] = "r",
	[REPORT_STRICT] = "s",
};
static const char *const actions[] = {
	[REPORT_NONE] = "none",
	[REPORT_QUARANTINE] = "quarantine",
	[REPORT_REJECT] = "reject",
	[REPORT_PASS] = "pass",
};
static const char *const yes[] = {
	[REPORT_NO] = "n",
	[REPORT_YES] = "y",
};
static const char *const discoveries[] = {
	[REPORT_PSL] = "psl",
	[REPORT_TREEWALK] = "treewalk",
};
static const char *const aligned[] = {
	[REPORT_ALIGNED_PASS] = "pass",
	[REPORT_ALIGNED_FAIL] = "fail",
};
static const char *const overrides[] = {
	[REPORT_LOCAL_POLICY] = "local_policy",
	[REPORT_MAILING_LIST] = "mailing_list",
	[REPORT_OTHER] = "other",
	[REPORT_POLICY_TEST_MODE] = "policy_test_mode",
	[REPORT_TRUSTED_FORWARDER] = "trusted_forwarder",
	[REPORT_FORWARDED] = "forwarded",
	[REPORT_SAMPLED_OUT] = "sampled_out",
};
static const char *const auths[] = {
	[REPORT_AUTH_NONE] = "none",           [REPORT_AUTH_PASS] = "pass",
	[REPORT_AUTH_FAIL] = "fail",           [REPORT_AUTH_SOFTFAIL] = "softfail",
	[REPORT_AUTH_NEUTRAL] = "neutral",     [REPORT_AUTH_POLICY] = "policy",
	[REPORT_AUTH_TEMPERROR] = "temperror", [REPORT_AUTH_PERMERROR] = "permerror",
};
static const char *const scopes[] = {
	[REPORT_MFROM] = "mfrom",
	[REPORT_HELO] = "helo",
};
/* RFC 7489 appendix C: `"TempError" commonly implemented as "unknown"`, PermError as "error". */
static const struct report_alias auth_aliases[] = {
	{"hardfail", REPORT_AUTH_FAIL},
	{"unknown", REPORT_AUTH_TEMPERROR},
	{"error", REPORT_AUTH_PERMERROR},
};

static const struct report_words alignment_words = WORDS(alignments);
static const struct report_words policy_words = {.word = actions, .n = REPORT_PASS};
static const struct report_words action_words = WORDS(actions);
static const struct report_words yes_words = WORDS(yes);
static const struct report_words discovery_words = WORDS(discoveries);
static const struct report_words aligned_words = WORDS(aligned);
static const struct report_words override_words = WORDS(overrides, .otherwise = REPORT_OTHER);
static const struct report_words auth_words =
	WORDS(auths, .alias = auth_aliases, .aliases = ARRAY_LEN(auth_aliases));
static const struct report_words scope_words = WORDS(scopes);

#define SHAPE(fields, type)                                                     \
	{                                                                       \
		.field = (fields), .n = ARRAY_LEN(fields), .size = sizeof(type) \
	}

/* clang-format off */
#define AT(member) offsetof(struct report_dmarc_reason, member)
static const struct report_field reason_fields[] = {
	{"type", REPORT_WORD, true, AT(type), .words = &override_words},
	{"comment", REPORT_TEXT, false, AT(comment)},
};
static const struct report_shape reason_shape = SHAPE(reason_fields, struct report_dmarc_reason);
#undef AT

#define AT(member) offsetof(struct report_dmarc_dkim, member)
static const struct report_field dkim_fields[] = {
	{"domain", REPORT_TEXT, true, AT(domain)},
	{"selector", REPORT_TEXT, false, AT(selector)}, /* optional in RFC 7489 */
	{"result", REPORT_WORD, true, AT(result), .words = &auth_words},
	{"human_result", REPORT_TEXT, false, AT(human_result)},
};
static const struct report_shape dkim_shape = SHAPE(dkim_fields, struct report_dmarc_dkim);
#undef AT

#define AT(member) offsetof(struct report_dmarc_spf, member)
static const struct report_field spf_fields[] = {
	{"domain", REPORT_TEXT, true, AT(domain)},
	{"scope", REPORT_WORD, false, AT(scope), .words = &scope_words},
	{"result", REPORT_WORD, true, AT(result), .words = &auth_words},
	{"human_result", REPORT_TEXT, false, AT(human_result)},
};
static const struct report_shape spf_shape = SHAPE(spf_fields, struct report_dmarc_spf);
#undef AT

#define AT(member) offsetof(struct report_dmarc_record, member)
static const struct report_field evaluated_fields[] = {
	{"disposition", REPORT_WORD, true, AT(disposition), .words = &action_words},
	{"dkim", REPORT_WORD, true, AT(aligned_dkim), .words = &aligned_words},
	{"spf", REPORT_WORD, true, AT(aligned_spf), .words = &aligned_words},
	{"reason", REPORT_LIST, false, AT(reason), .shape = &reason_shape},
};
static const struct report_shape evaluated_shape = SHAPE(evaluated_fields, struct report_dmarc_record);
static const struct report_field row_fields[] = {
	{"source_ip", REPORT_IP, true, AT(source_ip)},
	{"count", REPORT_COUNT, true, AT(count)},
	{"policy_evaluated", REPORT_GROUP, true, .shape = &evaluated_shape},
};
static const struct report_shape row_shape = SHAPE(row_fields, struct report_dmarc_record);
static const struct report_field identifiers_fields[] = {
	{"envelope_to", REPORT_TEXT, false, AT(envelope_to)},
	{"envelope_from", REPORT_TEXT, false, AT(envelope_from)},
	{"header_from", REPORT_TEXT, true, AT(header_from)},
};
static const struct report_shape identifiers_shape = SHAPE(identifiers_fields, struct report_dmarc_record);
static const struct report_field auth_fields[] = {
	{"dkim", REPORT_LIST, false, AT(dkim), .shape = &dkim_shape},
	{"spf", REPORT_LIST, false, AT(spf), .shape = &spf_shape},
};
static const struct report_shape auth_shape = SHAPE(auth_fields, struct report_dmarc_record);
static const struct report_field record_fields[] = {
	{"row", REPORT_GROUP, true, .shape = &row_shape},
	{"identifiers", REPORT_GROUP, true, .shape = &identifiers_shape},
	{"auth_results", REPORT_GROUP, true, .shape = &auth_shape},
};
static const struct report_shape record_shape = SHAPE(record_fields, struct report_dmarc_record);
#undef AT

#define AT(member) offsetof(struct report_dmarc, member)
static const struct report_field range_fields[] = {
	{"begin", REPORT_SECONDS, true, AT(begin)},
	{"end", REPORT_SECONDS, true, AT(end)},
};
static const struct report_shape range_shape = SHAPE(range_fields, struct report_dmarc);
static const struct report_field metadata_fields[] = {
	{"org_name", REPORT_TEXT, true, AT(org_name)},
	{"email", REPORT_TEXT, true, AT(email)},
	{"extra_contact_info", REPORT_TEXT, false, AT(extra_contact_info)},
	{"report_id", REPORT_TEXT, true, AT(report_id)},
	{"date_range", REPORT_GROUP, true, .shape = &range_shape},
	{"error", REPORT_TEXTS, false, AT(error)},
	{"generator", REPORT_TEXT, false, AT(generator)},
};
static const struct report_shape metadata_shape = SHAPE(metadata_fields, struct report_dmarc);
static const struct report_field policy_fields[] = {
	{"domain", REPORT_TEXT, true, AT(policy.domain)},
	{"discovery_method", REPORT_WORD, false, AT(policy.discovery_method), .words = &discovery_words},
	{"p", REPORT_WORD, true, AT(policy.p), .words = &policy_words},
	{"sp", REPORT_WORD, false, AT(policy.sp), .words = &policy_words},
	{"np", REPORT_WORD, false, AT(policy.np), .words = &policy_words},
	{"adkim", REPORT_WORD, false, AT(policy.adkim), .words = &alignment_words},
	{"aspf", REPORT_WORD, false, AT(policy.aspf), .words = &alignment_words},
	{"fo", REPORT_TEXT, false, AT(policy.fo)},
	{"testing", REPORT_WORD, false, AT(policy.testing), .words = &yes_words},
	{"pct", REPORT_NUMBER, false, AT(policy.pct)},
};
static const struct report_shape policy_shape = SHAPE(policy_fields, struct report_dmarc);
static const struct report_field feedback_fields[] = {
	{"version", REPORT_TEXT, false, AT(version)},
	{"report_metadata", REPORT_GROUP, true, .shape = &metadata_shape},
	{"policy_published", REPORT_GROUP, true, .shape = &policy_shape},
	{"record", REPORT_LIST, true, AT(record), .shape = &record_shape},
};
const struct report_shape report_dmarc_shape = SHAPE(feedback_fields, struct report_dmarc);
#undef AT
/* clang-format on */

struct reader {
	struct xml_reader xml;
	struct arena *a;
	struct report_dmarc *report;
	struct str space; /* of the root element */
	struct report_frame frame[XML_DEPTH_MAX];
	unsigned depth;                  /* frames in use */
	const struct report_field *leaf; /* the value that is open */
	unsigned unknown;                /* open elements that are passed over */
};

static struct err root_begin(struct reader *r, struct str space, struct str name)
{
	if (!str_eq(name, STR("feedback")))
		return err_make(ERR_SYNTAX, "the root element is not \"feedback\"");
	r->space = arena_dup(r->a, space);
	r->frame[r->depth++] = (struct report_frame){&report_dmarc_shape, r->report, 0};
	return ERR_OK;
}

static struct err on_begin(struct xml_reader *x, struct str space, struct str name)
{
	struct reader *r = CONTAINER_OF(x, struct reader, xml);

	if (r->depth == 0)
		return root_begin(r, space, name);
	/* The schema of RFC 7489 has children in no namespace, that of RFC 9990 in the root's. */
	bool ours = !r->unknown && !r->leaf && (space.n == 0 || str_eq(space, r->space));
	struct report_frame *top = &r->frame[r->depth - 1];
	const struct report_field *f = ours ? report_field(top->shape, name) : NULL;

	if (!f) {
		r->unknown++;
		return ERR_OK;
	}
	if (f->type == REPORT_GROUP || f->type == REPORT_LIST)
		return report_enter(top, f, r->a, &r->frame[r->depth++]);
	r->leaf = f;
	return ERR_OK;
}

static struct err on_end(struct xml_reader *x, struct str text)
{
	struct reader *r = CONTAINER_OF(x, struct reader, xml);

	if (r->unknown) {
		r->unknown--;
		return ERR_OK;
	}
	struct report_frame *top = &r->frame[r->depth - 1];

	if (r->leaf)
		return report_set(top, TAKE_PTR(r->leaf), str_trim(text), r->a);
	r->depth--;
	return report_leave(top);
}

struct err report_dmarc_read(struct str xml, struct arena *a, struct report_dmarc *ret)
{
	struct reader r = {.xml = {on_begin, on_end}, .a = a, .report = ret};

	*ret = (struct report_dmarc){0};
	return xml_read(xml, &r.xml);
}

static void write_value(const void *base, const struct report_field *f, size_t nth, unsigned depth,
			struct buf *b)
{
	struct str name = str_z(f->name);
	BUF_AUTO text = BUF_INIT(REPORT_TEXT_MAX);

	report_text(base, f, nth, &text);
	buf_char_n(b, ' ', 2 * depth);
	buf_strs(b, STR("<"), name, STR(">"));
	buf_xml(b, buf_str(&text));
	buf_strs(b, STR("</"), name, STR(">\n"));
}

static void write_fields(const struct report_shape *shape, const void *base, unsigned depth,
			 struct buf *b);

static void write_element(const struct report_field *f, const void *base, unsigned depth,
			  struct buf *b)
{
	struct str name = str_z(f->name);

	buf_char_n(b, ' ', 2 * depth);
	buf_strs(b, STR("<"), name, STR(">\n"));
	write_fields(f->shape, base, depth + 1, b);
	buf_char_n(b, ' ', 2 * depth);
	buf_strs(b, STR("</"), name, STR(">\n"));
}

static void write_fields(const struct report_shape *shape, const void *base, unsigned depth,
			 struct buf *b)
{
	for (size_t i = 0; i < shape->n; i++) {
		const struct report_field *f = &shape->field[i];
		bool list = f->type == REPORT_LIST || f->type == REPORT_TEXTS;
		size_t n = list ? report_count(base, f) : report_is_set(base, f);

		for (size_t k = 0; k < n; k++)
			if (f->type == REPORT_LIST)
				write_element(f, report_element(base, f, k), depth, b);
			else if (f->type == REPORT_GROUP)
				write_element(f, base, depth, b);
			else
				write_value(base, f, k, depth, b);
	}
}

void report_dmarc_write(const struct report_dmarc *r, struct buf *b)
{
	buf_strs(b, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback xmlns=\""),
		 namespace, STR("\">\n"));
	write_fields(&report_dmarc_shape, r, 1, b);
	buf_str_add(b, STR("</feedback>\n"));
}
