/* syntax: an SMTP command line as a typed value. RFC 5321 §4.1, with the parameters of RFC 1870
 * (SIZE), RFC 6152 (BODY), RFC 3030 (BDAT), RFC 4954 (AUTH), RFC 6531 (SMTPUTF8) and RFC 8689
 * (REQUIRETLS).
 *
 * Input: one line without its CRLF, a stranger's, of at most LIMIT_SMTP_LINE octets.
 * Memory: values borrow from the line, and from the arena for what had to be unescaped.
 * Not handled: the lines of an AUTH exchange (sasl/), and policy: the session decides what it does
 * with a well-formed command.
 */
#ifndef MOX_SMTP_SYNTAX_H
#define MOX_SMTP_SYNTAX_H

#include "smtp/path.h"

enum smtp_verb {
	SMTP_UNKNOWN, /* no command of ours */
	SMTP_HELO,
	SMTP_EHLO,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_BDAT,
	SMTP_RSET,
	SMTP_NOOP,
	SMTP_QUIT,
	SMTP_VRFY,
	SMTP_EXPN,
	SMTP_HELP,
	SMTP_STARTTLS,
	SMTP_AUTH,
	SMTP_VERB_COUNT
};

enum smtp_param {
	SMTP_PARAM_SIZE = 1,
	SMTP_PARAM_BODY = 2,
	SMTP_PARAM_AUTH = 4,
	SMTP_PARAM_SMTPUTF8 = 8,
	SMTP_PARAM_REQUIRETLS = 16,
};

enum smtp_body { SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };

struct smtp_cmd {
	enum smtp_verb verb;
	struct str name; /* as written; for an unknown command the first word */
	struct str text; /* VRFY, EXPN, HELP, NOOP: what follows. HELO, EHLO: the whole argument */
	struct smtp_host hello;
	struct smtp_path path; /* MAIL, RCPT */
	struct {
		unsigned params; /* set of enum smtp_param, those that were given */
		uint64_t size;   /* 20 digits may say more than fits: then UINT64_MAX */
		enum smtp_body body;
		struct str auth; /* xtext as written */
	} mail;
	struct {
		uint64_t size;
		bool last;
	} bdat;
	struct {
		struct str mech;    /* as written, any case */
		struct str initial; /* base64 as written, or "=" for an empty one */
		bool has_initial;
	} auth;
};

struct smtp_syntax {
	bool submission; /* from users' programs: the EHLO argument is not looked at */
	bool pedantic;   /* none of the leniencies, the lower limits */
	bool utf8;       /* the transaction has SMTPUTF8: for RCPT */
	unsigned params; /* set of enum smtp_param that MAIL may have; others are PARAMETER */
};

/* ERR_OK also for an unknown command (verb SMTP_UNKNOWN). *ret is written in any case, with verb
 * and name: who cannot parse BDAT can't tell what follows it.
 * SYNTAX: not this command's grammar, or a parameter twice. PARAMETER: a parameter of MAIL or RCPT
 * that is not known or not allowed by the rules. */
struct err smtp_cmd_parse(struct str line, const struct smtp_syntax *rules, struct arena *a,
			  struct smtp_cmd *ret);
/* "EHLO"; "" for SMTP_UNKNOWN. */
struct str smtp_verb_name(enum smtp_verb verb);

#endif
