#include "base/utf8.h"
#include "format/mutf7.h"
#include "imap/write.h"
#include "imapd/user.h"

/* RFC 9051 §5.1, RFC 3501 §5.1.3. Bytes above 127 are UTF-8 whatever is enabled: no client means
 * anything else by them. */
static struct err name_utf8(struct imapd *s, struct str written, struct str *ret)
{
	BUF_AUTO b = BUF_INIT(IMAP_LITERAL_MAX);

	*ret = written;
	if (imapd_utf8(s) || !utf8_is_ascii(written))
		return ERR_OK;
	TRY(mutf7_decode(written, &b));
	*ret = arena_dup(&s->mem, buf_str(&b));
	return ERR_OK;
}

bool imapd_name(struct imapd *s, struct str written, struct str *ret)
{
	struct err e = name_utf8(s, written, ret);

	if (err_is_ok(e))
		e = mailbox_name(*ret, &s->mem, ret);
	else
		e = err_make(ERR_CANNOT, "name is not modified UTF-7");
	if (err_failed(e))
		imapd_fail(s, e);
	return err_is_ok(e);
}

struct str imapd_pattern(struct imapd *s, struct str written)
{
	struct str ret;

	return err_is_ok(name_utf8(s, written, &ret)) ? ret : written;
}

void buf_imapd_name(struct buf *b, const struct imapd *s, struct str name)
{
	BUF_AUTO t = BUF_INIT(8 * MAILBOX_NAME_MAX);

	if (!imapd_utf8(s)) {
		mutf7_encode(name, &t);
		buf_imap_astring(b, buf_str(&t));
	} else if (utf8_is_ascii(name)) {
		buf_imap_astring(b, name);
	} else {
		buf_imap_string_utf8(b, name);
	}
}
