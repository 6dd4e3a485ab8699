#include "imap/write.h"
#include "imapd/user.h"

static void flags_write(struct buf *b, unsigned flags, const struct str *keywords, size_t n)
{
	const char *sep = "";

	for (unsigned i = 0; i < FLAG_COUNT; i++) {
		if (flags & (1u << i)) {
			buf_strs(b, str_z(sep), str_z(entry_flag_names[i]));
			sep = " ";
		}
	}
	for (size_t i = 0; i < n; i++) {
		buf_strs(b, str_z(sep), keywords[i]);
		sep = " ";
	}
}

void buf_imapd_flags(struct buf *b, const struct flagset *set)
{
	buf_char(b, '(');
	flags_write(b, set->flags, set->keywords, set->keyword_count);
	buf_char(b, ')');
}

static void mailbox_flags_write(struct buf *b, const struct mailbox *m)
{
	flags_write(b, (1u << FLAG_COUNT) - 1, m->keywords, m->keyword_count);
}

void imapd_mailbox_flags_tell(struct imapd *s, const struct mailbox *m)
{
	struct buf *b = imapd_out(s);

	buf_str_add(b, STR("* FLAGS ("));
	mailbox_flags_write(b, m);
	buf_str_add(b, STR(")\r\n"));
}

void imapd_permanentflags_tell(struct imapd *s, const struct mailbox *m)
{
	struct buf *b = imapd_out(s);

	buf_str_add(b, STR("* OK [PERMANENTFLAGS ("));
	if (!imapd_view(s)->readonly) {
		mailbox_flags_write(b, m);
		buf_str_add(b, mailbox_keywords_full(m) ? STR("") : STR(" \\*"));
	}
	buf_str_add(b, STR(")] -\r\n"));
}

_Static_assert((int)IMAP_FLAG_SEEN == FLAG_SEEN && (int)IMAP_FLAG_ANSWERED == FLAG_ANSWERED &&
		       (int)IMAP_FLAG_FLAGGED == FLAG_FLAGGED &&
		       (int)IMAP_FLAG_DELETED == FLAG_DELETED && (int)IMAP_FLAG_DRAFT == FLAG_DRAFT,
	       "the same bits");

struct err imapd_flagset(struct imapd *s, const struct imap_flags *f, struct flagset *ret)
{
	TRY(flagset_parse(f->keywords, f->n, &s->mem, ret));
	/* \Recent is no flag that is kept. */
	ret->flags |= f->system & ~(unsigned)IMAP_FLAG_RECENT;
	return ERR_OK;
}

void imapd_flags_tell(struct imapd *s, uint64_t seq, const struct entry *e, bool flags, bool modseq)
{
	struct buf *b = imapd_out(s);

	buf_str_add(b, STR("* "));
	buf_u64(b, seq);
	buf_str_add(b, STR(" FETCH (UID "));
	buf_u64(b, e->uid);
	if (flags) {
		buf_str_add(b, STR(" FLAGS "));
		buf_imapd_flags(b, &e->set);
	}
	if (modseq || imapd_is_enabled(s, IMAPD_CONDSTORE)) {
		buf_str_add(b, STR(" MODSEQ ("));
		buf_u64(b, e->modseq);
		buf_char(b, ')');
	}
	buf_str_add(b, STR(")\r\n"));
}
