#include "store/segment.h"

#include "base/bytes.h"
#include <zlib.h>

/* Offsets in the fixed part of a record's header. */
enum {
	AT_MAGIC = 0,
	AT_COOKIE = 8,
	AT_KEY = 24,
	AT_RECEIVED = 32,
	AT_BYTES_N = 40,
	AT_SHA256 = 48,
	AT_HEADER_N = 80,
	AT_MAILBOX_N = 84,
	AT_KEYWORDS_N = 88,
	AT_FACTS_N = 92,
	AT_PREFIX_N = 96,
	AT_UIDVALIDITY = 104,
	AT_FLAGS = 108,
	AT_FACTS_CRC = 112,
	AT_BYTES_CRC = 116,
	AT_VERSION = 120,
	AT_CRC = 124, /* of all before it, then of the names and their padding */
	MAGIC_N = 8,
	RECORD_VERSION = 1,
	FACTS_N_MAX = 1 << 20,
	PREFIX_N_MAX = 1 << 20,
};

static const char segment_magic[MAGIC_N + 1] = "MOXSEG1\n";
static const char record_magic[MAGIC_N + 1] = "MOXREC1\n";

uint32_t record_crc(uint32_t crc, struct str s)
{
	return (uint32_t)crc32_z(crc, (const uint8_t *)s.p, s.n);
}

static uint32_t crc_of(const uint8_t *p, size_t n)
{
	return record_crc(0, str_of(p, n));
}

void segment_header_write(const struct segment_header *h, uint8_t ret[SEGMENT_HEADER])
{
	memset(ret, 0, SEGMENT_HEADER);
	memcpy(ret, segment_magic, MAGIC_N);
	memcpy(ret + MAGIC_N, h->cookie, SEGMENT_COOKIE);
	bytes_put(ret + MAGIC_N + SEGMENT_COOKIE, h->number, 4);
	bytes_put(ret + SEGMENT_HEADER - 4, crc_of(ret, SEGMENT_HEADER - 4), 4);
}

bool segment_header_read(const uint8_t p[SEGMENT_HEADER], struct segment_header *ret)
{
	if (memcmp(p, segment_magic, MAGIC_N) != 0 ||
	    bytes_get(p + SEGMENT_HEADER - 4, 4) != crc_of(p, SEGMENT_HEADER - 4))
		return false;
	memcpy(ret->cookie, p + MAGIC_N, SEGMENT_COOKIE);
	ret->number = (uint32_t)bytes_get(p + MAGIC_N + SEGMENT_COOKIE, 4);
	return true;
}

