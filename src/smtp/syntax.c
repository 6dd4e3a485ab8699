#include "smtp/syntax.h"

#include "smtp/limit.h"

/* What a rule needs besides the cursor. */
struct parse {
	struct cur c;
	const struct smtp_syntax *rules;
	struct arena *arena;
	enum err_code code; /* of a failure */
};

static void x_space(struct parse *p)
{
	cur_xlit_(&p->c, STR(" "), "space");
}

static void x_no_argument(struct parse *p, struct smtp_cmd *ret)
{
	if (!cur_end(&p->c))
		cur_fail(&p->c, "no argument");
}

/* [ SP String ] of NOOP and HELP: read past, whatever it is. */
static void x_optional_text(struct parse *p, struct smtp_cmd *ret)
{
	if (cur_end(&p->c))
		return;
	x_space(p);
	ret->text = cur_rest(&p->c);
	p->c.at = p->c.s.n;
}

/* SP String of VRFY and EXPN; RFC 6531 §3.7.4.2 adds SMTPUTF8 behind it. */
static void x_text(struct parse *p, struct smtp_cmd *ret)
{
	x_space(p);
	ret->text = cur_rest(&p->c);
	if (ret->text.n == 0)
		cur_fail(&p->c, "text");
	else if (!cur_failed(&p->c))
		p->c.at = p->c.s.n;
}

/* Users' programs say what they like behind EHLO: no reader depends on it. */
static bool hello_ignored(struct parse *p, struct smtp_cmd *ret)
{
	ret->text = str_trim(cur_rest(&p->c));
	if (!p->rules->submission || p->rules->pedantic)
		return false;
	p->c.at = p->c.s.n;
	return true;
}

static void x_helo(struct parse *p, struct smtp_cmd *ret)
{
	if (hello_ignored(p, ret))
		return;
	x_space(p);
	x_smtp_domain(&p->c, false, &ret->hello);
}

/* RFC 5321 §4.1.1.1. Text behind a literal is what RFC 2821 §4.1.3 told clients to send. */
static void x_ehlo(struct parse *p, struct smtp_cmd *ret)
{
	if (hello_ignored(p, ret))
		return;
	x_space(p);
	x_smtp_host(&p->c, false, &ret->hello);
	if (ip_is_set(ret->hello.ip) && cur_opt(&p->c, ' '))
		p->c.at = p->c.s.n;
}

static bool is_keyword(char c)
{
	return ch_is_alnum(c) || c == '-';
}

/* RFC 5321 §4.1.2 esmtp-value. */
static bool is_value(char c)
{
	return c > 0x20 && c < 0x7f && c != '=';
}

/* RFC 1870 §5: 1*20DIGIT, more than 64 bits hold. */
static void x_size_value(struct cur *v, struct smtp_cmd *ret)
{
	struct str digits = cur_xrun(v, ch_is_digit, LIMIT_SMTP_SIZE_DIGITS, "1 to 20 digits");

	if (!cur_failed(v) && !str_u64(digits, UINT64_MAX, &ret->mail.size))
		ret->mail.size = UINT64_MAX;
}

static void x_body_value(struct cur *v, struct smtp_cmd *ret)
{
	if (cur_opt_nocase(v, STR("7BIT")))
		ret->mail.body = SMTP_BODY_7BIT;
	else if (cur_opt_nocase(v, STR("8BITMIME")))
		ret->mail.body = SMTP_BODY_8BITMIME;
	else if (cur_opt_nocase(v, STR("BINARYMIME")))
		ret->mail.body = SMTP_BODY_BINARYMIME;
	else
		cur_fail(v, "7BIT, 8BITMIME or BINARYMIME");
}

/* RFC 3461 §4 xtext: "+" stands before two upper-case hexadecimal digits. */
static void x_auth_value(struct cur *v, struct smtp_cmd *ret)
{
	size_t from = v->at;

	while (!cur_end(v)) {
		if (v->s.p[v->at++] != '+')
			continue;
		for (int i = 0; i < 2; i++) {
			int ch = cur_peek(v);

			if (!(ch >= '0' && ch <= '9') && !(ch >= 'A' && ch <= 'F'))
				cur_fail(v, "two digits 0-9 A-F");
			else
				v->at++;
		}
	}
	ret->mail.auth = cur_failed(v) ? STR("") : str_sub(v->s, from, v->at);
}

