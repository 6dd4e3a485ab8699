#include "verify/dkim_signature.h"

#include "base/attr.h"
#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "dns/name.h"
#include "format/domain.h"
#include "verify/taglist.h"

static const struct str algorithms[DKIM_ALGORITHM_N] = {
	[DKIM_ALGORITHM_NONE] = STR_INIT(""),
	[DKIM_RSA_SHA1] = STR_INIT("rsa-sha1"),
	[DKIM_RSA_SHA256] = STR_INIT("rsa-sha256"),
	[DKIM_ED25519_SHA256] = STR_INIT("ed25519-sha256"),
};

struct str dkim_algorithm_name(enum dkim_algorithm a)
{
	return algorithms[a];
}

struct reader {
	struct arena *arena;
	struct dkim_signature *to;
	const struct tag *tag;
};

static struct err wrong(const struct reader *r, const char *what)
{
	return err_make(ERR_SYNTAX, "%.*s=: %s", STR_ARG(r->tag->name), what);
}

static struct err no_memory(void)
{
	return err_make(ERR_LIMIT, "no memory for a signature");
}

static bool is_fws(char c)
{
	return ch_is_wsp(c) || c == '\r' || c == '\n';
}

/* Without white space anywhere: a view if there is none. */
static struct err without_fws(const struct reader *r, struct str s, struct str *ret)
{
	size_t n = 0;

	while (n < s.n && !is_fws(s.p[n]))
		n++;
	*ret = s;
	if (n == s.n)
		return ERR_OK;
	char *to = arena_alloc(r->arena, s.n);

	if (!to)
		return no_memory();
	memcpy(to, s.p, n);
	for (size_t i = n; i < s.n; i++)
		if (!is_fws(s.p[i]))
			to[n++] = s.p[i];
	*ret = str_of(to, n);
	return ERR_OK;
}

/* RFC 6376 §2.10 base64string. */
static struct err base64_read(const struct reader *r, size_t max, struct str *ret_text,
			      struct str *ret)
{
	BUF_AUTO bytes = BUF_INIT(max);

	TRY(without_fws(r, r->tag->value, ret_text));
	if (ret_text->n == 0)
		return wrong(r, "empty");
	if (!base64_decode(*ret_text, &bytes))
		return wrong(r, "not base64");
	if (buf_failed(&bytes))
		return wrong(r, "too long");
	*ret = arena_dup(r->arena, buf_str(&bytes));
	return ret->p ? ERR_OK : no_memory();
}

/* A domain name of at least so many labels, as A-labels in lower case (RFC 8616 §5: U-labels are
 * the same name). */
static struct err domain_read(const struct reader *r, struct str s, size_t labels, struct str *ret)
{
	BUF_AUTO ascii = BUF_INIT(DOMAIN_MAX);

	if (str_ends(s, STR(".")) || !domain_ascii(s, &ascii) ||
	    !dns_name_is_host(buf_str(&ascii)) || dns_name_labels(buf_str(&ascii)) < labels)
		return wrong(r, "not a domain name");
	*ret = arena_dup(r->arena, buf_str(&ascii));
	return ret->p ? ERR_OK : no_memory();
}

/* Digits, as many as l= may have; a number too large for us is the largest (RFC 6376 §3.5). */
static struct err number_read(const struct reader *r, uint64_t *ret)
{
	struct str s = r->tag->value;
	uint64_t n = 0;

	if (s.n == 0 || s.n > 76)
		return wrong(r, "not a number");
	for (size_t i = 0; i < s.n; i++) {
		if (!ch_is_digit(s.p[i]))
			return wrong(r, "not a number");
		uint64_t digit = (uint64_t)(s.p[i] - '0');

		n = n > (DKIM_NUMBER_MAX - digit) / 10 ? DKIM_NUMBER_MAX : n * 10 + digit;
	}
	*ret = n;
	return ERR_OK;
}

static struct err read_version(const struct reader *r)
{
	return str_eq(r->tag->value, STR("1")) ? ERR_OK : wrong(r, "not version 1");
}

static struct err read_algorithm(const struct reader *r)
{
	for (size_t i = 1; i < ARRAY_LEN(algorithms); i++) {
		if (str_eq(r->tag->value, algorithms[i])) {
			r->to->algorithm = (enum dkim_algorithm)i;
			return ERR_OK;
		}
	}
	return err_make(ERR_UNSUPPORTED, "a=: unknown algorithm \"%.*s\"", STR_ARG(r->tag->value));
}

static struct err read_domain(const struct reader *r)
{
	return domain_read(r, r->tag->value, 2, &r->to->domain);
}

static struct err read_selector(const struct reader *r)
{
	return domain_read(r, r->tag->value, 1, &r->to->selector);
}

