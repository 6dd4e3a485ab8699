#include "format/mailbox_name.h"

#include "base/utf8.h"
#include <stdlib.h>
#include <utf8proc.h>

static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x2028 || cp == 0x2029;
}

static bool is_nfc(struct str s)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n,
					  &out, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
	bool same = n >= 0 && str_eq(s, str_of(out, (size_t)n));

	free(out);
	return same;
}

const char *mailbox_name_wrong(struct str name)
{
	struct str level, rest = name;
	uint32_t cp;
	bool more;
	int levels = 0;

	if (name.n > MAILBOX_NAME_MAX)
		return "it is too long";
	if (!utf8_valid(name))
		return "it is not UTF-8";
	for (size_t at = 0, n; (n = utf8_decode(name, at, &cp)) != 0; at += n)
		if (is_control(cp))
			return "it has control characters";
	do {
		more = str_cut(rest, '/', &level, &rest);
		if (level.n == 0)
			return "a level of it is empty";
		if (str_eq(level, STR(".")) || str_eq(level, STR("..")))
			return "\".\" and \"..\" are no names";
		if (++levels > MAILBOX_LEVELS_MAX)
			return "it has too many levels";
	} while (more);
	return is_nfc(name) ? NULL : "it is not in Unicode normalization form C";
}
