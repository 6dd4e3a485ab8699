/* Real messages of other projects (test/data/mime): all are parsed, as they are and with their line
 * ends changed. Those of mime4j are compared with its trees, byte by byte: our tree is written in
 * its XML. Where we differ on purpose a table says how and why.
 */
#include "base/test.h"

#include "base/buf.h"
#include "format/header.h"
#include "format/mime_check.h"
#include <ftw.h>

enum { FILE_MAX = 1 << 20, PATHS_MAX = 500 };

static char *paths[PATHS_MAX];
static size_t path_count;

static int path_add(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct str s = str_z(path);

	(void)st;
	(void)ftw;
	if (type != FTW_F || str_ends(s, STR("LICENSE-PSF.txt")))
		return 0;
	if (!str_ends(s, STR(".msg")) && !str_ends(s, STR(".eml")) &&
	    str_find(s, STR("/python-email/"), 0) < 0)
		return 0;
	assert_true(path_count < PATHS_MAX);
	paths[path_count++] = strdup(path);
	return 0;
}

static int paths_find(void **state)
{
	char root[4096];

	(void)state;
	snprintf(root, sizeof(root), "%s/test/data/mime", getenv("MOX_SOURCE_ROOT"));
	return nftw(root, path_add, 10, FTW_PHYS);
}

static int paths_free(void **state)
{
	(void)state;
	while (path_count)
		free(paths[--path_count]);
	return 0;
}

static bool file_read(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "rb");
	char *to = buf_reserve(ret, FILE_MAX);

	if (!f || !to) {
		if (f)
			fclose(f);
		return false;
	}
	size_t n = fread(to, 1, FILE_MAX, f);

	fclose(f);
	assert_true(n < FILE_MAX);
	buf_commit(ret, n);
	return true;
}

/* Lines end as in `end`, whatever they ended in. */
static void line_ends(struct str s, struct str end, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
			continue;
		if (s.p[i] == '\n')
			buf_str_add(out, end);
		else
			buf_char(out, s.p[i]);
	}
}

/* "multipart/mixed(text/plain image/gif)" */
static void shape(const struct mime_part *m, struct buf *out)
{
	buf_strs(out, m->type, STR("/"), m->subtype);
	if (m->child)
		buf_char(out, '(');
	for (const struct mime_part *c = m->child; c; c = c->next) {
		shape(c, out);
		buf_str_add(out, c->next ? STR(" ") : STR(")"));
	}
}

static void shape_of(struct str s, struct buf *out)
{
	struct mime_tree t;
	struct arena a;

	arena_init(&a, MIME_ARENA_MAX);
	assert_ok(mime_parse(s, &a, &t));
	mime_check(&t, s);
	shape(t.root, out);
	arena_fini(&a);
}

static void all_parse(void **state)
{
	(void)state;
	assert_true(path_count > 180);
	for (size_t i = 0; i < path_count; i++) {
		BUF_AUTO raw = BUF_INIT(FILE_MAX);
		BUF_AUTO lf = BUF_INIT(FILE_MAX);
		BUF_AUTO crlf = BUF_INIT(2 * FILE_MAX);
		struct buf shapes[3] = {BUF_INIT(1 << 16), BUF_INIT(1 << 16), BUF_INIT(1 << 16)};

		assert_true(file_read(paths[i], &raw));
		line_ends(buf_str(&raw), STR("\n"), &lf);
		line_ends(buf_str(&raw), STR("\r\n"), &crlf);
		shape_of(buf_str(&raw), &shapes[0]);
		shape_of(buf_str(&lf), &shapes[1]);
		shape_of(buf_str(&crlf), &shapes[2]);
		assert_str(paths[i], buf_str(&shapes[1]), buf_str(&shapes[0]));
		assert_str(paths[i], buf_str(&shapes[2]), buf_str(&shapes[0]));
		for (size_t k = 0; k < 3; k++)
			buf_fini(&shapes[k]);
	}
}

/* -- mime4j's trees -- */

static void xml_text(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '<': buf_str_add(out, STR("&lt;")); break;
		case '>': buf_str_add(out, STR("&gt;")); break;
		case '&': buf_str_add(out, STR("&amp;")); break;
		default: buf_char(out, s.p[i]);
		}
	}
}

static void xml_element(const char *name, struct str text, struct buf *out)
{
	buf_printf(out, "<%s>\n", name);
	xml_text(text, out);
	buf_printf(out, "</%s>\n", name);
}

static void xml_header(struct str section, struct buf *out)
{
	struct header_iter it = header_iter_of(section);
	struct header_field f;

	buf_str_add(out, STR("<header>\n"));
	while (header_next(&it, &f)) {
		const char *end = f.value.p + f.value.n;

		xml_element("field", str_of(f.name.p, (size_t)(end - f.name.p)), out);
	}
	buf_str_add(out, STR("</header>\n"));
}

