/* limit: how much of what SMTP takes, each with its source. Tests try n and n+1. */
#ifndef MOX_SMTP_LIMIT_H
#define MOX_SMTP_LIMIT_H

enum {
	/* A command line with its CRLF. RFC 5321 §4.5.3.1.4 asks for 512, extensions add to it. */
	LIMIT_SMTP_LINE = 2048,
	/* A line of an AUTH exchange with its CRLF, RFC 4954 §4. */
	LIMIT_SMTP_AUTH_LINE = 12288,
	/* A reply line with its CRLF, RFC 5321 §4.5.3.1.5. */
	LIMIT_SMTP_REPLY_LINE = 512,
	/* What a client takes of a server. */
	LIMIT_SMTP_RESPONSE_LINE = 4096,
	LIMIT_SMTP_RESPONSE_LINES = 1000,
	LIMIT_SMTP_RESPONSE = 16384,        /* octets of text */
	LIMIT_SMTP_PATH = 256,              /* with its angle brackets, RFC 5321 §4.5.3.1.3 */
	LIMIT_SMTP_DOMAIN = 255,            /* RFC 5321 §4.5.3.1.2 */
	LIMIT_SMTP_LABEL = 63,              /* RFC 1035 §2.3.4 */
	LIMIT_SMTP_LOCALPART = 128,         /* double of what RFC 5321 §4.5.3.1.1 asks for */
	LIMIT_SMTP_LOCALPART_PEDANTIC = 64, /* RFC 5321 §4.5.3.1.1 */
	LIMIT_SMTP_SIZE_DIGITS = 20,        /* RFC 1870 §5 */
	LIMIT_SMTP_MECH = 20,               /* RFC 4422 §3.1 */
};

#endif
