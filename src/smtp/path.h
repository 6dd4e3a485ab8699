/* path: addresses as SMTP commands carry them: Path, Mailbox, Domain, address literal
 * (RFC 5321 §4.1.2, §4.1.3; with SMTPUTF8 RFC 6531 §3.3).
 *
 * Values, not spellings: the local part is without quoting (its case is kept), so "a b"@x and
 * "a\ b"@x are equal; the writers quote where needed. A domain is as it was written: IDNA and case
 * are the caller's.
 * Input: a stranger's; limited by smtp/limit.h.
 * Memory: borrowed from the input, or from the arena for a local part that had a backslash.
 */
#ifndef MOX_SMTP_PATH_H
#define MOX_SMTP_PATH_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/cur.h"
#include "base/ip.h"

/* A domain name or an address literal; neither is set in the path <postmaster>. */
struct smtp_host {
	struct str name;
	struct ip ip;
};

struct smtp_path {
	struct str local;
	struct smtp_host host;
	bool null; /* <>, all else is empty */
};

struct smtp_path_rules {
	bool utf8;     /* SMTPUTF8: local parts and domain labels may be UTF-8 */
	bool pedantic; /* the local part has at most 64 octets */
};

static inline bool smtp_host_is_set(const struct smtp_host *h)
{
	return h->name.n > 0 || ip_is_set(h->ip);
}

/* Grammar rules; they consume or fail. */
void x_smtp_domain(struct cur *c, bool utf8, struct smtp_host *ret);
void x_smtp_address_literal(struct cur *c, struct smtp_host *ret);
/* Domain / address-literal. */
void x_smtp_host(struct cur *c, bool utf8, struct smtp_host *ret);
void x_smtp_mailbox(struct cur *c, const struct smtp_path_rules *r, struct arena *a,
		    struct smtp_path *ret);
/* "<" [ A-d-l ":" ] Mailbox ">", or "<>" into ret->null. */
void x_smtp_reverse_path(struct cur *c, const struct smtp_path_rules *r, struct arena *a,
			 struct smtp_path *ret);
/* The same without "<>", but with <postmaster> in any case (RFC 5321 §4.1.1.3). */
void x_smtp_forward_path(struct cur *c, const struct smtp_path_rules *r, struct arena *a,
			 struct smtp_path *ret);
/* Consumes "<" to its ">" without looking at what is between: for MAIL, whose parameters say by
 * which rules to read it. The result has both brackets. */
struct str x_smtp_path_raw(struct cur *c);

/* a-domain.example, [192.0.2.1], [IPv6:2001:db8::1]. */
void buf_smtp_host(struct buf *b, const struct smtp_host *h);
/* A local part, quoted if it is no Dot-string. */
void buf_smtp_local(struct buf *b, struct str local);
/* local@host, or local alone without a host, nothing for the null path. */
void buf_smtp_mailbox(struct buf *b, const struct smtp_path *p);
/* The same in angle brackets. */
void buf_smtp_path(struct buf *b, const struct smtp_path *p);

/* Same local part (by bytes) and same host (names without regard to ASCII case). */
bool smtp_path_eq(const struct smtp_path *a, const struct smtp_path *b);
bool smtp_host_eq(const struct smtp_host *a, const struct smtp_host *b);
/* A copy of all that p borrows. */
struct smtp_path smtp_path_dup(struct arena *a, const struct smtp_path *p);
struct smtp_host smtp_host_dup(struct arena *a, const struct smtp_host *h);

#endif
