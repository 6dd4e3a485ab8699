/* matcher: whether a message fulfills a SEARCH program (RFC 9051 §6.4.4).
 *
 * Text is compared as folded UTF-8, substring by substring: decoded headers, decoded parts of type
 * text, of HTML its text (facts/text.h). Facts answer what they can; only HEADER of other fields,
 * BODY and TEXT read messages, and of those only the ones whose signature allows a match.
 */
#ifndef MOX_IMAPD_MATCHER_H
#define MOX_IMAPD_MATCHER_H

#include "imap/search.h"
#include "imapd/user.h"

/* Resolves sets against the view, folds strings, maps keywords to flags: changes the tree. Ends the
 * command and returns false when message numbers do not exist. *ret_want is what entry_list must
 * read. */
bool imapd_matcher_prepare(struct imapd *s, struct imap_search_key *root, unsigned *ret_want);
/* An error if the message can't be read. */
struct err imapd_matcher_match(struct imapd *s, const struct imap_search_key *root,
			       const struct entry *e, uint64_t seq, bool *ret);

#endif
