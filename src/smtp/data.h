/* data: the message as DATA (RFC 5321 §4.5.2) or BDAT (RFC 3030 §2) carries it, decoded as it
 * comes.
 *
 * DATA ends at CRLF.CRLF and nowhere else. A bare CR or a bare LF anywhere spoils the message (the
 * server then refuses it, after its real end): nothing is repaired, nothing else is an end, so
 * that no other program's idea of a line end can smuggle a second message past us.
 * Byte by byte and all at once give the same bytes and facts.
 * Input: a stranger's; any amount, the caller compares `size` with its limit.
 */
#ifndef MOX_SMTP_DATA_H
#define MOX_SMTP_DATA_H

#include "base/str.h"

/* What is known of the message so far; all of it once it has ended. */
struct smtp_data_facts {
	uint64_t size; /* octets of the decoded message */
	uint64_t lines;
	uint64_t longest_line; /* octets without CRLF */
	bool bare_cr, bare_lf; /* spoiled */
	bool eight_bit, nul;
	bool ends_in_crlf; /* or the message is empty; always so after DATA's end */
};

enum smtp_data_at {
	SMTP_DATA_LINE_START,
	SMTP_DATA_TEXT,
	SMTP_DATA_CR,     /* behind a CR */
	SMTP_DATA_DOT,    /* behind a dot at the start of a line, which is held back */
	SMTP_DATA_DOT_CR, /* behind that and a CR, held back too */
	SMTP_DATA_END,
};

struct smtp_data {
	struct smtp_data_facts facts;
	/* private */
	uint64_t line; /* octets of the line so far */
	enum smtp_data_at at;
	bool after_cr; /* the last decoded octet is a CR */
};

void smtp_data_init(struct smtp_data *d);

/* DATA: takes octets from the front of *in and gives the next piece of the message, a part of what
 * was taken or a constant; an empty piece means that *in is used up or the end was reached.
 *
 *	while ((piece = smtp_data_next(d, &in)).n)
 *		store piece
 *	if (smtp_data_ended(d)) what is left in `in` are commands
 */
struct str smtp_data_next(struct smtp_data *d, struct str *in);
static inline bool smtp_data_ended(const struct smtp_data *d)
{
	return d->at == SMTP_DATA_END;
}

/* BDAT: the next octets of the message, as they are; all chunks of a message through the same d. */
void smtp_data_chunk(struct smtp_data *d, struct str octets);
/* After the last chunk: a CR at the very end is a bare one too. */
void smtp_data_chunks_end(struct smtp_data *d);

#endif
