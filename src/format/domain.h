/* domain: the one spelling of a domain name and of a local part by which they are compared.
 *
 * Domains: IDNA2008 as UTS #46 maps it (nontransitional): A-labels in lower case. A label of ASCII
 * only is just put in lower case, so that _dmarc and other labels with an underscore stay, and
 * A-labels of whatever kind. doc/verification.md says where that departs from UTS #46.
 * Input: peers' and administrators'; at most 255 bytes of domain, LOCAL_MAX of local part.
 */
#ifndef MOX_FORMAT_DOMAIN_H
#define MOX_FORMAT_DOMAIN_H

#include "base/buf.h"
#include "base/str.h"

enum { DOMAIN_MAX = 253, DOMAIN_LOCAL_MAX = 512 };

/* The A-label form of s in lower case, added to b; a dot at the end is dropped. False (and nothing
 * added) if s is no domain name: an empty or too long label or name, a character that neither
 * ASCII nor IDNA has in names, not UTF-8. At least one label. */
bool domain_ascii(struct str s, struct buf *b);
/* The U-label form of an ASCII name, for people; a label without one stays. False as above. */
bool domain_unicode(struct str s, struct buf *b);
/* Equal by domain_ascii; a name that is none equals nothing. */
bool domain_eq(struct str a, struct str b);

/* A local part in NFC, and in lower case unless case_sensitive, added to b. False (nothing added)
 * if it is not UTF-8 or longer than DOMAIN_LOCAL_MAX. */
bool local_part_fold(struct str s, bool case_sensitive, struct buf *b);

#endif
