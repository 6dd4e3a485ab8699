#include "facts/text.h"

#include "format/word.h"

void facts_text_init(struct facts_text *t, struct str message, const struct facts *f, unsigned want)
{
	*t = (struct facts_text){
		.message = message,
		.f = f,
		.want = want,
		.plain = BUF_INIT(WORD_GROWTH * FACTS_TEXT_FIELD_MAX),
	};
}

void facts_text_fini(struct facts_text *t)
{
	if (t->at == FACTS_TEXT_TEXT_MORE)
		body_fini(&t->body);
	buf_fini(&t->plain);
}

/* Each of these is at one place of a part. It puts a piece into ret and returns true, or goes to
 * the next place. */
typedef bool place_fn(struct facts_text *t, struct buf *ret);

static bool part_begin(struct facts_text *t, struct buf *ret)
{
	const struct facts_part *p = &t->f->parts[t->part];
	struct str m = t->message;

	(void)ret;
	t->fields = header_iter_of(STR(""));
	if (p->header_at <= m.n && p->header_n <= m.n - p->header_at &&
	    t->want & (t->part ? FACTS_TEXT_BODY : FACTS_TEXT_HEADER))
		t->fields = header_iter_of(str_sub(m, p->header_at, p->header_at + p->header_n));
	t->at = FACTS_TEXT_FIELDS;
	return false;
}

static bool field_next(struct facts_text *t, struct buf *ret)
{
	struct header_field f;

	if (!header_next(&t->fields, &f)) {
		t->at = FACTS_TEXT_NAME;
		return false;
	}
	buf_clear(&t->plain);
	word_decode(str_sub(f.value, 0, FACTS_TEXT_FIELD_MAX - 1), &t->plain);
	buf_fold(ret, str_sub(f.name, 0, FACTS_TEXT_FIELD_MAX));
	buf_str_add(ret, STR(": "));
	buf_fold(ret, str_trim(buf_str(&t->plain)));
	return true;
}

/* RFC 2231 may have it in a form that nobody can read in the field. */
static bool file_name(struct facts_text *t, struct buf *ret)
{
	struct str name = t->f->parts[t->part].filename;

	t->at = FACTS_TEXT_TEXT;
	if (name.n == 0 || !(t->want & FACTS_TEXT_BODY))
		return false;
	buf_fold(ret, name);
	return true;
}

static bool text_begin(struct facts_text *t, struct buf *ret)
{
	const struct facts_part *p = &t->f->parts[t->part];

	(void)ret;
	if (!(t->want & FACTS_TEXT_BODY) || !body_is_text(p)) {
		t->at = FACTS_TEXT_PART_END;
		return false;
	}
	body_init(&t->body, p, t->message, true);
	fold_init(&t->fold);
	t->at = FACTS_TEXT_TEXT_MORE;
	return false;
}

static bool text_more(struct facts_text *t, struct buf *ret)
{
	buf_clear(&t->plain);
	if (body_next(&t->body, &t->plain)) {
		fold_add(&t->fold, buf_str(&t->plain), ret);
		return true;
	}
	fold_end(&t->fold, ret);
	body_fini(&t->body);
	t->at = FACTS_TEXT_PART_END;
	return true;
}

static bool part_end(struct facts_text *t, struct buf *ret)
{
	(void)ret;
	t->part++;
	t->at = FACTS_TEXT_PART;
	return false;
}

bool facts_text_next(struct facts_text *t, struct buf *ret, bool *ret_starts)
{
	static place_fn *const places[] = {
		[FACTS_TEXT_PART] = part_begin,     [FACTS_TEXT_FIELDS] = field_next,
		[FACTS_TEXT_NAME] = file_name,      [FACTS_TEXT_TEXT] = text_begin,
		[FACTS_TEXT_TEXT_MORE] = text_more, [FACTS_TEXT_PART_END] = part_end,
	};
	bool more = t->at == FACTS_TEXT_TEXT_MORE;

	buf_clear(ret);
	while (t->part < t->f->part_count) {
		if (!places[t->at](t, ret))
			continue;
		ret->failed |= buf_failed(&t->plain);
		*ret_starts = !more;
		return true;
	}
	return false;
}
