/* resolver: typed questions to the DNS, their answers, and the batch through which code asks
 * without waiting.
 *
 * A verification step asks with dns_ask and goes on with what is known. While an answer is missing
 * dns_ask returns NULL; the step then returns DNS_WAIT, and its caller has the outstanding
 * questions answered, in any order, by any means (dns_batch_next, dns_batch_set: the dns role over
 * IPC, a resolver that blocks, a fake), and calls the step again. The batch remembers every answer,
 * so a step may simply begin again from its start: the same questions get the same answers. Several
 * steps may share a batch; the DNS is then asked once for what several want to know.
 *
 * Input: answers are others' bytes; the limits below hold for each, and a batch takes at most
 * DNS_BATCH_MAX questions. What does not fit is a temporary failure.
 * Memory: questions and answers live in the batch's arena.
 * Threads: one at a time.
 */
#ifndef MOX_DNS_RESOLVER_H
#define MOX_DNS_RESOLVER_H

#include "base/arena.h"
#include "dns/name.h"

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52,
	DNS_CAA = 257,
};

/* "A", "TXT"; empty for a type that is not above. */
struct str dns_type_name(enum dns_type type);
/* Without regard to case; false for a name that is not above. */
bool dns_type_parse(struct str s, enum dns_type *ret);

enum dns_status {
	DNS_FOUND,    /* at least one record */
	DNS_NXDOMAIN, /* no such name */
	DNS_NODATA,   /* the name exists, without records of this type */
	DNS_FAILED,   /* no answer, a server's failure, too large an answer: try again later */
	DNS_BOGUS,    /* DNSSEC says forged or broken: temporary too, and never "absent" */
};

/* "found", "nxdomain"... for logs. */
struct str dns_status_name(enum dns_status status);

enum {
	DNS_BATCH_MAX = 256,    /* questions */
	DNS_RECORDS_MAX = 128,  /* of an answer */
	DNS_ANSWER_MAX = 32768, /* bytes of names and data of an answer */
	DNS_ERROR_MAX = 512,    /* bytes of error text; more is cut off */
	DNS_EDE_NONE = -1,
};

/* One record; the member is the question's type. Names are as dns/name has them, without the dot
 * at the end, in the case in which they came. */
struct dns_record {
	union {
		struct ip ip;    /* A, AAAA */
		struct str name; /* PTR, NS, CNAME */
		struct {
			uint16_t preference;
			struct str host; /* empty: null MX (RFC 7505 §3) */
		} mx;
		struct {
			struct str joined;      /* the strings without anything between */
			const struct str *part; /* as they came */
			size_t parts;
		} txt;
		struct {
			uint16_t priority, weight, port;
			struct str target;
		} srv;
		struct {
			uint8_t usage, selector, matching;
			struct str data;
		} tlsa;
		struct {
			uint8_t flags;
			struct str tag, value;
		} caa;
	};
};

struct dns_answer {
	enum dns_status status;
	bool authentic;   /* DNSSEC proves it: the records, or that there are none */
	int ede;          /* extended error (RFC 8914), or DNS_EDE_NONE */
	uint32_t ttl;     /* seconds */
	struct str error; /* for logs: why it failed or is bogus */
	const struct dns_record *record;
	size_t n;
};

/* Temporary: nothing may be concluded. */
static inline bool dns_is_temporary(const struct dns_answer *a)
{
	return a->status == DNS_FAILED || a->status == DNS_BOGUS;
}
/* Surely no record of this type. */
static inline bool dns_is_absent(const struct dns_answer *a)
{
	return a->status == DNS_NXDOMAIN || a->status == DNS_NODATA;
}

/* A copy of an answer to a question of this type, its names without a dot at the end. What breaks
 * the limits, or is more than the arena holds, is copied as a failure: the answer is never NULL. */
const struct dns_answer *dns_answer_copy(struct arena *arena, enum dns_type type,
					 const struct dns_answer *a);

struct dns_question {
	enum dns_type type;
	struct str name; /* lower case */
};

/* What a resumable step says. */
enum dns_wait {
	DNS_DONE, /* the result is there */
	DNS_WAIT, /* questions are outstanding: call again when some, or all, are answered */
};

struct dns_batch_row;

struct dns_batch {
	struct arena *arena;
	struct dns_batch_row *row;
	size_t n;      /* questions so far */
	size_t handed; /* of them given out by dns_batch_next */
	size_t answered;
};

/* The arena lives at least as long as the batch; nothing needs to be freed. */
void dns_batch_init(struct dns_batch *b, struct arena *arena);

/* The answer, or NULL while it is outstanding. A name that cannot exist (dns_name_ok) is nxdomain;
 * past DNS_BATCH_MAX or the arena's cap the answer is a failure. The name is copied. */
const struct dns_answer *dns_ask(struct dns_batch *b, enum dns_type type, struct str name);

/* The next question that was not given out yet, and its id for dns_batch_set; false if there is
 * none. */
bool dns_batch_next(struct dns_batch *b, size_t *ret_id, struct dns_question *ret);
/* The answer to a question: copied, checked against the limits (what breaks them is a failure). A
 * second answer to a question, or an id that was never given out, is ignored: false. */
bool dns_batch_set(struct dns_batch *b, size_t id, const struct dns_answer *answer);
/* Whether question id is without answer, and what it is. */
bool dns_batch_outstanding(const struct dns_batch *b, size_t id, struct dns_question *ret);
/* Whether questions are without answer. */
static inline bool dns_batch_waits(const struct dns_batch *b)
{
	return b->answered < b->n;
}
/* Fails all that is outstanding, at a deadline: error is for logs. */
void dns_batch_fail(struct dns_batch *b, struct str error);

/* A resolver that answers at once, by blocking: for commands and tests. The answer lives in arena.
 */
struct dns_resolver {
	void (*resolve)(struct dns_resolver *r, const struct dns_question *q, struct arena *arena,
			struct dns_answer *ret);
	/* Answers all that is outstanding, at once; NULL: one after the other. */
	void (*resolve_all)(struct dns_resolver *r, struct dns_batch *b);
};
/* Has it answer all that is outstanding. */
void dns_batch_resolve(struct dns_batch *b, struct dns_resolver *r);

#endif
