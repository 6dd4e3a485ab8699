#include "imap/write.h"
#include "imapd/session.h"

#include <assert.h>

static void response_write(struct buf *b, struct str status, struct str code, struct str text)
{
	buf_strs(b, status, STR(" "));
	if (code.n)
		buf_strs(b, STR("["), code, STR("] "));
	buf_imap_text(b, text);
	buf_str_add(b, STR("\r\n"));
}

static void end(struct imapd *s, struct str status, struct str code, struct str text)
{
	assert(!imapd_has_ended(s));
	response_write(&s->ended, status, code, text);
	s->job = NULL;
	s->line = NULL;
	s->data = NULL;
	s->data_next = NULL;
}

void imapd_ok(struct imapd *s, struct str code, struct str text)
{
	end(s, STR("OK"), code, text);
}

void imapd_no(struct imapd *s, struct str code, struct str text)
{
	end(s, STR("NO"), code, text);
}

void imapd_bad(struct imapd *s, struct str text)
{
	end(s, STR("BAD"), STR(""), text);
}

/* Errors about what a user asked for say in words what is wrong; those about us say nothing. */
static bool is_ours(enum err_code code)
{
	return err_row(code)->http >= 500 && code != ERR_DISK_FULL && code != ERR_UNSUPPORTED;
}

void imapd_fail(struct imapd *s, struct err e)
{
	const struct err_row *row = err_row(err_code(e));

	if (err_is(e, ERR_SYNTAX)) {
		imapd_bad(s, err_text(e));
		return;
	}
	s->server_error = is_ours(err_code(e));
	if (s->server_error)
		log_error(&s->base.log, "command failed", F_ERR(e));
	else
		log_debug(&s->base.log, "command refused", F_ERR(e));
	imapd_no(s, str_z(row->imap), err_is(e, ERR_CANNOT) ? err_text(e) : str_z(row->text));
}

bool imapd_args_end(struct imapd *s, struct cur *c)
{
	cur_xend(c);
	if (!cur_failed(c))
		return true;
	imapd_fail(s, cur_err(c));
	return false;
}

void imapd_untagged_ok(struct imapd *s, struct str code, struct str text)
{
	buf_str_add(imapd_out(s), STR("* "));
	response_write(imapd_out(s), STR("OK"), code, text);
}

void imapd_bye(struct imapd *s, struct str code, struct str text)
{
	buf_str_add(imapd_out(s), STR("* "));
	response_write(imapd_out(s), STR("BYE"), code, text);
	s->closing = true;
}

void imapd_continue(struct imapd *s, struct str text)
{
	buf_str_add(imapd_out(s), STR("+ "));
	buf_imap_text(imapd_out(s), text);
	buf_str_add(imapd_out(s), STR("\r\n"));
}

void imapd_literal_refuse(struct imapd *s)
{
	if (s->reader.literal.nonsync) {
		imapd_bye(s, STR("TOOBIG"), STR("literal is too large"));
		return;
	}
	imap_reader_discard(&s->reader);
	end(s, STR("BAD"), STR("TOOBIG"), STR("literal is too large"));
}

void imapd_park(struct imapd *s, struct session_next next, void (*then)(struct imapd *s))
{
	s->parked = true;
	s->next = next;
	s->then = then;
}
