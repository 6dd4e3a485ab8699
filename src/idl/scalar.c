#include "idl/scalar.h"

#include "base/ip.h"
#include "base/regexp.h"
#include "base/utf8.h"
#include "format/mailbox_name.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct kind_row {
	const char *expected; /* NULL: expected_text composes it */
	const char *example;
	size_t size;
	bool (*parse)(const struct idl_type *t, struct str s, void *ret);
	void (*write)(const struct idl_type *t, const void *value, struct buf *b);
};

static bool in_range(const struct idl_type *t, int64_t v)
{
	return v >= t->min && v <= t->max;
}

static bool bool_parse(const struct idl_type *t, struct str s, void *ret)
{
	if (!str_eq(s, STR("true")) && !str_eq(s, STR("false")))
		return false;
	*(bool *)ret = s.n == 4;
	return true;
}

static void bool_write(const struct idl_type *t, const void *value, struct buf *b)
{
	buf_str_add(b, *(const bool *)value ? STR("true") : STR("false"));
}

static bool int_parse(const struct idl_type *t, struct str s, void *ret)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t u;

	if (!str_u64(str_from(s, minus), INT64_MAX, &u))
		return false;
	int64_t v = minus ? -(int64_t)u : (int64_t)u;

	if (!in_range(t, v))
		return false;
	*(int64_t *)ret = v;
	return true;
}

static void int_write(const struct idl_type *t, const void *value, struct buf *b)
{
	buf_i64(b, *(const int64_t *)value);
}

static const struct {
	struct str name;
	int64_t ns;
} units[] = {
	{STR_INIT("h"), 3600 * INT64_C(1000000000)},
	{STR_INIT("ms"), 1000000},
	{STR_INIT("m"), 60 * INT64_C(1000000000)},
	{STR_INIT("s"), INT64_C(1000000000)},
	{STR_INIT("us"), 1000},
	{STR_INIT("\302\265s"), 1000},
	{STR_INIT("ns"), 1},
};

/* One number with its unit at the front of *s: consumed, and its nanoseconds. */
static bool duration_part(struct str *s, int64_t *ret_ns)
{
	double v = 0, scale = 1;
	size_t i = 0, digits = 0;

	for (bool point = false; i < s->n && (ch_is_digit(s->p[i]) || (s->p[i] == '.' && !point));
	     i++) {
		if (s->p[i] == '.') {
			point = true;
			continue;
		}
		v = v * 10 + (s->p[i] - '0');
		scale *= point ? 10 : 1;
		digits++;
	}
	if (digits == 0 || digits > 15)
		return false;
	*s = str_from(*s, i);
	for (size_t u = 0; u < ARRAY_LEN(units); u++) {
		if (!str_starts(*s, units[u].name))
			continue;
		double ns = v / scale * (double)units[u].ns;

		*s = str_from(*s, units[u].name.n);
		*ret_ns = ns < 9e18 ? (int64_t)(ns + 0.5) : INT64_MAX;
		return true;
	}
	return false;
}

bool idl_duration_parse(struct str s, int64_t *ret_ms)
{
	int64_t ns, ms = 0, rest = 0;

	if (str_eq(s, STR("0"))) {
		*ret_ms = 0;
		return true;
	}
	if (s.n == 0 || s.n > 64)
		return false;
	while (s.n > 0) {
		if (!duration_part(&s, &ns))
			return false;
		ms += ns / 1000000;
		rest += ns % 1000000;
		if (ms > IDL_DURATION_MAX)
			return false;
	}
	*ret_ms = ms + rest / 1000000;
	return true;
}

void idl_duration_write(int64_t ms, struct buf *b)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} parts[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

	if (ms == 0)
		buf_str_add(b, STR("0s"));
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (ms >= parts[i].ms)
			buf_printf(b, "%lld%s", (long long)(ms / parts[i].ms), parts[i].unit);
		ms %= parts[i].ms;
	}
}

static bool duration_parse(const struct idl_type *t, struct str s, void *ret)
{
	int64_t ms;

	if (!idl_duration_parse(s, &ms) || !in_range(t, ms))
		return false;
	*(int64_t *)ret = ms;
	return true;
}

