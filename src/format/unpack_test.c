#include "base/test.h"

#include "base/bytes.h"
#include "base/rand.h"
#include "format/unpack.h"
#include <zlib.h>

enum { ENCRYPTED = 1, SIZES_FOLLOW = 8, STORED = 100, DEFLATED = 8, FILE_MAX = UNPACK_MAX + 4096 };

/* An entry of a zip file to be made, and how its headers lie: what is added to the truth. */
struct entry {
	const char *name, *content;
	unsigned flags, method; /* method 0: deflated */
	unsigned crc, packed, size;
	unsigned local_size;    /* in the local header alone */
	const char *local_name; /* if it is another */
	bool shared;            /* has no local header but that of the entry before */
};

struct maker {
	struct buf files, directory;
	size_t n, at; /* entries, and where the last local header is */
};

/* RFC 1952 §2.3: a header of ten bytes, for there is no name, and eight behind. */
static void deflate_raw(struct str s, struct buf *to)
{
	BUF_AUTO gzip = BUF_INIT(FILE_MAX);

	pack_gzip(s, &gzip);
	buf_str_add(to, str_sub(buf_str(&gzip), 10, gzip.n - 8));
}

static void add_header(struct buf *b, const struct entry *e, const char *name, size_t packed,
		       unsigned size)
{
	struct str content = str_z(e->content);

	buf_le(b, e->flags, 2);
	buf_le(b, e->method == STORED ? 0 : e->method ? e->method : DEFLATED, 2);
	buf_le(b, 0, 4);
	buf_le(b, crc32_z(0, (const Bytef *)content.p, content.n) + e->crc, 4);
	buf_le(b, packed + e->packed, 4);
	buf_le(b, content.n + size, 4);
	buf_le(b, strlen(name), 2);
	buf_le(b, 0, 2);
}

static void add_entry(struct maker *m, const struct entry *e)
{
	const char *local_name = e->local_name ? e->local_name : e->name;
	BUF_AUTO packed = BUF_INIT(FILE_MAX);

	if (e->method == STORED)
		buf_str_add(&packed, str_z(e->content));
	else
		deflate_raw(str_z(e->content), &packed);
	if (!e->shared) {
		m->at = m->files.n;
		buf_str_add(&m->files, STR("PK\x03\x04\x14\x00"));
		add_header(&m->files, e, local_name, packed.n, e->size + e->local_size);
		if (e->flags & SIZES_FOLLOW)
			memset(m->files.p + m->at + 14, 0, 12);
		buf_str_add(&m->files, str_z(local_name));
		buf_str_add(&m->files, buf_str(&packed));
	}
	buf_str_add(&m->directory, STR("PK\x01\x02\x14\x00\x14\x00"));
	add_header(&m->directory, e, e->name, packed.n, e->size);
	buf_le(&m->directory, 0, 8); /* comment, disk, attributes */
	buf_le(&m->directory, 0, 2);
	buf_le(&m->directory, m->at, 4);
	buf_str_add(&m->directory, str_z(e->name));
	m->n++;
}

static void add_end(const struct maker *m, const char *comment, struct buf *to)
{
	buf_str_add(to, buf_str(&m->files));
	buf_str_add(to, buf_str(&m->directory));
	buf_str_add(to, STR("PK\x05\x06"));
	buf_le(to, 0, 4);
	buf_le(to, m->n, 2);
	buf_le(to, m->n, 2);
	buf_le(to, m->directory.n, 4);
	buf_le(to, m->files.n, 4);
	buf_le(to, strlen(comment), 2);
	buf_str_add(to, str_z(comment));
}

static void make_zip(const struct entry *e, size_t n, const char *comment, struct buf *to)
{
	struct maker m = {.files = BUF_INIT(FILE_MAX), .directory = BUF_INIT(FILE_MAX)};

	for (size_t i = 0; i < n; i++)
		add_entry(&m, &e[i]);
	add_end(&m, comment, to);
	assert_false(buf_failed(to));
	buf_fini(&m.files);
	buf_fini(&m.directory);
}

