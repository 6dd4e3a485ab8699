#include "format/htmltext.h"

#include "base/utf8.h"
#include "format/charset.h"
#include "format/htmltext_entities.h"
#include <stdlib.h>

enum state {
	TEXT,
	TAG,       /* behind `<` */
	END_TAG,   /* behind `</` */
	NAME,      /* in the name of a tag */
	ATTRIBUTE, /* between attributes */
	ATTRIBUTE_NAME,
	ATTRIBUTE_BEHIND, /* behind its name */
	VALUE,            /* behind `=` */
	VALUE_QUOTED,
	VALUE_BARE,
	BANG, /* behind `<!` */
	BANG_DASH,
	COMMENT,
	DECLARATION, /* and what else ends at `>` */
};

/* A state's function looks at one byte. False: it only changed the state, the byte is to be looked
 * at again. */
typedef bool state_fn(struct htmltext *h, char c, struct buf *ret);

static bool is_space(char c)
{
	return ch_is_wsp(c) || c == '\r' || c == '\n' || c == '\f';
}

static struct str name_of(const struct htmltext *h)
{
	return str_of(h->name, h->name_n);
}

static bool name_in(const struct htmltext *h, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name_of(h), str_z(names[i])))
			return true;
	return false;
}

/* Cut where it is longer than any name we know. */
static void name_add(struct htmltext *h, char c)
{
	if (h->name_n < sizeof(h->name))
		h->name[h->name_n++] = ch_lower(c);
}

static bool again(struct htmltext *h, enum state next)
{
	h->state = next;
	return false;
}

static bool go(struct htmltext *h, enum state next)
{
	h->state = next;
	return true;
}

/* -- characters by name and number -- */

static int entity_order(const void *key, const void *row)
{
	return strcmp(key, ((const struct html_entity *)row)->name);
}

static bool entity_named(const struct htmltext *h, uint32_t *ret)
{
	char name[HTMLTEXT_ENTITY_MAX + 1] = {0};

	memcpy(name, h->entity, h->entity_n);
	const struct html_entity *e = bsearch(name, html_entities, ARRAY_LEN(html_entities),
					      sizeof(*html_entities), entity_order);

	if (e)
		*ret = e->cp;
	return e != NULL;
}

/* "#233", "#xe9" */
static bool entity_numbered(const struct htmltext *h, uint32_t *ret)
{
	bool hex = h->entity_n > 1 && ch_lower(h->entity[1]) == 'x';
	size_t i = hex ? 2 : 1;
	uint32_t cp = 0;

	if (i >= h->entity_n)
		return false;
	for (; i < h->entity_n; i++) {
		char c = ch_lower(h->entity[i]);

		if (ch_is_digit(c))
			cp = cp * (hex ? 16 : 10) + (uint32_t)(c - '0');
		else if (hex && c >= 'a' && c <= 'f')
			cp = cp * 16 + (uint32_t)(c - 'a' + 10);
		else
			return false;
		if (cp > UTF8_LAST)
			return false;
	}
	*ret = cp;
	return cp != 0 && (cp < 0xd800 || cp > 0xdfff);
}

static void entity_put(uint32_t cp, struct buf *ret)
{
	char c = (char)cp;

	/* Numbers of windows-1252, which many pages mean where Unicode has control characters. */
	if (cp < 0x80 || cp > 0x9f || !charset_to_utf8(STR("windows-1252"), str_of(&c, 1), ret))
		buf_utf8(ret, cp);
}

/* The end of what followed a `&`. */
static bool entity_end(struct htmltext *h, struct buf *ret)
{
	bool number = h->entity_n && h->entity[0] == '#';
	uint32_t cp;
	bool known = number ? entity_numbered(h, &cp) : entity_named(h, &cp);

	if (known)
		entity_put(cp, ret);
	else
		buf_strs(ret, STR("&"), str_of(h->entity, h->entity_n));
	h->entity_n = 0;
	h->in_entity = false;
	return known;
}

