/* sharedpage: memory that the parent and a role both see, and that outlives the role: metrics
 * (base/metric.h), notes for after a crash (os/crashnote.h), counters of what changed.
 *
 * The parent makes it and hands the descriptor to the role, and to the next one after a crash. Its
 * size can't change, so that nobody faults on it; its content is whatever a role that was taken
 * over wrote.
 */
#ifndef MOX_OS_SHAREDPAGE_H
#define MOX_OS_SHAREDPAGE_H

#include "base/err.h"

/* n zeroed bytes. The caller closes the descriptor and unmaps with sharedpage_unmap. */
struct err sharedpage_new(size_t n, int *ret_fd, void **ret);
/* Maps a page that was handed over; the descriptor stays the caller's. SYNTAX if it is not a page
 * of exactly n bytes with its size sealed. */
struct err sharedpage_map(int fd, size_t n, void **ret);
void sharedpage_unmap(void *page, size_t n);

#endif
