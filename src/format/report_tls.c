#include "format/report_tls.h"

#include "format/jsonread.h"

#define SHAPE(fields, type)                                                     \
	{                                                                       \
		.field = (fields), .n = ARRAY_LEN(fields), .size = sizeof(type) \
	}

/* clang-format off */
#define AT(member) offsetof(struct report_tls_failure, member)
static const struct report_field failure_fields[] = {
	{"result-type", REPORT_TEXT, true, AT(result_type)},
	{"sending-mta-ip", REPORT_IP, false, AT(sending_mta_ip)},
	{"receiving-mx-hostname", REPORT_TEXT, false, AT(receiving_mx_hostname)},
	{"receiving-mx-helo", REPORT_TEXT, false, AT(receiving_mx_helo)},
	{"receiving-ip", REPORT_IP, false, AT(receiving_ip)},
	{"failed-session-count", REPORT_COUNT, false, AT(failed_session_count)},
	{"additional-information", REPORT_TEXT, false, AT(additional_information)},
	{"failure-reason-code", REPORT_TEXT, false, AT(failure_reason_code)},
};
static const struct report_shape failure_shape = SHAPE(failure_fields, struct report_tls_failure);
#undef AT

#define AT(member) offsetof(struct report_tls_policy, member)
static const struct report_field policy_fields[] = {
	{"policy-type", REPORT_TEXT, true, AT(policy_type)},
	{"policy-string", REPORT_TEXTS, false, AT(policy_string)},
	{"policy-domain", REPORT_TEXT, false, AT(policy_domain)},
	{"mx-host", REPORT_TEXTS, false, AT(mx_host)},
};
static const struct report_shape policy_shape = SHAPE(policy_fields, struct report_tls_policy);
static const struct report_field summary_fields[] = {
	{"total-successful-session-count", REPORT_COUNT, false, AT(successes)},
	{"total-failure-session-count", REPORT_COUNT, false, AT(failures)},
};
static const struct report_shape summary_shape = SHAPE(summary_fields, struct report_tls_policy);
static const struct report_field policies_fields[] = {
	{"policy", REPORT_GROUP, true, .shape = &policy_shape},
	{"summary", REPORT_GROUP, true, .shape = &summary_shape},
	{"failure-details", REPORT_LIST, false, AT(details), .shape = &failure_shape},
};
static const struct report_shape policies_shape = SHAPE(policies_fields, struct report_tls_policy);
#undef AT

#define AT(member) offsetof(struct report_tls, member)
static const struct report_field range_fields[] = {
	{"start-datetime", REPORT_DATE, true, AT(begin)},
	{"end-datetime", REPORT_DATE, true, AT(end)},
};
static const struct report_shape range_shape = SHAPE(range_fields, struct report_tls);
static const struct report_field report_fields[] = {
	{"organization-name", REPORT_TEXT, true, AT(organization_name)},
	{"date-range", REPORT_GROUP, true, .shape = &range_shape},
	{"contact-info", REPORT_TEXT, false, AT(contact_info)},
	{"report-id", REPORT_TEXT, true, AT(report_id)},
	{"policies", REPORT_LIST, true, AT(policies), .shape = &policies_shape},
};
const struct report_shape report_tls_shape = SHAPE(report_fields, struct report_tls);
#undef AT
/* clang-format on */

static struct err read_object(struct report_frame *frame, const json_t *object, struct arena *a);

static struct err mismatch(const struct report_field *f, const char *wanted)
{
	return err_make(ERR_SYNTAX, "%s is no %s", f->name, wanted);
}

static struct err read_inside(struct report_frame *frame, const struct report_field *f,
			      const json_t *object, struct arena *a)
{
	struct report_frame inside;

	if (!json_is_object(object))
		return mismatch(f, "object");
	TRY(report_enter(frame, f, a, &inside));
	return err_add(read_object(&inside, object, a), "%s", f->name);
}

/* A list of objects, or of strings; an empty one is there. */
static struct err read_array(struct report_frame *frame, const struct report_field *f,
			     const json_t *array, struct arena *a)
{
	if (!json_is_array(array))
		return mismatch(f, "array");
	TRY(report_mark(frame, f));
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *v = json_array_get(array, i);

		if (f->type == REPORT_LIST)
			TRY(read_inside(frame, f, v, a));
		else if (json_is_string(v))
			TRY(report_set(frame, f, jsonread_str(v), a));
		else
			return mismatch(f, "array of strings");
	}
	return ERR_OK;
}

static struct err read_count(struct report_frame *frame, const struct report_field *f,
			     const json_t *number, struct arena *a)
{
	BUF_AUTO text = BUF_INIT(32);

	if (!json_is_integer(number))
		return mismatch(f, "integer");
	buf_i64(&text, json_integer_value(number));
	return report_set(frame, f, buf_str(&text), a);
}

static struct err read_value(struct report_frame *frame, const struct report_field *f,
			     const json_t *v, struct arena *a)
{
	if (f->type == REPORT_GROUP)
		return read_inside(frame, f, v, a);
	if (f->type == REPORT_LIST || (f->type == REPORT_TEXTS && !json_is_string(v)))
		return read_array(frame, f, v, a);
	if (f->type == REPORT_COUNT)
		return read_count(frame, f, v, a);
	return json_is_string(v) ? report_set(frame, f, jsonread_str(v), a) : mismatch(f, "string");
}

static struct err read_object(struct report_frame *frame, const json_t *object, struct arena *a)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)object, key, v)
	{
		const struct report_field *f = report_field(frame->shape, str_z(key));

		if (f && !json_is_null(v))
			TRY(read_value(frame, f, v, a));
	}
	return report_leave(frame);
}

struct err report_tls_read(struct str json, struct arena *a, struct report_tls *ret)
{
	struct report_frame frame = {&report_tls_shape, ret, 0};
	JSON_AUTO *root = NULL;

	*ret = (struct report_tls){0};
	TRY(jsonread(json, &root));
	if (!json_is_object(root))
		return err_make(ERR_SYNTAX, "the report is no JSON object");
	return read_object(&frame, root, a);
}

void report_tls_write(const struct report_tls *r, struct buf *b)
{
	struct json j = json_of(b);

	report_json(&report_tls_shape, r, &j);
}