/* False if c does not belong to it. */
static bool entity_char(struct htmltext *h, char c, struct buf *ret)
{
	bool part = ch_is_alnum(c) || (c == '#' && h->entity_n == 0);

	if (part && h->entity_n < sizeof(h->entity)) {
		h->entity[h->entity_n++] = c;
		return true;
	}
	return entity_end(h, ret) && c == ';';
}

static bool put(struct htmltext *h, char c, struct buf *ret)
{
	if (c == '&')
		h->in_entity = true;
	else
		buf_char(ret, c);
	return true;
}

/* -- tags -- */

/* Tags that go on with the line; all others end it. */
static const char *const inline_tags[] = {
	"a",    "abbr", "acronym", "b",  "bdi",  "bdo",   "big",  "cite",   "code",
	"data", "del",  "dfn",     "em", "font", "i",     "ins",  "kbd",    "label",
	"mark", "nobr", "q",       "s",  "samp", "small", "span", "strike", "strong",
	"sub",  "sup",  "time",    "tt", "u",    "var",   "wbr",
};

static const char *const skipped_tags[] = {"script", "style", "title"};

static const char *const text_attributes[] = {"href", "alt", "title"};

/* The name of a tag is complete. */
static void tag_begin(struct htmltext *h, struct buf *ret)
{
	h->skip = NULL;
	for (size_t i = 0; i < ARRAY_LEN(skipped_tags) && !h->closing; i++)
		if (str_eq(name_of(h), str_z(skipped_tags[i])))
			h->skip = skipped_tags[i];
	if (!name_in(h, inline_tags, ARRAY_LEN(inline_tags)))
		buf_char(ret, '\n');
}

static bool in_text(struct htmltext *h, char c, struct buf *ret)
{
	if (c == '<') {
		h->closing = false;
		h->name_n = 0;
		return go(h, TAG);
	}
	return h->skip ? true : put(h, c, ret);
}

static bool in_tag(struct htmltext *h, char c, struct buf *ret)
{
	if (c == '/') {
		h->closing = true;
		return go(h, END_TAG);
	}
	if (h->skip)
		return again(h, TEXT);
	if (ch_is_alpha(c))
		return again(h, NAME);
	if (c == '!')
		return go(h, BANG);
	if (c == '?')
		return go(h, DECLARATION);
	buf_char(ret, '<');
	return again(h, TEXT);
}

static bool in_end_tag(struct htmltext *h, char c, struct buf *ret)
{
	(void)ret;
	if (ch_is_alpha(c))
		return again(h, NAME);
	return again(h, h->skip ? TEXT : DECLARATION);
}

static bool in_name(struct htmltext *h, char c, struct buf *ret)
{
	if (!is_space(c) && c != '/' && c != '>') {
		name_add(h, c);
		return true;
	}
	if (h->skip && !str_eq(name_of(h), str_z(h->skip)))
		return again(h, TEXT);
	tag_begin(h, ret);
	return again(h, ATTRIBUTE);
}

/* -- attributes -- */

static bool in_attribute(struct htmltext *h, char c, struct buf *ret)
{
	(void)ret;
	if (c == '>')
		return go(h, TEXT);
	if (is_space(c) || c == '/')
		return true;
	h->name_n = 0;
	name_add(h, c);
	return go(h, ATTRIBUTE_NAME);
}

static bool in_attribute_name(struct htmltext *h, char c, struct buf *ret)
{
	(void)ret;
	if (is_space(c) || c == '/' || c == '>' || c == '=')
		return again(h, ATTRIBUTE_BEHIND);
	name_add(h, c);
	return true;
}

static bool in_attribute_behind(struct htmltext *h, char c, struct buf *ret)
{
	(void)ret;
	if (is_space(c))
		return true;
	return c == '=' ? go(h, VALUE) : again(h, ATTRIBUTE);
}

