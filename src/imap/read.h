/* read: cuts the bytes of an IMAP client into commands: lines and literals.
 *
 * A command is lines that end in CRLF; a line that ends in {n}, {n+}, ~{n} or ~{n+} is followed by
 * a literal of n bytes and then by more of the same command (RFC 9051 §4.3, RFC 7888 §3, RFC 3516
 * §4.4). The reader collects the text of a command, literals in their place, so that the grammar
 * of imap/parse.h runs over one piece; only a literal that the caller wants streamed (a message)
 * leaves just its header behind.
 *
 *	for (;;) {
 *		switch (imap_reader_feed(&r, conn_in(c), &used)) {
 *		case IMAP_READ_MORE: ...
 *
 * Input: a stranger's. Lines, one literal, their number and sum are limited. Whether a `+` at the
 * end of a line belongs to a quoted string is not looked at: RFC 7888 §3 MUST: check the end of
 * every received line.
 * Memory: the text grows with what came, and is given back by imap_reader_next.
 */
#ifndef MOX_IMAP_READ_H
#define MOX_IMAP_READ_H

#include "base/buf.h"

enum {
	IMAP_LINE_MAX = 16 * 1024,        /* a line without its CRLF; RFC 7162 §4 asks for 8192 */
	IMAP_LITERAL_MAX = 100 * 1024,    /* a literal that becomes a string */
	IMAP_LITERAL_TOTAL = 1024 * 1024, /* all of one command */
	IMAP_LITERAL_COUNT = 1000,        /* in one command */
	IMAP_LITERAL_NONSYNC_MAX = 4096,  /* RFC 7888 §5: LITERAL- */
	IMAP_LITERAL_BEFORE_LOGIN = 8192, /* all of one command of a stranger */
	IMAP_TEXT_MAX = IMAP_LITERAL_TOTAL + 4 * IMAP_LINE_MAX,
};

enum imap_read {
	IMAP_READ_MORE,      /* everything was taken, no whole event yet */
	IMAP_READ_COMMAND,   /* reader.text is a whole command, without its last CRLF */
	IMAP_READ_LITERAL,   /* reader.text ends in a literal's header line; see reader.literal */
	IMAP_READ_DATA,      /* reader.data is a piece of the streamed literal */
	IMAP_READ_DATA_END,  /* the streamed literal is complete */
	IMAP_READ_DISCARDED, /* a command thrown away by imap_reader_discard has ended */
	IMAP_READ_TOO_LONG,  /* a line or the text passed its limit; the stream can't be followed */
};

struct imap_literal {
	uint64_t n;
	bool nonsync; /* the client does not wait for our `+` */
	bool binary;  /* literal8: may hold NUL */
};

struct imap_reader {
	struct buf text;
	struct imap_literal literal;
	struct str data; /* borrowed from what was fed */
	/* Set by the caller: limits for string literals of one command. */
	size_t literal_max, literal_total;
	/* The next line is no command (AUTHENTICATE's answer, DONE): literals mean nothing. */
	bool plain_line;

	/* private */
	unsigned char state;
	bool discarding;
	size_t line_at, scanned;
	uint64_t left;
	size_t literals, literal_bytes;
};

void imap_reader_init(struct imap_reader *r);
void imap_reader_fini(struct imap_reader *r);

/* Takes what it can from the front of in, *ret_used bytes, up to the next event. After
 * IMAP_READ_LITERAL the caller says what happens: imap_reader_accept, _stream, _discard or _next;
 * after IMAP_READ_COMMAND and _DISCARDED it calls imap_reader_next. */
enum imap_read imap_reader_feed(struct imap_reader *r, struct str in, size_t *ret_used);

/* Collects the literal as a string. False if a limit says no: nothing is changed. */
bool imap_reader_accept(struct imap_reader *r) NODISCARD;
/* The literal's bytes come as IMAP_READ_DATA, then IMAP_READ_DATA_END (at once for 0 bytes), then
 * the rest of the command. */
void imap_reader_stream(struct imap_reader *r);
/* Throws away the rest of the command, which was refused: of a synchronising literal nothing will
 * come, so it has ended; of others, everything up to the end of the command is skipped. Also legal
 * after IMAP_READ_DATA. */
void imap_reader_discard(struct imap_reader *r);
/* Begins a new command and gives memory back. */
void imap_reader_next(struct imap_reader *r);

/* Whether line (without CRLF) ends in a literal's header; its value goes to ret. */
bool imap_literal_header(struct str line, struct imap_literal *ret);

#endif
