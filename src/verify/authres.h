/* authres: Authentication-Results (RFC 8601 §2.2), written and read.
 *
 * Writing: whatever bytes the values hold, one field is written, folded at 78, and no value can end
 * its quotes or comment, begin another method, or become two.
 * Reading: for fields that claim to be ours (§5), and those of trusted forwarders. Beyond the
 * grammar: unquoted values with any printable character but ; ( ) " in them, as Gmail writes
 * signatures; properties without ptype ("action=none"), as Exchange Online does; a ";" at the end.
 *
 * Input: a stranger's field value, at most AUTHRES_SIZE_MAX bytes; AUTHRES_METHODS_MAX methods,
 * AUTHRES_PROPERTIES_MAX properties each. Linear cost.
 * Memory: arrays and what had to be decoded live in the given arena; the rest are views.
 */
#ifndef MOX_VERIFY_AUTHRES_H
#define MOX_VERIFY_AUTHRES_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "verify/auth.h"

enum {
	AUTHRES_SIZE_MAX = 64 << 10,
	AUTHRES_METHODS_MAX = 128,
	AUTHRES_PROPERTIES_MAX = 32,
	AUTHRES_VALUE_MAX = 400, /* of what is written: as long as any mailbox of SMTP */
};

struct authres_property {
	struct str type; /* smtp, header, body, policy */
	struct str name;
	struct str value;
};

struct authres_method {
	struct str name;
	uint32_t version;   /* 1 unless said otherwise */
	struct str result;  /* as written; auth_result_parse knows ours */
	struct str reason;  /* empty: none */
	struct str comment; /* behind the result; empty: none */
	struct authres_property *property;
	size_t n;
};

struct authres {
	struct str id;
	uint32_t version;
	struct authres_method *method;
	size_t n; /* 0: "none" */
	struct arena *arena;
	bool failed; /* past a limit or the arena's cap: what did not fit is missing */
};

/* Begins one without methods, to be composed and then asked once whether it failed. */
void authres_init(struct authres *r, struct arena *a, struct str id);
void authres_add(struct authres *r, struct str name, enum auth_result result);
/* Of the method added last; without effect where text is empty. */
void authres_reason(struct authres *r, struct str text);
void authres_comment(struct authres *r, struct str text);
void authres_property(struct authres *r, struct str type, struct str name, struct str value);
/* The field with its name and CRLF. Names of methods, types and properties are ours: keywords.
 * Characters that no value may have become "?". */
void buf_authres(struct buf *b, const struct authres *r);

/* SYNTAX with where and what, LIMIT, RESOURCES. */
struct err authres_parse(struct str value, struct arena *a, struct authres *ret);
/* Whether a field, by its value, claims to come from id, or cannot be read so that nobody could
 * take it for such: these are not to be shown to users as ours (RFC 8601 §5). */
bool authres_claims(struct str value, struct str id);

#endif