/* RFC 6376 §2.11 dkim-quoted-printable: white space does not count, =XX is a byte. */
static struct err qp_read(const struct reader *r, struct str *ret)
{
	struct str s;

	TRY(without_fws(r, r->tag->value, &s));
	char *to = arena_alloc(r->arena, s.n);
	size_t n = 0;

	if (!to)
		return no_memory();
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '=') {
			to[n++] = s.p[i];
			continue;
		}
		if (s.n - i < 3 || hex_digit(s.p[i + 1]) < 0 || hex_digit(s.p[i + 2]) < 0)
			return wrong(r, "not quoted-printable");
		to[n++] = (char)(hex_digit(s.p[i + 1]) << 4 | hex_digit(s.p[i + 2]));
		i += 2;
	}
	*ret = str_of(to, n);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)to[i] < ' ' || to[i] == 0x7f)
			return wrong(r, "a control character");
	return utf8_valid(*ret) ? ERR_OK : wrong(r, "not UTF-8");
}

/* RFC 6376 §3.5: [ Local-part ] "@" domain-name, at or below d=, which was read before. */
static struct err read_identity(const struct reader *r)
{
	struct str identity = {0};

	TRY(qp_read(r, &identity));
	ssize_t at = str_rchr(identity, '@');

	if (at < 0)
		return wrong(r, "no @");
	TRY(domain_read(r, str_from(identity, (size_t)at + 1), 1, &r->to->identity_domain));
	r->to->identity = identity;
	if (r->to->domain.n && !dns_name_within(r->to->identity_domain, r->to->domain))
		return wrong(r, "not at or below d=");
	return ERR_OK;
}

/* RFC 8617 §4.2.1 */
static struct err read_instance(const struct reader *r)
{
	uint64_t n;

	if (r->tag->value.n > 2 || !str_u64(r->tag->value, ARC_INSTANCE_MAX, &n) || n == 0)
		return wrong(r, "not an instance from 1 to 50");
	r->to->instance = (unsigned)n;
	return ERR_OK;
}

static bool canon_read(struct str s, enum canon *ret)
{
	*ret = str_eq(s, STR("relaxed")) ? CANON_RELAXED : CANON_SIMPLE;
	return *ret == CANON_RELAXED || str_eq(s, STR("simple"));
}

static struct err read_canon(const struct reader *r)
{
	struct str header, body;

	if (!str_cut(r->tag->value, '/', &header, &body))
		body = STR("simple");
	if (!canon_read(header, &r->to->header_canon) || !canon_read(body, &r->to->body_canon))
		return wrong(r, "unknown canonicalisation");
	return ERR_OK;
}

/* RFC 5322 §3.6.8 field-name; ";" cannot come here. */
static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 127)
			return false;
	return true;
}

/* RFC 6376 §3.5: not empty, and neither is a name. In ARC both are met and harmless: the suite of
 * ValiMail wants them to pass. */
static struct err read_names(const struct reader *r)
{
	struct str rest = r->tag->value, name;

	r->to->names = r->tag->value;
	while (taglist_next(&rest, ':', &name)) {
		if (!is_name(name) || (name.n == 0 && r->to->kind == DKIM_SIGNATURE))
			return wrong(r, "not names of header fields");
		if (r->to->names_n++ == DKIM_NAMES_MAX)
			return err_make(ERR_LIMIT, "h=: more than %d names", DKIM_NAMES_MAX);
	}
	/* RFC 6376 §6.1.1 */
	if (r->to->kind == DKIM_SIGNATURE && !dkim_signature_covers(r->to, STR("From")))
		return wrong(r, "From is not signed");
	/* RFC 8617 §4.1.2 NOT: the other fields of ARC may be signed, as early sealers did */
	if (r->to->kind == ARC_MESSAGE_SIGNATURE && dkim_signature_covers(r->to, STR("ARC-Seal")))
		return wrong(r, "ARC-Seal may not be signed");
	return ERR_OK;
}

static struct err read_body_hash(const struct reader *r)
{
	struct str text;

	TRY(base64_read(r, DKIM_SIGNATURE_MAX, &text, &r->to->body_hash));
	if (r->to->algorithm > DKIM_RSA_SHA1 && r->to->body_hash.n != DKIM_HASH_N)
		return wrong(r, "not as long as the hash");
	return ERR_OK;
}

static struct err read_length(const struct reader *r)
{
	TRY(number_read(r, &r->to->length));
	r->to->has_length = true;
	return ERR_OK;
}

/* RFC 6376 §3.5: methods that are not known are ignored. */
static struct err read_query(const struct reader *r)
{
	struct str rest = r->tag->value, method;

	while (taglist_next(&rest, ':', &method))
		if (str_eq(method, STR("dns/txt")))
			return ERR_OK;
	return err_make(ERR_UNSUPPORTED, "q=: no known query method");
}

