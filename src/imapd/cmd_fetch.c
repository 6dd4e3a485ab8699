/* FETCH: RFC 9051 §6.4.5, §7.5.2; RFC 3516; RFC 7162 §3.1.4.
 *
 * A cursor over messages, their attributes, and the bytes of the literal that is being sent: it
 * stops wherever the peer has enough to read, and goes on there. Nothing of the store is held
 * meanwhile but the open body. */
#include "imap/section.h"
#include "imap/stored.h"
#include "imap/write.h"
#include "imapd/parts.h"
#include "imapd/user.h"

enum {
	BATCH_FLAGS = 500, /* entries read at once: without facts, with them */
	BATCH_FACTS = 32,
	BATCH_MEM = 64 << 20,
	PIECE = 64 * 1024,
};

struct fetch {
	struct imap_fetch args;
	bool sets_seen, wants_flags, wants_modseq;
	unsigned want;        /* for entry_list */
	struct uids todo;     /* not read yet */
	struct uids seen;     /* of the batch: got \Seen by this FETCH */
	enum err_code failed; /* why not all was sent; the rest is sent all the same */

	struct arena mem; /* of the batch */
	struct entries batch;
	struct imapd_walk walk;
	size_t i;        /* entry */
	size_t att;      /* the next attribute; 0 and !begun: before the first */
	bool begun, any; /* "* n FETCH (" is out; something stands behind the "(" */
	bool is_open;
	struct message_body body;
	/* the literal being sent */
	bool literal, decoding;
	struct imapd_range raw; /* bytes of the body still to send */
	struct imapd_decoder decoder;
	uint64_t skip, left; /* decoded bytes: to pass over, to send */
};

static struct fetch *job_of(struct imapd *s)
{
	return s->job_data;
}

static void body_close(struct fetch *f)
{
	if (f->is_open)
		message_close(&f->body);
	f->is_open = false;
}

static void job_free(struct imapd *s)
{
	struct fetch *f = job_of(s);

	body_close(f);
	uids_fini(&f->todo);
	uids_fini(&f->seen);
	arena_fini(&f->mem);
}

static struct err body_open(struct imapd *s, struct fetch *f)
{
	if (f->is_open)
		return ERR_OK;
	TRY(message_open(imapd_account(s), f->batch.e[f->i].message, &f->body));
	f->is_open = true;
	return ERR_OK;
}

static void name_write(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	if (f->any)
		buf_char(imapd_out(s), ' ');
	f->any = true;
	buf_imap_fetch_name(imapd_out(s), att);
	buf_char(imapd_out(s), ' ');
}

/* Attributes that are in the entry. */

static struct err att_uid(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	name_write(s, f, att);
	buf_u64(imapd_out(s), f->batch.e[f->i].uid);
	return ERR_OK;
}

static struct err att_flags(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	name_write(s, f, att);
	buf_imapd_flags(imapd_out(s), &f->batch.e[f->i].set);
	return ERR_OK;
}

static struct err att_internaldate(struct imapd *s, struct fetch *f,
				   const struct imap_fetch_att *att)
{
	name_write(s, f, att);
	buf_imap_date_time(imapd_out(s), f->batch.e[f->i].received);
	return ERR_OK;
}

static struct err att_modseq(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	name_write(s, f, att);
	buf_char(imapd_out(s), '(');
	buf_u64(imapd_out(s), f->batch.e[f->i].modseq);
	buf_char(imapd_out(s), ')');
	return ERR_OK;
}

static struct err att_size(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	name_write(s, f, att);
	buf_u64(imapd_out(s), f->batch.e[f->i].size);
	return ERR_OK;
}

/* NIL is for a message that cannot have one; no text at all is the empty string. */
static struct err att_preview(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	struct str text = f->batch.e[f->i].facts->preview;

	name_write(s, f, att);
	if (imapd_utf8(s))
		buf_imap_string_utf8(imapd_out(s), text);
	else
		buf_imap_string(imapd_out(s), text);
	return ERR_OK;
}

static struct err att_savedate(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	name_write(s, f, att);
	buf_imap_date_time(imapd_out(s), f->batch.e[f->i].saved);
	return ERR_OK;
}

static struct err att_envelope(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	name_write(s, f, att);
	buf_imap_stored(imapd_out(s), f->batch.e[f->i].facts->envelope, imapd_utf8(s));
	return ERR_OK;
}

