/* STATUS: RFC 9051 §6.3.11, RFC 3501 §6.3.10, RFC 7162 §3.1.7, RFC 7889 §4, RFC 8438. */
#include "imapd/user.h"

void imapd_status_line(struct imapd *s, const struct mailbox *m, unsigned atts)
{
	const struct imapd_settings *set = &s->service->settings;
	const struct {
		unsigned att;
		const char *name;
		uint64_t value;
	} values[] = {
		{IMAP_STATUS_MESSAGES, "MESSAGES", m->total},
		{IMAP_STATUS_UIDNEXT, "UIDNEXT", m->uidnext},
		{IMAP_STATUS_UIDVALIDITY, "UIDVALIDITY", m->uidvalidity},
		{IMAP_STATUS_UNSEEN, "UNSEEN", m->unseen},
		{IMAP_STATUS_DELETED, "DELETED", m->deleted},
		{IMAP_STATUS_SIZE, "SIZE", m->size},
		{IMAP_STATUS_RECENT, "RECENT", 0},
		{IMAP_STATUS_HIGHESTMODSEQ, "HIGHESTMODSEQ", m->highestmodseq},
		{IMAP_STATUS_APPENDLIMIT, "APPENDLIMIT",
		 set->append_max ? set->append_max : IMAPD_APPEND_MAX},
	};
	struct buf *b = imapd_out(s);
	const char *sep = "";

	buf_str_add(b, STR("* STATUS "));
	buf_imapd_name(b, s, m->name);
	buf_str_add(b, STR(" ("));
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		if (!(atts & values[i].att))
			continue;
		buf_printf(b, "%s%s %ju", sep, values[i].name, (uintmax_t)values[i].value);
		sep = " ";
	}
	buf_str_add(b, STR(")\r\n"));
}

void imapd_cmd_status(struct imapd *s, struct cur *c)
{
	struct mailbox m;
	struct str name;

	imap_x_sp(c);
	struct str written = imap_x_astring(c, &s->mem);

	imap_x_sp(c);
	unsigned atts = imap_x_status_atts(c);

	if (!imapd_args_end(s, c) || !imapd_name(s, written, &name))
		return;
	struct err e = mailbox_get(imapd_account(s), name, &s->mem, &m);

	if (err_failed(e)) {
		imapd_fail(s, e);
		return;
	}
	if (atts & IMAP_STATUS_HIGHESTMODSEQ)
		imapd_condstore_enable(s);
	imapd_status_line(s, &m, atts);
	imapd_ok(s, STR(""), STR("done"));
}
