/* segment: the form of the files that hold messages.
 *
 *     segment  = header (64 bytes), record*
 *     record   = header (fixed 128 bytes, mailbox name, keywords, padding to 8)
 *                facts, added headers, the message as received, padding to 16
 *
 * Records are self-describing and checksummed, so that an account can be rebuilt of its segments
 * alone. Every record carries the account's cookie, random bytes that nobody outside knows: after
 * damage the next record is found by them, and a message that contains the bytes of a record is
 * not taken for one.
 * Added headers and received bytes lie next to each other: the message as IMAP shows it is one
 * range.
 */
#ifndef MOX_STORE_SEGMENT_H
#define MOX_STORE_SEGMENT_H

#include "base/buf.h"
#include "base/err.h"

enum {
	SEGMENT_HEADER = 64,
	SEGMENT_ALIGN = 16,
	SEGMENT_COOKIE = 16,
	RECORD_HEADER = 128,
	RECORD_NAMES_MAX = 16 << 10, /* mailbox name and keywords */
};

struct segment_header {
	uint8_t cookie[SEGMENT_COOKIE];
	uint32_t number;
};

void segment_header_write(const struct segment_header *h, uint8_t ret[SEGMENT_HEADER]);
/* False if it is not one, or damaged. */
bool segment_header_read(const uint8_t p[SEGMENT_HEADER], struct segment_header *ret);

struct record {
	uint8_t cookie[SEGMENT_COOKIE];
	uint64_t key; /* random: two records with the same key are one message, moved */
	int64_t received;
	uint32_t uidvalidity; /* no mailbox of the account had a higher one then; 0: not known */
	uint32_t flags;
	struct str mailbox, keywords; /* keywords with a space between */
	uint8_t sha256[32];           /* of the received bytes */
	uint32_t facts_n, prefix_n;
	uint64_t bytes_n; /* received */
	uint32_t facts_crc;
	uint32_t bytes_crc; /* of added headers and received bytes */
};

/* Where things are, from the record's begin. */
uint64_t record_facts_at(const struct record *r);
uint64_t record_body_at(const struct record *r); /* added headers, then received bytes */
uint64_t record_size(const struct record *r);    /* with padding */

/* Appends the header with names and padding: record_facts_at bytes. */
void record_header_write(const struct record *r, struct buf *b);
/* Reads a header from p, the begin of a record, as much of it as there is; strs point into p. False
 * if it is none of this account, or damaged, or goes on after `size` bytes from its begin. */
bool record_header_read(struct str p, const uint8_t cookie[SEGMENT_COOKIE], uint64_t size,
			struct record *ret);
/* The offset of the next place >= from that begins like a record of the account, or -1. */
ssize_t record_find(struct str p, const uint8_t cookie[SEGMENT_COOKIE], size_t from);

/* CRC-32 as zlib has it; crc is 0 at first. */
uint32_t record_crc(uint32_t crc, struct str s);

#endif