static struct err read_time(const struct reader *r)
{
	TRY(number_read(r, &r->to->time));
	r->to->has_time = true;
	return ERR_OK;
}

static struct err read_expiry(const struct reader *r)
{
	TRY(number_read(r, &r->to->expiry));
	r->to->has_expiry = true;
	if (r->to->has_time && r->to->expiry <= r->to->time)
		return wrong(r, "not after t=");
	return ERR_OK;
}

static struct err read_cv(const struct reader *r)
{
	static const struct str words[] = {STR_INIT("none"), STR_INIT("pass"), STR_INIT("fail")};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_nocase(r->tag->value, words[i])) {
			r->to->cv = (enum arc_cv)i;
			return ERR_OK;
		}
	}
	return wrong(r, "neither none, pass nor fail");
}

static struct err read_signature(const struct reader *r)
{
	r->to->raw_at = r->tag->raw_at;
	r->to->raw_to = r->tag->raw_to;
	return base64_read(r, DKIM_SIGNATURE_MAX, &r->to->signature_text, &r->to->signature);
}

/* Never: the tag must not be there. Skip: it is an unknown tag there, ignored. */
enum use { SKIP, MAY, MUST, NEVER };

/* In this order tags are read, and complained about. */
static const struct rule {
	struct str name;
	enum use use[DKIM_KIND_N]; /* DKIM-Signature, ARC-Message-Signature, ARC-Seal */
	struct err (*read)(const struct reader *r);
} rules[] = {
	{STR_INIT("v"), {MUST, SKIP, SKIP}, read_version},
	{STR_INIT("i"), {SKIP, MUST, MUST}, read_instance},
	{STR_INIT("a"), {MUST, MUST, MUST}, read_algorithm},
	{STR_INIT("b"), {MUST, MUST, MUST}, read_signature},
	{STR_INIT("d"), {MUST, MUST, MUST}, read_domain},
	{STR_INIT("s"), {MUST, MUST, MUST}, read_selector},
	{STR_INIT("i"), {MAY, SKIP, SKIP}, read_identity},
	{STR_INIT("c"), {MAY, MAY, SKIP}, read_canon},
	{STR_INIT("bh"), {MUST, MUST, SKIP}, read_body_hash},
	{STR_INIT("h"), {MUST, MUST, NEVER}, read_names}, /* RFC 8617 §4.1.3 */
	{STR_INIT("l"), {MAY, MAY, SKIP}, read_length},
	{STR_INIT("q"), {MAY, MAY, SKIP}, read_query},
	{STR_INIT("t"), {MAY, MAY, MAY}, read_time},
	{STR_INIT("x"), {MAY, MAY, SKIP}, read_expiry},
	{STR_INIT("cv"), {SKIP, SKIP, MUST}, read_cv},
};

static struct err rule_apply(const struct rule *rule, const struct taglist *tags,
			     struct arena *arena, struct dkim_signature *to)
{
	enum use use = rule->use[to->kind];
	struct reader r = {arena, to, taglist_get(tags, rule->name)};

	if (use == SKIP)
		return ERR_OK;
	if (!r.tag && use == MUST)
		return err_make(ERR_SYNTAX, "%.*s= is missing", STR_ARG(rule->name));
	if (!r.tag)
		return ERR_OK;
	return use == NEVER ? wrong(&r, "may not be there") : rule->read(&r);
}

/* RFC 6376 §6.1.1: as though it were "@d". */
static struct err identity_default(struct dkim_signature *s, struct arena *a)
{
	if (s->kind != DKIM_SIGNATURE || s->identity.n || !s->domain.n)
		return ERR_OK;
	s->identity = arena_printf(a, "@%.*s", STR_ARG(s->domain));
	s->identity_domain = s->domain;
	return s->identity.p ? ERR_OK : no_memory();
}

struct err dkim_signature_parse(struct str value, enum dkim_kind kind, struct arena *a,
				struct dkim_signature *ret)
{
	struct taglist tags;
	struct err first = taglist_parse(value, &tags);

	*ret = (struct dkim_signature){.kind = kind};
	/* RFC 8617 §4.1.2 NOT: the suite of ValiMail, and so sealers and validators, have relaxed
	 * as the default; DKIM's is simple. */
	if (kind == ARC_MESSAGE_SIGNATURE)
		ret->header_canon = ret->body_canon = CANON_RELAXED;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct err e = rule_apply(&rules[i], &tags, a, ret);

		if (err_is_ok(first))
			first = e;
	}
	struct err e = identity_default(ret, a);

	return err_failed(first) ? first : e;
}

bool dkim_signature_covers(const struct dkim_signature *s, struct str name)
{
	struct str rest = s->names, n;

	while (taglist_next(&rest, ':', &n))
		if (str_eq_nocase(n, name))
			return true;
	return false;
}
