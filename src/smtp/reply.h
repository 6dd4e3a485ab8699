/* reply: what an SMTP server says: RFC 5321 §4.2, enhanced codes RFC 2034, RFC 3463.
 *
 * A reply is a row: of the reply table here (what a working session says), or of the error table
 * (base/err_table.h). Both say the words; a caller may add a detail behind them. So the wording is
 * in two tables and nowhere else.
 * Text may hold a peer's bytes: buf_smtp_text lets none of them end a line.
 */
#ifndef MOX_SMTP_REPLY_H
#define MOX_SMTP_REPLY_H

#include "base/buf.h"
#include "base/err.h"

/* clang-format off */
#define SMTP_REPLY_TABLE(X)                                                                        \
	/* it goes on */                                                                           \
	X(OK,               250, "2.0.0",  "ok")                                                   \
	X(MAIL_OK,          250, "2.1.0",  "looking good")                                         \
	X(RCPT_OK,          250, "2.1.5",  "now on the list")                                      \
	X(DATA_GO,          354, "",       "go ahead, end with <CRLF>.<CRLF>")                     \
	X(CHUNK_OK,         250, "2.0.0",  "got it")                                               \
	X(DELIVERED,        250, "2.6.0",  "it is done")                                           \
	X(BYE,              221, "2.0.0",  "okay thanks bye")                                      \
	X(HELP,             214, "2.0.0",  "see rfc 5321, 8314 and 4954")                          \
	X(CANNOT_VRFY,      252, "2.7.0",  "cannot verify or expand, will try to deliver")         \
	X(TLS_GO,           220, "2.0.0",  "go!")                                                  \
	X(AUTH_OK,          235, "2.7.0",  "nice")                                                 \
	X(AUTH_CHALLENGE,   334, "",       "")                                                     \
	/* the session */                                                                          \
	X(COMMAND_UNKNOWN,  500, "5.5.2",  "unknown command")                                      \
	X(FIRST_UNKNOWN,    500, "5.5.2",  "not an smtp command, closing")                         \
	X(LINE_TOO_LONG,    500, "5.5.2",  "line too long, closing")                               \
	X(LINE_END,         500, "5.5.2",  "lines must end with CRLF, closing")                    \
	X(SEQUENCE,         503, "5.5.1",  "bad sequence of commands")                             \
	X(NEED_HELLO,       503, "5.5.1",  "say EHLO or HELO first")                               \
	X(NOT_OFFERED,      502, "5.5.1",  "command not offered here")                             \
	X(IDLE,             421, "4.4.2",  "timed out waiting for you, closing")                   \
	X(SHUTDOWN,         421, "4.3.2",  "shutting down, try again later")                       \
	X(TOO_MANY,         421, "4.7.0",  "too many connections, try again later")                \
	X(TOO_MANY_BAD,     550, "5.1.0",  "too many bad transactions, closing")                   \
	/* who and how */                                                                          \
	X(NEED_TLS,         530, "5.7.0",  "STARTTLS required first")                              \
	X(TLS_ALREADY,      503, "5.5.1",  "already in tls")                                       \
	X(TLS_AFTER_AUTH,   503, "5.5.1",  "STARTTLS only before authentication")                  \
	X(NEED_AUTH,        530, "5.7.0",  "authentication required")                              \
	X(AUTH_ALREADY,     503, "5.5.1",  "already authenticated")                                \
	X(AUTH_NEEDS_TLS,   538, "5.7.11", "STARTTLS required for authentication")                 \
	X(AUTH_MECHANISM,   504, "5.5.4",  "mechanism not supported")                              \
	X(AUTH_ABORTED,     501, "5.5.0",  "authentication cancelled")                             \
	X(AUTH_BASE64,      501, "5.5.2",  "response is not base64")                               \
	X(AUTH_SYNTAX,      501, "5.5.2",  "response not as the mechanism has it")                 \
	X(AUTH_INITIAL,     501, "5.5.2",  "mechanism has no initial response")                    \
	X(AUTHZID,          535, "5.7.8",  "cannot act for another user")                          \
	/* the envelope */                                                                         \
	X(SIZE,             552, "5.3.4",  "message too large")                                    \
	X(SIZE_POLICY,      552, "5.2.3",  "message too large for this server")                    \
	X(BODY_TYPE,        555, "5.6.1",  "body type not supported")                              \
	X(REQUIRETLS_TLS,   530, "5.7.10", "REQUIRETLS needs a tls connection")                    \
	X(FROM_LITERAL,     550, "5.7.0",  "sender with an ip address is not accepted")            \
	X(FROM_NOT_YOURS,   550, "5.7.1",  "sender address does not belong to your account")       \
	X(SUSPECT,          451, "4.3.0",  "an earlier message of yours was too much, try again later") \
	X(HELO_UNKNOWN,     550, "5.5.0",  "your hostname does not exist in dns")                  \
	X(FROM_NO_MAIL,     550, "5.7.27", "sender domain takes no mail")                          \
	X(FROM_NO_HOST,     550, "5.7.27", "sender domain has neither mx nor address in dns")      \
	X(FROM_DNS,         451, "4.4.0",  "sender domain cannot be looked up now, try again later") \
	X(RCPT_COUNT_SPF,   452, "4.5.3",  "one recipient at a time unless spf passes for the sender") \
	X(RCPT_COUNT,       452, "4.5.3",  "too many recipients")                                  \
	X(RCPT_NULL_COUNT,  452, "4.5.3",  "one recipient at a time for the null reverse-path")    \
	X(RCPT_LITERAL,     550, "5.1.1",  "recipient with an ip address is not accepted")         \
	X(RCPT_NOT_HERE,    550, "5.1.1",  "not accepting mail for that domain")                   \
	X(RCPT_UNKNOWN,     550, "5.1.1",  "no such user")                                         \
	X(RCPT_DISABLED,    450, "4.2.1",  "domain disabled, try again later")                     \
	X(NO_OUTGOING,      550, "5.7.1",  "outgoing delivery is not available on this server")    \
	/* the message */                                                                          \
	X(NO_RCPT,          554, "5.5.1",  "no valid recipients")                                  \
	X(CHUNKS_MIXED,     503, "5.5.1",  "DATA and BDAT do not mix in a transaction")            \
	X(LINE_ENDS,        500, "5.6.0",  "bare carriage return or line feed in the message")     \
	X(HAS_NUL,          554, "5.6.0",  "message contains a NUL byte")                          \
	X(LOOP,             550, "5.4.6",  "loop detected, too many Received headers")             \
	X(NO_BODY_LINE,     554, "5.6.0",  "message has no header section")                        \
	X(HEADER_TOO_LARGE, 554, "5.6.0",  "header section too large")                             \
	X(FROM_COUNT,       554, "5.6.0",  "message needs exactly one From header")                \
	X(FROM_HEADER_NOT_YOURS, 550, "5.7.1", "address in From header does not belong to your account") \
	X(FROM_BAD,         554, "5.6.0",  "From header cannot be read")                           \
	X(RETURN_PATH,      550, "5.6.0",  "message has a Return-Path header")                     \
	X(EIGHT_BIT,        550, "5.6.0",  "8-bit message without BODY=8BITMIME")                  \
	X(DATA_TIMEOUT,     451, "4.4.2",  "message took too long, closing")                       \
	X(MULTIPLE_TEMP,    451, "4.3.0",  "multiple errors")                                      \
	X(MULTIPLE_PERM,    554, "5.3.0",  "multiple errors")                                      \
	/* localserve's special local parts */                                                     \
	X(TEST_TEMP,        451, "4.3.0",  "temporary error as asked for")                         \
	X(TEST_PERM,        550, "5.3.0",  "permanent error as asked for")
