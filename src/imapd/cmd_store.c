/* STORE: RFC 9051 §6.4.6, RFC 7162 §3.1.3, RFC 2180 §4.2. One change, then the answers as a cursor.
 */
#include "imapd/user.h"

enum { BATCH = 500, BATCH_MEM = 8 << 20 };

struct store_job {
	struct imap_store args;
	struct uids todo, changed, modified;
	bool flags; /* are told; else only MODSEQ is */
	bool gone;  /* is one of the messages whose numbers were given */
	struct imapd_walk walk;
	struct arena mem;
};

static void job_free(struct imapd *s)
{
	struct store_job *j = s->job_data;

	uids_fini(&j->todo);
	uids_fini(&j->changed);
	uids_fini(&j->modified);
	arena_fini(&j->mem);
}

/* "[MODIFIED set]": message numbers, or uids for UID STORE. */
static void modified_write(struct imapd *s, struct store_job *j, struct buf *code)
{
	struct imap_seqset_build b = {.arena = &s->mem};
	struct imapd_walk walk = {0};

	buf_str_add(code, STR("MODIFIED "));
	if (s->uid) {
		uids_text(&j->modified, code);
		return;
	}
	for (uint32_t u = uids_next(&j->modified, 1); u; u = uids_next(&j->modified, u + 1))
		imap_seqset_add(&b, (uint32_t)imapd_view_seq(imapd_view(s), &walk, u));
	buf_imap_seqset(code, b.set);
}

/* RFC 2180 §4.2: the flags of the others are set; NO says that the answers are fewer than the
 * messages, where answers were asked for. There is one response code: RFC 7162 §3.1.3 example 11
 * has MODIFIED in that NO. */
static void done(struct imapd *s, struct store_job *j)
{
	const struct err_row *gone = err_row(ERR_EXPUNGED);
	BUF_AUTO code = BUF_INIT(60 << 10);

	if (j->modified.n)
		modified_write(s, j, &code);
	else if (j->gone)
		buf_str_add(&code, str_z(gone->imap));
	struct str told = buf_failed(&code) ? STR("") : buf_str(&code);

	if (j->gone && !j->args.silent)
		imapd_no(s, told, str_z(gone->text));
	else
		imapd_ok(s, told, STR("done"));
}

static struct err batch_tell(struct imapd *s, struct store_job *j)
{
	struct entry_query q = {.mailbox = imapd_view(s)->mailbox, .uids = &j->todo, .max = BATCH};
	struct entries list;

	arena_reset(&j->mem);
	TRY(entry_list(imapd_account(s), &q, &j->mem, &list));
	for (size_t i = 0; i < list.n; i++)
		imapd_flags_tell(s, imapd_view_seq(imapd_view(s), &j->walk, list.e[i].uid),
				 &list.e[i], j->flags, false);
	if (!list.more)
		uids_clear(&j->todo);
	for (size_t i = 0; j->todo.n && i < list.n; i++)
		TRY(uids_remove(&j->todo, list.e[i].uid));
	return ERR_OK;
}

static void job(struct imapd *s)
{
	struct store_job *j = s->job_data;

	while (j->todo.n && !conn_out_full(&s->base.conn)) {
		struct err e = batch_tell(s, j);

		if (err_failed(e)) {
			imapd_fail(s, e);
			return;
		}
	}
	if (j->todo.n == 0)
		done(s, j);
}

static struct err apply(struct imapd *s, struct store_job *j)
{
	struct imapd_view *v = imapd_view(s);
	struct flags_change change = {
		.mailbox = v->mailbox,
		.uids = &j->todo,
		.how = j->args.op == '+'   ? FLAGS_ADD
		       : j->args.op == '-' ? FLAGS_REMOVE
					   : FLAGS_REPLACE,
		.conditional = j->args.has_unchangedsince,
		.unchanged_since = j->args.unchangedsince,
		.known = v->modseq,
		.own = v->own,
		.own_n = v->own_n,
		.ret_changed = &j->changed,
		.ret_modified = &j->modified,
	};

	TRY(imapd_flagset(s, &j->args.flags, &change.set));
	TRY(entry_flags(imapd_account(s), &change));
	/* RFC 9051 §6.4.6: what another session changed is told, silent or not. Our modseq would
	 * hide it: where there is some, what we changed is told as another's is. */
	if (!change.ret_foreign)
		imapd_view_own(v, change.ret_modseq);
	/* RFC 9051 §6.4.9: a uid that is gone is passed over. */
	j->gone = !s->uid && change.ret_present < uids_count(&j->todo);
	return ERR_OK;
}

/* Silent: nothing is told, or only the new modseqs of what changed; else the flags of all. RFC 7162
 * §3.1.3: with UNCHANGEDSINCE, MODSEQ even so. */
static struct err choose(struct imapd *s, struct store_job *j)
{
	j->flags = !j->args.silent;
	if (!j->args.silent) {
		for (uint32_t u = uids_next(&j->modified, 1); u; u = uids_next(&j->modified, u + 1))
			TRY(uids_remove(&j->todo, u));
		return ERR_OK;
	}
	uids_clear(&j->todo);
	if (!imapd_is_enabled(s, IMAPD_CONDSTORE))
		return ERR_OK;
	return uids_add_all(&j->todo, &j->changed);
}

void imapd_cmd_store(struct imapd *s, struct cur *c)
{
	struct store_job *j = ARENA_NEW(&s->mem, struct store_job);

	if (!j) {
		imapd_fail(s, err_make(ERR_RESOURCES, "store"));
		return;
	}
	imap_x_sp(c);
	imap_x_store(c, &s->mem, &j->args);
	if (!imapd_args_end(s, c))
		return;
	if (imapd_view(s)->readonly) {
		imapd_no(s, STR("NOPERM"), STR("the mailbox is selected read-only"));
		return;
	}
	arena_init(&j->mem, BATCH_MEM);
	s->job_data = j;
	s->job_free = job_free;
	if (j->args.has_unchangedsince)
		imapd_condstore_enable(s);
	if (!imapd_view_resolve(s, j->args.set, s->uid, &j->todo))
		return;
	struct err e = apply(s, j);

	if (err_is_ok(e))
		e = choose(s, j);
	if (err_failed(e))
		imapd_fail(s, e);
	else
		s->job = job;
}
