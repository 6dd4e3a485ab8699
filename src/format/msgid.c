#include "format/msgid.h"

#include "base/buf.h"
#include "format/address.h"
#include "format/address_spec.h"

static bool is_space(char c)
{
	return ch_is_wsp(c) || c == '\r' || c == '\n';
}

/* Adds the local part with quotes only if it needs them. */
static void add_local(struct buf *b, struct str local)
{
	if (address_is_dot_atom(local)) {
		buf_str_add(b, local);
		return;
	}
	buf_char(b, '"');
	for (size_t i = 0; i < local.n; i++) {
		if (local.p[i] == '"' || local.p[i] == '\\')
			buf_char(b, '\\');
		buf_char(b, local.p[i]);
	}
	buf_char(b, '"');
}

/* `in` is what stands between the brackets. */
static bool canonical(struct str in, struct arena *a, struct str *ret)
{
	BUF_AUTO text = BUF_INIT(in.n + 1), parts = BUF_INIT(in.n + 1), id = BUF_INIT(2 * in.n + 3);
	size_t domain_at;

	for (size_t i = 0; i < in.n; i++)
		if (!is_space(in.p[i]) && in.p[i] != '\0')
			buf_char(&text, ch_lower(in.p[i]));
	struct cur c = cur_of(buf_str(&text));

	address_xspec(&c, &parts, &domain_at);
	cur_xend(&c);
	bool literal_quotes =
		str_chr(buf_str(&text), '[') >= 0 && str_chr(buf_str(&text), '\\') >= 0;

	/* Comments, and quotes inside a domain-literal, would not be read the same again. */
	if (cur_failed(&c) || literal_quotes || str_chr(buf_str(&text), '(') >= 0) {
		buf_str_add(&id, buf_str(&text));
	} else {
		add_local(&id, str_sub(buf_str(&parts), 0, domain_at));
		buf_char(&id, '@');
		buf_str_add(&id, str_from(buf_str(&parts), domain_at));
	}
	*ret = arena_dup(a, buf_str(&id));
	return ret->p && ret->n > 0 && !buf_failed(&id);
}

bool msgid_canonical(struct str value, struct arena *a, struct str *ret)
{
	struct str in = str_trim(value);
	ssize_t end = str_chr(in, '>');

	return str_starts(in, STR("<")) && end >= 0 &&
	       canonical(str_sub(in, 1, (size_t)end), a, ret);
}

static void add(struct arena *a, struct msgid_list *l, struct str id)
{
	/* Room doubles: it is full when n is a power of two. */
	if (l->n < MSGID_REFERENCES_MAX && (l->n & (l->n - 1)) == 0) {
		struct str *at = ARENA_NEW_N(a, struct str, l->n ? l->n * 2 : 1);

		if (!at)
			return;
		if (l->n)
			memcpy(at, l->at, l->n * sizeof(*at));
		l->at = at;
	}
	if (l->n == MSGID_REFERENCES_MAX)
		memmove(l->at + 1, l->at + 2, (--l->n - 1) * sizeof(*l->at));
	l->at[l->n++] = id;
}

void msgid_references(struct str value, struct arena *a, struct msgid_list *l)
{
	size_t open = SIZE_MAX;

	for (size_t i = 0; i < value.n; i++) {
		struct str id;

		if (value.p[i] == '<') {
			open = i + 1;
		} else if (value.p[i] == '>' && open <= i) {
			if (canonical(str_sub(value, open, i), a, &id))
				add(a, l, id);
			open = SIZE_MAX;
		}
	}
}
