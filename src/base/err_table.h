/* err_table: every kind of failure, one row each. The columns are the only place where answers
 * to peers are worded: SMTP reply code, enhanced status (RFC 3463, RFC 5248), IMAP response code
 * (RFC 5530, RFC 9051 §7.1), HTTP status, and the words a peer may see.
 */
#ifndef MOX_BASE_ERR_TABLE_H
#define MOX_BASE_ERR_TABLE_H

/* clang-format off */
#define ERR_TABLE(X)                                                                               \
	X(NONE,           250, "2.0.0", "",                200, "ok")                              \
	/* ours, temporary */                                                                      \
	X(INTERNAL,       451, "4.3.0", "SERVERBUG",       500, "error processing")                \
	X(IO,             451, "4.3.0", "UNAVAILABLE",     503, "error processing")                \
	X(CORRUPT,        451, "4.3.0", "CORRUPTION",      503, "error processing")                \
	X(RESOURCES,      451, "4.3.0", "UNAVAILABLE",     503, "too busy, try again later")       \
	X(DISK_FULL,      452, "4.3.1", "OVERQUOTA",       507, "insufficient system storage")     \
	X(TIMEOUT,        451, "4.3.0", "UNAVAILABLE",     504, "timed out, try again later")      \
	X(UNAVAILABLE,    451, "4.3.0", "UNAVAILABLE",     503, "temporarily unavailable")         \
	X(SHUTDOWN,       421, "4.3.2", "UNAVAILABLE",     503, "shutting down")                   \
	X(ACCESS,         451, "4.3.0", "SERVERBUG",       500, "error processing")                \
	X(CANCELED,       451, "4.3.0", "UNAVAILABLE",     503, "canceled")                        \
	X(IN_USE,         450, "4.3.0", "INUSE",           409, "in use, try again later")         \
	/* a peer's bytes */                                                                       \
	X(SYNTAX,         501, "5.5.2", "",                400, "syntax error")                    \
	X(LIMIT,          500, "5.5.2", "LIMIT",           413, "limit exceeded")                  \
	X(TOO_BIG,        552, "5.3.4", "TOOBIG",          413, "message too large")               \
	X(BAD_MESSAGE,    554, "5.6.0", "",                400, "message not acceptable")          \
	X(UNSUPPORTED,    504, "5.5.4", "CANNOT",          501, "not supported")                   \
	X(PARAMETER,      555, "5.3.3", "",                400, "parameter not recognized or not implemented")\
	/* what was asked for */                                                                   \
	X(NOT_FOUND,      550, "5.1.1", "NONEXISTENT",     404, "not found")                       \
	X(EXISTS,         550, "5.3.0", "ALREADYEXISTS",   409, "already exists")                  \
	X(CANNOT,         550, "5.3.0", "CANNOT",          400, "not possible")                    \
	X(HAS_CHILDREN,   550, "5.3.0", "HASCHILDREN",     409, "has children")                    \
	X(EXPUNGED,       550, "5.3.0", "EXPUNGEISSUED",   410, "message is gone")                 \
	X(OVER_QUOTA,     452, "4.2.2", "OVERQUOTA",       507, "mailbox full")                    \
	X(CONFLICT,       450, "4.3.0", "",                409, "changed meanwhile")               \
	/* who asks */                                                                             \
	X(AUTH,           535, "5.7.8", "AUTHENTICATIONFAILED", 401, "bad user/pass")              \
	X(AUTH_TEMP,      454, "4.7.0", "UNAVAILABLE",     503, "temporary authentication failure")\
	X(LOGIN_DISABLED, 525, "5.7.13","CONTACTADMIN",    403, "login disabled")                  \
	X(RATE_LIMIT,     421, "4.7.0", "LIMIT",           429, "too many, try again later")       \
	X(NOT_ALLOWED,    550, "5.7.1", "NOPERM",          403, "not allowed")                     \
	/* the operator's input */                                                                 \
	X(CONFIG,         451, "4.3.5", "SERVERBUG",       500, "configuration error")             \
	X(USAGE,          501, "5.5.4", "",                400, "wrong usage")                     \
	X(VERSION,        451, "4.3.5", "UNAVAILABLE",     500, "data of another version")
/* clang-format on */

#endif
