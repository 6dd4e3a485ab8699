/* compose: header fields as we write them: folded at 78 (RFC 5322 §2.1.1), with encoded words where
 * a text needs them, quotes where an address does, and RFC 2231 where a parameter does.
 *
 * Whatever the values hold, one call writes exactly one field: CR, LF and NUL become spaces, and
 * lines never pass 998. Names of fields are ours, or checked with compose_name_ok. utf8 says that
 * the message is for SMTPUTF8 alone: then UTF-8 stands as it is (RFC 6532) and nothing is encoded
 * that need not be.
 */
#ifndef MOX_FORMAT_COMPOSE_H
#define MOX_FORMAT_COMPOSE_H

#include "base/buf.h"
#include "format/address.h"

enum { COMPOSE_LINE = 78, COMPOSE_NAME_MAX = 70 };

/* Whether name may be a field's name: RFC 5322 §2.2, at most COMPOSE_NAME_MAX. */
bool compose_name_ok(struct str name);

/* An unstructured field, such as Subject. What is not UTF-8 in value becomes U+FFFD. */
void buf_header_text(struct buf *b, struct str name, struct str value, bool utf8);
/* A field whose value is in its syntax already, such as Received: folded at its white space alone.
 * A word in it is at most 900 bytes long. */
void buf_header_structured(struct buf *b, struct str name, struct str value);
/* The same in parts, each but the first on a line of its own. */
void buf_header_parts(struct buf *b, struct str name, const struct str *part, size_t n);
/* An address list with its groups; names as UTF-8. Nothing is written when no entry has a local
 * part or is a group. A local part that is not ASCII stands as it is: ask compose_needs_utf8 first.
 */
void buf_header_addresses(struct buf *b, struct str name, const struct address *at, size_t n,
			  bool utf8);
/* Whether these addresses can only go by SMTPUTF8: a local part is not ASCII (RFC 6531 §3). */
bool compose_needs_utf8(const struct address *at, size_t n);
void buf_header_date(struct buf *b, struct str name, int64_t unix_seconds, int zone);
/* Message-ID, References and the like: ids come without brackets. Nothing is written when all are
 * empty. */
void buf_header_ids(struct buf *b, struct str name, const struct str *ids, size_t n);

struct compose_param {
	struct str name, value; /* name is ours; value any UTF-8 */
};
/* Content-Type, Content-Disposition and the like: value, which is in its syntax, and parameters. */
void buf_header_params(struct buf *b, struct str name, struct str value,
		       const struct compose_param *params, size_t n);

/* One address as it stands in a field, on one line, for SMTP replies, logs and pages: `name <a@b>`
 * with UTF-8 as it is. */
void buf_address(struct buf *b, const struct address *a);

#endif
