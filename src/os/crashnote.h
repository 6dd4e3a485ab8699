/* crashnote: what a role was doing when it died (doc/design.md §3, "A crash stays small").
 *
 * A worker notes peer and digest of what it is about to handle in a page shared with the parent,
 * and takes the note back when it is done. After a crash the parent logs the notes that are left;
 * for an hour these peers are suspects, whom the next process of the role, which gets the same
 * page, answers with 451 before it parses what they send.
 *
 * Input: the parent reads what a role that was taken over may have written: lengths are checked,
 * texts are bytes for a log that escapes them.
 * Threads: begin and end from any thread of the one process that has the page; take only when that
 * process has ended.
 */
#ifndef MOX_OS_CRASHNOTE_H
#define MOX_OS_CRASHNOTE_H

#include "base/err.h"

enum {
	CRASHNOTE_SLOTS = 256, /* one for each worker there can be */
	CRASHNOTE_PEER_MAX = 64,
	CRASHNOTE_WHAT_MAX = 32,
	CRASHNOTE_SUSPECTS = 256,
	CRASHNOTE_SUSPECT_S = 3600,
};

struct crashnote_page;

/* For sharedpage_new and sharedpage_map. */
size_t crashnote_page_size(void);

/* Notes that a worker handles this: an address without port, a constant ("smtp data"), and
 * something that finds it again in logs (a hash). -1: no slot free. Longer texts are cut. */
int crashnote_begin(struct crashnote_page *c, struct str peer, struct str what, uint64_t digest);
/* Takes it back; -1 is fine. */
void crashnote_end(struct crashnote_page *c, int slot);

struct crashnote_found {
	size_t n;
	struct crashnote_item {
		char peer[CRASHNOTE_PEER_MAX];
		char what[CRASHNOTE_WHAT_MAX];
		uint8_t peer_n, what_n;
		uint64_t digest;
	} item[CRASHNOTE_SLOTS];
};
static inline struct str crashnote_peer(const struct crashnote_item *i)
{
	return str_of(i->peer, i->peer_n);
}
static inline struct str crashnote_what(const struct crashnote_item *i)
{
	return str_of(i->what, i->what_n);
}

/* The parent, after the role has ended: moves the notes to *ret and clears the page. After a crash
 * their peers become suspects, for CRASHNOTE_SUSPECT_S from now (monotonic ns). */
void crashnote_take(struct crashnote_page *c, bool crashed, int64_t now,
		    struct crashnote_found *ret);

/* Whether a crash happened while this peer was handled. */
bool crashnote_is_suspect(const struct crashnote_page *c, struct str peer, int64_t now);

#endif
