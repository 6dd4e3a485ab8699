/* psl: public suffixes (publicsuffix.org): for organizational domains where no record says them
 * (RFC 7489 §3.2), and for names nobody may sign for.
 *
 * The list that the library brings is used until psl_load has read another.
 * Input: names of strangers, A-labels or U-labels in any case.
 * Threads: any; psl_load at start, one thread.
 */
#ifndef MOX_VERIFY_PSL_H
#define MOX_VERIFY_PSL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* The list has two sections: suffixes under which registries let names (com, co.uk), and those
 * under which companies do (github.io, uk.com). */
enum psl_section { PSL_ICANN, PSL_ALL };

/* Reads a list from a file, in the form of publicsuffix.org or compiled for the library; instead of
 * the one in use. */
struct err psl_load(const char *path);
/* Whether the name is a public suffix itself, or a name of one label, or no name at all: nobody's.
 */
bool psl_is_suffix_in(enum psl_section section, struct str domain);
/* The organizational domain: the public suffix and one label more, a piece of domain's end. What is
 * nobody's is its own. */
struct str psl_organizational_in(enum psl_section section, struct str domain);

static inline bool psl_is_suffix(struct str domain)
{
	return psl_is_suffix_in(PSL_ICANN, domain);
}
static inline struct str psl_organizational(struct str domain)
{
	return psl_organizational_in(PSL_ICANN, domain);
}

#endif
