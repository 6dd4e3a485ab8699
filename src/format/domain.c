#include "format/domain.h"

#include "base/utf8.h"
#include <idn2.h>
#include <stdlib.h>
#include <utf8proc.h>

static bool label_ok(struct str s)
{
	if (s.n == 0 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ch_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return true;
}

/* The dots of a name: what UTS #46 maps to the first. */
static size_t dot_at(struct str s, size_t i)
{
	static const struct str dots[] = {STR_INIT("."), STR_INIT("\343\200\202"),
					  STR_INIT("\357\274\216"), STR_INIT("\357\275\241")};

	for (size_t k = 0; k < sizeof(dots) / sizeof(dots[0]); k++)
		if (str_starts(str_from(s, i), dots[k]))
			return dots[k].n;
	return 0;
}

/* Cuts s at its first dot: false if it has none. */
static bool label_cut(struct str s, struct str *ret_label, struct str *ret_rest)
{
	size_t i = 0, dot = 0;

	while (i < s.n && !(dot = dot_at(s, i)))
		i++;
	*ret_label = str_sub(s, 0, i);
	*ret_rest = str_from(s, i + dot);
	return dot > 0;
}

static bool lower_add(struct str label, struct buf *b)
{
	if (!label_ok(label))
		return false;
	for (size_t i = 0; i < label.n; i++)
		buf_char(b, ch_lower(label.p[i]));
	return true;
}

/* A label with the NUL that libidn2 wants; its bytes are ours to check first. */
static bool label_z(struct str s, char z[4 * DOMAIN_MAX + 1])
{
	if (s.n == 0 || s.n > (size_t)4 * DOMAIN_MAX || !utf8_valid(s) || str_chr(s, '\0') >= 0)
		return false;
	memcpy(z, s.p, s.n);
	z[s.n] = 0;
	return true;
}

static bool label_ascii(struct str label, struct buf *b)
{
	char z[4 * DOMAIN_MAX + 1];
	uint8_t *out = NULL;

	if (utf8_is_ascii(label))
		return lower_add(label, b);
	bool ok = label_z(label, z) &&
		  idn2_lookup_u8((const uint8_t *)z, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) ==
			  IDN2_OK &&
		  lower_add(str_z((char *)out), b);

	idn2_free(out);
	return ok;
}

bool domain_ascii(struct str s, struct buf *b)
{
	size_t from = b->n;
	bool more, ok;
	struct str label;

	do {
		more = label_cut(s, &label, &s);
		ok = label_ascii(label, b);
		if (more && s.n)
			buf_char(b, '.');
	} while (ok && more && s.n);
	ok = ok && !buf_failed(b) && b->n - from <= DOMAIN_MAX;
	if (!ok)
		buf_truncate(b, from);
	return ok;
}

/* libidn2 also decodes what no name encodes to (an empty label, control characters): only what
 * leads back to the label counts. */
static void label_unicode(struct str label, struct buf *b)
{
	char z[4 * DOMAIN_MAX + 1];
	char *out = NULL;
	BUF_AUTO back = BUF_INIT(DOMAIN_MAX + 1);

	if (label_z(label, z) && idn2_to_unicode_8z8z(z, &out, IDN2_NONTRANSITIONAL) == IDN2_OK &&
	    domain_ascii(str_z(out), &back) && str_eq(buf_str(&back), label))
		buf_str_add(b, str_z(out));
	else
		buf_str_add(b, label);
	idn2_free(out);
}

bool domain_unicode(struct str s, struct buf *b)
{
	BUF_AUTO ascii = BUF_INIT(DOMAIN_MAX + 1);
	struct str rest, label;

	if (!domain_ascii(s, &ascii))
		return false;
	for (rest = buf_str(&ascii); str_cut(rest, '.', &label, &rest); buf_char(b, '.'))
		label_unicode(label, b);
	label_unicode(label, b);
	return !buf_failed(b);
}

bool domain_eq(struct str a, struct str b)
{
	BUF_AUTO x = BUF_INIT(DOMAIN_MAX + 1);
	BUF_AUTO y = BUF_INIT(DOMAIN_MAX + 1);

	return domain_ascii(a, &x) && domain_ascii(b, &y) && str_eq(buf_str(&x), buf_str(&y));
}

static utf8proc_int32_t lower(utf8proc_int32_t c, void *arg)
{
	return utf8proc_tolower(c);
}

static utf8proc_int32_t same(utf8proc_int32_t c, void *arg)
{
	return c;
}

bool local_part_fold(struct str s, bool case_sensitive, struct buf *b)
{
	utf8proc_uint8_t *out = NULL;

	if (s.n > DOMAIN_LOCAL_MAX || !utf8_valid(s))
		return false;
	if (utf8_is_ascii(s)) {
		for (size_t i = 0; i < s.n; i++)
			buf_char(b, case_sensitive ? s.p[i] : ch_lower(s.p[i]));
		return !buf_failed(b);
	}
	utf8proc_ssize_t n = utf8proc_map_custom(
		(const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &out,
		UTF8PROC_STABLE | UTF8PROC_COMPOSE, case_sensitive ? same : lower, NULL);

	if (n >= 0)
		buf_add(b, out, (size_t)n);
	free(out);
	return n >= 0 && !buf_failed(b);
}
