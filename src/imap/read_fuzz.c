/* Feeds the input in pieces of three sizes: the events must be the same. */
#include "imap/read.h"

#include <assert.h>

static void play(struct str in, size_t chunk, struct buf *out)
{
	struct imap_reader r;
	size_t at = 0, end = 0, used;
	enum imap_read e = IMAP_READ_MORE;

	imap_reader_init(&r);
	while (end < in.n && e != IMAP_READ_TOO_LONG) {
		end = chunk && chunk < in.n - end ? end + chunk : in.n;
		while ((e = imap_reader_feed(&r, str_sub(in, at, end), &used)) != IMAP_READ_MORE) {
			at += used;
			if (e == IMAP_READ_DATA)
				buf_str_add(out, r.data);
			else
				buf_printf(out, "\n%d %ju\n", e, (uintmax_t)r.literal.n);
			if (e == IMAP_READ_TOO_LONG)
				break;
			if (e == IMAP_READ_COMMAND || e == IMAP_READ_DISCARDED) {
				buf_str_add(out, buf_str(&r.text));
				imap_reader_next(&r);
			} else if (e == IMAP_READ_LITERAL && r.literal.binary) {
				imap_reader_stream(&r);
			} else if (e == IMAP_READ_LITERAL && !imap_reader_accept(&r)) {
				imap_reader_discard(&r);
			}
		}
		if (e == IMAP_READ_MORE) {
			at += used;
			assert(at == end);
		}
	}
	imap_reader_fini(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO whole = BUF_INIT(64 << 20), one = BUF_INIT(64 << 20), seven = BUF_INIT(64 << 20);

	play(str_of(data, size), 0, &whole);
	play(str_of(data, size), 1, &one);
	play(str_of(data, size), 7, &seven);
	assert(str_eq(buf_str(&whole), buf_str(&one)));
	assert(str_eq(buf_str(&whole), buf_str(&seven)));
	return 0;
}