static void duration_write(const struct idl_type *t, const void *value, struct buf *b)
{
	idl_duration_write(*(const int64_t *)value, b);
}

static bool float_parse(const struct idl_type *t, struct str s, void *ret)
{
	char z[40], *end;

	if (s.n == 0 || s.n >= sizeof(z))
		return false;
	for (size_t i = 0; i < s.n; i++) /* not inf, nan, hexadecimal, space */
		if (!ch_is_digit(s.p[i]) && !strchr("+-.eE", s.p[i]))
			return false;
	memcpy(z, s.p, s.n);
	z[s.n] = 0;
	double v = strtod(z, &end);

	if (*end || end == z || !(v >= (double)t->min && v <= (double)t->max))
		return false;
	*(double *)ret = v;
	return true;
}

/* As few digits as read back as the same number. */
static void float_write(const struct idl_type *t, const void *value, struct buf *b)
{
	double v = *(const double *)value;
	char z[40];

	for (int digits = 1; digits <= 17; digits++) {
		snprintf(z, sizeof(z), "%.*g", digits, v);
		if (strtod(z, NULL) == v)
			break;
	}
	buf_str_add(b, str_z(z));
}

static bool enum_parse(const struct idl_type *t, struct str s, void *ret)
{
	for (size_t i = 0; i < t->choices_n; i++)
		if (str_eq(s, str_z(t->choices[i]))) {
			*(int *)ret = (int)i + 1;
			return true;
		}
	return false;
}

static void enum_write(const struct idl_type *t, const void *value, struct buf *b)
{
	int v = *(const int *)value;

	if (v > 0 && (size_t)v <= t->choices_n)
		buf_str_add(b, str_z(t->choices[v - 1]));
}

bool idl_domain_ok(struct str s)
{
	size_t label = 0;

	if (s.n == 0 || s.n > IDL_DOMAIN_MAX || !utf8_valid(s))
		return false;
	for (size_t i = 0; i <= s.n; i++) {
		bool end = i == s.n || s.p[i] == '.';

		if (end && (label == 0 || label > 63 || s.p[i - 1] == '-'))
			return false;
		if (end) {
			label = 0;
			continue;
		}
		if (!ch_is_alnum(s.p[i]) && s.p[i] != '_' && !(s.p[i] == '-' && label > 0) &&
		    !(s.p[i] & 0x80))
			return false;
		label++;
	}
	return true;
}

