/* dmarc_record: what a domain publishes at _dmarc (RFC 9989 §4.7, §4.8), with what records written
 * for RFC 7489 §6.3 have beside it: pct, rf, ri, sizes behind addresses.
 *
 * A record is one if it begins with v=DMARC1. Nothing behind that makes it less of one: a tag that
 * cannot be read, that comes twice or that is unknown is passed over, and its default holds.
 *
 * Input: an owner's bytes, the joined strings of a TXT record. Linear cost; of a list of addresses
 * the first DMARC_URIS_MAX count.
 * Memory: everything is a view into the given bytes.
 */
#ifndef MOX_VERIFY_DMARC_RECORD_H
#define MOX_VERIFY_DMARC_RECORD_H

#include "base/buf.h"
#include "base/str.h"

enum { DMARC_URIS_MAX = 16, DMARC_INTERVAL = 86400 };

enum dmarc_policy {
	DMARC_UNSET, /* no such tag, or none that can be read */
	DMARC_NONE,
	DMARC_QUARANTINE,
	DMARC_REJECT,
};

/* "none", "quarantine", "reject"; empty for DMARC_UNSET. */
struct str dmarc_policy_name(enum dmarc_policy p);

struct dmarc_uris {
	struct str uri[DMARC_URIS_MAX]; /* as written, without an obsolete size limit */
	size_t n;
};

struct dmarc_record {
	enum dmarc_policy p, sp, np;
	enum dmarc_psd { DMARC_PSD_UNKNOWN, DMARC_PSD_NO, DMARC_PSD_YES } psd;
	bool strict_dkim, strict_spf; /* adkim=s, aspf=s */
	bool testing, has_testing;    /* t=y; whether there is a t */
	uint8_t percent;              /* pct: 100 if it is not there */
	uint8_t failure;              /* fo: DMARC_FAILURE_ALL if it is not there */
	uint32_t interval;            /* ri: seconds */
	bool other_format;            /* rf, without afrf in it */
	struct dmarc_uris rua, ruf;   /* those that can be read */
	bool policy_bad;              /* a p, sp or np that cannot be read */
	uint32_t seen, bad;           /* of the tags known here, for buf_dmarc_ignored */
	size_t unknown;               /* pieces that are not a tag known here */
};

/* Of dmarc_record.failure: reports are wanted when ... */
enum {
	DMARC_FAILURE_ALL = 1,  /* fo=0: nothing aligned passes */
	DMARC_FAILURE_ANY = 2,  /* fo=1: one of them does not */
	DMARC_FAILURE_DKIM = 4, /* fo=d: a signature fails */
	DMARC_FAILURE_SPF = 8,  /* fo=s: SPF fails */
};

/* False if s is no DMARC record. */
bool dmarc_record_parse(struct str s, struct dmarc_record *ret);
/* Whether it says what to do: RFC 9989 §4.10.1. If not, it is as if there were no DMARC. */
bool dmarc_record_usable(const struct dmarc_record *r);
/* The names of the tags whose values were passed over, with spaces between. */
void buf_dmarc_ignored(struct buf *b, const struct dmarc_record *r);

/* The host of a reporting address: of a mailto URI the domain of its one address (RFC 6068 §2), of
 * another the host of its authority (RFC 3986 §3.2.2). False if it has none; a list of addresses
 * or a percent sign in the domain makes none. */
bool dmarc_uri_host(struct str uri, struct str *ret);

#endif
