#include "verify/dmarc_record.h"

#include "base/attr.h"
#include "dns/name.h"
#include "verify/taglist.h"

static const struct str policies[] = {
	[DMARC_UNSET] = STR_INIT(""),
	[DMARC_NONE] = STR_INIT("none"),
	[DMARC_QUARANTINE] = STR_INIT("quarantine"),
	[DMARC_REJECT] = STR_INIT("reject"),
};

struct str dmarc_policy_name(enum dmarc_policy p)
{
	return policies[p];
}

static bool policy_parse(struct str v, enum dmarc_policy *ret)
{
	for (size_t i = DMARC_NONE; i < ARRAY_LEN(policies); i++) {
		if (str_eq_nocase(v, policies[i])) {
			*ret = (enum dmarc_policy)i;
			return true;
		}
	}
	return false;
}

static bool p_parse(struct str v, struct dmarc_record *r)
{
	return policy_parse(v, &r->p);
}

static bool sp_parse(struct str v, struct dmarc_record *r)
{
	return policy_parse(v, &r->sp);
}

static bool np_parse(struct str v, struct dmarc_record *r)
{
	return policy_parse(v, &r->np);
}

/* One of two letters. */
static bool letter_parse(struct str v, struct str yes, struct str no, bool *ret)
{
	*ret = str_eq_nocase(v, yes);
	return *ret || str_eq_nocase(v, no);
}

static bool adkim_parse(struct str v, struct dmarc_record *r)
{
	return letter_parse(v, STR("s"), STR("r"), &r->strict_dkim);
}

static bool aspf_parse(struct str v, struct dmarc_record *r)
{
	return letter_parse(v, STR("s"), STR("r"), &r->strict_spf);
}

static bool t_parse(struct str v, struct dmarc_record *r)
{
	r->has_testing = letter_parse(v, STR("y"), STR("n"), &r->testing);
	return r->has_testing;
}

static bool psd_parse(struct str v, struct dmarc_record *r)
{
	bool yes, ok = letter_parse(v, STR("y"), STR("n"), &yes);

	if (ok)
		r->psd = yes ? DMARC_PSD_YES : DMARC_PSD_NO;
	return ok || str_eq_nocase(v, STR("u"));
}

/* RFC 7489 §6.3. */
static bool pct_parse(struct str v, struct dmarc_record *r)
{
	uint64_t n;

	if (!str_u64(v, 100, &n))
		return false;
	r->percent = (uint8_t)n;
	return true;
}

static bool ri_parse(struct str v, struct dmarc_record *r)
{
	uint64_t n;

	if (!str_u64(v, UINT32_MAX, &n))
		return false;
	r->interval = (uint32_t)n;
	return true;
}

static bool rf_parse(struct str v, struct dmarc_record *r)
{
	struct str format;
	bool afrf = false;

	while (taglist_next(&v, ':', &format))
		afrf = afrf || str_eq_nocase(format, STR("afrf"));
	r->other_format = !afrf;
	return afrf;
}

/* dmarc-fo: each letter once, 0 and 1 not together. */
static bool fo_parse(struct str v, struct dmarc_record *r)
{
	static const char letters[] = "01ds";
	struct str option;
	uint8_t all = 0;

	while (taglist_next(&v, ':', &option)) {
		const char *at = option.n == 1 && option.p[0]
					 ? strchr(letters, ch_lower(option.p[0]))
					 : NULL;

		if (!at || all & (1 << (at - letters)))
			return false;
		all |= (uint8_t)(1 << (at - letters));
	}
	if ((all & DMARC_FAILURE_ALL) && (all & DMARC_FAILURE_ANY))
		return false;
	r->failure = all;
	return true;
}

/* RFC 3986 §2, but for the comma and the exclamation mark, which are to be encoded. */
static bool is_uri(char c)
{
	return ch_is_alnum(c) || (c && strchr("-._~:/?#[]@$&'()*+;=%", c));
}

static bool is_scheme(char c)
{
	return ch_is_alnum(c) || c == '+' || c == '-' || c == '.';
}

static bool all_are(struct str s, bool (*is)(char))
{
	for (size_t i = 0; i < s.n; i++)
		if (!is(s.p[i]))
			return false;
	return s.n > 0;
}

/* obs-dmarc-report-size: "!" 1*DIGIT and a unit. */
static bool is_size(struct str s)
{
	uint64_t n;

	char unit = s.n ? ch_lower(s.p[s.n - 1]) : 0;

	if (unit && strchr("kmgt", unit))
		s.n--;
	return str_u64(s, UINT64_MAX, &n);
}

static bool uri_parse(struct str s, struct str *ret)
{
	struct str scheme, rest, size, host;

	if (str_cut(s, '!', ret, &size) && !is_size(size))
		return false;
	if (!str_cut(*ret, ':', &scheme, &rest) || !ch_is_alpha(ret->p[0]))
		return false;
	if (!all_are(scheme, is_scheme) || !all_are(rest, is_uri))
		return false;
	return !str_eq_nocase(scheme, STR("mailto")) || dmarc_uri_host(*ret, &host);
}

