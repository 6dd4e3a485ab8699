/* address: address lists of header fields, RFC 5322 §3.4 with the obsolete forms of §4.4, groups in
 * From (RFC 6854), UTF-8 (RFC 6532). For SMTP's stricter paths see smtp/syntax.
 *
 * Real mail is lenient about all of it, so address_list_parse reads whatever stands there: dots
 * in names, missing angle brackets, empty elements, `;` between addresses, quotes that do not end.
 * What it cannot read never costs the addresses beside it.
 *
 * Input: a header field's value as it came, folded or not. Time is linear; at most
 * ADDRESS_LIST_MAX entries are made.
 * Memory: results live in the caller's arena.
 * Strings hold a peer's bytes: controls (but no NUL, CR or LF), and perhaps no UTF-8.
 */
#ifndef MOX_FORMAT_ADDRESS_H
#define MOX_FORMAT_ADDRESS_H

#include "base/arena.h"
#include "base/err.h"

enum {
	ADDRESS_LIST_MAX = 10000,
	ADDRESS_COMMENT_DEPTH_MAX = 50, /* past it, a parenthesis is text */
};

enum address_kind {
	ADDRESS_MAILBOX,
	ADDRESS_GROUP_BEGIN, /* name is the group's; always closed by an ADDRESS_GROUP_END */
	ADDRESS_GROUP_END,
};

struct address {
	enum address_kind kind;
	/* The display name without its quotes, comments and folding; encoded words as they are:
	 * word_decode reads them. Where there is none, the comment beside the address, as in
	 * `jdoe@example.org (John Doe)`. */
	struct str name;
	/* Without quotes; may be anything, `@` included. Empty for `<>`, or where only a name
	 * stands. */
	struct str local;
	/* Without comments and white space; with brackets if it is a domain-literal. Empty for a
	 * bare word as in `From: root`. */
	struct str domain;
};

struct address_list {
	struct address *at;
	size_t n;
	size_t irregular; /* elements that not even RFC 5322's obsolete syntax allows */
	bool truncated;   /* the list went on past ADDRESS_LIST_MAX or the arena's cap */
};

/* Reads an address-list, mailbox-list or single mailbox. Source routes (§4.4 obs-route) are left
 * out. Groups do not nest. */
void address_list_parse(struct str value, struct arena *a, struct address_list *ret);

/* Reads s as exactly one addr-spec, obsolete forms and comments included (RFC 5322 §3.4.1, §4.4);
 * *ret has no name. SYNTAX otherwise, RESOURCES when the arena is full. Lengths are not limited. */
struct err address_spec_parse(struct str s, struct arena *a, struct address *ret);

/* Whether s may stand as a dot-atom, RFC 5322 §3.2.3 with RFC 6532 §3.2: no quotes are needed. */
bool address_is_dot_atom(struct str s);
/* RFC 5322 §3.2.3 atext, and any byte of a non-ASCII character. */
bool address_is_atext(char c);

#endif
