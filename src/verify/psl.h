/* psl: public suffixes (publicsuffix.org), for organizational domains where no record says them
 * (RFC 7489 §3.2) and for names nobody may sign for. The ICANN section only.
 *
 * The list that the library brings is used until psl_load has read another.
 * Input: names of strangers, A-labels or U-labels.
 * Threads: any; psl_load at start, one thread.
 */
#ifndef MOX_VERIFY_PSL_H
#define MOX_VERIFY_PSL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Reads a list from a file, in the form of publicsuffix.org or compiled for the library; instead of
 * the one in use. */
struct err psl_load(const char *path);
/* Whether the name is a public suffix itself, like com, co.uk, or a name of one label. */
bool psl_is_suffix(struct str domain);
/* The organizational domain: the public suffix and one label more, a piece of domain's end. A
 * public suffix is its own. */
struct str psl_organizational(struct str domain);

#endif
