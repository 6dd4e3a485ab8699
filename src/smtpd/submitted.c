#include "smtpd/submitted.h"

#include "base/base64.h"
#include "format/address.h"
#include "format/date.h"
#include "format/domain.h"
#include "smtpd/session.h"

enum { ADDED_MAX = 1024, SIGNATURES_MAX = 64 << 10, RESULTS_MAX = 4096 };

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
		if (mailboxes++ == 0)
			s->t.author = smtp_path_dup(&s->t.mem, &p);
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

/* What a signature covers: what we add, and the user's fields behind it. */
static struct err sign(struct smtpd *s, struct str header, struct buf *ret)
{
	BUF_AUTO whole = BUF_INIT(s->t.added.n + header.n);
	BUF_AUTO domain = BUF_INIT(DOMAIN_MAX + 1);
	BUF_AUTO identity = BUF_INIT(DOMAIN_MAX + DOMAIN_LOCAL_MAX);

	if (!domain_ascii(s->t.author.host.name, &domain))
		return ERR_OK;
	buf_strs(&whole, s->t.added, header);
	buf_smtp_local(&identity, s->t.author.local);
	buf_strs(&identity, STR("@"), buf_str(&domain));
	const struct smtpd_signing what = {
		.domain = buf_str(&domain),
		.identity = buf_failed(&identity) ? STR("") : buf_str(&identity),
		.header = buf_str(&whole),
		.body = str_from(s->t.bytes, header.n),
		.now = (uint64_t)clock_unix(s->base.clock),
	};

	if (buf_failed(&whole))
		return err_make(ERR_RESOURCES, "no memory to sign a message");
	return s->env->sign(s->env->arg, s->config, &what, ret);
}

void smtpd_submitted_sign(struct smtpd *s, struct str header)
{
	BUF_AUTO added = BUF_INIT(SIGNATURES_MAX + ADDED_MAX);
	struct err e = s->env->sign ? sign(s, header, &added) : ERR_OK;

	if (added.n) {
		buf_str_add(&added, s->t.added);
		struct str all = arena_dup(&s->t.mem, buf_str(&added));

		if (!buf_failed(&added) && all.p)
			s->t.added = all;
		else
			e = err_make(ERR_RESOURCES, "no memory for signatures");
	}
	if (err_failed(e))
		log_error(&s->base.log, "message lacks a signature", F_ERR(e));
}

void smtpd_submitted_results(struct smtpd *s)
{
	BUF_AUTO from = BUF_INIT(RESULTS_MAX);
	BUF_AUTO field = BUF_INIT(RESULTS_MAX);
	struct authres r;

	buf_smtp_mailbox(&from, &s->t.from);
	authres_init(&r, &s->t.mem, s->settings->hostname);
	authres_add(&r, STR("auth"), AUTH_PASS);
	authres_property(&r, STR("smtp"), STR("mailfrom"), buf_str(&from));
	buf_authres(&field, &r);
	if (!buf_failed(&field))
		s->t.results = arena_dup(&s->t.mem, buf_str(&field));
}
