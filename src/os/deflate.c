#include "os/deflate.h"

#include <assert.h>
#include <stdlib.h>
#define ZLIB_CONST /* its input is not written to */
#include <zlib.h>

enum {
	LEVEL = 3,
	/* Raw, a window of 4 KiB, little memory: 37 KiB; with zlib's defaults it is 261. */
	WINDOW_OUT = -12,
	MEMORY_OUT = 5,
	WINDOW_IN = -15, /* whatever the peer uses */
	PIECE = 4096,
};

struct deflate {
	z_stream out, in;
	bool ended;
};

struct deflate *deflate_new(void)
{
	struct deflate *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	if (deflateInit2(&d->out, LEVEL, Z_DEFLATED, WINDOW_OUT, MEMORY_OUT, Z_DEFAULT_STRATEGY) ==
		    Z_OK &&
	    inflateInit2(&d->in, WINDOW_IN) == Z_OK)
		return d;
	deflate_free(d);
	return NULL;
}

void deflate_free(struct deflate *d)
{
	if (!d)
		return;
	deflateEnd(&d->out);
	inflateEnd(&d->in);
	free(d);
}

bool deflate_pack(struct deflate *d, struct str in, struct buf *out)
{
	assert(in.n <= UINT32_MAX);
	d->out.next_in = (const Bytef *)in.p;
	d->out.avail_in = (uInt)in.n;
	do {
		char *to = buf_reserve(out, PIECE);

		if (!to)
			return false;
		d->out.next_out = (Bytef *)to;
		d->out.avail_out = PIECE;
		int r = deflate(&d->out, Z_SYNC_FLUSH);

		assert(r == Z_OK || r == Z_BUF_ERROR); /* the latter: nothing was left to do */
		buf_commit(out, PIECE - d->out.avail_out);
	} while (d->out.avail_out == 0);
	return true;
}

ssize_t deflate_unpack(struct deflate *d, struct str *in, void *to, size_t n)
{
	if (d->ended)
		return 0;
	assert(in->n <= UINT32_MAX && n <= UINT32_MAX);
	d->in.next_in = (const Bytef *)in->p;
	d->in.avail_in = (uInt)in->n;
	d->in.next_out = to;
	d->in.avail_out = (uInt)n;
	int r = inflate(&d->in, Z_SYNC_FLUSH);

	if (r != Z_OK && r != Z_BUF_ERROR && r != Z_STREAM_END)
		return -1;
	d->ended = r == Z_STREAM_END;
	*in = str_from(*in, in->n - d->in.avail_in);
	return (ssize_t)(n - d->in.avail_out);
}

bool deflate_ended(const struct deflate *d)
{
	return d->ended;
}
