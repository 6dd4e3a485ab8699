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
/* After the last: all is in spool_memory, or all is in the file. */
struct err spool_end(struct spool *s, unsigned char ret_sha256[32]);
/* The whole message; .p is NULL when it is in the file s->fd. */
struct str spool_memory(const struct spool *s);
/* The first octets, at most n, into b. */
struct err spool_head(const struct spool *s, size_t n, struct buf *b);

#endif
