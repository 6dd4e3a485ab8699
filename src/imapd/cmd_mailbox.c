/* CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE: RFC 9051 §6.3.4 to §6.3.8. */
#include "imapd/user.h"

/* SP mailbox, the only argument. */
static bool one_name(struct imapd *s, struct cur *c, struct str *ret)
{
	imap_x_sp(c);
	struct str written = imap_x_astring(c, &s->mem);

	return imapd_args_end(s, c) && imapd_name(s, written, ret);
}

/* RFC 9051 §6.3.9.7: a name that is not as the client wrote it is told with OLDNAME. */
static void oldname_tell(struct imapd *s, struct str written, struct str name)
{
	struct buf *b = imapd_out(s);

	if (!imapd_is_enabled(s, IMAPD_REV2) || str_eq(written, name))
		return;
	buf_str_add(b, STR("* LIST () \"/\" "));
	buf_imapd_name(b, s, name);
	buf_str_add(b, STR(" (\"OLDNAME\" ("));
	buf_imapd_name(b, s, written);
	buf_str_add(b, STR("))\r\n"));
}

static void end(struct imapd *s, struct err e)
{
	if (err_failed(e))
		imapd_fail(s, e);
	else
		imapd_ok(s, STR(""), STR("done"));
}

/* RFC 6154 §3: NO [USEATTR] for a use that is not supported. */
static bool uses_map(struct imapd *s, const struct imap_create *args, unsigned *ret)
{
	*ret = 0;
	for (size_t i = 0; i < args->n; i++) {
		unsigned use = imapd_use_of(args->uses[i]);

		if (!use) {
			imapd_no(s, STR("USEATTR"), STR("special use is not supported"));
			return false;
		}
		*ret |= use;
	}
	return true;
}

void imapd_cmd_create(struct imapd *s, struct cur *c)
{
	struct imap_create args = {0};
	struct str name;
	unsigned use;

	imap_x_sp(c);
	imap_x_create(c, &s->mem, &args);
	if (!imapd_args_end(s, c) || !imapd_name(s, args.mailbox, &name) ||
	    !uses_map(s, &args, &use))
		return;
	struct err e = mailbox_create(imapd_account(s), name, use, NULL);
	/* A hierarchy separator at the end is only a hint (RFC 9051 §6.3.4). */
	struct str written = args.mailbox;

	if (str_ends(written, STR("/")))
		written.n--;
	if (err_is_ok(e))
		oldname_tell(s, written, name);
	end(s, e);
}

void imapd_cmd_delete(struct imapd *s, struct cur *c)
{
	struct str name;

	if (one_name(s, c, &name))
		end(s, mailbox_delete(imapd_account(s), name));
}

void imapd_cmd_rename(struct imapd *s, struct cur *c)
{
	struct str from, to;

	imap_x_sp(c);
	struct str from_written = imap_x_astring(c, &s->mem);

	imap_x_sp(c);
	struct str to_written = imap_x_astring(c, &s->mem);

	if (imapd_args_end(s, c) && imapd_name(s, from_written, &from) &&
	    imapd_name(s, to_written, &to))
		end(s, mailbox_rename(imapd_account(s), from, to));
}

void imapd_cmd_subscribe(struct imapd *s, struct cur *c)
{
	struct str name;

	if (one_name(s, c, &name))
		end(s, mailbox_subscribe(imapd_account(s), name, true));
}

void imapd_cmd_unsubscribe(struct imapd *s, struct cur *c)
{
	struct str name;

	if (one_name(s, c, &name))
		end(s, mailbox_subscribe(imapd_account(s), name, false));
}