static void zip(void **state)
{
	static const struct {
		const char *name;
		struct entry e[3]; /* until one without a name */
		enum err_code want;
		const char *content;
	} cases[] = {
		{"deflated", {{"a.xml", "<a/>"}}, ERR_NONE, "<a/>"},
		{"stored", {{"a.xml", "<a/>", .method = STORED}}, ERR_NONE, "<a/>"},
		{"empty file", {{"a.xml", ""}}, ERR_NONE, ""},
		{"sizes follow", {{"a.xml", "<a/>", SIZES_FOLLOW}}, ERR_NONE, "<a/>"},
		{"first of two", {{"a", "one"}, {"b", "two"}}, ERR_NONE, "one"},
		{"folder first", {{"f/", "", .method = STORED}, {"f/b", "two"}}, ERR_NONE, "two"},
		{"folder only", {{"f/", "", .method = STORED}}, ERR_SYNTAX},
		{"nothing in it", {{NULL}}, ERR_SYNTAX},
		{"encrypted", {{"a", "one", ENCRYPTED}}, ERR_UNSUPPORTED},
		{"method", {{"a", "one", .method = 12}}, ERR_UNSUPPORTED},
		{"checksum", {{"a", "one", .crc = 1}}, ERR_SYNTAX},
		{"checksum, stored", {{"a", "one", .crc = 1, .method = STORED}}, ERR_SYNTAX},
		{"says more", {{"a", "one", .size = 1}}, ERR_SYNTAX},
		{"says less", {{"a", "one", .size = -1U}}, ERR_TOO_BIG},
		{"says nothing", {{"a", "one", .size = -3U}}, ERR_TOO_BIG},
		{"says more, stored", {{"a", "one", .size = 1, .method = STORED}}, ERR_SYNTAX},
		{"says less, stored", {{"a", "one", .size = -1U, .method = STORED}}, ERR_SYNTAX},
		{"says four gigabytes", {{"a", "one", .size = -4U}}, ERR_SYNTAX},
		{"packed: less", {{"a", "one", .packed = -1U}}, ERR_SYNTAX},
		{"packed: past the files", {{"a", "one", .packed = 1}}, ERR_SYNTAX},
		{"packed: into the next", {{"a", "one", .packed = 9}, {"b", "two"}}, ERR_SYNTAX},
		{"local size", {{"a", "one", .local_size = 1}}, ERR_SYNTAX},
		{"local name", {{"a", "one", .local_name = "b"}}, ERR_SYNTAX},
		{"local name longer", {{"a", "one", .local_name = "aa"}}, ERR_SYNTAX},
		{"overlap", {{"a", "one"}, {"a", "one", .shared = true}}, ERR_SYNTAX},
		{"second is broken", {{"a", "one"}, {"b", "two", .local_name = "c"}}, ERR_SYNTAX},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO file = BUF_INIT(FILE_MAX);
		BUF_AUTO got = BUF_INIT(1000);
		size_t n = 0;

		while (n < ARRAY_LEN(cases[i].e) && cases[i].e[n].name)
			n++;
		make_zip(cases[i].e, n, "", &file);
		struct err e = unpack(buf_str(&file), &got);

		if (err_code(e) != cases[i].want)
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
		if (err_is_ok(e))
			assert_str(cases[i].name, buf_str(&got), str_z(cases[i].content));
	}
}

/* However a file is cut, it is none; and nothing may stand in front or behind. */
static void zip_whole(void **state)
{
	static const struct entry e[] = {{"a", "one"}, {"b", "two", .method = STORED}};
	BUF_AUTO file = BUF_INIT(FILE_MAX);
	BUF_AUTO got = BUF_INIT(1000);

	make_zip(e, 2, "a comment PK\x05\x06 for people", &file);
	assert_ok(unpack(buf_str(&file), &got));
	assert_str("with a comment", buf_str(&got), STR("one"));
	for (size_t n = 4; n < file.n; n++) {
		buf_clear(&got);
		assert_err(unpack(str_sub(buf_str(&file), 0, n), &got), ERR_SYNTAX);
	}
	buf_char(&file, '!');
	assert_err(unpack(buf_str(&file), &got), ERR_SYNTAX);
	BUF_AUTO moved = BUF_INIT(FILE_MAX);

	buf_strs(&moved, STR("PK\x03\x04"), str_sub(buf_str(&file), 0, file.n - 1));
	assert_err(unpack(buf_str(&moved), &got), ERR_SYNTAX);
}

static void zip_entries(void **state)
{
	struct entry e[UNPACK_ENTRIES_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(e); i++)
		e[i] = (struct entry){"a", "one"};
	for (size_t n = UNPACK_ENTRIES_MAX; n <= UNPACK_ENTRIES_MAX + 1; n++) {
		BUF_AUTO file = BUF_INIT(FILE_MAX);
		BUF_AUTO got = BUF_INIT(1000);

		make_zip(e, n, "", &file);
		assert_err(unpack(buf_str(&file), &got),
			   n == UNPACK_ENTRIES_MAX ? ERR_NONE : ERR_LIMIT);
	}
}

