#include "format/report.h"

#include "format/date.h"
#include <assert.h>

struct list {
	char *v;
	size_t n;
};

static void *member(const void *base, const struct report_field *f)
{
	return (char *)base + f->at;
}

const struct report_field *report_field(const struct report_shape *shape, struct str name)
{
	for (size_t i = 0; i < shape->n; i++)
		if (str_eq_nocase(str_z(shape->field[i].name), name))
			return &shape->field[i];
	return NULL;
}

struct err report_mark(struct report_frame *f, const struct report_field *field)
{
	uint32_t bit = (uint32_t)1 << (field - f->shape->field);
	bool again = field->type == REPORT_LIST || field->type == REPORT_TEXTS;

	assert(f->shape->n <= 32);
	if ((f->seen & bit) && !again)
		return err_make(ERR_SYNTAX, "%s comes twice", field->name);
	f->seen |= bit;
	return ERR_OK;
}

/* A new element at the end of a list: arrays move as they grow. NULL: no room for it. */
static void *list_add(void *list, size_t size, struct arena *a)
{
	struct list *l = list;
	char *v = l->n < REPORT_LIST_MAX ? arena_grow(a, l->v, l->n, size) : NULL;

	if (!v)
		return NULL;
	l->v = v;
	return memset(v + l->n++ * size, 0, size);
}

static struct err too_many(const struct report_field *f)
{
	return err_make(ERR_LIMIT, "%s comes more than %d times, or too often for the memory",
			f->name, REPORT_LIST_MAX);
}

struct err report_enter(struct report_frame *f, const struct report_field *field, struct arena *a,
			struct report_frame *ret)
{
	*ret = (struct report_frame){.shape = field->shape, .base = f->base};
	TRY(report_mark(f, field));
	if (field->type == REPORT_LIST)
		ret->base = list_add(member(f->base, field), field->shape->size, a);
	return ret->base ? ERR_OK : too_many(field);
}

static struct err set_text(const struct report_field *f, struct str text, void *to, struct arena *a)
{
	if (text.n > REPORT_TEXT_MAX)
		return err_make(ERR_LIMIT, "more than %d bytes", REPORT_TEXT_MAX);
	struct str copy = arena_dup(a, text);

	if (!copy.p)
		return err_make(ERR_LIMIT, "the report needs too much memory");
	*(struct str *)to = copy;
	return ERR_OK;
}

static struct err set_texts(const struct report_field *f, struct str text, void *to,
			    struct arena *a)
{
	void *element = list_add(to, sizeof(struct str), a);

	return element ? set_text(f, text, element, a) : too_many(f);
}

static struct err bad(const char *wanted, struct str text)
{
	return err_make(ERR_SYNTAX, "\"%.*s\" is no %s", (int)(text.n < 100 ? text.n : 100), text.p,
			wanted);
}

static struct err set_count(const struct report_field *f, struct str text, void *to,
			    struct arena *a)
{
	return str_u64(text, INT64_MAX, to) ? ERR_OK : bad("number", text);
}

static struct err set_number(const struct report_field *f, struct str text, void *to,
			     struct arena *a)
{
	struct report_number *n = to;

	n->set = text.n > 0;
	return n->set ? set_count(f, text, &n->v, a) : ERR_OK;
}

/* RFC 3339 §5.6 or RFC 5322 §3.3. */
static struct err set_date(const struct report_field *f, struct str text, void *to, struct arena *a)
{
	struct date d;

	if (!date_parse(text, &d))
		return bad("date", text);
	*(int64_t *)to = d.unix_seconds;
	return ERR_OK;
}

static struct err set_ip(const struct report_field *f, struct str text, void *to, struct arena *a)
{
	return !text.n || ip_parse(text, to) ? ERR_OK : bad("IP address", text);
}

static unsigned word_find(const struct report_words *w, struct str text)
{
	for (unsigned i = 1; i < w->n; i++)
		if (str_eq_nocase(str_z(w->word[i]), text))
			return i;
	for (size_t i = 0; i < w->aliases; i++)
		if (str_eq_nocase(str_z(w->alias[i].word), text))
			return w->alias[i].is;
	return w->otherwise;
}

static struct err set_word(const struct report_field *f, struct str text, void *to, struct arena *a)
{
	unsigned is = text.n ? word_find(f->words, text) : 0;

	if (!is && (text.n || f->required))
		return bad("value for it", text);
	memcpy(to, &is, sizeof(is));
	return ERR_OK;
}

