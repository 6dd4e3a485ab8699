/* spool: where a message is kept while it is received: in memory while it is small, then in a file
 * without a name in data/tmp. Its SHA-256 is worked out on the way.
 *
 * Not for durability: nothing here is synced; who acknowledges the message copies it first.
 * Memory: grows to SPOOL_MEMORY_MAX, given back when the file takes over (but for a window of
 * writes not yet made).
 */
#ifndef MOX_OS_SPOOL_H
#define MOX_OS_SPOOL_H

#include "base/rand.h"
#include "os/file.h"

enum { SPOOL_MEMORY_MAX = 256 * 1024 };

struct spool {
	struct fs *fs;
	int tmp_dirfd;
	struct rand_src *rand;
	struct buf memory; /* all of it, or what is not in the file yet */
	int fd;            /* -1: none */
	uint64_t size;     /* of all */
	void *map;         /* of the file; NULL: not mapped */
	void *sha256;      /* EVP_MD_CTX */
};

/* A zeroed spool is closed: spool_fini does nothing. */
void spool_init(struct spool *s, struct fs *fs, int tmp_dirfd, struct rand_src *rand);
void spool_fini(struct spool *s);
static inline bool spool_is_open(const struct spool *s)
{
	return s->fs != NULL;
}

/* Adds. DISK_FULL and others of os/file, RESOURCES; then the spool is good for spool_fini only. */
struct err spool_add(struct spool *s, struct str octets);
/* After the last: all is in memory, or all is in the file s->fd. */
struct err spool_end(struct spool *s, unsigned char ret_sha256[32]);
/* After spool_end: the whole message, in one piece, as long as the spool; the file is mapped. */
struct err spool_bytes(struct spool *s, struct str *ret);

#endif
