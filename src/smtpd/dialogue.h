/* dialogue: scripts of what client and server say, for tests of smtpd: included by x_test.c files,
 * nowhere else.
 *
 *	C: a line of the client's, CRLF is added
 *	S: a line of the server's; (ID) stands for the opaque id
 *	A: what is deferred is answered
 *	T: the deadline passes
 *	D: a line of what was delivered since the last D, without prefix and message
 *	closed, open: whether the connection is
 *
 * Client lines that follow each other are sent in one piece.
 */
#ifndef MOX_SMTPD_DIALOGUE_H
#define MOX_SMTPD_DIALOGUE_H

#include "base/test.h"

#include "smtpd/fake.h"
#include "smtpd/session.h"

struct script {
	struct fake *f;
	struct str rest;
	struct buf want, got;
	size_t seen; /* of f->delivered */
};

static inline struct str script_id(struct fake *f)
{
	return CONTAINER_OF(session_mem_session(f->m), struct smtpd, base)->id;
}

/* Adds out with (ID) for the opaque id, LF for CRLF. */
static inline void script_out(struct fake *f, struct buf *b, struct str out)
{
	struct str id = script_id(f);

	for (size_t i = 0; i < out.n; i++) {
		if (id.n && str_starts(str_from(out, i), id)) {
			buf_str_add(b, STR("ID"));
			i += id.n - 1;
		} else if (out.p[i] != '\r') {
			buf_char(b, out.p[i]);
		}
	}
}

static inline struct str script_delivered(struct script *sc)
{
	struct str line, rest;

	str_cut(str_from(buf_str(&sc->f->delivered), sc->seen), '\n', &line, &rest);
	sc->seen = sc->f->delivered.n;
	return line;
}

static inline bool script_peek(const struct script *sc, const char *kind)
{
	return str_starts(sc->rest, str_z(kind));
}

static inline void script_client(struct script *sc)
{
	struct str line;
	BUF_AUTO in = BUF_INIT(1 << 20);

	while (script_peek(sc, "C:")) {
		str_cut(sc->rest, '\n', &line, &sc->rest);
		buf_strs(&in, str_from(line, line.n > 2 ? 3 : 2), STR("\r\n"));
	}
	script_out(sc->f, &sc->got, fake_say(sc->f, buf_str(&in)));
}

static inline void script_directive(struct script *sc)
{
	struct str line;

	str_cut(sc->rest, '\n', &line, &sc->rest);
	if (str_starts(line, STR("S: ")))
		buf_strs(&sc->want, str_from(line, 3), STR("\n"));
	else if (str_eq(line, STR("A:")))
		fake_answer(sc->f);
	else if (str_eq(line, STR("T:")))
		session_mem_timeout(sc->f->m);
	else if (str_starts(line, STR("D: ")))
		assert_str("delivered", script_delivered(sc), str_from(line, 3));
	else if (str_eq(line, STR("closed")) || str_eq(line, STR("open")))
		assert_int_equal(session_mem_closed(sc->f->m), line.p[0] == 'c');
	else
		fail_msg("script: %.*s", STR_ARG(line));
	script_out(sc->f, &sc->got, session_mem_out(sc->f->m));
}

static inline void dialogue_run(struct fake *f, const char *script)
{
	struct script sc = {
		.f = f, .rest = str_z(script), .want = BUF_INIT(1 << 20), .got = BUF_INIT(1 << 20)};

	while (sc.rest.n) {
		if (script_peek(&sc, "C:"))
			script_client(&sc);
		else
			script_directive(&sc);
	}
	assert_str("dialogue", buf_str(&sc.got), buf_str(&sc.want));
	buf_fini(&sc.want);
	buf_fini(&sc.got);
}

/* The same dialogue whatever the pieces are in which it arrives. */
static inline void dialogue(void (*init)(struct fake *f), const char *script)
{
	static const size_t chunks[] = {0, 1, 3};

	for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
		struct fake f;

		init(&f);
		fake_open(&f, chunks[i]);
		dialogue_run(&f, script);
		fake_fini(&f);
	}
}

#define GREETING "S: 220 mx.mox.example ESMTP mox\n"
#define EHLO                           \
	GREETING                       \
	"C: EHLO a.example\n"          \
	"S: 250-mx.mox.example\n"      \
	"S: 250-PIPELINING\n"          \
	"S: 250-SIZE 1000000\n"        \
	"S: 250-ENHANCEDSTATUSCODES\n" \
	"S: 250-8BITMIME\n"            \
	"S: 250-CHUNKING\n"            \
	"S: 250-LIMITS RCPTMAX=1000\n" \
	"S: 250 SMTPUTF8\n"
#define MAIL    "C: MAIL FROM:<x@y.example>\nS: 250 2.1.0 looking good\n"
#define RCPT    "C: RCPT TO:<alice@mox.example>\nS: 250 2.1.5 now on the list\n"
#define DATA    "C: DATA\nS: 354 go ahead, end with <CRLF>.<CRLF>\n"
#define MESSAGE "C: Subject: x\nC: \nC: body\nC: .\n"
#define DONE    "S: 250 2.6.0 it is done\n"
#define HELLO   "C: HELO a.example\nS: 250 mx.mox.example\n"

/* How long the session has delayed; a delay begins a moment after it is computed. */
static inline int64_t dialogue_delayed_s(struct fake *f)
{
	return (session_mem_delayed(f->m) + NS_PER_S - 1) / NS_PER_S;
}

#define EHLO_AUTH                      \
	GREETING                       \
	"C: EHLO my laptop\n"          \
	"S: 250-mx.mox.example\n"      \
	"S: 250-PIPELINING\n"          \
	"S: 250-SIZE 1000000\n"        \
	"S: 250-AUTH PLAIN LOGIN\n"    \
	"S: 250-ENHANCEDSTATUSCODES\n" \
	"S: 250-8BITMIME\n"            \
	"S: 250-CHUNKING\n"            \
	"S: 250-LIMITS RCPTMAX=1000\n" \
	"S: 250 SMTPUTF8\n"
/* NUL alice@mox.example NUL secret */
#define PLAIN "AGFsaWNlQG1veC5leGFtcGxlAHNlY3JldA=="
/* NUL alice@mox.example NUL wrong */
#define WRONG "AGFsaWNlQG1veC5leGFtcGxlAHdyb25n"

#endif
