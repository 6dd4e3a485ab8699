/* match: mailbox names against LIST's patterns (RFC 9051 §6.3.9). */
#ifndef MOX_IMAPD_MATCH_H
#define MOX_IMAPD_MATCH_H

#include "base/str.h"

enum { IMAPD_PATTERN_MAX = 1200 };

/* `*` is anything, `%` anything but the hierarchy separator '/'. "Inbox" as first level matches in
 * any case (RFC 9051 §5.1). Time is the product of the lengths; a longer pattern than
 * IMAPD_PATTERN_MAX matches nothing. */
bool imapd_match(struct str pattern, struct str name);

#endif
