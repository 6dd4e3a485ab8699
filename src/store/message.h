/* message: putting mail into accounts, and reading its bytes.
 */
#ifndef MOX_STORE_MESSAGE_H
#define MOX_STORE_MESSAGE_H

#include "facts/facts.h"
#include "store/entry.h"

enum { MESSAGE_PREFIX_MAX = 64 << 10 };

/* The bytes to be stored: memory if fd is -1. */
struct message_bytes {
	int fd;
	uint64_t at; /* offset in fd */
	struct str memory;
	uint64_t size;
};

struct message_add {
	struct message_bytes bytes;
	const struct facts *facts; /* size and hash are those of bytes */
	struct str
		facts_bytes; /* serialised, if the caller has it; else it is written from facts */
	struct str prefix;   /* headers added at delivery, each with CRLF */
	struct str mailbox;  /* canonical name */
	bool mailbox_create; /* make it if missing, else NOT_FOUND */
	struct flagset set;
	int64_t received; /* unix seconds; 0: now */
	/* results, written on success only */
	uint32_t ret_mailbox, ret_uid, ret_uidvalidity;
	uint64_t ret_message, ret_thread, ret_modseq;
};

/* Adds n messages to one account, all or none, in order (MULTIAPPEND). NOT_FOUND without a mailbox;
 * DISK_FULL below the floor; TOO_BIG. */
struct err message_append(struct account *acc, struct message_add *m, size_t n);

/* One message for several accounts, each with its own outcome. */
struct delivery {
	struct str account;
	struct message_add add; /* bytes and facts may be shared by all */
	/* results */
	enum err_code ret_code; /* NONE: it is durable */
	char ret_why[256];      /* for the log, empty on success */
};

/* Tries each. What happened is in the deliveries. */
void message_deliver(struct store *s, struct delivery *d, size_t n);

/* A message's bytes: the added headers, directly followed by the received ones. They do not change.
 * pread only; until message_close. */
struct message_body {
	int fd;
	uint64_t at;
	uint64_t size;     /* with the prefix */
	uint32_t prefix_n; /* of which added headers */
};

/* EXPUNGED if the message is gone; CORRUPT if its segment is missing. Checksums are account_check's
 * business. */
struct err message_open(struct account *acc, uint64_t message, struct message_body *ret);
void message_close(struct message_body *b);
/* Reads up to n bytes from offset (of the whole, prefix first); *ret_n is less only at the end. */
struct err message_read(const struct message_body *b, uint64_t offset, void *p, size_t n,
			size_t *ret_n);

/* A message's facts with the signature. NOT_FOUND. */
struct err message_facts(struct account *acc, uint64_t message, struct arena *a, struct facts *ret);

#endif