static struct err att_body(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	name_write(s, f, att);
	buf_imap_stored(imapd_out(s), f->batch.e[f->i].facts->body, imapd_utf8(s));
	return ERR_OK;
}

static struct err att_bodystructure(struct imapd *s, struct fetch *f,
				    const struct imap_fetch_att *att)
{
	name_write(s, f, att);
	buf_imap_stored(imapd_out(s), f->batch.e[f->i].facts->bodystructure, imapd_utf8(s));
	return ERR_OK;
}

/* Attributes that need the message's bytes. */

static struct err fields_send(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att,
			      struct imapd_range r)
{
	BUF_AUTO header = BUF_INIT(IMAPD_HEADER_MAX), fields = BUF_INIT(IMAPD_HEADER_MAX + 2);
	uint64_t at, n;

	if (r.n > IMAPD_HEADER_MAX)
		r.n = IMAPD_HEADER_MAX;
	TRY(imapd_body_read_chars(&f->body, r, &header));
	buf_imap_header_fields(&fields, buf_str(&header), &att->section);
	if (buf_failed(&fields))
		return err_make(ERR_RESOURCES, "no memory for header fields");
	imap_partial(att, fields.n, &at, &n);
	name_write(s, f, att);
	buf_imap_literal_head(imapd_out(s), n, false);
	buf_str_add(imapd_out(s), str_sub(buf_str(&fields), at, at + n));
	return ERR_OK;
}

static struct err att_section(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	const struct entry *e = &f->batch.e[f->i];
	struct imapd_range r;
	uint64_t at, n;

	if (!imapd_section_range(e->facts, e->prefix_n, &att->section, &r)) {
		name_write(s, f, att);
		buf_str_add(imapd_out(s), STR("NIL"));
		return ERR_OK;
	}
	TRY(body_open(s, f));
	if (att->section.text == IMAP_SECTION_FIELDS ||
	    att->section.text == IMAP_SECTION_FIELDS_NOT)
		return fields_send(s, f, att, r);
	imap_partial(att, r.n, &at, &n);
	name_write(s, f, att);
	buf_imap_literal_head(imapd_out(s), n, false);
	f->raw = (struct imapd_range){r.at + at, n};
	f->literal = true;
	f->decoding = false;
	return ERR_OK;
}

/* How long the decoded part is, and whether it holds NUL. */
static struct err decoded_size(struct fetch *f, struct imapd_range r, enum encoding enc,
			       uint64_t *ret_n, bool *ret_nul)
{
	BUF_AUTO piece = BUF_INIT(2 * PIECE);
	struct imapd_decoder d;
	bool more = true;

	*ret_n = 0;
	*ret_nul = false;
	imapd_decoder_init(&d, &f->body, r, enc);
	while (more) {
		TRY(imapd_decoder_read(&d, &piece, &more));
		*ret_n += piece.n;
		*ret_nul = *ret_nul || str_chr(buf_str(&piece), '\0') >= 0;
		buf_clear(&piece);
	}
	return ERR_OK;
}

static struct err att_binary(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att)
{
	const struct entry *e = &f->batch.e[f->i];
	struct imapd_range r;
	enum encoding enc;
	uint64_t n, at;
	bool nul;

	if (!imapd_binary_range(e->facts, e->prefix_n, &att->section, &r, &enc)) {
		name_write(s, f, att);
		buf_str_add(imapd_out(s), att->kind == IMAP_FETCH_BINARY ? STR("NIL") : STR("0"));
		return ERR_OK;
	}
	if (enc == ENCODING_UNKNOWN)
		return err_make(ERR_UNSUPPORTED, "unknown content transfer encoding");
	TRY(body_open(s, f));
	TRY(decoded_size(f, r, enc, &n, &nul));
	name_write(s, f, att);
	if (att->kind == IMAP_FETCH_BINARY_SIZE) {
		buf_u64(imapd_out(s), n);
		return ERR_OK;
	}
	imap_partial(att, n, &at, &n);
	buf_imap_literal_head(imapd_out(s), n, nul);
	imapd_decoder_init(&f->decoder, &f->body, r, enc);
	f->skip = at;
	f->left = n;
	f->literal = f->decoding = true;
	return ERR_OK;
}

