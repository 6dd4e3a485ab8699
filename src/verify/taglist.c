#include "verify/taglist.h"
#include "base/cur.h"

static bool is_fws(char c)
{
	return ch_is_wsp(c) || c == '\r' || c == '\n';
}

/* RFC 6376 §3.2: tag-name = ALPHA *ALNUMPUNC. */
static bool is_name(char c)
{
	return ch_is_alnum(c) || c == '_';
}

/* tval = 1*VALCHAR, VALCHAR = %x21-3A / %x3C-7E; white space between them, and RFC 6532's UTF-8,
 * which RFC 8616 §4 lets in. */
static bool is_value(char c)
{
	return is_fws(c) || (c > 0x20 && c != ';' && c != 0x7f) || (unsigned char)c >= 0x80;
}

static void x_tag(struct cur *c, struct tag *ret)
{
	cur_opt_run(c, is_fws);
	if (!ch_is_alpha((char)cur_peek(c)))
		cur_fail(c, "the name of a tag");
	ret->name = cur_xrun(c, is_name, TAGLIST_SIZE_MAX, "the name of a tag");
	cur_opt_run(c, is_fws);
	cur_xlit(c, "=");
	ret->raw_at = c->at;
	ret->value = str_trim(cur_opt_run(c, is_value));
	ret->raw_to = c->at;
	if (!cur_end(c) && cur_peek(c) != ';')
		cur_fail(c, "a printable character or \";\"");
}

struct err taglist_parse(struct str s, struct taglist *ret)
{
	struct cur c = cur_of(s);

	ret->n = 0;
	if (s.n > TAGLIST_SIZE_MAX)
		return err_make(ERR_LIMIT, "a list of tags has more than %d bytes",
				TAGLIST_SIZE_MAX);
	do {
		struct tag t = {0};

		x_tag(&c, &t);
		if (cur_failed(&c))
			return cur_err(&c);
		if (taglist_get(ret, t.name))
			return err_make(ERR_SYNTAX, "tag %.*s comes twice", STR_ARG(t.name));
		if (ret->n == TAGLIST_MAX)
			return err_make(ERR_LIMIT, "more than %d tags", TAGLIST_MAX);
		ret->tag[ret->n++] = t;
		cur_opt(&c, ';');
	} while (str_trim(cur_rest(&c)).n);
	return ERR_OK;
}

const struct tag *taglist_get(const struct taglist *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->tag[i].name, name))
			return &l->tag[i];
	return NULL;
}

struct str taglist_value(const struct taglist *l, struct str name)
{
	const struct tag *t = taglist_get(l, name);

	return t ? t->value : STR("");
}

bool taglist_next(struct str *rest, char separator, struct str *ret)
{
	struct str tail;

	if (!rest->p)
		return false;
	if (!str_cut(*rest, separator, ret, &tail))
		tail = str_of(NULL, 0);
	*rest = tail;
	*ret = str_trim(*ret);
	return true;
}
