#include "format/fold.h"

#include "base/utf8.h"
#include <utf8proc.h>

enum {
	/* NFKC_Casefold of Unicode Standard Annex #31 */
	OPTIONS = UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD |
		  UTF8PROC_IGNORE,
	DECOMPOSED_MAX = 18, /* of one character: U+FDFA */
};

void fold_init(struct fold *f)
{
	*f = (struct fold){0};
}

static void put_space(struct fold *f, struct buf *ret)
{
	if (!f->space)
		buf_char(ret, ' ');
	f->space = true;
}

static bool is_blank(uint32_t cp)
{
	return cp <= ' ' || (cp >= 0x7f && cp < 0xa0) || cp == 0x2028 || cp == 0x2029;
}

static void put(struct fold *f, uint32_t cp, struct buf *ret)
{
	if (is_blank(cp)) {
		put_space(f, ret);
		return;
	}
	buf_utf8(ret, cp);
	f->space = false;
}

/* Characters that may join with the one before: marks, and what becomes one: jamo of Hangul's
 * second and third places, halfwidth jamo, halfwidth voice marks of katakana. */
static bool joins(uint32_t cp)
{
	if (cp < 0x300)
		return false;
	switch (utf8proc_get_property((utf8proc_int32_t)cp)->category) {
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME: return true;
	default: break;
	}
	return (cp >= 0x1160 && cp <= 0x11ff) || (cp >= 0xff9e && cp <= 0xffdc);
}

/* Ideographs of the main block and kana without marks are what they are. */
static bool is_plain(uint32_t cp)
{
	return cp >= 0x4e00 && cp <= 0x9fff;
}

/* Unicode's canonical ordering: marks by their class, those of one class as they stand. */
static void order_marks(int32_t *s, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		int32_t cp = s[i];
		int class = utf8proc_get_property(cp)->combining_class;
		size_t at = i;

		while (class && at && utf8proc_get_property(s[at - 1])->combining_class > class) {
			s[at] = s[at - 1];
			at--;
		}
		s[at] = cp;
	}
}

/* A letter with its marks, NFKC_Casefold. */
static void put_cluster(struct fold *f, struct buf *ret)
{
	int32_t s[FOLD_CLUSTER * DECOMPOSED_MAX];
	size_t n = 0;
	int last = 0;

	for (size_t i = 0; i < f->n; i++) {
		utf8proc_ssize_t room = (utf8proc_ssize_t)(ARRAY_LEN(s) - n);
		utf8proc_ssize_t k = utf8proc_decompose_char(f->held[i], s + n, room,
							     (utf8proc_option_t)OPTIONS, &last);

		if (k > 0 && k <= room)
			n += (size_t)k;
	}
	order_marks(s, n);
	utf8proc_ssize_t composed =
		utf8proc_normalize_utf32(s, (utf8proc_ssize_t)n, (utf8proc_option_t)OPTIONS);

	for (utf8proc_ssize_t i = 0; i < composed; i++)
		put(f, (uint32_t)s[i], ret);
}

/* Gives out what is held. */
static void flush(struct fold *f, struct buf *ret)
{
	if (f->n == 1 && f->held[0] < 0x80)
		put(f, (uint32_t)(unsigned char)ch_lower((char)f->held[0]), ret);
	else
		put_cluster(f, ret);
	f->n = 0;
}

static void add_char(struct fold *f, uint32_t cp, struct buf *ret)
{
	if (f->n == FOLD_CLUSTER || (f->n && !joins(cp)))
		flush(f, ret);
	if (is_plain(cp))
		put(f, cp, ret);
	else
		f->held[f->n++] = (int32_t)cp;
}

/* How many bytes from `at` are ASCII with ASCII behind them, so that nothing joins them. */
static size_t ascii_run(struct str s, size_t at)
{
	size_t n = utf8_ascii_run(s, at);

	return n ? n - 1 : 0;
}

static void add_ascii(struct fold *f, struct str run, struct buf *ret)
{
	char *to = buf_reserve(ret, run.n);
	size_t n = 0;
	bool space = f->space;

	if (!to)
		return;
	for (size_t i = 0; i < run.n; i++) {
		char c = run.p[i];
		bool blank = c <= ' ' || c == 0x7f;

		to[n] = blank ? ' ' : ch_lower(c);
		n += !(blank && space);
		space = blank;
	}
	buf_commit(ret, n);
	f->space = space;
}

void fold_add(struct fold *f, struct str s, struct buf *ret)
{
	uint32_t cp;

	for (size_t at = 0; at < s.n;) {
		size_t run = ascii_run(s, at);

		if (run) {
			if (f->n)
				flush(f, ret);
			add_ascii(f, str_sub(s, at, at + run), ret);
			at += run;
		}
		at += utf8_decode_lossy(s, at, &cp);
		add_char(f, cp, ret);
	}
}

void fold_end(struct fold *f, struct buf *ret)
{
	if (f->n)
		flush(f, ret);
	fold_init(f);
}

void buf_fold(struct buf *b, struct str s)
{
	struct fold f;

	fold_init(&f);
	fold_add(&f, s, b);
	fold_end(&f, b);
}