static const struct {
	struct str keyword;
	enum smtp_param param;
	void (*x_value)(struct cur *v, struct smtp_cmd *ret); /* NULL: takes no value */
} mail_params[] = {
	{STR_INIT("SIZE"), SMTP_PARAM_SIZE, x_size_value},
	{STR_INIT("BODY"), SMTP_PARAM_BODY, x_body_value},
	{STR_INIT("AUTH"), SMTP_PARAM_AUTH, x_auth_value},
	{STR_INIT("SMTPUTF8"), SMTP_PARAM_SMTPUTF8, NULL},
	{STR_INIT("REQUIRETLS"), SMTP_PARAM_REQUIRETLS, NULL},
};

static void unknown_param(struct parse *p, size_t at)
{
	p->c.at = at;
	p->code = ERR_PARAMETER;
	cur_fail(&p->c, "parameters that EHLO announced");
}

/* RFC 5321 §4.1.2 esmtp-value of a parameter that has one. */
static void x_param_value(struct parse *p, size_t i, struct smtp_cmd *ret)
{
	cur_xlit(&p->c, "=");
	struct str value = cur_xrun(&p->c, is_value, LIMIT_SMTP_LINE, "value");

	if (cur_failed(&p->c))
		return;
	/* The value ends where is_value says; its rule sees no more, and all of it. */
	struct cur v = {.s = str_sub(p->c.s, 0, p->c.at), .at = p->c.at - value.n};

	mail_params[i].x_value(&v, ret);
	cur_xend(&v);
	if (cur_failed(&v)) {
		p->c.at = v.failed_at;
		cur_fail(&p->c, v.expected);
	}
}

static void x_mail_param(struct parse *p, struct smtp_cmd *ret)
{
	size_t from = p->c.at;
	struct str keyword = cur_xrun(&p->c, is_keyword, LIMIT_SMTP_LINE, "parameter");
	size_t i = 0;

	if (cur_failed(&p->c))
		return;
	while (i < ARRAY_LEN(mail_params) && !str_eq_nocase(keyword, mail_params[i].keyword))
		i++;
	if (i == ARRAY_LEN(mail_params) || !(p->rules->params & mail_params[i].param)) {
		unknown_param(p, from);
		return;
	}
	if (ret->mail.params & mail_params[i].param) {
		cur_fail(&p->c, "each parameter once");
		return;
	}
	ret->mail.params |= mail_params[i].param;
	if (mail_params[i].x_value)
		x_param_value(p, i, ret);
}

/* A space behind the colon is sent by several clients and relays; RFC 5321 §3.3 forbids it. */
static void x_colon(struct parse *p)
{
	cur_xlit(&p->c, ":");
	if (!p->rules->pedantic)
		cur_opt(&p->c, ' ');
}

/* The path is read after the parameters, one of which says whether it may be UTF-8. */
static void x_mail(struct parse *p, struct smtp_cmd *ret)
{
	cur_xlit_nocase(&p->c, " FROM");
	x_colon(p);
	struct str raw = x_smtp_path_raw(&p->c);
	size_t path_end = p->c.at;

	while (!cur_end(&p->c)) {
		x_space(p);
		x_mail_param(p, ret);
	}
	if (cur_failed(&p->c))
		return;
	struct smtp_path_rules r = {.utf8 = ret->mail.params & SMTP_PARAM_SMTPUTF8,
				    .pedantic = p->rules->pedantic};
	struct cur path = {.s = str_sub(p->c.s, 0, path_end), .at = path_end - raw.n};

	x_smtp_reverse_path(&path, &r, p->arena, &ret->path);
	cur_xend(&path);
	if (cur_failed(&path)) {
		p->c.at = path.failed_at;
		cur_fail(&p->c, path.expected);
	}
}

/* RCPT has no parameter we implement: RFC 3461 is not announced. */
static void x_rcpt(struct parse *p, struct smtp_cmd *ret)
{
	struct smtp_path_rules r = {.utf8 = p->rules->utf8, .pedantic = p->rules->pedantic};

	cur_xlit_nocase(&p->c, " TO");
	x_colon(p);
	x_smtp_forward_path(&p->c, &r, p->arena, &ret->path);
	if (cur_end(&p->c))
		return;
	x_space(p);
	size_t from = p->c.at;

	cur_xrun(&p->c, is_keyword, LIMIT_SMTP_LINE, "parameter");
	if (!cur_failed(&p->c))
		unknown_param(p, from);
}