/* What is before the boundary line that the first part follows, without the line end that
 * belongs to the boundary; messages here have bare LF. */
static struct str preamble(const struct mime_part *m, struct str s)
{
	struct str head = str_sub(s, m->body, m->child->header - 1);
	ssize_t lf = str_rchr(head, '\n');

	return str_sub(head, 0, lf < 0 ? 0 : (size_t)lf);
}

static void xml_entity(const struct mime_part *m, struct str s, struct buf *out)
{
	bool part = m->parent && m->parent->kind == MIME_MULTIPART;

	buf_str_add(out, part ? STR("<body-part>\n") : STR("<message>\n"));
	xml_header(mime_header(m, s), out);
	if (m->kind == MIME_LEAF)
		xml_element("body", mime_body(m, s), out);
	if (m->kind == MIME_MULTIPART) {
		buf_str_add(out, STR("<multipart>\n"));
		if (preamble(m, s).n)
			xml_element("preamble", preamble(m, s), out);
	}
	for (const struct mime_part *c = m->child; c; c = c->next)
		xml_entity(c, s, out);
	if (m->kind == MIME_MULTIPART) {
		struct str epilogue = str_sub(s, m->epilogue, m->end);

		if (m->epilogue && epilogue.n)
			xml_element("epilogue", epilogue, out);
		buf_str_add(out, STR("</multipart>\n"));
	}
	buf_str_add(out, part ? STR("</body-part>\n") : STR("</message>\n"));
}

/* Blank preambles and epilogues are not compared: mime4j finds some where there is nothing. */
static void xml_remove(struct buf *b, struct str what)
{
	BUF_AUTO out = BUF_INIT(2 * FILE_MAX);
	size_t from = 0;

	for (ssize_t i; (i = str_find(buf_str(b), what, from)) >= 0; from = (size_t)i + what.n)
		buf_str_add(&out, str_sub(buf_str(b), from, (size_t)i));
	buf_str_add(&out, str_from(buf_str(b), from));
	buf_clear(b);
	buf_str_add(b, buf_str(&out));
}

static void xml_normal(struct buf *b)
{
	xml_remove(b, STR("<preamble>\n</preamble>\n"));
	xml_remove(b, STR("<epilogue>\n</epilogue>\n"));
	xml_remove(b, STR("<epilogue>\n\n</epilogue>\n"));
}

#define NO_PART   "no part: an opaque leaf keeps all bytes in reach of BODY[1]"
#define ENCODED   "RFC 2045 §6.4: an encoded message is not taken apart"
#define TRAILING  "RFC 2046 §5.1.1: white space at the end of a boundary line does not count"
#define NO_COLON  "mime4j was run in another mode; the file's twin without StartsBody fits"
#define LEAF      "application/octet-stream"
#define TWO_TEXTS "multipart/mixed(text/plain text/plain)"

static const struct {
	const char *name, *shape, *reason;
} differences[] = {
	{"badbound", LEAF, NO_PART},
	{"missing-boundary", LEAF, NO_PART},
	{"multipartnopart", LEAF, NO_PART},
	{"missing-inner-boundary", "multipart/mixed(text/plain " LEAF ")", NO_PART},
	{"missing-inner-start-boundary", "multipart/mixed(text/plain " LEAF ")", NO_PART},
	{"multi-2gifs-base64", LEAF, ENCODED},
	{"base64encoded-rfc822message", LEAF, ENCODED},
	{"base64encoded-rfc822message-nested", LEAF, ENCODED},
	{"bad-newlines-multiple-parts-base64", LEAF, ENCODED},
	{"weird-boundary", TWO_TEXTS, TRAILING},
	{"very-long-boundary", TWO_TEXTS, TRAILING},
	{"very-very-long-boundary", TWO_TEXTS, TRAILING},
	{"malformedHeaderStartsBody-nocrlfcrlf", "text/plain", NO_COLON},
	{"malformedHeaderStartsBody-noheader", "text/plain", NO_COLON},
	{"ending-boundaries", LEAF, "mime.h: a line with text behind the boundary is none"},
};

/* A message of mime4j: its path without suffix, its bytes, its tree. */
struct sample {
	struct str stem;
	struct buf raw, lf;
	struct mime_tree raw_tree, lf_tree;
	struct arena arena;
};

