#include "format/subject.h"

#include "base/utf8.h"
#include <utf8proc.h>

/* RFC 5256 §2.1 step 1: folding and runs of white space become one space. Lower-case besides. */
static void fold(struct str s, struct buf *b)
{
	uint32_t cp;

	for (size_t i = 0; i < s.n;) {
		i += utf8_decode_lossy(s, i, &cp);
		if (cp == '\r')
			continue;
		if (cp != ' ' && cp != '\t' && cp != '\n')
			buf_utf8(b, (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp));
		else if (!b->n || b->p[b->n - 1] != ' ')
			buf_char(b, ' ');
	}
}

static struct str skip_space(struct str s)
{
	return str_starts(s, STR(" ")) ? str_from(s, 1) : s;
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP, where there is one. */
static struct str skip_blob(struct str s)
{
	struct str blob, rest;

	if (!str_starts(s, STR("[")) || !str_cut(str_from(s, 1), ']', &blob, &rest) ||
	    str_chr(blob, '[') >= 0)
		return s;
	return skip_space(rest);
}

/* subj-leader = (*subj-blob subj-refwd) / WSP, where there is one. */
static struct str skip_leader(struct str s, bool *reply)
{
	static const struct str names[] = {STR_INIT("re"), STR_INIT("fwd"), STR_INIT("fw")};
	struct str t = skip_space(s), whole = t;

	for (size_t n = 0; n != t.n;) {
		n = t.n;
		t = skip_blob(t);
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!str_starts(t, names[i]))
			continue;
		struct str behind = skip_blob(skip_space(str_from(t, names[i].n)));

		if (str_starts(behind, STR(":"))) {
			*reply = true;
			return str_from(behind, 1);
		}
	}
	return whole;
}

/* subj-trailer = "(fwd)" / WSP, as many as there are. */
static struct str cut_trailers(struct str s, bool *reply)
{
	for (;;) {
		if (str_ends(s, STR(" "))) {
			s.n--;
		} else if (str_ends(s, STR("(fwd)"))) {
			s.n -= 5;
			*reply = true;
		} else {
			return s;
		}
	}
}

/* Steps 3 to 5: leaders, and a mailing list's tag unless it is all there is. */
static struct str skip_leaders(struct str s, bool *reply)
{
	for (size_t n = SIZE_MAX; n != s.n;) {
		n = s.n;
		s = skip_leader(s, reply);
		struct str t = skip_blob(s);

		if (t.n)
			s = t;
	}
	return s;
}

bool subject_base(struct str s, struct buf *ret)
{
	BUF_AUTO b = BUF_INIT(4 * SUBJECT_MAX);
	bool reply = false;

	fold(utf8_cut(s, SUBJECT_MAX), &b);
	s = buf_str(&b);
	for (;;) {
		s = skip_leaders(cut_trailers(s, &reply), &reply);
		/* Step 6: "[fwd:" subject "]", and from step 2 again. */
		if (!str_starts(s, STR("[fwd:")) || !str_ends(s, STR("]")))
			break;
		s = str_sub(s, 5, s.n - 1);
		reply = true;
	}
	buf_str_add(ret, s);
	return reply;
}
