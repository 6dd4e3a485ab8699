/* search: the SEARCH program as a tree: RFC 9051 §6.4.4, RFC 4731, RFC 5182, RFC 7162 §3.1.5,
 * RFC 5032 (WITHIN), RFC 8514 (SAVEDATE).
 *
 * Input: a stranger's. Depth and number of keys are limited, so that whoever walks the tree may
 * recurse.
 * Memory: the tree is in the arena; strings point into the command's text or the arena. Strings
 * are in the charset of the program, which the caller checks.
 */
#ifndef MOX_IMAP_SEARCH_H
#define MOX_IMAP_SEARCH_H

#include "imap/parse.h"

enum {
	IMAP_SEARCH_DEPTH = 50,
	IMAP_SEARCH_KEYS = 1000,
};

enum imap_search_op {
	IMAP_SEARCH_AND,     /* all of keys; also ALL, with none */
	IMAP_SEARCH_OR,      /* either of two keys */
	IMAP_SEARCH_NOT,     /* not the one key */
	IMAP_SEARCH_SEQ,     /* set, of message numbers */
	IMAP_SEARCH_UID,     /* set, of UIDs */
	IMAP_SEARCH_FLAG,    /* has the system flag */
	IMAP_SEARCH_KEYWORD, /* has the keyword text */
	IMAP_SEARCH_HEADER,  /* field name holds text; an empty text: the field is there */
	IMAP_SEARCH_BODY,    /* text */
	IMAP_SEARCH_TEXT,    /* text, header too */
	IMAP_SEARCH_BEFORE,  /* INTERNALDATE against date */
	IMAP_SEARCH_ON,
	IMAP_SEARCH_SINCE,
	IMAP_SEARCH_SENTBEFORE, /* the Date field's day against date */
	IMAP_SEARCH_SENTON,
	IMAP_SEARCH_SENTSINCE,
	IMAP_SEARCH_SAVEDBEFORE, /* RFC 8514: when it came into the mailbox */
	IMAP_SEARCH_SAVEDON,
	IMAP_SEARCH_SAVEDSINCE,
	IMAP_SEARCH_OLDER,   /* RFC 5032: INTERNALDATE at least n seconds ago */
	IMAP_SEARCH_YOUNGER, /* at most n seconds ago */
	IMAP_SEARCH_LARGER,  /* n */
	IMAP_SEARCH_SMALLER,
	IMAP_SEARCH_MODSEQ, /* n or more */
};

struct imap_search_key {
	enum imap_search_op op;
	unsigned flag; /* IMAP_FLAG_* */
	struct str name, text;
	int32_t date; /* days since 1970-01-01 */
	uint64_t n;
	struct imap_seqset set;
	struct imap_search_key *keys;
	size_t key_count;
};

enum {
	IMAP_SEARCH_MIN = 1 << 0,
	IMAP_SEARCH_MAX = 1 << 1,
	IMAP_SEARCH_ALL = 1 << 2,
	IMAP_SEARCH_COUNT = 1 << 3,
	IMAP_SEARCH_SAVE = 1 << 4,
};

struct imap_search {
	bool extended;      /* RETURN was given */
	unsigned ret;       /* never 0 then: RETURN () is ALL */
	struct str charset; /* empty: not given */
	struct imap_search_key root;
	bool modseq; /* some key is MODSEQ */
};

/* [SP search-return-opts] SP search-program, from the first SP on. */
void imap_x_search(struct cur *c, struct arena *a, struct imap_search *ret);

#endif