static void gzip(void **state)
{
	BUF_AUTO one = BUF_INIT(1000);
	BUF_AUTO file = BUF_INIT(1000);
	BUF_AUTO got = BUF_INIT(1000);

	pack_gzip(STR("one"), &one);
	assert_int_equal(unpack_kind(buf_str(&one)), UNPACK_GZIP);
	buf_strs(&file, buf_str(&one), buf_str(&one), STR("\0\0\0"));
	assert_ok(unpack(buf_str(&file), &got));
	assert_str("two members, zeros behind", buf_str(&got), STR("oneone"));
	buf_char(&file, '!');
	assert_err(unpack(buf_str(&file), &got), ERR_SYNTAX);
	for (size_t n = 3; n < one.n; n++)
		assert_err(unpack(str_sub(buf_str(&one), 0, n), &got), ERR_SYNTAX);
	one.p[one.n - 8] ^= 1; /* RFC 1952 §2.3.1: CRC32 */
	assert_err(unpack(buf_str(&one), &got), ERR_SYNTAX);
}

static void gzip_members(void **state)
{
	BUF_AUTO file = BUF_INIT(1000);

	for (int n = 1; n <= UNPACK_ENTRIES_MAX + 1; n++) {
		BUF_AUTO got = BUF_INIT(1000);

		pack_gzip(STR("a"), &file);
		assert_err(unpack(buf_str(&file), &got),
			   n <= UNPACK_ENTRIES_MAX ? ERR_NONE : ERR_LIMIT);
	}
}

static void plain(void **state)
{
	static const char *const cases[] = {"", "P", "PK", "PK\x07\x08", "\x1f\x8b", "<a/>"};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO got = BUF_INIT(1000);

		assert_int_equal(unpack_kind(str_z(cases[i])), UNPACK_PLAIN);
		assert_ok(unpack(str_z(cases[i]), &got));
		assert_str(cases[i], buf_str(&got), str_z(cases[i]));
	}
}

/* Ends early, with little in memory. */
static void bombs(void **state)
{
	static const struct {
		const char *name;
		size_t zeros;
		enum err_code want;
	} cases[] = {
		{"as much as is free", UNPACK_RATIO_FREE, ERR_NONE},
		{"a little more", UNPACK_RATIO_FREE + 64 * 1024, ERR_TOO_BIG},
		{"much more", UNPACK_MAX, ERR_TOO_BIG},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		BUF_AUTO zeros = BUF_INIT(FILE_MAX), file = BUF_INIT(2 * FILE_MAX);
		BUF_AUTO got = BUF_INIT(UNPACK_MAX);

		buf_char_n(&zeros, 0, cases[i].zeros);
		pack_gzip(buf_str(&zeros), &file);
		assert_false(buf_failed(&file));
		struct err e = unpack(buf_str(&file), &got);

		if (err_code(e) != cases[i].want)
			fail_msg("%s: %.*s", cases[i].name, STR_ARG(err_text(e)));
		assert_true(got.n < UNPACK_RATIO_FREE + 64 * 1024);
	}
}

/* The limits, at n and n + 1: what is not packed, gzip, and the buffer's own. */
static void sizes(void **state)
{
	BUF_AUTO noise = BUF_INIT(FILE_MAX), file = BUF_INIT(2 * FILE_MAX);
	BUF_AUTO got = BUF_INIT(FILE_MAX);
	struct rand_test r;

	rand_test_init(&r, 1);
	rand_fill(&r.src, buf_reserve(&noise, UNPACK_MAX + 1), UNPACK_MAX + 1);
	buf_commit(&noise, UNPACK_MAX + 1);
	noise.p[0] = '!';
	for (size_t n = UNPACK_MAX; n <= UNPACK_MAX + 1; n++) {
		struct str s = str_sub(buf_str(&noise), 0, n);
		enum err_code want = n == UNPACK_MAX ? ERR_NONE : ERR_TOO_BIG;

		buf_clear(&got);
		assert_err(unpack(s, &got), want);
		buf_clear(&got);
		buf_clear(&file);
		pack_gzip(s, &file);
		assert_err(unpack(buf_str(&file), &got), want);
	}
	for (size_t n = 1000; n <= 1001; n++) {
		BUF_AUTO small = BUF_INIT(1000);

		buf_clear(&file);
		pack_gzip(str_sub(buf_str(&noise), 0, n), &file);
		assert_err(unpack(buf_str(&file), &small), n == 1000 ? ERR_NONE : ERR_TOO_BIG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zip),          cmocka_unit_test(zip_whole),
		cmocka_unit_test(zip_entries),  cmocka_unit_test(gzip),
		cmocka_unit_test(gzip_members), cmocka_unit_test(plain),
		cmocka_unit_test(bombs),        cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
