/* conf: the configuration as the server uses it: an immutable snapshot of mox.conf and
 * domains.conf, checked, with look-ups of addresses, domains, accounts and services.
 *
 * The fields stand in struct conf_static and struct conf_dynamic of idl/config.h, which are made of
 * idl/config.idl: read them there. What has a look-up here is not searched for there.
 * A session keeps the snapshot with which it began. Other roles get the texts (conf_source) and
 * parse them for themselves.
 *
 * Input: an administrator's files.
 * Memory: all that is returned belongs to the snapshot and lives until its last conf_unref.
 * Errors: CONFIG, `file:line: what is wrong`.
 * Threads: any; nothing changes after conf_parse but the count of references.
 */
#ifndef MOX_CONF_CONF_H
#define MOX_CONF_CONF_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "idl/config.h"
#include "os/file.h"

struct conf;

/* Of what a snapshot is made. */
struct conf_source {
	uint64_t number; /* counts snapshots; the maker's */
	struct str static_path, static_text;
	struct str domains_path, domains_text;
	/* For developers: mail for any address of any domain goes to the postmaster's account. */
	bool localserve;
};

/* Parses and checks; the texts are copied. All that is wrong with the meaning of the files (not
 * their syntax, which ends with the first error) is added to problems, a line each; NULL: nobody
 * asks. The error is the first of them. */
struct err conf_parse(const struct conf_source *src, struct buf *problems, struct conf **ret);
/* Reads mox.conf at the path, and domains.conf beside it, and parses them; NOT_FOUND, ACCESS...
 * when they can't be read. */
struct err conf_load(const char *static_path, uint64_t number, bool localserve,
		     struct buf *problems, struct conf **ret);
/* Reads domains.conf again if its time or size is not what it was for c (else *ret is NULL): the
 * static part stays as in c, the number is one higher. On error c stays good. Cheap, but the caller
 * asks at most once a second. */
struct err conf_reload(const struct conf *c, struct conf **ret);
struct conf *conf_ref(struct conf *c);
void conf_unref(struct conf *c); /* NULL is fine */

const struct conf_source *conf_source(const struct conf *c);
const struct conf_static *conf_static(const struct conf *c);
const struct conf_dynamic *conf_dynamic(const struct conf *c);
/* Keys that are given but have no effect yet, for one line in the log. */
const char *const *conf_later(const struct conf *c, size_t *ret_n);

/* The account of this name, or NULL. */
const struct conf_account *conf_account(const struct conf *c, struct str name);
/* The domain of this name in any spelling (case, A-labels, U-labels), or NULL. */
const struct conf_domain *conf_domain(const struct conf *c, struct str name);
/* Whether the name is that of this host or of a listener, in any spelling. */
bool conf_is_hostname(const struct conf *c, struct str name);

enum conf_found {
	CONF_NOT_LOCAL, /* we have no such domain */
	CONF_NO_USER,   /* the domain is ours, the address is nobody's */
	CONF_USER,
	CONF_ALIAS,
};

/* By what the address was found, the more specific first. */
enum conf_via { CONF_VIA_ADDRESS, CONF_VIA_CATCHALL, CONF_VIA_POSTMASTER, CONF_VIA_LOCALSERVE };

struct conf_address {
	enum conf_found found;
	/* NULL for the host's own name, for no domain, and where localserve takes any. */
	const struct conf_domain *domain;
	/* CONF_USER. For postmaster, reports and localserve the destination is made up. */
	enum conf_via via;
	/* Local part and domain as they are compared, @domain for a catchall: a key for what is
	 * kept by address. */
	struct str address;
	const struct conf_account *account;
	const struct conf_destination *destination;
	bool dmarc_reports, tls_reports; /* the address is for these reports */
	/* CONF_ALIAS */
	const struct conf_alias *alias;
};

/* Whose address it is: the local part (without quotes) up to the domain's separator, in the
 * domain's case rules, at the domain; then @domain; then postmaster, at each domain, at the host's
 * names and without domain (an empty one); then, in localserve, anyone. */
void conf_address_lookup(const struct conf *c, struct str local, struct str domain,
			 struct conf_address *ret);
/* The account for a name given at login, an address in any spelling, with or without what follows
 * a separator; NULL: none. Postmaster does not log in by that name, unless it is an address. */
const struct conf_account *conf_login(const struct conf *c, struct str username);
/* The local part as it is compared at this domain (NULL: no domain's rules), added to b; false if
 * it is none. */
bool conf_local_part(const struct conf_domain *domain, struct str local, struct buf *b);

enum conf_service_kind {
	CONF_SMTP,
	CONF_SUBMISSION,
	CONF_SUBMISSIONS,
	CONF_IMAP,
	CONF_IMAPS,
	/* the others are HTTP of some kind */
	CONF_ACCOUNT_HTTP,
	CONF_ACCOUNT_HTTPS,
	CONF_ADMIN_HTTP,
	CONF_ADMIN_HTTPS,
	CONF_WEBMAIL_HTTP,
	CONF_WEBMAIL_HTTPS,
	CONF_WEBAPI_HTTP,
	CONF_WEBAPI_HTTPS,
	CONF_METRICS_HTTP,
	CONF_PPROF_HTTP,
	CONF_AUTOCONFIG_HTTPS,
	CONF_MTASTS_HTTPS,
	CONF_WEBSERVER_HTTP,
	CONF_WEBSERVER_HTTPS,
	CONF_SERVICE_COUNT,
};

/* An enabled service of a listener; it has the listener's ips. */
struct conf_service {
	enum conf_service_kind kind;
	const struct conf_listener *listener;
	struct str hostname; /* the listener's, or the host's */
	uint16_t port;
	bool tls;         /* TLS from the first byte */
	bool starttls;    /* offered */
	bool require_tls; /* no mail (SMTP), no login (others) before TLS */
};

/* All of them, in the order of the file. */
const struct conf_service *conf_services(const struct conf *c, size_t *ret_n);
const char *conf_service_name(enum conf_service_kind kind); /* "SMTP", "IMAPS" */

/* A path as it stands in a file of the configuration: absolute, or relative to the folder of
 * mox.conf. Added to b, with a NUL; false when b is full. */
bool conf_path(const struct conf *c, struct str path, struct buf *b);

/* Replaces domains.conf by what the value says, after checking it together with the static part: on
 * success *ret is the new snapshot and the file is durable. c may be an old snapshot: the caller
 * is the only writer. */
struct err conf_domains_write(struct fs *fs, const struct conf *c, const struct conf_dynamic *value,
			      struct conf **ret);

#endif
