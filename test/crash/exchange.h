/* exchange: operations that are whole exchanges with a server: from the first command to the reply
 * that the peer has read. Done again after a crash each has to succeed, so sets are of uids.
 */
#ifndef MOX_TEST_CRASH_EXCHANGE_H
#define MOX_TEST_CRASH_EXCHANGE_H

#include "world.h"

enum {
	SPOOLED = 300 << 10, /* more than memory keeps while a message is received */
	OWN = 1100 << 10,    /* more than shares a segment */
	WIRE_MAX = 4 << 20,
};

/* A message of at least n octets. */
static inline void message_make(struct buf *b, size_t n)
{
	buf_str_add(b, STR("From: <a@peer.example>\r\nSubject: test\r\n"
			   "Message-Id: <1@peer.example>\r\n\r\nhello\r\n"));
	while (b->n < n) {
		buf_char_n(b, 'a' + (char)(b->n / 80 % 26), 78);
		buf_str_add(b, STR("\r\n"));
	}
	assert_false(buf_failed(b));
}

/* ---- SMTP ---- */

static inline struct err transaction(struct world *w, const char *const *rcpts, struct str data)
{
	struct peer *p = &w->server.smtp;

	TRY(server_peer(p, smtp_begin));
	struct err e = smtp_transaction(p, rcpts, data);

	/* Whatever the peer thinks of it, the next one begins anew. */
	if (err_failed(e))
		peer_close(p);
	return e;
}

static inline struct err data_of(struct world *w, const char *const *rcpts, size_t n)
{
	BUF_AUTO b = BUF_INIT(WIRE_MAX);

	message_make(&b, n);
	buf_str_add(&b, STR(".\r\n"));
	return transaction(w, rcpts, buf_str(&b));
}

static const char *const to_one[] = {"mox@localhost", NULL};
static const char *const to_two[] = {"mox@localhost", SERVER_ACCOUNT_OTHER "@localhost", NULL};

static inline struct err op_data(struct world *w)
{
	return data_of(w, to_one, 0);
}

static inline struct err op_data_two(struct world *w)
{
	return data_of(w, to_two, 0);
}

static inline struct err op_data_spooled(struct world *w)
{
	return data_of(w, to_one, SPOOLED);
}

static inline struct err op_data_own(struct world *w)
{
	return data_of(w, to_one, OWN);
}

static inline struct err op_bdat(struct world *w)
{
	BUF_AUTO message = BUF_INIT(WIRE_MAX);
	BUF_AUTO wire = BUF_INIT(WIRE_MAX);

	message_make(&message, 2000);
	buf_printf(&wire, "BDAT %zu LAST\r\n", message.n);
	buf_str_add(&wire, buf_str(&message));
	return transaction(w, to_two, buf_str(&wire));
}

/* ---- IMAP ---- */

static inline struct err command(struct world *w, struct str line)
{
	struct peer *p = &w->server.imap;

	TRY(server_peer(p, imap_begin));
	return imap_say(p, line);
}

/* APPEND of one message after the other, all or none. */
static inline struct err append_of(struct world *w, int messages, size_t size)
{
	BUF_AUTO b = BUF_INIT(WIRE_MAX);
	BUF_AUTO message = BUF_INIT(WIRE_MAX);

	message_make(&message, size);
	buf_str_add(&b, STR("a APPEND Inbox"));
	for (int i = 0; i < messages; i++) {
		buf_printf(&b, " (\\Flagged work) ~{%zu+}\r\n", message.n);
		buf_str_add(&b, buf_str(&message));
	}
	buf_str_add(&b, STR("\r\n"));
	return command(w, buf_str(&b));
}

static inline struct err op_imap_append(struct world *w)
{
	return append_of(w, 1, 0);
}

static inline struct err op_imap_append_three(struct world *w)
{
	return append_of(w, 3, 500);
}

/* With a literal that waits for the server, and spooled. */
static inline struct err op_imap_append_own(struct world *w)
{
	struct peer *p = &w->server.imap;
	BUF_AUTO b = BUF_INIT(WIRE_MAX);
	BUF_AUTO head = BUF_INIT(100);
	struct str line;

	message_make(&b, OWN);
	buf_printf(&head, "a APPEND Archive {%zu}\r\n", b.n);
	TRY(server_peer(p, imap_begin));
	TRY(peer_write(p, buf_str(&head)));
	TRY(peer_line(p, &line));
	if (line.p[0] != '+')
		return err_make(ERR_IO, "literal: %.*s", STR_ARG(line));
	buf_str_add(&b, STR("\r\n"));
	return imap_say(p, buf_str(&b));
}

static inline struct err op_imap_store(struct world *w)
{
	return command(w, STR("a UID STORE 1:2 +FLAGS (\\Seen work)\r\n"));
}

static inline struct err op_imap_store_silent(struct world *w)
{
	return command(w, STR("a UID STORE 2:3 FLAGS.SILENT (\\Deleted)\r\n"));
}

static inline struct err op_imap_copy(struct world *w)
{
	return command(w, STR("a UID COPY 1:2 Archive\r\n"));
}

static inline struct err op_imap_move(struct world *w)
{
	return command(w, STR("a UID MOVE 2:3 Trash\r\n"));
}

static inline struct err op_imap_expunge(struct world *w)
{
	return command(w, STR("a UID EXPUNGE 2\r\n"));
}

static inline struct err op_imap_expunge_all(struct world *w)
{
	return command(w, STR("a EXPUNGE\r\n"));
}

#endif
