/* snapshot: what a struct conf consists of, and how its parts are made; for the room conf alone. */
#ifndef MOX_CONF_SNAPSHOT_H
#define MOX_CONF_SNAPSHOT_H

#include "base/map.h"
#include "conf/conf.h"
#include <stdatomic.h>
#include <sys/stat.h>

/* Whose an address is. */
struct conf_target {
	struct str address; /* the key */
	const struct conf_account *account;
	const struct conf_destination *destination;
	const struct conf_alias *alias; /* else account and destination */
	bool dmarc_reports, tls_reports;
	uint32_t line;
};

struct conf {
	_Atomic unsigned refs;
	struct conf_source source; /* points into text */
	char *text;
	struct arena arena;
	struct conf_static st;
	struct conf_dynamic dyn;
	const char *later[2 * IDL_LATER_MAX];
	size_t later_n;
	struct map hosts;     /* ASCII name -> its text */
	struct map domains;   /* ASCII name -> struct conf_domain */
	struct map accounts;  /* name -> struct conf_account */
	struct map addresses; /* address -> struct conf_target */
	struct conf_target postmaster;
	struct conf_service *services;
	size_t services_n;
	/* domains.conf as it was when read from disk; zero if it was not. */
	struct stat domains_stat;
};

/* Collects what is wrong. */
struct conf_check {
	struct conf *c;
	const char *file;     /* the one that is being checked */
	struct buf *problems; /* a line each; may be NULL */
	struct buf first;     /* the first one */
	size_t count;
};

/* Adds `file:line: text`. */
void conf_problem(struct conf_check *k, uint32_t line, const char *fmt, ...) PRINTF(3, 4);

/* Fills the maps and the postmaster; problems are names given twice, unknown accounts and
 * domains. */
void conf_index(struct conf_check *k);
/* The place of a domain's name, host's name or address in the arena; NULL after a problem or
 * without memory. */
struct str conf_ascii(struct conf *c, struct str name);
/* A key of Destinations, FromIDLoginAddresses or an alias: local@domain, @domain, or with a
 * fallback domain the local part alone, in the form in which it is compared. False if it is none,
 * or its domain is not one of ours. */
bool conf_address_key(const struct conf *c, struct str s, struct str fallback, struct buf *b);

/* Fills c->services; false without memory. */
bool conf_services_make(struct conf *c);

/* All that needs more than one value to see. */
void conf_check_static(struct conf_check *k);
void conf_check_dynamic(struct conf_check *k);

#endif
