/* msgid: message identifiers (RFC 5322 §3.6.4) in the form in which threads compare them:
 * lower-case, without angle brackets, the left side without quotes it does not need. An id that is
 * no address (an underscore in the host, two `@`, none) is as good as any other: it is compared as
 * it stands.
 *
 * Input: values of header fields, folded or not; each is looked at once.
 * Memory: results in the caller's arena.
 */
#ifndef MOX_FORMAT_MSGID_H
#define MOX_FORMAT_MSGID_H

#include "base/arena.h"

enum { MSGID_REFERENCES_MAX = 1000 };

/* The canonical form of a Message-ID field's value. False if there is none (no brackets, nothing
 * between them), or the arena is full. Text behind the id is ignored:
 * `<id@example.org> (added by postmaster@example.org)`. */
bool msgid_canonical(struct str value, struct arena *a, struct str *ret) NODISCARD;

struct msgid_list {
	struct str *at;
	size_t n;
};

/* Appends the canonical ids of a References or In-Reply-To field's value to *l (zeroed at first),
 * in their order, oldest ancestor first. White space inside an id is dropped (some programs fold
 * there, others unfold to a space), a cut-off one is skipped, other words too. Ids past
 * MSGID_REFERENCES_MAX push out the oldest but the first: the root and the nearest ancestors
 * matter. */
void msgid_references(struct str value, struct arena *a, struct msgid_list *l);

#endif
