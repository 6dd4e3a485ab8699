#include "format/address.h"

#include "base/buf.h"
#include "format/address_spec.h"

/* The list is cut into elements at its unquoted specials first; then each element is read as
 * strictly as it allows. Every byte is looked at a small, fixed number of times: what does not end
 * (a quote, a comment) is noticed once, and from then on taken as text. */
struct parser {
	struct str s;
	size_t at;
	struct str comment;                  /* the latest one, without its parentheses */
	size_t quotes_until, comments_until; /* behind, one that opens does not end */
	bool in_group;
	struct buf text; /* scratch for one string */
	struct arena *a;
	struct address_list *list;
	size_t room;
};

static bool is_space(char c)
{
	return ch_is_wsp(c) || c == '\r' || c == '\n';
}

/* Behind the closing quote, or behind the `"` alone. */
static size_t quoted_end(struct parser *p, size_t at)
{
	for (size_t i = at + 1; at < p->quotes_until && i < p->s.n; i++) {
		if (p->s.p[i] == '"')
			return i + 1;
		if (p->s.p[i] == '\\')
			i++;
	}
	if (at < p->quotes_until)
		p->quotes_until = at;
	return at + 1;
}

static size_t comment_end(struct parser *p, size_t at)
{
	int depth = 0;

	for (size_t i = at;
	     at < p->comments_until && i < p->s.n && depth <= ADDRESS_COMMENT_DEPTH_MAX; i++) {
		if (p->s.p[i] == '\\')
			i++;
		else if (p->s.p[i] == '(')
			depth++;
		else if (p->s.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	if (at < p->comments_until)
		p->comments_until = at;
	return at + 1;
}

/* A domain-literal has none of the list's specials inside: a lone `[` swallows nothing. */
static size_t literal_end(const struct parser *p, size_t at)
{
	for (size_t i = at + 1; i < p->s.n && !memchr("[<>,;\"(", p->s.p[i], 7); i++)
		if (p->s.p[i] == ']')
			return i + 1;
	return at + 1;
}

/* The end of the quoted string, comment, literal, quoted pair or single byte at `at`. */
static size_t item_end(struct parser *p, size_t at)
{
	switch (p->s.p[at]) {
	case '"': return quoted_end(p, at);
	case '(': return comment_end(p, at);
	case '[': return literal_end(p, at);
	case '\\': return at + 2 < p->s.n ? at + 2 : p->s.n;
	default: return at + 1;
	}
}

static bool is_item(struct parser *p, size_t at, size_t end, char open)
{
	return p->s.p[at] == open && end > at + 1;
}

/* The first of the stops from `at` on, outside quotes, comments and literals; or the end. */
static size_t scan(struct parser *p, size_t at, const char *stops)
{
	while (at < p->s.n && !strchr(stops, p->s.p[at] ? p->s.p[at] : ' ')) {
		size_t end = item_end(p, at);

		if (is_item(p, at, end, '('))
			p->comment = str_sub(p->s, at + 1, end - 1);
		at = end;
	}
	return at;
}

/* Adds text without quoted pairs' backslashes, and without folding's line ends and NUL. */
static void add_unquoted(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		if (s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\0')
			buf_char(b, s.p[i]);
	}
}

static struct str text_take(struct parser *p)
{
	struct str s = arena_dup(p->a, buf_str(&p->text));

	if (!s.p)
		p->list->truncated = true;
	buf_clear(&p->text);
	return s;
}

/* The words of [from, to) as a display name: quotes and comments gone, each stretch of white space
 * one space. */
static struct str phrase(struct parser *p, size_t from, size_t to)
{
	bool space = false;

	for (size_t i = from, end; i < to; i = end) {
		end = item_end(p, i);
		end = end < to ? end : to;
		if (is_item(p, i, end, '(') || is_space(p->s.p[i])) {
			space = true;
			continue;
		}
		if (space && p->text.n)
			buf_char(&p->text, ' ');
		space = false;
		if (is_item(p, i, end, '"'))
			add_unquoted(&p->text, str_sub(p->s, i + 1, end - 1));
		else
			add_unquoted(&p->text, str_sub(p->s, i, end));
	}
	return text_take(p);
}

/* Room for one entry more than *least, in a block twice as large. */
static bool grow(struct parser *p, size_t least)
{
	struct address_list *l = p->list;
	size_t room = p->room ? p->room * 2 : 4;

	if (least < p->room)
		return true;
	struct address *at = ARENA_NEW_N(p->a, struct address, room);

	if (!at)
		return false;
	if (l->n)
		memcpy(at, l->at, l->n * sizeof(*at));
	l->at = at;
	p->room = room;
	return true;
}

/* One place is always kept free for the end of an open group. */
static void emit(struct parser *p, struct address ad)
{
	struct address_list *l = p->list;
	bool end = ad.kind == ADDRESS_GROUP_END;

	if (!end && (l->truncated || l->n + 1 >= ADDRESS_LIST_MAX || !grow(p, l->n + 1))) {
		l->truncated = true;
		return;
	}
	l->at[l->n++] = ad;
}

static void emit_mailbox(struct parser *p, struct str name, struct str local, struct str domain)
{
	if (!name.n && p->comment.n) {
		add_unquoted(&p->text, str_trim(p->comment));
		name = text_take(p);
	}
	emit(p, (struct address){.name = name, .local = local, .domain = domain});
}

/* Reads [from, to) by the grammar. */
static bool spec_strict(struct parser *p, size_t from, size_t to, struct str *ret_local,
			struct str *ret_domain)
{
	struct cur c = cur_of(str_sub(p->s, from, to));
	size_t domain_at = 0;

	address_xspec(&c, &p->text, &domain_at);
	cur_xend(&c);
	if (cur_failed(&c)) {
		buf_clear(&p->text);
		return false;
	}
	struct str text = text_take(p);

	*ret_local = str_sub(text, 0, domain_at);
	*ret_domain = str_from(text, domain_at);
	return true;
}

/* Reads [from, to) as whatever it can be: what is before the last unquoted `@`, and what is behind.
 * Doubled and trailing dots (docomo.ne.jp handed such addresses out) stay. */
static void spec_lenient(struct parser *p, size_t from, size_t to, struct str *ret_local,
			 struct str *ret_domain)
{
	size_t at_n = SIZE_MAX;

	for (size_t i = from, end; i < to; i = end) {
		char c = p->s.p[i];

		end = item_end(p, i);
		end = end < to ? end : to;
		if (is_item(p, i, end, '(') || is_space(c) || c == '<' || c == '>')
			continue;
		if (c == '@')
			at_n = p->text.n;
		if (is_item(p, i, end, '"'))
			add_unquoted(&p->text, str_sub(p->s, i + 1, end - 1));
		else
			add_unquoted(&p->text, str_sub(p->s, i, end));
	}
	struct str text = text_take(p);

	*ret_local = str_sub(text, 0, at_n);
	*ret_domain = at_n < text.n ? str_from(text, at_n + 1) : STR("");
}

/* Behind obs-route, RFC 5322 §4.4: `@a,@b:`. */
static size_t route_skip(struct parser *p, size_t from, size_t to)
{
	size_t i = from;

	while (i < to && is_space(p->s.p[i]))
		i++;
	if (i >= to || p->s.p[i] != '@')
		return from;
	size_t colon = scan(p, i, ":>");

	return colon < to && p->s.p[colon] == ':' ? colon + 1 : from;
}

/* [name] "<" ... [">"], with `<` at lt. */
static void angle(struct parser *p, size_t from, size_t lt)
{
	size_t name_to = lt;
	struct str comment = p->comment;

	while (lt + 1 < p->s.n && p->s.p[lt + 1] == '<')
		lt++;
	size_t to = scan(p, lt + 1, "<>");
	bool closed = to < p->s.n && p->s.p[to] == '>';
	struct str local, domain;

	if (!closed)
		to = scan(p, lt + 1, "<,;");
	size_t spec = route_skip(p, lt + 1, to);
	struct str name = phrase(p, from, name_to);

	if (!spec_strict(p, spec, to, &local, &domain)) {
		spec_lenient(p, spec, to, &local, &domain);
		p->list->irregular++;
	} else if (!closed) {
		p->list->irregular++;
	}
	while (to < p->s.n && p->s.p[to] == '>')
		to++;
	p->at = to;
	p->comment = str_of(NULL, 0); /* of those inside the brackets */
	/* Words behind the address are its name if it has none, unless an address follows them. */
	size_t stop = scan(p, p->at, "<,;:");

	if (stop >= p->s.n || p->s.p[stop] == ',' || p->s.p[stop] == ';') {
		struct str behind = phrase(p, p->at, stop);

		if (behind.n)
			p->list->irregular++;
		if (!name.n)
			name = behind;
		p->at = stop;
	}
	if (!p->comment.n)
		p->comment = comment;
	emit_mailbox(p, name, local, domain);
}

/* The end of the run of items without white space at from. Sets whether it looks like an address.
 */
static size_t chunk_end(struct parser *p, size_t from, size_t to, bool *ret_address)
{
	size_t i = from, end;

	*ret_address = false;
	for (; i < to && !is_space(p->s.p[i]) && p->s.p[i] != '('; i = end) {
		end = item_end(p, i);
		if (p->s.p[i] == '@' && i > from && i + 1 < to && !is_space(p->s.p[i + 1]))
			*ret_address = true;
	}
	return i < to ? i : to;
}

/* Words of which some look like addresses: each of those is one, words before it are its name. */
static bool words_with_addresses(struct parser *p, size_t from, size_t to)
{
	size_t name_from = from, found = 0;
	struct str local, domain;
	bool is_address;

	for (size_t i = from, end; i < to; i = end) {
		if (is_space(p->s.p[i]) || p->s.p[i] == '(') {
			end = item_end(p, i);
			continue;
		}
		end = chunk_end(p, i, to, &is_address);
		if (end == i)
			end = i + 1;
		if (!is_address)
			continue;
		struct str name = phrase(p, name_from, i);

		if (!spec_strict(p, i, end, &local, &domain))
			spec_lenient(p, i, end, &local, &domain);
		emit_mailbox(p, name, local, domain);
		name_from = end;
		found++;
	}
	struct str behind = phrase(p, name_from, to);

	if (found && behind.n && p->list->n && !p->list->at[p->list->n - 1].name.n)
		p->list->at[p->list->n - 1].name = behind;
	return found > 0;
}

/* Neither angle brackets nor a group: an addr-spec, or what people write instead. */
static void plain(struct parser *p, size_t from, size_t to)
{
	struct str local, domain;

	if (spec_strict(p, from, to, &local, &domain)) {
		emit_mailbox(p, STR(""), local, domain);
		return;
	}
	struct str words = phrase(p, from, to);

	if (!words.n)
		return; /* an empty element: RFC 5322 §4.4 obs-addr-list */
	p->list->irregular++;
	if (words_with_addresses(p, from, to))
		return;
	/* A bare word is a local part, a quoted address an address, several words are a name. */
	ssize_t sign = str_rchr(words, '@');
	bool one = str_chr(words, ' ') < 0;

	local = one ? str_sub(words, 0, sign < 0 ? words.n : (size_t)sign) : STR("");
	domain = one && sign >= 0 ? str_from(words, (size_t)sign + 1) : STR("");
	emit_mailbox(p, local.n || domain.n ? STR("") : words, local, domain);
}

static void group_begin(struct parser *p, size_t from, size_t colon)
{
	emit(p, (struct address){.kind = ADDRESS_GROUP_BEGIN, .name = phrase(p, from, colon)});
	p->in_group = !p->list->truncated;
	p->at = colon + 1;
}

static void group_end(struct parser *p)
{
	if (p->in_group)
		emit(p, (struct address){.kind = ADDRESS_GROUP_END});
	p->in_group = false;
}

/* A colon makes a group of the words before it, unless one is open or they look like an address. */
static bool is_group(struct parser *p, size_t from, size_t colon)
{
	size_t i = from;

	while (i < colon && is_space(p->s.p[i]))
		i++;
	return i < colon && !p->in_group && scan(p, from, "@:") == colon;
}

static void element(struct parser *p)
{
	size_t from = p->at, stop = from;

	p->comment = str_of(NULL, 0);
	stop = scan(p, stop, "<,;:");
	if (stop < p->s.n && p->s.p[stop] == ':') {
		if (is_group(p, from, stop)) {
			group_begin(p, from, stop);
			return;
		}
		stop = scan(p, stop, "<,;");
	}
	if (stop < p->s.n && p->s.p[stop] == '<') {
		angle(p, from, stop);
	} else {
		plain(p, from, stop);
		p->at = stop;
	}
	if (p->at >= p->s.n)
		return;
	if (p->s.p[p->at] == ';')
		group_end(p);
	if (p->s.p[p->at] == ';' || p->s.p[p->at] == ',')
		p->at++;
}

void address_list_parse(struct str value, struct arena *a, struct address_list *ret)
{
	struct parser p = {
		.s = str_trim(value),
		.quotes_until = SIZE_MAX,
		.comments_until = SIZE_MAX,
		.text = BUF_INIT(value.n + 1),
		.a = a,
		.list = ret,
	};

	*ret = (struct address_list){0};
	while (p.at < p.s.n && !ret->truncated)
		element(&p);
	group_end(&p);
	buf_fini(&p.text);
}