/* RFC 3030 §2. */
static void x_bdat(struct parse *p, struct smtp_cmd *ret)
{
	x_space(p);
	ret->bdat.size = cur_xu64(&p->c, INT64_MAX, "chunk size");
	if (!cur_end(&p->c)) {
		x_space(p);
		cur_xlit_nocase(&p->c, "LAST");
		ret->bdat.last = !cur_failed(&p->c);
	}
}

/* RFC 4422 §3.1 sasl-mech, in any case. */
static bool is_mech(char c)
{
	return ch_is_alnum(c) || c == '-' || c == '_';
}

static bool is_base64(char c)
{
	return ch_is_alnum(c) || c == '+' || c == '/' || c == '=';
}

/* RFC 4954 §4, §8. */
static void x_auth(struct parse *p, struct smtp_cmd *ret)
{
	x_space(p);
	ret->auth.mech = cur_xrun(&p->c, is_mech, LIMIT_SMTP_MECH, "mechanism");
	if (cur_end(&p->c))
		return;
	x_space(p);
	/* Windows Mail sends two spaces. */
	if (!p->rules->pedantic)
		cur_opt(&p->c, ' ');
	ret->auth.initial = cur_xrun(&p->c, is_base64, LIMIT_SMTP_LINE, "initial response");
	ret->auth.has_initial = !cur_failed(&p->c);
}

static const struct {
	struct str name;
	void (*x_argument)(struct parse *p, struct smtp_cmd *ret);
} verbs[SMTP_VERB_COUNT] = {
	[SMTP_HELO] = {STR_INIT("HELO"), x_helo},
	[SMTP_EHLO] = {STR_INIT("EHLO"), x_ehlo},
	[SMTP_MAIL] = {STR_INIT("MAIL"), x_mail},
	[SMTP_RCPT] = {STR_INIT("RCPT"), x_rcpt},
	[SMTP_DATA] = {STR_INIT("DATA"), x_no_argument},
	[SMTP_BDAT] = {STR_INIT("BDAT"), x_bdat},
	[SMTP_RSET] = {STR_INIT("RSET"), x_no_argument},
	[SMTP_NOOP] = {STR_INIT("NOOP"), x_optional_text},
	[SMTP_QUIT] = {STR_INIT("QUIT"), x_no_argument},
	[SMTP_VRFY] = {STR_INIT("VRFY"), x_text},
	[SMTP_EXPN] = {STR_INIT("EXPN"), x_text},
	[SMTP_HELP] = {STR_INIT("HELP"), x_optional_text},
	[SMTP_STARTTLS] = {STR_INIT("STARTTLS"), x_no_argument},
	[SMTP_AUTH] = {STR_INIT("AUTH"), x_auth},
};

struct str smtp_verb_name(enum smtp_verb verb)
{
	return verbs[verb].name;
}

static enum smtp_verb verb_of(struct str name)
{
	for (enum smtp_verb v = SMTP_UNKNOWN + 1; v < SMTP_VERB_COUNT; v++)
		if (str_eq_nocase(name, verbs[v].name))
			return v;
	return SMTP_UNKNOWN;
}

/* RFC 5321 §4.1.1: trailing white space is tolerated. */
static struct str without_trailing_space(struct str s)
{
	while (s.n > 0 && ch_is_wsp(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static void no_controls(struct cur *c)
{
	for (size_t i = 0; i < c->s.n; i++)
		if (is_control(c->s.p[i])) {
			c->at = i;
			cur_fail(c, "no control characters");
			return;
		}
}

struct err smtp_cmd_parse(struct str line, const struct smtp_syntax *rules, struct arena *a,
			  struct smtp_cmd *ret)
{
	struct parse p = {.c = cur_of(without_trailing_space(line)),
			  .rules = rules,
			  .arena = a,
			  .code = ERR_SYNTAX};
	struct str rest;

	*ret = (struct smtp_cmd){0};
	str_cut(p.c.s, ' ', &ret->name, &rest);
	ret->verb = verb_of(ret->name);
	if (ret->verb == SMTP_UNKNOWN)
		return ERR_OK;
	no_controls(&p.c);
	if (!cur_failed(&p.c)) {
		p.c.at = ret->name.n;
		verbs[ret->verb].x_argument(&p, ret);
		cur_xend(&p.c);
	}
	if (!cur_failed(&p.c))
		return ERR_OK;
	return err_make(p.code, "%.*s: expected %s at byte %zu", STR_ARG(verbs[ret->verb].name),
			p.c.expected, p.c.failed_at);
}
