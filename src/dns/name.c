#include "dns/name.h"

static bool name_check(struct str name, bool (*is)(char))
{
	struct str label;
	bool more = true;

	if (name.n > DNS_NAME_MAX)
		return false;
	while (more) {
		more = str_cut(name, '.', &label, &name);
		if (label.n == 0 || label.n > DNS_LABEL_MAX)
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!is(label.p[i]))
				return false;
	}
	return true;
}

static bool is_not_nul(char c)
{
	return c != 0;
}

static bool is_host(char c)
{
	return ch_is_alnum(c) || c == '-' || c == '_';
}

bool dns_name_ok(struct str name)
{
	return name.n == 0 || name_check(name, is_not_nul);
}

bool dns_name_is_host(struct str name)
{
	return name_check(name, is_host);
}

struct str dns_name_undot(struct str name)
{
	return name.n && name.p[name.n - 1] == '.' ? str_sub(name, 0, name.n - 1) : name;
}

size_t dns_name_labels(struct str name)
{
	size_t n = name.n > 0;

	for (size_t i = 0; i < name.n; i++)
		n += name.p[i] == '.';
	return n;
}

struct str dns_name_tail(struct str name, size_t n)
{
	size_t at = name.n;

	for (; n > 0 && at > 0; at--)
		if (name.p[at - 1] == '.' && --n == 0)
			break;
	return str_from(name, at);
}

struct str dns_name_parent(struct str name)
{
	ssize_t dot = str_chr(name, '.');

	return str_from(name, dot < 0 ? name.n : (size_t)dot + 1);
}

bool dns_name_within(struct str name, struct str parent)
{
	if (parent.n == 0 || dns_name_eq(name, parent))
		return true;
	return str_ends_nocase(name, parent) && name.p[name.n - parent.n - 1] == '.';
}

void buf_dns_lower(struct buf *b, struct str name)
{
	char *p = buf_reserve(b, name.n);

	if (!p)
		return;
	for (size_t i = 0; i < name.n; i++)
		p[i] = ch_lower(name.p[i]);
	buf_commit(b, name.n);
}

void buf_dns_reversed(struct buf *b, struct ip ip)
{
	if (ip.family == 4)
		buf_printf(b, "%u.%u.%u.%u.", ip.b[3], ip.b[2], ip.b[1], ip.b[0]);
	for (unsigned i = 16; ip.family == 6 && i-- > 0;)
		buf_printf(b, "%x.%x.", ip.b[i] & 15U, (unsigned)ip.b[i] >> 4);
}

void buf_dns_reverse(struct buf *b, struct ip ip)
{
	buf_dns_reversed(b, ip);
	if (ip_is_set(ip))
		buf_str_add(b, ip.family == 4 ? STR("in-addr.arpa") : STR("ip6.arpa"));
}
