#include "os/deflate.h"

#include <assert.h>
#include <stdlib.h>

enum { ROOM = 1021, STEPS = 1 << 20 };

/* Whatever a peer sends gives no more than the room, uses its input up or ends, in linear time; and
 * what we pack comes out of it again, in pieces of any size. */
static void unpack_anything(struct str in)
{
	struct deflate *d = deflate_new();
	char room[ROOM];
	ssize_t n;

	assert(d);
	for (int i = 0; i < STEPS; i++) {
		size_t before = in.n;

		n = deflate_unpack(d, &in, room, sizeof(room));
		assert(n <= (ssize_t)sizeof(room) && in.n <= before);
		if (n < (ssize_t)sizeof(room))
			break;
	}
	deflate_free(d);
}

static void there_and_back(struct str s)
{
	struct deflate *a = deflate_new(), *b = deflate_new();
	BUF_AUTO packed = BUF_INIT(1 << 20);
	char *got = malloc(s.n + 1);
	size_t have = 0;

	assert(a && b && got);
	for (size_t at = 0, n = 1; at < s.n; at += n, n = n * 2 % 1000 + 1) {
		assert(deflate_pack(a, str_sub(s, at, at + n), &packed));
		struct str in = buf_str(&packed);
		size_t want = at + n < s.n ? at + n : s.n;

		while (have < want) {
			ssize_t r = deflate_unpack(b, &in, got + have, want - have);

			assert(r > 0);
			have += (size_t)r;
		}
		/* The flush's own bytes. */
		assert(deflate_unpack(b, &in, got + have, 1) == 0 && in.n == 0);
		buf_clear(&packed);
	}
	assert(str_eq(str_of(got, have), s));
	free(got);
	deflate_free(a);
	deflate_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unpack_anything(str_of(data, size));
	if (size < 64 * 1024)
		there_and_back(str_of(data, size));
	return 0;
}