/* A list in which some can be read is one. */
static bool uris_parse(struct str v, struct dmarc_uris *ret)
{
	struct str part;

	while (taglist_next(&v, ',', &part) && ret->n < DMARC_URIS_MAX)
		if (uri_parse(part, &ret->uri[ret->n]))
			ret->n++;
	return ret->n > 0;
}

static bool rua_parse(struct str v, struct dmarc_record *r)
{
	return uris_parse(v, &r->rua);
}

static bool ruf_parse(struct str v, struct dmarc_record *r)
{
	return uris_parse(v, &r->ruf);
}

static const struct tag_row {
	struct str name;
	bool (*parse)(struct str v, struct dmarc_record *r); /* false: the default stays */
	bool policy;
} tags[] = {
	{STR_INIT("p"), p_parse, true},        {STR_INIT("sp"), sp_parse, true},
	{STR_INIT("np"), np_parse, true},      {STR_INIT("psd"), psd_parse, false},
	{STR_INIT("t"), t_parse, false},       {STR_INIT("adkim"), adkim_parse, false},
	{STR_INIT("aspf"), aspf_parse, false}, {STR_INIT("rua"), rua_parse, false},
	{STR_INIT("ruf"), ruf_parse, false},   {STR_INIT("fo"), fo_parse, false},
	{STR_INIT("pct"), pct_parse, false},   {STR_INIT("ri"), ri_parse, false},
	{STR_INIT("rf"), rf_parse, false},
};

/* "name = value", white space around both; false without "=". */
static bool tag_cut(struct str piece, struct str *ret_name, struct str *ret_value)
{
	if (!str_cut(piece, '=', ret_name, ret_value))
		return false;
	*ret_name = str_trim(*ret_name);
	*ret_value = str_trim(*ret_value);
	return true;
}

/* dmarc-version; and what stands behind it. */
static bool version_cut(struct str *rest)
{
	struct str piece, name, value;

	(void)str_cut(*rest, ';', &piece, rest);
	return tag_cut(piece, &name, &value) && str_eq_nocase(name, STR("v")) &&
	       str_eq(value, STR("DMARC1"));
}

static size_t tag_find(struct str name)
{
	size_t i = 0;

	while (i < ARRAY_LEN(tags) && !str_eq_nocase(name, tags[i].name))
		i++;
	return i;
}

/* Collects the values; RFC 6376 §3.2 MUST NOT: of a tag that comes twice neither counts. */
static void tags_collect(struct str rest, struct str value[ARRAY_LEN(tags)], struct dmarc_record *r)
{
	struct str piece, name, v;

	while (taglist_next(&rest, ';', &piece)) {
		size_t i = tag_cut(piece, &name, &v) ? tag_find(name) : ARRAY_LEN(tags);

		if (i == ARRAY_LEN(tags)) {
			r->unknown += piece.n > 0;
			continue;
		}
		if (r->seen & (1U << i))
			r->bad |= 1U << i;
		r->seen |= 1U << i;
		value[i] = v;
	}
}

bool dmarc_record_parse(struct str s, struct dmarc_record *ret)
{
	struct str value[ARRAY_LEN(tags)] = {0};

	*ret = (struct dmarc_record){
		.percent = 100, .failure = DMARC_FAILURE_ALL, .interval = DMARC_INTERVAL};
	if (!version_cut(&s))
		return false;
	tags_collect(s, value, ret);
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		uint32_t bit = 1U << i;

		if (!(ret->seen & bit))
			continue;
		if ((ret->bad & bit) || !tags[i].parse(value[i], ret)) {
			ret->bad |= bit;
			ret->policy_bad |= tags[i].policy;
		}
	}
	return true;
}

bool dmarc_record_usable(const struct dmarc_record *r)
{
	return (r->p != DMARC_UNSET && !r->policy_bad) || r->rua.n > 0;
}

void buf_dmarc_ignored(struct buf *b, const struct dmarc_record *r)
{
	const char *space = "";

	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		if (!(r->bad & (1U << i)))
			continue;
		buf_printf(b, "%s%.*s", space, STR_ARG(tags[i].name));
		space = " ";
	}
}

static struct str mailto_host(struct str rest)
{
	struct str address, query;

	(void)str_cut(rest, '?', &address, &query);
	ssize_t at = str_rchr(address, '@');

	return at > 0 ? str_from(address, (size_t)at + 1) : STR("");
}

static struct str authority_host(struct str rest)
{
	size_t end = 2;

	if (!str_starts(rest, STR("//")))
		return STR("");
	while (end < rest.n && !strchr("/?#", rest.p[end]))
		end++;
	struct str authority = str_sub(rest, 2, end), host, port;
	ssize_t at = str_rchr(authority, '@');

	(void)str_cut(str_from(authority, (size_t)(at + 1)), ':', &host, &port);
	return host;
}

bool dmarc_uri_host(struct str uri, struct str *ret)
{
	struct str scheme, rest;

	if (!str_cut(uri, ':', &scheme, &rest))
		return false;
	*ret = str_eq_nocase(scheme, STR("mailto")) ? mailto_host(rest) : authority_host(rest);
	return dns_name_is_host(*ret);
}
