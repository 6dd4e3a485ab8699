#include "smtpd/special.h"

#include "smtpd/session.h"

static enum smtpd_special_at place_of(struct str local)
{
	if (str_starts(local, STR("mailfrom")))
		return SMTPD_SPECIAL_MAIL;
	if (str_starts(local, STR("rcptto")))
		return SMTPD_SPECIAL_RCPT;
	return SMTPD_SPECIAL_MESSAGE;
}

bool smtpd_special_of(struct str local, enum smtpd_special_at at, struct smtpd_special *ret)
{
	uint64_t code;

	if (place_of(local) != at)
		return false;
	*ret = (struct smtpd_special){.code = 451};
	if (str_ends(local, STR("temperror")))
		return true;
	ret->timeout = str_ends(local, STR("timeout"));
	if (ret->timeout)
		return true;
	ret->code = 550;
	if (str_ends(local, STR("permerror")))
		return true;
	if (local.n < 3 || !str_u64(str_from(local, local.n - 3), 599, &code) || code < 400)
		return false;
	ret->code = (unsigned)code;
	return true;
}

/* What fails behind a message is the transaction. */
static void say(struct smtpd *s)
{
	struct smtp_reply r = s->delayed;

	if (s->t.until)
		smtpd_transaction_reset(s);
	smtpd_reply(s, &r);
}

bool smtpd_special_at(struct smtpd *s, enum smtpd_special_at at, const struct smtp_path *p)
{
	struct smtpd_special special;

	if (!s->settings->localserve || !smtpd_special_of(p->local, at, &special))
		return false;
	s->delayed =
		smtp_reply_of(special.code < 500 ? SMTP_REPLY_TEST_TEMP : SMTP_REPLY_TEST_PERM);
	s->delayed.code = (unsigned short)special.code;
	if (special.timeout)
		smtpd_park_delay(s, SMTPD_SPECIAL_DELAY, say);
	else
		say(s);
	return true;
}
