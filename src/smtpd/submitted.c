#include "smtpd/submitted.h"

#include "base/base64.h"
#include "format/address.h"
#include "format/date.h"
#include "smtpd/session.h"

enum { ADDED_MAX = 1024 };

/* The domain of a From field as smtp has it: a name, or a literal without its brackets. */
static bool path_of(const struct address *a, struct smtp_path *ret)
{
	struct cur c = cur_of(a->domain);

	*ret = (struct smtp_path){.local = a->local};
	x_smtp_host(&c, true, &ret->host);
	cur_xend(&c);
	return a->local.n > 0 && !cur_failed(&c);
}

/* RFC 6409 §6.1: every address that says who wrote it is the account's. */
static enum smtp_reply_code from_judge(struct smtpd *s, struct str value)
{
	struct address_list list;
	unsigned mailboxes = 0;

	address_list_parse(value, &s->t.mem, &list);
	if (arena_failed(&s->t.mem) || list.truncated || list.irregular)
		return SMTP_REPLY_FROM_BAD;
	for (size_t i = 0; i < list.n; i++) {
		struct smtp_path p;

		if (list.at[i].kind != ADDRESS_MAILBOX)
			continue;
		if (!path_of(&list.at[i], &p))
			return SMTP_REPLY_FROM_BAD;
		if (!s->env->sender(s->env->arg, s->config, s->peer.account, &p))
			return SMTP_REPLY_FROM_HEADER_NOT_YOURS;
		mailboxes++;
	}
	return mailboxes ? SMTP_REPLY_OK : SMTP_REPLY_FROM_BAD;
}

static void add_message_id(struct smtpd *s, struct buf *b)
{
	unsigned char random[16];

	rand_fill(s->env->rand, random, sizeof(random));
	buf_str_add(b, STR("Message-Id: <"));
	buf_base64url(b, str_of(random, sizeof(random)));
	buf_strs(b, STR("@"), s->settings->hostname, STR(">\r\n"));
}

static void add_date(struct smtpd *s, struct buf *b)
{
	buf_str_add(b, STR("Date: "));
	buf_date(b, clock_unix(s->base.clock), 0);
	buf_str_add(b, STR("\r\n"));
}

enum smtp_reply_code smtpd_submitted_judge(struct smtpd *s, struct str header, bool separator)
{
	BUF_AUTO added = BUF_INIT(ADDED_MAX);
	struct header_field from;

	if (!separator)
		return SMTP_REPLY_NO_BODY_LINE;
	if (s->settings->pedantic && header_count(header, STR("Return-Path")) > 0)
		return SMTP_REPLY_RETURN_PATH;
	if (header_count(header, STR("From")) != 1 || !header_get(header, STR("From"), 0, &from))
		return SMTP_REPLY_FROM_COUNT;
	enum smtp_reply_code code = from_judge(s, from.value);

	if (code != SMTP_REPLY_OK)
		return code;
	if (header_count(header, STR("Message-Id")) == 0)
		add_message_id(s, &added);
	if (header_count(header, STR("Date")) == 0)
		add_date(s, &added);
	s->t.added = arena_dup(&s->t.mem, buf_str(&added));
	return SMTP_REPLY_OK;
}
