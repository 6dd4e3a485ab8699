/* verify: who sent a message: all methods side by side, as two resumable steps, and what the server
 * writes about it in front of the message.
 *
 *	TRY(verify_begin(&args, message, arena, &v));
 *	while (verify_sender(v, batch) == DNS_WAIT)	iprev, SPF, DKIM, ARC
 *		have the questions answered
 *	while (verify_dmarc(v, batch) == DNS_WAIT)	what follows from them
 *		have the questions answered
 *	... v->result ...
 *
 * The steps share the batch: what an earlier check of the same transaction asked is known. The
 * first step asks already what the second is going to need.
 * Input: a stranger's message and names, and the DNS of whoever they name; each method's header
 * says which limits hold.
 * Memory: the message, CRLF line ends, in one piece, outlives it; results live in the arena and
 * the batch's.
 */
#ifndef MOX_VERIFY_VERIFY_H
#define MOX_VERIFY_VERIFY_H

#include "verify/arc.h"
#include "verify/authres_methods.h"
#include "verify/dmarc_tree.h"

struct verify_args {
	struct spf_args spf; /* the client and the envelope */
	int64_t now;         /* wall clock, seconds */
	uint64_t random;     /* for DMARC's pct */
};

struct verify_result {
	struct iprev_result iprev;
	struct spf_result spf;
	struct dkim_results dkim;
	struct arc_result arc;
	struct dmarc_from from;
	struct dmarc_result dmarc;
};

struct verify {
	struct verify_args args;
	struct arena *arena;
	struct dkim *signatures;
	struct arc *chain;
	struct auth_identifier *identifier;
	size_t identifiers;
	struct verify_result result;
	struct {
		bool iprev, spf, dkim, arc;
	} done;
};

/* The args' texts outlive it. RESOURCES or LIMIT when the arena is full. */
struct err verify_begin(const struct verify_args *args, struct str message, struct arena *a,
			struct verify **ret);
enum dns_wait verify_sender(struct verify *v, struct dns_batch *b);
enum dns_wait verify_dmarc(struct verify *v, struct dns_batch *b);

/* Authentication-Results (RFC 8601) of the host named id: every method, each signature. */
void buf_verify_results(struct buf *b, struct str id, const struct verify *v);

#endif
