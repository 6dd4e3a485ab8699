#include "store/internal.h"

#include <stdlib.h>

const char *const entry_flag_names[FLAG_COUNT] = {
	"\\Seen",     "\\Answered", "\\Flagged", "\\Deleted", "\\Draft",
	"$Forwarded", "$Junk",      "$NotJunk",  "$Phishing", "$MDNSent",
};

static bool flag_find(struct str name, unsigned *ret)
{
	for (unsigned i = 0; i < FLAG_COUNT; i++)
		if (str_eq_nocase(name, str_z(entry_flag_names[i]))) {
			*ret = 1u << i;
			return true;
		}
	return false;
}

/* RFC 9051 §9: flag-keyword is an atom; what we keep is ASCII, so that it goes over the wire as it
 * is. */
static bool is_atom(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("(){%*\"\\]", s.p[i]))
			return false;
	return s.n > 0;
}

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void sort_unique(struct flagset *s)
{
	size_t n = 0;

	if (s->keyword_count)
		qsort(s->keywords, s->keyword_count, sizeof(*s->keywords), str_order);
	for (size_t i = 0; i < s->keyword_count; i++)
		if (n == 0 || !str_eq(s->keywords[n - 1], s->keywords[i]))
			s->keywords[n++] = s->keywords[i];
	s->keyword_count = n;
}

struct err flagset_parse(const struct str *names, size_t n, struct arena *a, struct flagset *ret)
{
	struct flagset s = {.keywords = ARENA_NEW_N(a, struct str, n)};

	for (size_t i = 0; i < n && s.keywords; i++) {
		unsigned flag;

		if (flag_find(names[i], &flag)) {
			s.flags |= flag;
			continue;
		}
		if (str_eq_nocase(names[i], STR("\\Recent")))
			continue;
		if (!is_atom(names[i]))
			return err_make(ERR_SYNTAX, "not a flag: %.*s", STR_ARG(names[i]));
		if (names[i].n > KEYWORD_MAX || s.keyword_count == KEYWORDS_MAX)
			return err_make(ERR_LIMIT, "keywords are too long or too many");
		struct str k = arena_dup(a, names[i]);

		for (size_t j = 0; j < k.n; j++)
			((char *)k.p)[j] = ch_lower(k.p[j]);
		s.keywords[s.keyword_count++] = k;
	}
	if (arena_failed(a))
		return err_make(ERR_RESOURCES, "no memory for flags");
	sort_unique(&s);
	*ret = s;
	return ERR_OK;
}

void keywords_join(const struct flagset *s, struct buf *b)
{
	for (size_t i = 0; i < s->keyword_count; i++) {
		if (i)
			buf_char(b, ' ');
		buf_str_add(b, s->keywords[i]);
	}
}

struct err keywords_split(struct str text, struct arena *a, struct str **ret, size_t *ret_n)
{
	struct str rest = arena_dup(a, text);
	size_t n = 0;

	for (size_t i = 0; i < rest.n; i++)
		n += rest.p[i] == ' ';
	n += rest.n > 0;
	*ret = n ? ARENA_NEW_N(a, struct str, n) : NULL;
	*ret_n = n;
	if (arena_failed(a))
		return err_make(ERR_RESOURCES, "no memory for keywords");
	for (size_t i = 0; i < n; i++)
		str_cut(rest, ' ', &(*ret)[i], &rest);
	return ERR_OK;
}

bool words_has(struct str list, struct str word)
{
	struct str head, rest = list;

	while (rest.n) {
		str_cut(rest, ' ', &head, &rest);
		if (str_eq(head, word))
			return true;
	}
	return false;
}

void words_merge(struct str list, struct str words, struct buf *b)
{
	struct str x, y, list_rest = list, words_rest = words;

	while (list_rest.n || words_rest.n) {
		struct str after_x, after_y;

		str_cut(list_rest, ' ', &x, &after_x);
		str_cut(words_rest, ' ', &y, &after_y);
		int c = !list_rest.n ? 1 : !words_rest.n ? -1 : str_cmp(x, y);

		if (b->n)
			buf_char(b, ' ');
		buf_str_add(b, c <= 0 ? x : y);
		if (c <= 0)
			list_rest = after_x;
		if (c >= 0)
			words_rest = after_y;
	}
}

void words_remove(struct str list, struct str words, struct buf *b)
{
	struct str head, rest = list;

	while (rest.n) {
		str_cut(rest, ' ', &head, &rest);
		if (words_has(words, head))
			continue;
		if (b->n)
			buf_char(b, ' ');
		buf_str_add(b, head);
	}
}
