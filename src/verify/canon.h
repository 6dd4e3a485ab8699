/* canon: the two canonicalisations of DKIM and ARC (RFC 6376 §3.4), of header fields and of bodies.
 *
 * Input: a message whose lines end with CRLF ("network normal"). A bare LF ends a line of the
 * header section, as in format/header; in a body, a bare LF and a bare CR are data like any other
 * byte. Linear cost; a body may come in pieces of any size with the same result.
 */
#ifndef MOX_VERIFY_CANON_H
#define MOX_VERIFY_CANON_H

#include "base/str.h"

enum canon { CANON_SIMPLE, CANON_RELAXED, CANON_N };

/* "simple", "relaxed". */
struct str canon_name(enum canon c);

/* Where canonical bytes go, in pieces, and how they are collected into larger ones. */
struct canon_sink {
	void (*put)(void *arg, struct str piece);
	void *arg;
	size_t n;
	char piece[4096];
};

/* Adds bytes as they are. */
void canon_put(struct canon_sink *to, struct str s);
/* Gives out what is collected: at the end. */
void canon_flush(struct canon_sink *to);

/* Adds a whole field, name to line end, which may be missing; without the CRLF at its end. cut, a
 * piece of the field (b= of a signature), counts as deleted; an empty one deletes nothing. */
void canon_field(struct canon_sink *to, enum canon c, struct str field, struct str cut);

/* A body in pieces. Start with .kind and .to set. */
struct canon_body {
	enum canon kind;
	struct canon_sink *to;
	uint64_t lines; /* line ends not written yet: what stands at the end is dropped */
	bool space;     /* white space not written yet (relaxed) */
	bool cr;        /* the last piece ended with CR */
	bool any;       /* something was written */
};

void canon_body_add(struct canon_body *b, struct str piece);
/* Completes the last line, and flushes. */
void canon_body_end(struct canon_body *b);

#endif
