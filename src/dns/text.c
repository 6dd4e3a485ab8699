#include "dns/text.h"

#include "base/hex.h"

static bool is_plain(char c)
{
	return ch_is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '*';
}

static void escaped(struct buf *b, char c)
{
	buf_printf(b, "\\%03u", (unsigned)(unsigned char)c);
}

static void unquoted(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_plain(s.p[i]))
			buf_char(b, s.p[i]);
		else
			escaped(b, s.p[i]);
	}
}

void buf_dns_name(struct buf *b, struct str name)
{
	unquoted(b, name);
	buf_char(b, '.');
}

void buf_dns_quoted(struct buf *b, struct str s)
{
	buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c < ' ' || c > '~') {
			escaped(b, c);
			continue;
		}
		if (c == '"' || c == '\\')
			buf_char(b, '\\');
		buf_char(b, c);
	}
	buf_char(b, '"');
}

static void txt_write(struct buf *b, const struct dns_record *r)
{
	for (size_t i = 0; i < r->txt.parts; i++) {
		if (i)
			buf_char(b, ' ');
		buf_dns_quoted(b, r->txt.part[i]);
	}
}

void buf_dns_record(struct buf *b, enum dns_type type, const struct dns_record *r)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA: buf_ip(b, r->ip); break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR: buf_dns_name(b, r->name); break;
	case DNS_MX:
		buf_printf(b, "%u ", r->mx.preference);
		buf_dns_name(b, r->mx.host);
		break;
	case DNS_TXT: txt_write(b, r); break;
	case DNS_SRV:
		buf_printf(b, "%u %u %u ", r->srv.priority, r->srv.weight, r->srv.port);
		buf_dns_name(b, r->srv.target);
		break;
	case DNS_TLSA:
		buf_printf(b, "%u %u %u ", r->tlsa.usage, r->tlsa.selector, r->tlsa.matching);
		buf_hex(b, r->tlsa.data);
		break;
	case DNS_CAA:
		buf_printf(b, "%u ", r->caa.flags);
		unquoted(b, r->caa.tag);
		buf_char(b, ' ');
		buf_dns_quoted(b, r->caa.value);
		break;
	}
}

struct str dns_ede_name(int ede)
{
	static const struct str names[] = {
		[0] = STR_INIT("Other"),
		[1] = STR_INIT("Unsupported DNSKEY Algorithm"),
		[2] = STR_INIT("Unsupported DS Digest Type"),
		[3] = STR_INIT("Stale Answer"),
		[4] = STR_INIT("Forged Answer"),
		[5] = STR_INIT("DNSSEC Indeterminate"),
		[6] = STR_INIT("DNSSEC Bogus"),
		[7] = STR_INIT("Signature Expired"),
		[8] = STR_INIT("Signature Not Yet Valid"),
		[9] = STR_INIT("DNSKEY Missing"),
		[10] = STR_INIT("RRSIGs Missing"),
		[11] = STR_INIT("No Zone Key Bit Set"),
		[12] = STR_INIT("NSEC Missing"),
		[13] = STR_INIT("Cached Error"),
		[14] = STR_INIT("Not Ready"),
		[15] = STR_INIT("Blocked"),
		[16] = STR_INIT("Censored"),
		[17] = STR_INIT("Filtered"),
		[18] = STR_INIT("Prohibited"),
		[19] = STR_INIT("Stale NXDOMAIN Answer"),
		[20] = STR_INIT("Not Authoritative"),
		[21] = STR_INIT("Not Supported"),
		[22] = STR_INIT("No Reachable Authority"),
		[23] = STR_INIT("Network Error"),
		[24] = STR_INIT("Invalid Data"),
	};

	return ede >= 0 && (size_t)ede < ARRAY_LEN(names) ? names[ede] : STR("");
}