/* clang-format off */
static const struct {
	struct err (*send)(struct imapd *s, struct fetch *f, const struct imap_fetch_att *att);
	unsigned want;
} kinds[IMAP_FETCH_KIND_COUNT] = {
	[IMAP_FETCH_BODY]          = {att_body, WANT_PLACE | WANT_FACTS},
	[IMAP_FETCH_BODYSTRUCTURE] = {att_bodystructure, WANT_PLACE | WANT_FACTS},
	[IMAP_FETCH_ENVELOPE]      = {att_envelope, WANT_PLACE | WANT_FACTS},
	[IMAP_FETCH_FLAGS]         = {att_flags, 0},
	[IMAP_FETCH_INTERNALDATE]  = {att_internaldate, 0},
	[IMAP_FETCH_MODSEQ]        = {att_modseq, 0},
	[IMAP_FETCH_PREVIEW]       = {att_preview, WANT_PLACE | WANT_FACTS},
	[IMAP_FETCH_SAVEDATE]      = {att_savedate, 0},
	[IMAP_FETCH_RFC822]        = {att_section, WANT_PLACE | WANT_FACTS},
	[IMAP_FETCH_RFC822_HEADER] = {att_section, WANT_PLACE | WANT_FACTS},
	[IMAP_FETCH_RFC822_TEXT]   = {att_section, WANT_PLACE | WANT_FACTS},
	[IMAP_FETCH_RFC822_SIZE]   = {att_size, 0},
	[IMAP_FETCH_UID]           = {att_uid, 0},
	[IMAP_FETCH_SECTION]       = {att_section, WANT_PLACE | WANT_FACTS},
	[IMAP_FETCH_BINARY]        = {att_binary, WANT_PLACE | WANT_FACTS},
	[IMAP_FETCH_BINARY_SIZE]   = {att_binary, WANT_PLACE | WANT_FACTS},
};
/* clang-format on */

/* Sends the next piece of the literal. */
static struct err literal_go_on(struct imapd *s, struct fetch *f)
{
	if (!f->decoding) {
		struct imapd_range piece = {f->raw.at, f->raw.n < PIECE ? f->raw.n : PIECE};

		TRY(imapd_body_read_chars(&f->body, piece, imapd_out(s)));
		f->raw.at += piece.n;
		f->raw.n -= piece.n;
		f->literal = f->raw.n > 0;
		return ERR_OK;
	}
	BUF_AUTO b = BUF_INIT(2 * PIECE);
	bool more;

	TRY(imapd_decoder_read(&f->decoder, &b, &more));
	struct str out = str_from(buf_str(&b), f->skip < b.n ? (size_t)f->skip : b.n);

	f->skip -= b.n - out.n;
	out = str_sub(out, 0, f->left < out.n ? (size_t)f->left : out.n);
	f->left -= out.n;
	buf_str_add(imapd_out(s), out);
	f->literal = more && f->left;
	return ERR_OK;
}

/* Whether the answer has anything that sets \Seen. What can't be decoded is not answered: RFC 9051
 * §7.5.2 BINARY, RFC 3516 §4.3. */
static bool shows(const struct fetch *f, const struct entry *e)
{
	for (size_t i = 0; i < f->args.n; i++) {
		const struct imap_fetch_att *att = &f->args.atts[i];
		struct imapd_range r;
		enum encoding enc;

		if (!imap_fetch_sets_seen(att))
			continue;
		if (att->kind != IMAP_FETCH_BINARY ||
		    !imapd_binary_range(e->facts, e->prefix_n, &att->section, &r, &enc) ||
		    enc != ENCODING_UNKNOWN)
			return true;
	}
	return false;
}

/* The flags as they are now: what another session has changed since the batch was read is not told
 * later, since the new modseq is our own. */
static struct err seen_read(struct imapd *s, struct fetch *f)
{
	struct entry_query q = {
		.mailbox = imapd_view(s)->mailbox,
		.uids = &f->seen,
		.max = f->batch.n,
	};
	struct entries now;

	TRY(entry_list(imapd_account(s), &q, &f->mem, &now));
	for (size_t i = 0, k = 0; i < now.n; i++) {
		while (f->batch.e[k].uid < now.e[i].uid)
			k++;
		f->batch.e[k].set = now.e[i].set;
		f->batch.e[k].modseq = now.e[i].modseq;
	}
	return ERR_OK;
}

/* Sets \Seen on those of the batch that are shown and lack it, in one change. */
static struct err seen_set(struct imapd *s, struct fetch *f)
{
	UIDS_AUTO unseen = {0};

