#include "os/spool.h"

#include "base/hex.h"
#include <assert.h>
#include <openssl/evp.h>
#include <sys/mman.h>

/* How much is gathered before a write once the file is there. */
enum { WINDOW = 64 * 1024 };

void spool_init(struct spool *s, struct fs *fs, int tmp_dirfd, struct rand_src *rand)
{
	*s = (struct spool){.fs = fs,
			    .tmp_dirfd = tmp_dirfd,
			    .rand = rand,
			    .memory = BUF_INIT(SPOOL_MEMORY_MAX),
			    .fd = -1};
}

void spool_fini(struct spool *s)
{
	if (!spool_is_open(s))
		return;
	if (s->map)
		munmap(s->map, s->size);
	if (s->fd >= 0)
		fs_close(s->fs, &s->fd);
	EVP_MD_CTX_free(s->sha256);
	buf_fini(&s->memory);
	*s = (struct spool){.fd = -1};
}

static struct err digest_add(struct spool *s, struct str octets)
{
	if (!s->sha256) {
		s->sha256 = EVP_MD_CTX_new();
		if (!s->sha256 || EVP_DigestInit_ex(s->sha256, EVP_sha256(), NULL) != 1)
			return err_make(ERR_RESOURCES, "spool: no SHA-256");
	}
	if (octets.n && EVP_DigestUpdate(s->sha256, octets.p, octets.n) != 1)
		return err_make(ERR_INTERNAL, "spool: SHA-256");
	return ERR_OK;
}

/* A name nobody guesses, gone at once: the file lives as long as its descriptor. */
static struct err file_make(struct spool *s)
{
	unsigned char random[16];
	BUF_AUTO name = BUF_INIT(64);

	rand_fill(s->rand, random, sizeof(random));
	buf_str_add(&name, STR("spool-"));
	buf_hex(&name, str_of(random, sizeof(random)));
	buf_char(&name, '\0');
	TRY(fs_open(s->fs, s->tmp_dirfd, name.p, O_CREAT | O_EXCL | O_RDWR, 0600, &s->fd));
	return fs_unlink(s->fs, s->tmp_dirfd, name.p);
}

/* Writes what is in memory behind what is in the file. */
static struct err flush(struct spool *s)
{
	uint64_t at = s->size - s->memory.n;

	if (s->fd < 0)
		TRY(file_make(s));
	TRY(fs_pwrite(s->fs, s->fd, s->memory.p, s->memory.n, (off_t)at));
	if (s->memory.cap > WINDOW)
		buf_release(&s->memory);
	else
		buf_clear(&s->memory);
	return ERR_OK;
}

static struct err add_piece(struct spool *s, struct str piece)
{
	size_t max = s->fd < 0 ? SPOOL_MEMORY_MAX : WINDOW;

	if (piece.n > max - s->memory.n)
		TRY(flush(s));
	buf_str_add(&s->memory, piece);
	if (buf_failed(&s->memory))
		return err_make(ERR_RESOURCES, "spool: no memory");
	s->size += piece.n;
	return ERR_OK;
}

struct err spool_add(struct spool *s, struct str octets)
{
	TRY(digest_add(s, octets));
	for (size_t at = 0; at < octets.n; at += WINDOW)
		TRY(add_piece(s, str_sub(octets, at, at + WINDOW)));
	return ERR_OK;
}

struct err spool_end(struct spool *s, unsigned char ret_sha256[32])
{
	unsigned n = 0;

	if (s->fd >= 0 && s->memory.n)
		TRY(flush(s));
	if (s->fd >= 0)
		buf_release(&s->memory);
	TRY(digest_add(s, STR("")));
	if (EVP_DigestFinal_ex(s->sha256, ret_sha256, &n) != 1 || n != 32)
		return err_make(ERR_INTERNAL, "spool: SHA-256");
	return ERR_OK;
}

struct err spool_bytes(struct spool *s, struct str *ret)
{
	if (s->fd < 0) {
		*ret = s->memory.p ? buf_str(&s->memory) : STR("");
		return ERR_OK;
	}
	if (!s->map) {
		void *map = mmap(NULL, s->size, PROT_READ, MAP_PRIVATE, s->fd, 0);

		if (map == MAP_FAILED)
			return err_errno("map a spool of %llu bytes", (unsigned long long)s->size);
		s->map = map;
	}
	*ret = str_of(s->map, s->size);
	return ERR_OK;
}
