/* derive: the pieces of facts_build, a file each. Of no use to other rooms.
 *
 * `a` is where results live, `scratch` what the caller resets. Each writes its own fields of *f and
 * leaves empty what it cannot work out.
 */
#ifndef MOX_FACTS_DERIVE_H
#define MOX_FACTS_DERIVE_H

#include "facts/build.h"
#include "format/mime.h"

/* lines, longest_line, bare_cr, bare_lf, has_8bit, has_nul. */
void derive_lines(struct str message, struct facts *f);
/* message_id, references, subject and base, date, addresses; header is the message's section. */
void derive_head(struct str header, struct arena *a, struct arena *scratch, struct facts *f);
/* parts, envelope, body, bodystructure. */
void derive_structure(const struct mime_tree *t, struct str message, struct arena *a,
		      struct arena *scratch, struct facts *f);
/* preview; parts must be there. */
void derive_preview(struct str message, struct arena *a, struct facts *f);

#endif
