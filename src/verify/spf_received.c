/* The field Received-SPF (RFC 7208 §9.1). */
#include "base/utf8.h"
#include "format/address.h"
#include "verify/spf.h"

enum {
	VALUE_MAX = 400, /* bytes; escaped and with its key it fits on a line (RFC 5322 §2.1.1) */
	MAILBOX_MAX = 4096,
};

/* What a stranger wrote, cut, for a quoted-string or a comment: visible ASCII, spaces and UTF-8
 * (RFC 6532 §3.2); the rest becomes a question mark. */
static void add_escaped(struct buf *b, struct str s, struct str special)
{
	s = utf8_cut(s, VALUE_MAX);
	bool utf8 = utf8_valid(s);

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (str_chr(special, s.p[i]) >= 0)
			buf_char(b, '\\');
		buf_char(b, c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8) ? '?' : s.p[i]);
	}
}

static void add_quoted(struct buf *b, struct str s)
{
	buf_char(b, '"');
	add_escaped(b, s, STR("\"\\"));
	buf_char(b, '"');
}

/* RFC 5322 §3.2.3 dot-atom-text. */
static bool is_dot_atom(struct str s)
{
	bool atom = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? !atom
				  : !address_is_atext(s.p[i]) || (unsigned char)s.p[i] >= 0x80)
			return false;
		atom = s.p[i] != '.';
	}
	return atom && s.n <= VALUE_MAX;
}

/* RFC 7208 §9.1 key-value-pair on a line of its own; nothing for an empty value. */
static void add_pair(struct buf *b, struct str key, struct str value)
{
	if (!value.n)
		return;
	buf_strs(b, STR("\r\n\t"), key, STR("="));
	if (is_dot_atom(value))
		buf_str_add(b, value);
	else
		add_quoted(b, value);
	buf_char(b, ';');
}

static void add_mailbox(struct buf *b, const struct spf_result *r)
{
	if (is_dot_atom(r->local))
		buf_str_add(b, r->local);
	else
		add_quoted(b, r->local);
	buf_strs(b, STR("@"), r->domain);
}

/* In words, between the domain and the address. */
static void add_comment(struct buf *b, struct str ip, const struct spf_result *r)
{
	static const struct {
		struct str before, after;
	} words[AUTH_RESULT_N] = {
		[AUTH_NONE] = {STR_INIT(" says nothing of "), STR_INIT("")},
		[AUTH_NEUTRAL] = {STR_INIT(" neither permits nor denies "), STR_INIT("")},
		[AUTH_PASS] = {STR_INIT(" designates "), STR_INIT(" as permitted sender")},
		[AUTH_FAIL] = {STR_INIT(" does not designate "), STR_INIT(" as permitted sender")},
		[AUTH_SOFTFAIL] = {STR_INIT(" does most likely not designate "),
				   STR_INIT(" as permitted sender")},
		[AUTH_TEMPERROR] = {STR_INIT(" cannot be asked now for "), STR_INIT("")},
		[AUTH_PERMERROR] = {STR_INIT(" has no proper record to judge "), STR_INIT("")},
	};

	buf_str_add(b, STR("\r\n\t(domain of "));
	add_escaped(b, r->domain, STR("()\\"));
	buf_strs(b, words[r->result].before, ip, words[r->result].after, STR(")"));
}

void buf_received_spf(struct buf *b, const struct spf_args *args, const struct spf_result *r)
{
	BUF_AUTO ip = BUF_INIT(64);
	BUF_AUTO mailbox = BUF_INIT(MAILBOX_MAX);

	buf_ip(&ip, ip_unmap(args->ip));
	add_mailbox(&mailbox, r);
	buf_strs(b, STR("Received-SPF: "), auth_result_name(r->result));
	add_comment(b, buf_str(&ip), r);
	add_pair(b, STR("client-ip"), buf_str(&ip));
	add_pair(b, STR("envelope-from"), buf_str(&mailbox));
	add_pair(b, STR("helo"), args->helo);
	add_pair(b, STR("receiver"), args->receiver);
	add_pair(b, STR("identity"), spf_identity_name(r->identity));
	add_pair(b, STR("mechanism"), r->mechanism);
	add_pair(b, STR("problem"), r->problem);
	buf_str_add(b, STR("\r\n"));
}
