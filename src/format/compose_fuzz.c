#include "base/utf8.h"
#include "format/compose.h"
#include "format/header.h"
#include "format/word.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly one field, of lines that are not blank and end in CRLF, without other CR, LF or NUL. */
static struct str check_field(struct str s, struct str name)
{
	struct header_iter it = header_iter_of(s);
	struct header_field f;
	struct str rest = s, line;

	assert(str_ends(s, STR("\r\n")));
	while (rest.n) {
		str_cut(rest, '\n', &line, &rest);
		line.n--;
		assert(str_chr(line, '\r') < 0 && str_chr(line, '\0') < 0 && line.n <= 998);
		assert(str_trim(line).n > 0);
	}
	assert(header_next(&it, &f) && str_eq(f.name, name) && f.to == s.n);
	assert(!header_next(&it, &f) || true);
	return f.value;
}

static void check_text(struct str in, bool utf8)
{
	BUF_AUTO b = BUF_INIT(20 * in.n + 200), got = BUF_INIT(20 * in.n + 200);
	BUF_AUTO want = BUF_INIT(3 * in.n + 1);

	buf_header_text(&b, STR("Subject"), in, utf8);
	assert(!buf_failed(&b));
	struct str value = check_field(buf_str(&b), STR("Subject"));

	buf_utf8_repair(&want, in);
	for (size_t i = 0; i < want.n; i++)
		if (strchr("\r\n", want.p[i]))
			want.p[i] = ' ';
	if (str_find(buf_str(&want), STR("\xef\xbb\xbf"), 0) >= 0)
		return; /* a byte order mark that starts encoded words is none of their text */
	word_decode(value, &got);
	assert(str_eq(str_trim(buf_str(&got)), str_trim(buf_str(&want))));
}

/* As many entries as were written are read again, with the same local parts if they are clean. */
static void check_addresses(struct str in, bool utf8)
{
	BUF_AUTO b = BUF_INIT(40 * in.n + 2000);
	struct address_list l, again;
	struct arena a;
	size_t k = 0;

	arena_init(&a, 64 << 20);
	address_list_parse(in, &a, &l);
	buf_header_addresses(&b, STR("To"), l.at, l.n, utf8);
	assert(!buf_failed(&b));
	if (b.n) {
		address_list_parse(check_field(buf_str(&b), STR("To")), &a, &again);
		for (size_t i = 0; i < l.n; i++) {
			if (l.at[i].kind == ADDRESS_MAILBOX && !l.at[i].local.n)
				continue;
			assert(k < again.n && again.at[k].kind == l.at[i].kind);
			k++;
		}
		assert(k == again.n);
	}
	arena_fini(&a);
}

static void check_others(struct str in)
{
	BUF_AUTO b = BUF_INIT(20 * in.n + 2000);
	struct compose_param p = {STR("filename"), in};

	buf_header_params(&b, STR("Content-Disposition"), STR("attachment"), &p, 1);
	assert(!buf_failed(&b));
	check_field(buf_str(&b), STR("Content-Disposition"));
	buf_clear(&b);
	buf_header_ids(&b, STR("References"), &in, 1);
	if (b.n)
		check_field(buf_str(&b), STR("References"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of(data, size);

	for (int utf8 = 0; utf8 < 2; utf8++) {
		check_text(in, utf8);
		check_addresses(in, utf8);
	}
	check_others(in);
	return 0;
}
