/* user: what a session has after login: the account, and a view of the selected mailbox.
 *
 * The view is what the client was told: which messages there are, up to which modseq. It changes
 * only in imapd_update, so that message numbers mean to both sides the same (RFC 9051 §7.5.1).
 * What others, or this session's own commands, changed in the store is asked for there.
 */
#ifndef MOX_IMAPD_USER_H
#define MOX_IMAPD_USER_H

#include "imap/fetch.h"
#include "imapd/command.h"
#include "store/changes.h"

enum { IMAPD_OWN_MAX = 64 };

struct imapd_view {
	struct arena mem; /* of the name */
	uint32_t mailbox, uidvalidity;
	struct str name; /* canonical */
	bool readonly;
	uint64_t modseq;   /* changes up to here are in uids, or below, still to be told */
	struct uids uids;  /* message numbers count these */
	struct uids saved; /* `$`, RFC 5182 */
	/* still to be told */
	struct uids expunged, flagged;
	bool exists, keywords, gone;
	/* Changes of this session's own, which the client knows of; entries with these modseqs need
	 * not be told. */
	uint64_t own[IMAPD_OWN_MAX];
	size_t own_n;
};

struct imapd_user {
	struct account *acc;
	char name[IMAPD_ACCOUNT_MAX + 1];
	struct imapd_view view; /* while a mailbox is selected */
};

static inline struct account *imapd_account(struct imapd *s)
{
	return s->user->acc;
}
static inline struct imapd_view *imapd_view(struct imapd *s)
{
	return &s->user->view;
}

/* view.c */
/* Fills the view of a mailbox; *ret_mailbox is in the command's arena. */
struct err imapd_view_open(struct imapd *s, struct str name, bool readonly,
			   struct mailbox *ret_mailbox, uint32_t *ret_first_unseen);
/* Forgets it; the state is IMAPD_USER then. */
void imapd_view_close(struct imapd *s);
/* The message number of a uid that is in the view. Walks along with ascending uids: *walk begins
 * zeroed. */
struct imapd_walk {
	size_t range;
	uint64_t below;
};
uint64_t imapd_view_seq(const struct imapd_view *v, struct imapd_walk *walk, uint32_t uid);
/* The messages a client's set names, as uids that are in the view. Ends the command and returns
 * false for message numbers that do not exist (RFC 9051 §9 seq-number), or without memory. */
bool imapd_view_resolve(struct imapd *s, struct imap_seqset set, bool uid, struct uids *ret);
/* Whether a set of message numbers names one that a mailbox with `count` messages does not have. */
bool imapd_view_no_such(uint64_t count, struct imap_seqset set);
/* This session made a change with that modseq and has told, or is telling, what the client wants
 * to know of it. */
void imapd_view_own(struct imapd_view *v, uint64_t modseq);

/* qresync.c: RFC 7162 §3.2 */
/* Tells which of the uids `known` were expunged since, as VANISHED (EARLIER), but none up to
 * `above`. *ret_changed gets those that came or changed since. Uids still in the view are left to
 * imapd_update. */
struct err imapd_vanished_tell(struct imapd *s, uint64_t since, const struct uids *known,
			       uint32_t above, struct uids *ret_changed);
/* "* VANISHED (EARLIER) set", in lines of a bearable length. */
void imapd_vanished_write(struct imapd *s, const struct uids *u, bool earlier);
/* After SELECT: what the client has missed, told here or left to imapd_update. */
struct err imapd_qresync(struct imapd *s, const struct imap_select *args, const struct mailbox *m);
/* The numbers of a resolved set. */
struct err imapd_uids_of_set(struct imap_seqset set, struct uids *ret);

/* names.c */
/* The canonical name of what the client wrote, in the command's arena; ends the command with NO if
 * it can't be a name. */
bool imapd_name(struct imapd *s, struct str written, struct str *ret);
/* The same bytes as UTF-8, for LIST's patterns: nothing is refused. */
struct str imapd_pattern(struct imapd *s, struct str written);
/* A name as this client writes it. */
void buf_imapd_name(struct buf *b, const struct imapd *s, struct str name);

/* flags.c */
/* "(\Seen $Junk)" */
void buf_imapd_flags(struct buf *b, const struct flagset *set);
/* "* FLAGS (...)": all of the selected mailbox. */
void imapd_mailbox_flags_tell(struct imapd *s, const struct mailbox *m);
/* "* OK [PERMANENTFLAGS (...)] -": those that may be changed, and whether there may be more. */
void imapd_permanentflags_tell(struct imapd *s, const struct mailbox *m);
struct err imapd_flagset(struct imapd *s, const struct imap_flags *f, struct flagset *ret);
/* "* n FETCH (UID u FLAGS (...))", with MODSEQ where it is enabled or wanted. */
void imapd_flags_tell(struct imapd *s, uint64_t seq, const struct entry *e, bool flags,
		      bool modseq);

/* cmd_list.c: "* LIST (...) "/" name", for SELECT, too. */
void imapd_list_line(struct imapd *s, const struct mailbox *m);
/* The use that an attribute names ("Sent"), or 0. */
unsigned imapd_use_of(struct str attribute);
/* cmd_status.c: "* STATUS name (...)" */
void imapd_status_line(struct imapd *s, const struct mailbox *m, unsigned atts);
/* CONDSTORE is enabled by any command that shows it (RFC 7162 §3.1). */
void imapd_condstore_enable(struct imapd *s);

#endif
