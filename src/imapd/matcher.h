/* matcher: whether a message fulfills a SEARCH program (RFC 9051 §6.4.4).
 *
 * Text is compared as folded UTF-8, substring by substring, in decoded headers and in decoded parts
 * of type text, HTML included as it is. Facts answer what they can; only HEADER of other fields,
 * BODY and TEXT read the message.
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

/* Adds s, folded for comparison; what is not UTF-8 becomes U+FFFD. */
void buf_imapd_fold(struct buf *b, struct str s);

#endif