	uids_clear(&f->seen);
	for (size_t i = 0; i < f->batch.n; i++) {
		if (!(f->batch.e[i].set.flags & FLAG_SEEN) && shows(f, &f->batch.e[i]))
			TRY(uids_add(&unseen, f->batch.e[i].uid));
	}
	if (unseen.n == 0)
		return ERR_OK;
	struct flags_change change = {.mailbox = imapd_view(s)->mailbox,
				      .uids = &unseen,
				      .how = FLAGS_ADD,
				      .set = {.flags = FLAG_SEEN},
				      .ret_changed = &f->seen};

	TRY(entry_flags(imapd_account(s), &change));
	imapd_view_own(imapd_view(s), change.ret_modseq);
	return seen_read(s, f);
}

/* Of several failures one is told: not that a message is gone, if there is another. */
static void failure_note(struct fetch *f, enum err_code code)
{
	if (!f->failed || f->failed == ERR_EXPUNGED)
		f->failed = code;
}

static struct err batch_read(struct imapd *s, struct fetch *f)
{
	struct entry_query q = {
		.mailbox = imapd_view(s)->mailbox,
		.uids = &f->todo,
		.changed_since = f->args.has_changedsince ? f->args.changedsince : 0,
		.want = f->want,
		.max = f->want ? BATCH_FACTS : BATCH_FLAGS,
	};
	uint32_t last = f->todo.r[f->todo.n - 1].last;

	arena_reset(&f->mem);
	f->i = 0;
	TRY(entry_list(imapd_account(s), &q, &f->mem, &f->batch));
	if (f->batch.more)
		last = f->batch.e[f->batch.n - 1].uid;
	/* What was asked for and is not in the answer is gone, or did not change. */
	uint64_t asked = uids_below(&f->todo, last) + uids_has(&f->todo, last);

	if (!f->args.has_changedsince && asked != f->batch.n)
		failure_note(f, ERR_EXPUNGED);
	UIDS_AUTO rest = {0};

	for (size_t i = 0; i < f->todo.n; i++) {
		struct uid_range r = f->todo.r[i];

		if (r.last > last)
			TRY(uids_add_range(&rest, r.first > last ? r.first : last + 1, r.last));
	}
	uids_clear(&f->todo);
	TRY(uids_add_all(&f->todo, &rest));
	return f->sets_seen ? seen_set(s, f) : ERR_OK;
}

static void message_begin(struct imapd *s, struct fetch *f)
{
	const struct entry *e = &f->batch.e[f->i];

	buf_str_add(imapd_out(s), STR("* "));
	buf_u64(imapd_out(s), imapd_view_seq(imapd_view(s), &f->walk, e->uid));
	buf_str_add(imapd_out(s), STR(" FETCH ("));
	f->begun = true;
	f->any = false;
	f->att = 0;
}

static bool asks_for(const struct fetch *f, enum imap_fetch_kind kind)
{
	for (size_t i = 0; i < f->args.n; i++) {
		if (f->args.atts[i].kind == kind)
			return true;
	}
	return false;
}

/* What comes unasked: the uid in UID FETCH; flags that this FETCH changed; MODSEQ with them, or for
 * CHANGEDSINCE (RFC 7162 §3.1.4). */
static void message_end(struct imapd *s, struct fetch *f)
{
	static const struct imap_fetch_att uid = {.kind = IMAP_FETCH_UID},
					   flags = {.kind = IMAP_FETCH_FLAGS},
					   modseq = {.kind = IMAP_FETCH_MODSEQ};
	bool seen_now = uids_has(&f->seen, f->batch.e[f->i].uid);
	bool tell_modseq =
		f->args.has_changedsince || (imapd_is_enabled(s, IMAPD_CONDSTORE) &&
					     (seen_now || asks_for(f, IMAP_FETCH_FLAGS)));

	/* msg-att is never empty, even if all that was asked for failed. */
	if ((s->uid || !f->any) && !asks_for(f, IMAP_FETCH_UID))
		err_ignore(att_uid(s, f, &uid), "cannot fail");
	if (seen_now && !asks_for(f, IMAP_FETCH_FLAGS))
		err_ignore(att_flags(s, f, &flags), "cannot fail");
	if (tell_modseq && !asks_for(f, IMAP_FETCH_MODSEQ))
		err_ignore(att_modseq(s, f, &modseq), "cannot fail");
	buf_str_add(imapd_out(s), STR(")\r\n"));
	body_close(f);
	f->begun = false;
	f->i++;
}