static void value_end(struct htmltext *h, struct buf *ret)
{
	if (h->wanted)
		buf_char(ret, '\n');
	h->wanted = false;
}

static bool in_value(struct htmltext *h, char c, struct buf *ret)
{
	if (is_space(c))
		return true;
	if (c == '>')
		return again(h, ATTRIBUTE);
	h->wanted = h->attributes && !h->skip &&
		    name_in(h, text_attributes, ARRAY_LEN(text_attributes));
	if (h->wanted)
		buf_char(ret, '\n');
	h->quote = c;
	return c == '"' || c == '\'' ? go(h, VALUE_QUOTED) : again(h, VALUE_BARE);
}

static bool in_value_quoted(struct htmltext *h, char c, struct buf *ret)
{
	if (c != h->quote)
		return h->wanted ? put(h, c, ret) : true;
	value_end(h, ret);
	return go(h, ATTRIBUTE);
}

static bool in_value_bare(struct htmltext *h, char c, struct buf *ret)
{
	if (!is_space(c) && c != '>')
		return h->wanted ? put(h, c, ret) : true;
	value_end(h, ret);
	return again(h, ATTRIBUTE);
}

/* -- comments and declarations -- */

static bool in_bang(struct htmltext *h, char c, struct buf *ret)
{
	(void)ret;
	return c == '-' ? go(h, BANG_DASH) : again(h, DECLARATION);
}

static bool in_bang_dash(struct htmltext *h, char c, struct buf *ret)
{
	(void)ret;
	/* `<!-->` is a whole comment. */
	h->dashes = 2;
	return c == '-' ? go(h, COMMENT) : again(h, DECLARATION);
}

static bool in_comment(struct htmltext *h, char c, struct buf *ret)
{
	(void)ret;
	if (c == '>' && h->dashes >= 2)
		return go(h, TEXT);
	h->dashes = c != '-' ? 0 : h->dashes < 2 ? h->dashes + 1 : 2;
	return true;
}

static bool in_declaration(struct htmltext *h, char c, struct buf *ret)
{
	(void)ret;
	return c == '>' ? go(h, TEXT) : true;
}

static state_fn *const states[] = {
	[TEXT] = in_text,
	[TAG] = in_tag,
	[END_TAG] = in_end_tag,
	[NAME] = in_name,
	[ATTRIBUTE] = in_attribute,
	[ATTRIBUTE_NAME] = in_attribute_name,
	[ATTRIBUTE_BEHIND] = in_attribute_behind,
	[VALUE] = in_value,
	[VALUE_QUOTED] = in_value_quoted,
	[VALUE_BARE] = in_value_bare,
	[BANG] = in_bang,
	[BANG_DASH] = in_bang_dash,
	[COMMENT] = in_comment,
	[DECLARATION] = in_declaration,
};

/* -- all -- */

void htmltext_init(struct htmltext *h, bool attributes)
{
	*h = (struct htmltext){.attributes = attributes};
}

/* How many bytes from `at` are text and nothing else. */
static size_t text_run(struct str s, size_t at)
{
	size_t n = at;

	while (n < s.n && s.p[n] != '<' && s.p[n] != '&')
		n++;
	return n - at;
}

void htmltext_add(struct htmltext *h, struct str s, struct buf *ret)
{
	for (size_t i = 0; i < s.n; i++) {
		if (h->in_entity && entity_char(h, s.p[i], ret))
			continue;
		if (h->state == TEXT) {
			size_t run = text_run(s, i);

			if (!h->skip)
				buf_str_add(ret, str_sub(s, i, i + run));
			i += run;
			if (i == s.n)
				return;
		}
		while (!states[h->state](h, s.p[i], ret))
			;
	}
}

void htmltext_end(struct htmltext *h, struct buf *ret)
{
	if (h->in_entity)
		(void)entity_end(h, ret);
	if (h->state == TAG && !h->skip)
		buf_char(ret, '<');
	htmltext_init(h, h->attributes);
}
