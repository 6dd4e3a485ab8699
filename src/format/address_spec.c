#include "format/address_spec.h"

#include "base/utf8.h"
#include "format/address.h"

bool address_is_atext(char c)
{
	static const char specials[] = "()<>[]:;@\\,.\"";

	return (unsigned char)c >= 0x80 || (c > ' ' && c < 0x7f && !strchr(specials, c));
}

bool address_is_dot_atom(struct str s)
{
	bool after_dot = true;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? after_dot : !address_is_atext(s.p[i]))
			return false;
		after_dot = s.p[i] == '.';
	}
	return !after_dot && utf8_valid(s);
}

/* FWS and obs-FWS, RFC 5322 §3.2.2, §4.2: a line end counts only with white space behind it. A bare
 * LF is one, since messages are kept as they came. */
static bool opt_fws(struct cur *c)
{
	size_t from = c->at;

	for (;;) {
		size_t end = cur_peek(c) == '\r' && cur_peek_at(c, 1) == '\n' ? 2
			     : cur_peek(c) == '\n'                            ? 1
									      : 0;
		int wsp = cur_peek_at(c, end);

		if (wsp != ' ' && wsp != '\t')
			return c->at > from;
		c->at += end + 1;
	}
}

/* quoted-pair behind its backslash: VCHAR, WSP, and obs-qp's controls (§4.1). */
static void x_quoted_char(struct cur *c)
{
	int ch = cur_peek(c);

	if (ch < 0 || ch >= 0x80)
		cur_fail(c, "character after \\");
	else
		c->at++;
}

/* One byte of text inside quotes or a comment: no controls that end lines, no NUL. */
static void x_text(struct cur *c, const char *expected)
{
	int ch = cur_peek(c);

	if (ch <= 0 || ch == '\r' || ch == '\n')
		cur_fail(c, expected);
	else
		c->at++;
}

static void x_comment(struct cur *c)
{
	int depth = 0;

	do {
		if (opt_fws(c))
			continue;
		if (cur_opt(c, '('))
			depth++;
		else if (cur_opt(c, ')'))
			depth--;
		else if (cur_opt(c, '\\'))
			x_quoted_char(c);
		else
			x_text(c, "comment text or \")\"");
		if (depth > ADDRESS_COMMENT_DEPTH_MAX)
			cur_fail(c, "fewer nested comments");
	} while (depth > 0 && !cur_failed(c));
}

void address_opt_cfws(struct cur *c)
{
	while (opt_fws(c) || cur_peek(c) == '(')
		if (cur_peek(c) == '(')
			x_comment(c);
}

/* Adds text that may hold folding, and through quoted pairs any control: the result has none that
 * could end a line or a string. */
static void add_text(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\0')
			buf_char(b, s.p[i]);
}

/* RFC 5322 §3.2.4 */
void address_xquoted(struct cur *c, struct buf *b)
{
	cur_xlit(c, "\"");
	while (!cur_failed(c) && !cur_opt(c, '"')) {
		size_t from = c->at;

		if (cur_opt(c, '\\')) {
			from++;
			x_quoted_char(c);
		} else if (!opt_fws(c)) {
			x_text(c, "quoted text or \"");
		}
		add_text(b, str_sub(c->s, from, c->at));
	}
}

static void x_atom(struct cur *c, struct buf *b)
{
	struct str atom = cur_xrun(c, address_is_atext, SIZE_MAX, "atom");

	if (!utf8_valid(atom))
		cur_fail(c, "UTF-8");
	buf_str_add(b, atom);
}

/* local-part and obs-local-part, RFC 5322 §3.4.1, §4.4: words and dots with CFWS anywhere. */
static void x_local(struct cur *c, struct buf *b)
{
	do {
		address_opt_cfws(c);
		if (cur_peek(c) == '"')
			address_xquoted(c, b);
		else
			x_atom(c, b);
		address_opt_cfws(c);
		if (cur_peek(c) == '.')
			buf_char(b, '.');
	} while (cur_opt(c, '.'));
}

/* domain-literal with obs-dtext, RFC 5322 §3.4.1, §4.4; white space inside is dropped. */
static void x_literal(struct cur *c, struct buf *b)
{
	cur_xlit(c, "[");
	buf_char(b, '[');
	while (!cur_failed(c) && !cur_opt(c, ']')) {
		size_t from = c->at;

		if (opt_fws(c))
			continue;
		if (cur_opt(c, '\\')) {
			from++;
			x_quoted_char(c);
		} else {
			if (cur_peek(c) == '[')
				cur_fail(c, "domain text");
			x_text(c, "domain text or \"]\"");
		}
		add_text(b, str_sub(c->s, from, c->at));
	}
	buf_char(b, ']');
}

static void x_domain(struct cur *c, struct buf *b)
{
	address_opt_cfws(c);
	if (cur_peek(c) == '[') {
		x_literal(c, b);
		address_opt_cfws(c);
		return;
	}
	do {
		address_opt_cfws(c);
		x_atom(c, b);
		address_opt_cfws(c);
		if (cur_peek(c) == '.')
			buf_char(b, '.');
	} while (cur_opt(c, '.'));
}

void address_xspec(struct cur *c, struct buf *b, size_t *ret_domain_at)
{
	x_local(c, b);
	cur_xlit(c, "@");
	*ret_domain_at = b->n;
	x_domain(c, b);
}

struct err address_spec_parse(struct str s, struct arena *a, struct address *ret)
{
	BUF_AUTO b = BUF_INIT(s.n + 1);
	struct cur c = cur_of(s);
	size_t domain_at;

	address_xspec(&c, &b, &domain_at);
	cur_xend(&c);
	TRY(cur_err(&c));
	struct str text = arena_dup(a, buf_str(&b));

	if (buf_failed(&b) || !text.p)
		return err_make(ERR_RESOURCES, "address of %zu bytes", s.n);
	*ret = (struct address){
		.kind = ADDRESS_MAILBOX,
		.local = str_sub(text, 0, domain_at),
		.domain = str_from(text, domain_at),
	};
	return ERR_OK;
}