static bool sample_open(const char *path, struct sample *s)
{
	struct str p = str_z(path);

	*s = (struct sample){.raw = BUF_INIT(FILE_MAX), .lf = BUF_INIT(FILE_MAX)};
	if (!str_ends(p, STR(".msg")))
		return false;
	s->stem = str_sub(p, 0, p.n - 4);
	arena_init(&s->arena, 2 * MIME_ARENA_MAX);
	assert_true(file_read(path, &s->raw));
	line_ends(buf_str(&s->raw), STR("\n"), &s->lf);
	assert_ok(mime_parse(buf_str(&s->raw), &s->arena, &s->raw_tree));
	assert_ok(mime_parse(buf_str(&s->lf), &s->arena, &s->lf_tree));
	return true;
}

static void sample_close(struct sample *s)
{
	buf_fini(&s->raw);
	buf_fini(&s->lf);
	arena_fini(&s->arena);
}

/* Which row of differences, or ARRAY_LEN. */
static size_t sample_difference(const struct sample *s)
{
	struct str name = str_from(s->stem, (size_t)str_rchr(s->stem, '/') + 1);
	size_t i = 0;

	while (i < ARRAY_LEN(differences) && !str_eq(name, str_z(differences[i].name)))
		i++;
	return i;
}

static void tree_compare(const struct sample *s)
{
	BUF_AUTO file = BUF_INIT(FILE_MAX);
	BUF_AUTO want = BUF_INIT(FILE_MAX);
	BUF_AUTO got = BUF_INIT(2 * FILE_MAX);
	BUF_AUTO types = BUF_INIT(1 << 16);
	size_t d = sample_difference(s);
	char name[4096];

	snprintf(name, sizeof(name), "%.*s.xml", STR_ARG(s->stem));
	assert_true(file_read(name, &file));
	line_ends(buf_str(&file), STR("\n"), &want);
	xml_normal(&want);
	xml_entity(s->lf_tree.root, buf_str(&s->lf), &got);
	xml_normal(&got);
	if (d == ARRAY_LEN(differences)) {
		assert_str(name, buf_str(&got), buf_str(&want));
		return;
	}
	shape(s->lf_tree.root, &types);
	assert_str(differences[d].reason, buf_str(&types), str_z(differences[d].shape));
	assert_false(str_eq(buf_str(&got), buf_str(&want)));
}

static void trees_of_mime4j(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < path_count; i++) {
		struct sample s;

		if (!sample_open(paths[i], &s))
			continue;
		tree_compare(&s);
		sample_close(&s);
		n++;
	}
	assert_int_equal(n, 80);
}

/* The name of a leaf's decoded file: the numbers of its parents and its own. */
static bool leaf_read(const struct sample *s, const struct mime_part *m, struct buf *ret)
{
	char numbers[4 * MIME_DEPTH_MAX], *p = numbers + sizeof(numbers), name[4096];

	for (*--p = '\0'; m; m = m->parent) {
		char number[16];
		int n = snprintf(number, sizeof(number), "_%u", m->number);

		p -= n;
		memcpy(p, number, (size_t)n);
	}
	for (int text = 0; text < 2; text++) {
		snprintf(name, sizeof(name), "%.*s_decoded%s.%s", STR_ARG(s->stem), p,
			 text ? "txt" : "bin");
		if (file_read(name, ret))
			return true;
	}
	return false;
}

/* Text may differ in its line ends, and mime4j drops a last base64 quantum that is not complete. */
static void leaf_compare(const struct sample *s, const struct mime_part *m, const struct buf *file)
{
	BUF_AUTO decoded = BUF_INIT(2 * FILE_MAX);
	BUF_AUTO got = BUF_INIT(2 * FILE_MAX);
	BUF_AUTO want = BUF_INIT(2 * FILE_MAX);

	encoding_decode_all(m->encoding, mime_body(m, buf_str(&s->raw)), &decoded);
	if (m->encoding == ENCODING_BASE64 && file->n % 3 == 0 && decoded.n - file->n <= 2)
		buf_truncate(&decoded, file->n);
	line_ends(buf_str(&decoded), STR("\n"), &got);
	line_ends(buf_str(file), STR("\n"), &want);
	assert_str(s->stem.p, buf_str(&got), buf_str(&want));
}

static void leaves_of_mime4j(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < path_count; i++) {
		struct sample s;

		if (!sample_open(paths[i], &s))
			continue;
		bool same = sample_difference(&s) == ARRAY_LEN(differences);

		for (const struct mime_part *m = s.raw_tree.root; same && m; m = mime_next(m)) {
			BUF_AUTO file = BUF_INIT(FILE_MAX);

			if (m->kind != MIME_LEAF)
				continue;
			assert_true(leaf_read(&s, m, &file));
			leaf_compare(&s, m, &file);
			n++;
		}
		sample_close(&s);
	}
	assert_int_equal(n, 147);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_parse),
		cmocka_unit_test(trees_of_mime4j),
		cmocka_unit_test(leaves_of_mime4j),
	};

	return cmocka_run_group_tests(tests, paths_find, paths_free);
}
