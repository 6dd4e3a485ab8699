/* args: the arguments of commands as typed values: what is not of FETCH (imap/fetch.h) and SEARCH
 * (imap/search.h), which have files of their own. Input and memory as in imap/parse.h.
 */
#ifndef MOX_IMAP_ARGS_H
#define MOX_IMAP_ARGS_H

#include "imap/parse.h"

enum {
	IMAP_PATTERNS_MAX = 100, /* in one LIST */
	IMAP_ENABLE_MAX = 100,
	IMAP_ID_MAX = 30, /* RFC 2971 §3.3: pairs, lengths of field and value */
	IMAP_ID_FIELD_MAX = 30,
	IMAP_ID_VALUE_MAX = 1024,
};

/* What STATUS asks for: RFC 9051 §6.3.11, RFC 3501, RFC 7162 §3.1.7, RFC 7889 §4. */
enum {
	IMAP_STATUS_MESSAGES = 1 << 0,
	IMAP_STATUS_UIDNEXT = 1 << 1,
	IMAP_STATUS_UIDVALIDITY = 1 << 2,
	IMAP_STATUS_UNSEEN = 1 << 3,
	IMAP_STATUS_DELETED = 1 << 4,
	IMAP_STATUS_SIZE = 1 << 5,
	IMAP_STATUS_RECENT = 1 << 6,
	IMAP_STATUS_HIGHESTMODSEQ = 1 << 7,
	IMAP_STATUS_APPENDLIMIT = 1 << 8,
};
/* "(" status-att *(SP status-att) ")" */
unsigned imap_x_status_atts(struct cur *c);

/* APPEND's arguments up to its literal: mailbox [SP flag-list] [SP date-time] SP. The cursor stands
 * at the literal's header. */
struct imap_append {
	struct str mailbox;
	struct imap_flags flags;
	bool has_date;
	int64_t date;
	bool utf8; /* RFC 6855 §4: in UTF8 ( ); a ")" follows the literal */
};
void imap_x_append(struct cur *c, struct arena *a, struct imap_append *ret);
/* The same without a mailbox, which stays: of further messages (RFC 3502). */
void imap_x_append_opts(struct cur *c, struct arena *a, struct imap_append *ret);

/* SP sequence-set [SP "(" UNCHANGEDSINCE n ")"] SP store-att-flags, from the set on: RFC 9051
 * §6.4.6, RFC 7162 §3.1.3. */
struct imap_store {
	struct imap_seqset set;
	char op; /* '+', '-', or '=' for replace */
	bool silent;
	struct imap_flags flags;
	bool has_unchangedsince;
	uint64_t unchangedsince;
};
void imap_x_store(struct cur *c, struct arena *a, struct imap_store *ret);

/* LIST with its extensions: RFC 9051 §6.3.9, RFC 5258, RFC 5819, RFC 6154. */
enum {
	IMAP_LIST_SUBSCRIBED = 1 << 0,
	IMAP_LIST_REMOTE = 1 << 1,
	IMAP_LIST_RECURSIVEMATCH = 1 << 2,
	IMAP_LIST_SPECIAL_USE = 1 << 3,
	IMAP_LIST_CHILDREN = 1 << 4,
	IMAP_LIST_STATUS = 1 << 5,
};
struct imap_list {
	bool extended; /* any syntax of RFC 5258 was used */
	unsigned select, ret;
	unsigned status; /* of RETURN (STATUS (...)) */
	struct str reference;
	struct str *patterns;
	size_t n;
};
void imap_x_list(struct cur *c, struct arena *a, struct imap_list *ret);
/* LSUB's: mailbox SP list-mailbox (RFC 3501 §6.3.9). */
void imap_x_lsub(struct cur *c, struct arena *a, struct imap_list *ret);

/* CREATE's: mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]; RFC 6154 §3. */
enum { IMAP_USES_MAX = 20 };
struct imap_create {
	struct str mailbox;
	struct str *uses; /* without their backslash */
	size_t n;
};
void imap_x_create(struct cur *c, struct arena *a, struct imap_create *ret);

struct imap_id {
	struct imap_id_pair {
		struct str field, value; /* value empty for NIL */
	} * pairs;
	size_t n;
};
/* RFC 2971 §4. */
void imap_x_id(struct cur *c, struct arena *a, struct imap_id *ret);

/* 1*(SP capability), from the first SP on: RFC 9051 §6.3.1. */
struct imap_enable {
	struct str *names;
	size_t n;
};
void imap_x_enable(struct cur *c, struct arena *a, struct imap_enable *ret);

/* SELECT's and EXAMINE's: mailbox [SP "(" select-param *(SP select-param) ")"]; RFC 7162 §3.1.8
 * CONDSTORE, §3.2.5 QRESYNC. */
struct imap_select {
	struct str mailbox;
	bool condstore;
	bool qresync;
	uint32_t uidvalidity;
	uint64_t modseq;
	bool has_known;
	struct imap_seqset known;                  /* uids */
	struct imap_seqset match_seqs, match_uids; /* seq-match-data; may be empty */
};
void imap_x_select(struct cur *c, struct arena *a, struct imap_select *ret);

#endif