/* One step: a batch, an attribute, a piece of a literal. *ret_done after the last. */
static struct err step(struct imapd *s, struct fetch *f, bool *ret_done)
{
	*ret_done = false;
	if (f->literal)
		return literal_go_on(s, f);
	if (f->begun && f->att == f->args.n) {
		message_end(s, f);
		return ERR_OK;
	}
	if (f->i == f->batch.n && !f->begun) {
		*ret_done = f->todo.n == 0;
		return *ret_done ? ERR_OK : batch_read(s, f);
	}
	if (!f->begun)
		message_begin(s, f);
	const struct imap_fetch_att *att = &f->args.atts[f->att++];

	return kinds[att->kind].send(s, f, att);
}

/* What can't be read keeps nobody from the rest; but in the middle of a literal there
 * is no way back to a clean line. */
static void failed(struct imapd *s, struct fetch *f, struct err e)
{
	enum err_code code = err_code(e);

	if (code != ERR_EXPUNGED && code != ERR_UNSUPPORTED)
		log_error(&s->base.log, "fetch", F_ERR(e));
	if (f->literal) {
		imapd_bye(s, STR("UNAVAILABLE"), STR("error processing"));
		s->job = NULL;
	} else if (f->begun) {
		failure_note(f, code);
	} else {
		imapd_fail(s, e);
	}
}

static void done(struct imapd *s, struct fetch *f)
{
	const struct err_row *row = err_row(f->failed);

	if (f->failed == ERR_UNSUPPORTED)
		imapd_no(s, STR("UNKNOWN-CTE"), STR("unknown content transfer encoding"));
	else if (f->failed && !(f->failed == ERR_EXPUNGED && s->uid))
		imapd_no(s, str_z(row->imap), str_z(row->text));
	else
		imapd_ok(s, STR(""), STR("done"));
}

static void job(struct imapd *s)
{
	struct fetch *f = job_of(s);
	bool end = false;

	while (s->job && !end && !conn_out_full(&s->base.conn)) {
		struct err e = step(s, f, &end);

		if (err_failed(e))
			failed(s, f, e);
	}
	if (end)
		done(s, f);
}

/* UID FETCH ... (CHANGEDSINCE n VANISHED): RFC 7162 §3.2.6. */
static struct err vanished(struct imapd *s, struct fetch *f)
{
	UIDS_AUTO known = {0}, changed = {0};
	struct imap_seqset set;

	if (!imap_seqset_resolve(f->args.set, UINT32_MAX, &s->mem, &set))
		return err_make(ERR_LIMIT, "set of messages is too long");
	TRY(imapd_uids_of_set(set, &known));
	return imapd_vanished_tell(s, f->args.changedsince, &known, 0, &changed);
}

static void prepare(struct imapd *s, struct fetch *f)
{
	for (size_t i = 0; i < f->args.n; i++) {
		f->want |= kinds[f->args.atts[i].kind].want;
		f->sets_seen = f->sets_seen || imap_fetch_sets_seen(&f->args.atts[i]);
	}
	f->sets_seen = f->sets_seen && !imapd_view(s)->readonly;
	if (f->args.has_changedsince || asks_for(f, IMAP_FETCH_MODSEQ))
		imapd_condstore_enable(s);
}

void imapd_cmd_fetch(struct imapd *s, struct cur *c)
{
	struct fetch *f = ARENA_NEW(&s->mem, struct fetch);

	if (!f) {
		imapd_fail(s, err_make(ERR_RESOURCES, "fetch"));
		return;
	}
	imap_x_sp(c);
	imap_x_fetch(c, &s->mem, &f->args);
	if (f->args.vanished &&
	    (!s->uid || !f->args.has_changedsince || !imapd_is_enabled(s, IMAPD_QRESYNC)))
		cur_fail(c, "VANISHED with UID, CHANGEDSINCE and QRESYNC only");
	if (!imapd_args_end(s, c))
		return;
	arena_init(&f->mem, BATCH_MEM);
	s->job_data = f;
	s->job_free = job_free;
	if (!imapd_view_resolve(s, f->args.set, s->uid, &f->todo))
		return;
	prepare(s, f);
	struct err e = f->args.vanished ? vanished(s, f) : ERR_OK;

	if (err_failed(e))
		imapd_fail(s, e);
	else
		s->job = job;
}