static uint64_t padded(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

uint64_t record_facts_at(const struct record *r)
{
	return padded(RECORD_HEADER + r->mailbox.n + r->keywords.n, 8);
}

uint64_t record_body_at(const struct record *r)
{
	return record_facts_at(r) + r->facts_n;
}

uint64_t record_size(const struct record *r)
{
	return padded(record_body_at(r) + r->prefix_n + r->bytes_n, SEGMENT_ALIGN);
}

void record_header_write(const struct record *r, struct buf *b)
{
	uint64_t n = record_facts_at(r);
	uint8_t *p = (uint8_t *)buf_reserve(b, n);

	if (!p)
		return;
	memset(p, 0, n);
	memcpy(p + AT_MAGIC, record_magic, MAGIC_N);
	memcpy(p + AT_COOKIE, r->cookie, SEGMENT_COOKIE);
	bytes_put(p + AT_KEY, r->key, 8);
	bytes_put(p + AT_RECEIVED, (uint64_t)r->received, 8);
	bytes_put(p + AT_BYTES_N, r->bytes_n, 8);
	memcpy(p + AT_SHA256, r->sha256, sizeof(r->sha256));
	bytes_put(p + AT_HEADER_N, n, 4);
	bytes_put(p + AT_MAILBOX_N, r->mailbox.n, 4);
	bytes_put(p + AT_KEYWORDS_N, r->keywords.n, 4);
	bytes_put(p + AT_FACTS_N, r->facts_n, 4);
	bytes_put(p + AT_PREFIX_N, r->prefix_n, 4);
	bytes_put(p + AT_UIDVALIDITY, r->uidvalidity, 4);
	bytes_put(p + AT_FLAGS, r->flags, 4);
	bytes_put(p + AT_FACTS_CRC, r->facts_crc, 4);
	bytes_put(p + AT_BYTES_CRC, r->bytes_crc, 4);
	bytes_put(p + AT_VERSION, RECORD_VERSION, 4);
	if (r->mailbox.n)
		memcpy(p + RECORD_HEADER, r->mailbox.p, r->mailbox.n);
	if (r->keywords.n)
		memcpy(p + RECORD_HEADER + r->mailbox.n, r->keywords.p, r->keywords.n);
	uint32_t crc = crc_of(p, AT_CRC);

	crc = record_crc(crc, str_of(p + RECORD_HEADER, n - RECORD_HEADER));
	bytes_put(p + AT_CRC, crc, 4);
	buf_commit(b, n);
}

static bool header_crc_ok(const uint8_t *p, size_t header_n)
{
	uint32_t crc = crc_of(p, AT_CRC);

	crc = record_crc(crc, str_of(p + RECORD_HEADER, header_n - RECORD_HEADER));
	return crc == bytes_get(p + AT_CRC, 4);
}

bool record_header_read(struct str s, const uint8_t cookie[SEGMENT_COOKIE], uint64_t size,
			struct record *ret)
{
	const uint8_t *p = (const uint8_t *)s.p;
	struct record r = {0};

	if (s.n < RECORD_HEADER || memcmp(p, record_magic, MAGIC_N) != 0 ||
	    memcmp(p + AT_COOKIE, cookie, SEGMENT_COOKIE) != 0 ||
	    bytes_get(p + AT_VERSION, 4) != RECORD_VERSION)
		return false;
	uint64_t header_n = bytes_get(p + AT_HEADER_N, 4);
	uint64_t mailbox_n = bytes_get(p + AT_MAILBOX_N, 4);
	uint64_t keywords_n = bytes_get(p + AT_KEYWORDS_N, 4);

	if (mailbox_n + keywords_n > RECORD_NAMES_MAX || header_n > s.n ||
	    header_n != padded(RECORD_HEADER + mailbox_n + keywords_n, 8) ||
	    !header_crc_ok(p, header_n))
		return false;
	memcpy(r.cookie, cookie, SEGMENT_COOKIE);
	memcpy(r.sha256, p + AT_SHA256, sizeof(r.sha256));
	r.key = bytes_get(p + AT_KEY, 8);
	r.received = (int64_t)bytes_get(p + AT_RECEIVED, 8);
	r.bytes_n = bytes_get(p + AT_BYTES_N, 8);
	r.facts_n = (uint32_t)bytes_get(p + AT_FACTS_N, 4);
	r.prefix_n = (uint32_t)bytes_get(p + AT_PREFIX_N, 4);
	r.uidvalidity = (uint32_t)bytes_get(p + AT_UIDVALIDITY, 4);
	r.flags = (uint32_t)bytes_get(p + AT_FLAGS, 4);
	r.facts_crc = (uint32_t)bytes_get(p + AT_FACTS_CRC, 4);
	r.bytes_crc = (uint32_t)bytes_get(p + AT_BYTES_CRC, 4);
	r.mailbox = str_of(p + RECORD_HEADER, mailbox_n);
	r.keywords = str_of(p + RECORD_HEADER + mailbox_n, keywords_n);
	if (r.facts_n > FACTS_N_MAX || r.prefix_n > PREFIX_N_MAX || r.bytes_n > size ||
	    record_body_at(&r) + r.prefix_n + r.bytes_n > size)
		return false;
	*ret = r;
	return true;
}

ssize_t record_find(struct str p, const uint8_t cookie[SEGMENT_COOKIE], size_t from)
{
	char want[MAGIC_N + SEGMENT_COOKIE];

	memcpy(want, record_magic, MAGIC_N);
	memcpy(want + MAGIC_N, cookie, SEGMENT_COOKIE);
	return str_find(p, str_of(want, sizeof(want)), from);
}