/* clang-format on */

#define SMTP_REPLY_ENUM(name, code, enhanced, text) SMTP_REPLY_##name,
enum smtp_reply_code { SMTP_REPLY_TABLE(SMTP_REPLY_ENUM) SMTP_REPLY_CODE_COUNT };
#undef SMTP_REPLY_ENUM

struct smtp_reply {
	unsigned short code;
	const char *enhanced; /* "2.1.0"; "" where RFC 2034 §3 wants none */
	struct str text;      /* the words; lines divided by LF */
	struct str detail;    /* behind the words, after ": " */
	struct str id; /* at the very end, in parentheses: what an operator looks for in logs */
};

struct smtp_reply smtp_reply_of(enum smtp_reply_code code);
/* By the error table's columns; the err's own text, which may say what is not for peers, is not
 * in it. */
struct smtp_reply smtp_reply_of_err(enum err_code code);

static inline bool smtp_reply_is_error(const struct smtp_reply *r)
{
	return r->code >= 400;
}
static inline bool smtp_reply_is_temporary(const struct smtp_reply *r)
{
	return r->code / 100 == 4;
}

/* A reply with its CRLF, in lines of at most LIMIT_SMTP_REPLY_LINE octets, each with the code.
 * utf8: the peer may be sent UTF-8 (RFC 6531 §3.7.4.2). */
void smtp_reply_write(struct buf *b, const struct smtp_reply *r, bool utf8);
/* One line of a reply without enhanced code, for greeting and EHLO; more: others follow. */
void smtp_reply_line(struct buf *b, unsigned code, bool more, struct str text);

/* Adds s as part of a reply's text: what is no printable ASCII (nor UTF-8, where that is allowed)
 * becomes `?`. RFC 5321 §4.2 textstring. */
void buf_smtp_text(struct buf *b, struct str s, bool utf8);

#endif
