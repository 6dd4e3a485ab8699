/* Whatever bytes stand in a segment: ranges of a record that is accepted are inside, and its header
 * written again is the same. The first 16 bytes are the account's cookie. */
#include "store/segment.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = str_of(data, size);
	struct segment_header h;
	struct record r;

	if (size >= SEGMENT_HEADER && segment_header_read(data, &h)) {
		uint8_t again[SEGMENT_HEADER];

		segment_header_write(&h, again);
		struct segment_header g;

		assert(segment_header_read(again, &g) && g.number == h.number);
	}
	if (size < SEGMENT_COOKIE)
		return 0;
	s = str_from(s, SEGMENT_COOKIE);
	for (ssize_t at = 0; at >= 0; at = record_find(s, data, (size_t)at + 1)) {
		struct str rest = str_from(s, (size_t)at);
		BUF_AUTO b = BUF_INIT(RECORD_HEADER + RECORD_NAMES_MAX + 8);

		if (!record_header_read(rest, data, rest.n, &r))
			continue;
		assert(record_body_at(&r) + r.prefix_n + r.bytes_n <= rest.n);
		record_header_write(&r, &b);
		assert(b.n == record_facts_at(&r));
	}
	return 0;
}