static struct err (*const set[])(const struct report_field *f, struct str text, void *to,
				 struct arena *a) = {
	[REPORT_TEXT] = set_text,     [REPORT_TEXTS] = set_texts,   [REPORT_COUNT] = set_count,
	[REPORT_NUMBER] = set_number, [REPORT_SECONDS] = set_count, [REPORT_DATE] = set_date,
	[REPORT_IP] = set_ip,         [REPORT_WORD] = set_word,
};

struct err report_set(struct report_frame *f, const struct report_field *field, struct str text,
		      struct arena *a)
{
	assert(field->type < ARRAY_LEN(set));
	TRY(report_mark(f, field));
	return err_add(set[field->type](field, text, member(f->base, field), a), "%s", field->name);
}

struct err report_leave(const struct report_frame *f)
{
	for (size_t i = 0; i < f->shape->n; i++)
		if (f->shape->field[i].required && !(f->seen & (uint32_t)1 << i))
			return err_make(ERR_SYNTAX, "%s is missing", f->shape->field[i].name);
	return ERR_OK;
}

static unsigned word_of(const void *base, const struct report_field *f)
{
	unsigned is;

	memcpy(&is, member(base, f), sizeof(is));
	return is;
}

bool report_is_set(const void *base, const struct report_field *f)
{
	const void *m = member(base, f);

	switch (f->type) {
	case REPORT_TEXT: return ((const struct str *)m)->p != NULL;
	case REPORT_TEXTS: return ((const struct report_texts *)m)->n > 0;
	case REPORT_NUMBER: return ((const struct report_number *)m)->set;
	case REPORT_DATE: return *(const int64_t *)m != 0;
	case REPORT_IP: return ip_is_set(*(const struct ip *)m);
	case REPORT_WORD: return word_of(base, f) != 0;
	case REPORT_COUNT:
	case REPORT_SECONDS:
	case REPORT_GROUP:
	case REPORT_LIST: break;
	}
	return true;
}

void report_text(const void *base, const struct report_field *f, size_t nth, struct buf *b)
{
	const void *m = member(base, f);

	switch (f->type) {
	case REPORT_TEXT: buf_str_add(b, *(const struct str *)m); break;
	case REPORT_TEXTS: buf_str_add(b, ((const struct report_texts *)m)->v[nth]); break;
	case REPORT_COUNT: buf_u64(b, *(const uint64_t *)m); break;
	case REPORT_NUMBER: buf_u64(b, ((const struct report_number *)m)->v); break;
	case REPORT_SECONDS: buf_i64(b, *(const int64_t *)m); break;
	case REPORT_DATE: buf_date_rfc3339(b, *(const int64_t *)m); break;
	case REPORT_IP: buf_ip(b, *(const struct ip *)m); break;
	case REPORT_WORD: buf_str_add(b, str_z(f->words->word[word_of(base, f)])); break;
	case REPORT_GROUP:
	case REPORT_LIST: assert(!"a group has no text");
	}
}

size_t report_count(const void *base, const struct report_field *f)
{
	return ((const struct list *)member(base, f))->n;
}

const void *report_element(const void *base, const struct report_field *f, size_t nth)
{
	return ((const struct list *)member(base, f))->v + nth * f->shape->size;
}

/* Numbers are numbers, all else is a string. */
static void json_value(const void *base, const struct report_field *f, size_t nth, struct json *j)
{
	BUF_AUTO text = BUF_INIT(REPORT_TEXT_MAX);

	report_text(base, f, nth, &text);
	if (f->type == REPORT_COUNT || f->type == REPORT_NUMBER || f->type == REPORT_SECONDS)
		json_raw(j, buf_str(&text));
	else
		json_str(j, buf_str(&text));
}

static void json_texts(const void *base, const struct report_field *f, struct json *j)
{
	json_array_begin(j);
	for (size_t i = 0; i < report_count(base, f); i++)
		json_value(base, f, i, j);
	json_array_end(j);
}

static void json_list(const void *base, const struct report_field *f, struct json *j)
{
	json_array_begin(j);
	for (size_t i = 0; i < report_count(base, f); i++)
		report_json(f->shape, report_element(base, f, i), j);
	json_array_end(j);
}

void report_json(const struct report_shape *shape, const void *base, struct json *j)
{
	json_object_begin(j);
	for (size_t i = 0; i < shape->n; i++) {
		const struct report_field *f = &shape->field[i];

		if (!report_is_set(base, f))
			continue;
		json_key(j, str_z(f->name));
		switch (f->type) {
		case REPORT_TEXTS: json_texts(base, f, j); break;
		case REPORT_GROUP: report_json(f->shape, base, j); break;
		case REPORT_LIST: json_list(base, f, j); break;
		default: json_value(base, f, 0, j);
		}
	}
	json_object_end(j);
}
