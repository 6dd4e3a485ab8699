/* BDAT: RFC 3030 §2. Its octets follow without being asked for, so they are read whatever we think
 * of the command. */
#include "smtpd/session.h"

static struct smtp_reply check(struct smtpd *s, const struct smtp_cmd *cmd)
{
	if (s->state == SMTPD_MAIL)
		return smtp_reply_of(SMTP_REPLY_NO_RCPT);
	return SMTPD_ALLOWED;
}

/* What is refused or too large is read and dropped, as much as a message too large would be. */
static bool worth_dropping(const struct smtpd *s, uint64_t size)
{
	return size / 2 <= s->settings->max_size;
}

static void begin_chunk(struct smtpd *s, const struct smtp_cmd *cmd)
{
	s->t.chunk_left = cmd->bdat.size;
	s->t.chunk_last = cmd->bdat.last;
	s->mode = SMTPD_CHUNK_OCTETS;
}

static void run(struct smtpd *s, const struct smtp_cmd *cmd)
{
	if (s->state == SMTPD_RCPT)
		smtpd_message_begin(s);
	s->state = SMTPD_BDAT;
	if (!worth_dropping(s, cmd->bdat.size)) {
		smtpd_reply_close(s, SMTP_REPLY_SIZE);
		return;
	}
	begin_chunk(s, cmd);
}

void smtpd_chunk_refuse(struct smtpd *s, const struct smtp_cmd *cmd, const struct smtp_reply *r)
{
	s->t.chunk_refusal = *r;
	begin_chunk(s, cmd);
	if (!worth_dropping(s, cmd->bdat.size)) {
		smtpd_reply(s, r);
		smtpd_park(s, session_close());
	}
}

static void chunk_end(struct smtpd *s)
{
	struct smtp_reply refusal = s->t.chunk_refusal;

	s->mode = SMTPD_COMMANDS;
	s->t.chunk_refusal = SMTPD_ALLOWED;
	if (refusal.code) {
		smtpd_reply(s, &refusal);
	} else if (s->t.chunk_last) {
		smtp_data_chunks_end(&s->t.data);
		smtpd_message_end(s);
	} else if (s->t.spool_failed) {
		/* RFC 3030 §2: the transaction has failed; what is still in the pipeline is dropped
		 * as out of sequence. */
		smtpd_reply_err(s, s->t.spool_failed);
		smtpd_transaction_reset(s);
	} else {
		smtpd_reply_code(s, SMTP_REPLY_CHUNK_OK);
	}
}

bool smtpd_chunk_input(struct smtpd *s)
{
	struct str in = conn_in(&s->base.conn);

	if (in.n > s->t.chunk_left)
		in.n = s->t.chunk_left;
	if (in.n == 0 && s->t.chunk_left > 0)
		return false;
	if (!s->t.chunk_refusal.code) {
		smtp_data_chunk(&s->t.data, in);
		smtpd_message_octets(s, in);
	}
	s->t.chunk_left -= in.n;
	conn_take(&s->base.conn, in.n);
	if (s->t.chunk_left == 0 && !s->parked)
		chunk_end(s);
	return true;
}

const struct smtpd_command smtpd_cmd_bdat = {.verb = SMTP_BDAT,
					     .states = SMTPD_MAIL | SMTPD_RCPT | SMTPD_BDAT,
					     .check = check,
					     .run = run,
					     .rfc = "RFC 3030 §2"};
