#include "smtp/response.h"

#include "base/cur.h"
#include "smtp/limit.h"

void smtp_response_init(struct smtp_response *r)
{
	*r = (struct smtp_response){.text = BUF_INIT(LIMIT_SMTP_RESPONSE)};
}

void smtp_response_fini(struct smtp_response *r)
{
	buf_fini(&r->text);
}

/* RFC 5321 §4.2 Reply-code. */
static bool code_parse(struct str line, unsigned *ret)
{
	if (line.n < 3 || line.p[0] < '2' || line.p[0] > '5' || !ch_is_digit(line.p[1]) ||
	    !ch_is_digit(line.p[2]))
		return false;
	*ret = (unsigned)((line.p[0] - '0') * 100 + (line.p[1] - '0') * 10 + line.p[2] - '0');
	return line.n == 3 || line.p[3] == ' ' || line.p[3] == '-';
}

/* RFC 2034 §4: class "." subject "." detail of the reply's own class, then a space. */
static size_t enhanced_length(struct str text, unsigned code)
{
	struct cur c = cur_of(text);
	uint64_t class = cur_xu64(&c, 9, "class");

	cur_xlit(&c, ".");
	cur_xu64(&c, 999, "subject");
	cur_xlit(&c, ".");
	cur_xu64(&c, 999, "detail");
	if (cur_failed(&c) || class != code / 100 || (!cur_end(&c) && cur_peek(&c) != ' '))
		return 0;
	return c.at;
}

/* Text past the limit is dropped: it is for people. */
static void text_add(struct smtp_response *r, struct str text)
{
	size_t room = LIMIT_SMTP_RESPONSE - r->text.n;

	if (r->lines > 1 && room > 0)
		buf_char(&r->text, '\n');
	room = LIMIT_SMTP_RESPONSE - r->text.n;
	buf_str_add(&r->text, str_sub(text, 0, room));
}

static enum smtp_response_verdict line_read(struct smtp_response *r, struct str line)
{
	unsigned code;

	if (!code_parse(line, &code) || (r->lines > 0 && code != r->code) ||
	    r->lines >= LIMIT_SMTP_RESPONSE_LINES)
		return SMTP_RESPONSE_BAD;
	r->code = code;
	r->lines++;
	text_add(r, str_from(line, 4));
	return line.n > 3 && line.p[3] == '-' ? SMTP_RESPONSE_MORE : SMTP_RESPONSE_DONE;
}

enum smtp_response_verdict smtp_response_read(struct smtp_response *r, struct str *in)
{
	enum smtp_response_verdict v = SMTP_RESPONSE_MORE;
	struct str line, rest;

	if (r->lines == 0)
		buf_clear(&r->text);
	while (v == SMTP_RESPONSE_MORE && str_cut(*in, '\n', &line, &rest)) {
		if (line.n >= LIMIT_SMTP_RESPONSE_LINE)
			return SMTP_RESPONSE_BAD;
		if (str_ends(line, STR("\r")))
			line.n--;
		*in = rest;
		v = line_read(r, line);
	}
	if (v == SMTP_RESPONSE_MORE && in->n >= LIMIT_SMTP_RESPONSE_LINE)
		return SMTP_RESPONSE_BAD;
	if (v == SMTP_RESPONSE_DONE) {
		r->enhanced =
			str_sub(buf_str(&r->text), 0, enhanced_length(buf_str(&r->text), r->code));
		r->lines = 0;
	}
	return v;
}

static const struct {
	struct str keyword;
	enum smtp_ext ext;
} keywords[] = {
	{STR_INIT("PIPELINING"), SMTP_EXT_PIPELINING},
	{STR_INIT("SIZE"), SMTP_EXT_SIZE},
	{STR_INIT("STARTTLS"), SMTP_EXT_STARTTLS},
	{STR_INIT("8BITMIME"), SMTP_EXT_8BITMIME},
	{STR_INIT("SMTPUTF8"), SMTP_EXT_SMTPUTF8},
	{STR_INIT("REQUIRETLS"), SMTP_EXT_REQUIRETLS},
	{STR_INIT("CHUNKING"), SMTP_EXT_CHUNKING},
	{STR_INIT("ENHANCEDSTATUSCODES"), SMTP_EXT_ENHANCED},
	{STR_INIT("AUTH"), SMTP_EXT_AUTH},
};

/* RFC 9422 §4: LIMITS NAME=VALUE ... */
static void limits_read(struct str words, struct smtp_offer *o)
{
	struct str word, name, value;

	while (words.n) {
		str_cut(words, ' ', &word, &words);
		if (str_cut(word, '=', &name, &value) && str_eq_nocase(name, STR("RCPTMAX")) &&
		    !str_u64(value, UINT32_MAX, &o->rcpt_max))
			o->rcpt_max = 0;
	}
}

static void offer_line(struct str line, struct smtp_offer *o)
{
	struct str keyword, words;

	str_cut(line, ' ', &keyword, &words);
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (str_eq_nocase(keyword, keywords[i].keyword))
			o->ext |= keywords[i].ext;
	if (str_eq_nocase(keyword, STR("SIZE")) && !str_u64(words, UINT64_MAX, &o->size_max))
		o->size_max = 0;
	else if (str_eq_nocase(keyword, STR("AUTH")))
		o->auth = words;
	else if (str_eq_nocase(keyword, STR("LIMITS")))
		limits_read(words, o);
}

struct smtp_offer smtp_offer_of(const struct smtp_response *r)
{
	struct smtp_offer o = {0};
	struct str rest, line;

	/* The first line greets. */
	if (!str_cut(buf_str(&r->text), '\n', &line, &rest))
		return o;
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		offer_line(line, &o);
	}
	return o;
}

bool smtp_offer_has_mech(const struct smtp_offer *o, struct str name)
{
	struct str words = o->auth, word;

	while (words.n) {
		str_cut(words, ' ', &word, &words);
		if (word.n > 0 && str_eq_nocase(word, name))
			return true;
	}
	return false;
}