bool idl_account_ok(struct str s)
{
	if (s.n == 0 || s.n > IDL_ACCOUNT_MAX || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ch_is_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return true;
}

static bool text_parse(const struct idl_type *t, struct str s, void *ret)
{
	if (s.n > IDL_STRING_MAX || !utf8_valid(s))
		return false;
	*(struct str *)ret = s;
	return true;
}

#define TEXT_KIND(name, ok)                                                         \
	static bool name##_parse(const struct idl_type *t, struct str s, void *ret) \
	{                                                                           \
		return (ok) && text_parse(t, s, ret);                               \
	}

static bool ip_ok(struct str s)
{
	struct ip ip;

	return ip_parse(s, &ip);
}

static bool ip_port_ok(struct str s)
{
	struct ip ip;
	uint16_t port;

	return ip_port_parse(s, &ip, &port);
}

static bool url_ok(struct str s)
{
	bool http = str_starts(s, STR("http://")) && s.n > 7;

	return (http || (str_starts(s, STR("https://")) && s.n > 8)) && str_chr(s, ' ') < 0;
}

static bool hostport_ok(struct str s)
{
	ssize_t colon = str_rchr(s, ':');
	struct str host = str_sub(s, 0, colon < 0 ? 0 : (size_t)colon);
	uint64_t port;

	if (colon < 0 || !str_u64(str_from(s, (size_t)colon + 1), 65535, &port) || port == 0)
		return false;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		return ip_ok(str_sub(host, 1, host.n - 1));
	return ip_ok(host) || idl_domain_ok(host);
}

TEXT_KIND(ip_text, ip_ok(s))
TEXT_KIND(domain, idl_domain_ok(s))
TEXT_KIND(account, idl_account_ok(s))
TEXT_KIND(mailbox, mailbox_name_wrong(s) == NULL)
TEXT_KIND(url, url_ok(s))
TEXT_KIND(hostport, hostport_ok(s))
TEXT_KIND(ip_port_text, ip_port_ok(s))
TEXT_KIND(ip_net_text, ip_net_parse(s, &(struct ip_net){}))
TEXT_KIND(regexp, regexp_why_not(s) == NULL)

static void text_write(const struct idl_type *t, const void *value, struct buf *b)
{
	buf_str_add(b, *(const struct str *)value);
}

#define TEXT(expected, example, parse)                                   \
	{                                                                \
		expected, example, sizeof(struct str), parse, text_write \
	}

/* clang-format off */
static const struct kind_row kinds[IDL_STRUCT] = {
	[IDL_STRING] = TEXT("UTF-8 text of at most 8 KiB", "", text_parse),
	[IDL_BOOL] = {"true or false", "false", sizeof(bool), bool_parse, bool_write},
	[IDL_INT] = {NULL, "0", sizeof(int64_t), int_parse, int_write},
	[IDL_SIZE] = {NULL, "0", sizeof(int64_t), int_parse, int_write},
	[IDL_DURATION] = {"duration like 12h", "0s", sizeof(int64_t), duration_parse, duration_write},
	[IDL_FLOAT] = {NULL, "0", sizeof(double), float_parse, float_write},
	[IDL_ENUM] = {NULL, "", sizeof(int), enum_parse, enum_write},
	[IDL_REGEXP] = TEXT(NULL, "^example", regexp_parse),
	[IDL_IP] = TEXT("IP address like 198.51.100.1 or 2001:db8::1", "198.51.100.1", ip_text_parse),
	[IDL_DOMAIN_NAME] = TEXT("domain name like mail.example.org", "example.org", domain_parse),
	[IDL_ACCOUNT_NAME] = TEXT("account name of letters, digits and . - _, at most 64, no dot in front",
			     "you", account_parse),
	[IDL_MAILBOX] = TEXT(NULL, "Inbox", mailbox_parse),
	[IDL_URL] = TEXT("URL like https://example.org/path", "https://example.org/", url_parse),
	[IDL_HOSTPORT] = TEXT("host and port like proxy.example.org:1080",
			      "proxy.example.org:1080", hostport_parse),
	[IDL_IP_PORT] = TEXT("IP address, with or without a port, like 192.0.2.53 or [2001:db8::53]:5353",
			     "192.0.2.53", ip_port_text_parse),
	[IDL_IP_NET] = TEXT("network like 192.0.2.0/24 or 2001:db8::/32, or IP address",
			    "192.0.2.0/24", ip_net_text_parse),
};
/* clang-format on */

size_t idl_scalar_size(const struct idl_type *t)
{
	return kinds[t->kind].size;
}

static const char *expected_text(const struct idl_type *t, struct str s, struct buf *tmp)
{
	if (kinds[t->kind].expected)
		return kinds[t->kind].expected;
	buf_clear(tmp);
	if (t->kind == IDL_REGEXP)
		buf_printf(tmp, "regular expression (%s)", regexp_why_not(s));
	else if (t->kind == IDL_MAILBOX)
		buf_printf(tmp, "mailbox name like Lists/Announce (%s)", mailbox_name_wrong(s));
	else if (t->kind != IDL_ENUM)
		buf_printf(tmp, "%s from %lld to %lld",
			   t->kind == IDL_SIZE ? "number of bytes" : "number", (long long)t->min,
			   (long long)t->max);
	for (size_t i = 0; t->kind == IDL_ENUM && i < t->choices_n; i++)
		buf_strs(tmp, i ? STR(", ") : STR("one of "), str_z(t->choices[i]));
	buf_char(tmp, '\0');
	return buf_failed(tmp) ? "another value" : tmp->p;
}

const char *idl_scalar_parse(const struct idl_type *t, struct str s, struct buf *tmp, void *ret)
{
	return kinds[t->kind].parse(t, s, ret) ? NULL : expected_text(t, s, tmp);
}

void idl_scalar_write(const struct idl_type *t, const void *value, struct buf *b)
{
	kinds[t->kind].write(t, value, b);
}

const char *idl_scalar_example(const struct idl_type *t)
{
	return t->kind == IDL_ENUM ? t->choices[0] : kinds[t->kind].example;
}
