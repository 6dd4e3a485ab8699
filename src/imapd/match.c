#include "imapd/match.h"

enum { INBOX_N = 5 };

static bool has_inbox(struct str name)
{
	return str_starts_nocase(name, STR("Inbox")) &&
	       (name.n == INBOX_N || name.p[INBOX_N] == '/');
}

static bool same(char p, struct str name, size_t k, bool inbox)
{
	return inbox && k < INBOX_N ? ch_lower(p) == ch_lower(name.p[k]) : p == name.p[k];
}

/* reach[k]: whether the pattern so far matches the first k bytes of the name. One pass over it for
 * each byte of the pattern. */
bool imapd_match(struct str pattern, struct str name)
{
	bool reach[IMAPD_PATTERN_MAX + 1] = {true};
	bool inbox = has_inbox(name);

	if (pattern.n > IMAPD_PATTERN_MAX || name.n > IMAPD_PATTERN_MAX)
		return false;
	for (size_t i = 0; i < pattern.n; i++) {
		char p = pattern.p[i];

		if (p == '*' || p == '%') {
			for (size_t k = 0; k < name.n; k++)
				reach[k + 1] |= reach[k] && (p == '*' || name.p[k] != '/');
			continue;
		}
		for (size_t k = name.n; k > 0; k--)
			reach[k] = reach[k - 1] && same(p, name, k - 1, inbox);
		reach[0] = false;
	}
	return reach[name.n];
}
