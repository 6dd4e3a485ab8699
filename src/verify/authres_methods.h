/* authres_methods: what the methods of this room found, as methods of an Authentication-Results
 * field: RFC 8601 §2.7 (iprev, spf, dkim, auth), RFC 9989 §9 (dmarc), RFC 8617 §6 (arc), RFC 6008
 * (each signature by itself). Comments say whether DNSSEC proves what decided, reasons why it is no
 * pass.
 */
#ifndef MOX_VERIFY_AUTHRES_METHODS_H
#define MOX_VERIFY_AUTHRES_METHODS_H

#include "verify/arc.h"
#include "verify/authres.h"
#include "verify/dkim.h"
#include "verify/dmarc.h"
#include "verify/iprev.h"
#include "verify/spf.h"

void authres_add_iprev(struct authres *r, struct ip ip, const struct iprev_result *i);
/* Of the identity its domain alone: the local part is nothing that SPF authenticates. */
void authres_add_spf(struct authres *r, const struct spf_result *s);
void authres_add_dkim(struct authres *r, const struct dkim_results *d);
void authres_add_dmarc(struct authres *r, const struct dmarc_from *from,
		       const struct dmarc_result *d);
/* Nothing where there are no ARC fields. */
void authres_add_arc(struct authres *r, const struct arc_result *a);

#endif
