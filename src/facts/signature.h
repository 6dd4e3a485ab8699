/* signature: which messages need not be looked at by a search.
 *
 * A signature has one bit for each three bytes in a row of a message's folded text (facts/text.h),
 * found by a hash; about 4 bits for each different three. A search text can be in the message only
 * if all its threes' bits are set. So a signature may say "perhaps" in vain (about one in 60 times
 * for a word of 5 bytes that no message has), but never "no" in vain.
 * Its size is a power of two, 8 to FACTS_SIGNATURE_MAX bytes. The format is stored: it may not
 * change without FACTS_VERSION.
 */
#ifndef MOX_FACTS_SIGNATURE_H
#define MOX_FACTS_SIGNATURE_H

#include "facts/facts.h"

enum { SIGNATURE_SIZE_MIN = 8 };

/* The signature of the message's text, in a. Empty (anything may be in it) when memory runs out;
 * SIGNATURE_SIZE_MIN bytes of ones (the same) if there is so much text (tens of megabytes), or so
 * much different, that a signature is not worth it. */
struct str signature_of(struct str message, const struct facts *f, struct arena *a);

/* Whether a text with that signature may have `folded` (buf_fold) in it. Always for less than three
 * bytes, for an empty signature, and for bytes that are no signature. */
bool signature_may_have(struct str signature, struct str folded);

#endif
