/* report_message: where the report is in a message: DMARC aggregate (RFC 9990 §3.5.2), TLS (RFC
 * 8460 §5.3) or feedback (RFC 5965 §2).
 *
 * Input: a stranger's message, or the report as a file, packed or not. Parts that may be a report
 * by their type are decoded and unpacked, REPORT_TRIES_MAX of them, and the first that is XML, JSON
 * or message/feedback-report is it: reporters write application/octet-stream, gzip for zip, and
 * other things still. Messages inside the message are not looked into: what a bounce returns is
 * our own.
 */
#ifndef MOX_FORMAT_REPORT_MESSAGE_H
#define MOX_FORMAT_REPORT_MESSAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { REPORT_TRIES_MAX = 8 };

enum report_kind { REPORT_KIND_DMARC, REPORT_KIND_TLS, REPORT_KIND_ARF, REPORT_KINDS };

/* "DMARC aggregate report"... */
struct str report_kind_name(enum report_kind kind);

struct report_found {
	enum report_kind kind;
	struct str content; /* for report_dmarc_read, report_tls_read or report_arf_read */
	/* The header of the message that an ARF report is about; empty if it is not there. */
	struct str original_header;
};

/* ret is in content, whose maximum bounds the unpacking, and in arena, which needs room for
 * mime_parse. NOT_FOUND if nothing looks like a report; else what was wrong with the first part
 * that did: SYNTAX, TOO_BIG, LIMIT, UNSUPPORTED. */
struct err report_message_find(struct str message, struct arena *a, struct buf *content,
			       struct report_found *ret);

#endif
