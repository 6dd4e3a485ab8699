/* scalar: the types of single values in the configuration, to and from text: one row each.
 *
 * A value of kind IDL_BOOL is a bool, IDL_INT, IDL_SIZE and IDL_DURATION (milliseconds) an
 * int64_t, IDL_FLOAT a double, IDL_ENUM an int; all others are text, a struct str of which the
 * form was checked. The form only: whether an account or a file exists is another question.
 */
#ifndef MOX_IDL_SCALAR_H
#define MOX_IDL_SCALAR_H

#include "base/buf.h"
#include "base/str.h"

enum idl_kind {
	IDL_STRING,
	IDL_BOOL,
	IDL_INT,
	IDL_SIZE, /* bytes */
	IDL_DURATION,
	IDL_FLOAT,
	IDL_ENUM,
	IDL_REGEXP,       /* base/regexp compiles it */
	IDL_IP,           /* an address without zone or mask */
	IDL_DOMAIN_NAME,  /* labels of letters, digits, - and _, or UTF-8 beyond ASCII; at least one
			   */
	IDL_ACCOUNT_NAME, /* letters, digits, . - _, at most 64, no dot in front */
	IDL_MAILBOX,      /* a mailbox's name: no control characters, no empty level */
	IDL_URL,          /* http or https */
	IDL_HOSTPORT,
	IDL_IP_PORT, /* an address, and maybe a port behind it: ip_port_parse */
	IDL_IP_NET,  /* a network or an address: ip_net_parse */
	IDL_STRUCT,  /* no scalar; last */
};

enum {
	IDL_ACCOUNT_MAX = 64,
	IDL_DOMAIN_MAX = 253,
	IDL_STRING_MAX = 8 * 1024,
};

/* A type with its parameters. */
struct idl_type {
	enum idl_kind kind;
	int64_t min, max;           /* IDL_INT, IDL_SIZE, IDL_FLOAT, IDL_DURATION (ms) */
	const char *const *choices; /* IDL_ENUM: [0] is value 1, and so on */
	size_t choices_n;
};

/* The size in memory. */
size_t idl_scalar_size(const struct idl_type *t);
/* What s was expected to be ("duration like 12h"), or NULL and *ret is the value. *ret is left as
 * it was on failure. tmp is room for a text that names choices or a range. */
const char *idl_scalar_parse(const struct idl_type *t, struct str s, struct buf *tmp, void *ret);
/* The text which reads as the value, into b; text kinds are copied. */
void idl_scalar_write(const struct idl_type *t, const void *value, struct buf *b);
/* A value for an example where the definition names none; may be empty. */
const char *idl_scalar_example(const struct idl_type *t);

/* Whole s is a Go-style duration: decimal numbers with units h, m, s, ms, like 1h30m; or 0. At most
 * IDL_DURATION_MAX. */
bool idl_duration_parse(struct str s, int64_t *ret_ms);
/* The shortest of the same: 72h, 1h30m, 250ms, 0s. */
void idl_duration_write(int64_t ms, struct buf *b);
#define IDL_DURATION_MAX ((int64_t)100 * 366 * 24 * 3600 * 1000)

bool idl_domain_ok(struct str s);
bool idl_account_ok(struct str s);

#endif
