#include "base/test.h"

#include "format/encoding.h"

struct decode_case {
	const char *name, *in, *want;
	size_t defects;
};

static const struct decode_case base64_cases[] = {
	{"empty", "", "", 0},
	{"RFC 4648 §10", "Zm9vYmFy", "foobar", 0},
	{"one pad", "Zm9vYmE=", "fooba", 0},
	{"two pads", "Zm9vYg==", "foob", 0},
	{"lines and spaces", " Zm9v\r\nY m\tFy\n", "foobar", 0},
	{"junk is ignored, RFC 2045 §6.8", "Zm9-v!Ym*Fy\x80", "foobar", 4},
	{"padding missing", "Zm9vYg", "foob", 0},
	{"one character left over", "Zm9vY", "foo", 1},
	{"padded pieces", "Zm9vYg==\r\nYXI=\r\n", "foobar", 0},
	{"footer after padding", "Zm9vYg==\r\n____\r\nThe list\r\n", "foob", 1},
	{"footer without padding", "Zm9v\r\n____\r\nYmFy", "foobar", 4},
	{"padding first", "==Zm9v", "foo", 0},
	{"a third pad", "Zm9vYg===", "foob", 0},
	{"NUL written as A", "AAAA", NULL, 0},
};

static const struct decode_case qp_cases[] = {
	{"empty", "", "", 0},
	{"plain", "a b\r\nc", "a b\r\nc", 0},
	{"octets", "=C3=a4=3D=3d", "\xc3\xa4==", 0},
	{"soft line break", "a=\r\nb=\nc", "abc", 0},
	{"soft line break, padded", "a= \t\r\nb= \nc", "abc", 0},
	{"space before line end", "a \t\r\nb  \nc \r\n", "a\r\nb\nc\r\n", 0},
	{"space before soft line break stays", "a =\r\nb", "a b", 0},
	{"quoted space stays", "a=20\r\nb", "a \r\nb", 0},
	{"space inside", "a  b\tc", "a  b\tc", 0},
	{"space at the end", "a \t", "a", 0},
	{"= at the end", "a=", "a", 0},
	{"= and digit at the end", "a=4", "a=4", 1},
	{"not hexadecimal", "a=xyb=4zc", "a=xyb=4zc", 2},
	{"= =", "a==41", "a=A", 1},
	{"= and space", "a= b", "a= b", 1},
	{"half before line end", "=4\r\nb", "=4\r\nb", 1},
	{"space, CR, no LF", "a \rb", "a \rb", 0},
	{"=, CR, no LF", "a=\rb", "a=\rb", 1},
	{"two CRs", "a \r\r\nb", "a \r\r\nb", 0},
	{"8 bit", "\xe4\xff", "\xe4\xff", 0},
};

static const struct decode_case identity_cases[] = {
	{"binary", "a \r\n=41\n\x80", "a \r\n=41\n\x80", 0},
};

static const struct {
	enum encoding encoding;
	const struct decode_case *cases;
	size_t n;
} decode_sets[] = {
	{ENCODING_BASE64, base64_cases, ARRAY_LEN(base64_cases)},
	{ENCODING_QP, qp_cases, ARRAY_LEN(qp_cases)},
	{ENCODING_7BIT, identity_cases, ARRAY_LEN(identity_cases)},
	{ENCODING_8BIT, identity_cases, ARRAY_LEN(identity_cases)},
	{ENCODING_BINARY, identity_cases, ARRAY_LEN(identity_cases)},
	{ENCODING_UNKNOWN, identity_cases, ARRAY_LEN(identity_cases)},
};

/* In pieces of `step` bytes. */
static void decode_check(const struct decode_case *k, enum encoding e, size_t step)
{
	struct str in = str_z(k->in), want = k->want ? str_z(k->want) : STR("\0\0\0");
	BUF_AUTO out = BUF_INIT(1000);
	struct encoding_decoder d;

	encoding_decoder_init(&d, e);
	for (size_t i = 0; i < in.n; i += step)
		encoding_decode(&d, str_sub(in, i, i + step), &out);
	encoding_decode_end(&d, &out);
	assert_false(buf_failed(&out));
	assert_str(k->name, buf_str(&out), want);
	assert_int_equal(d.defects, k->defects);
}

static void decode(void **state)
{
	static const size_t steps[] = {1, 2, 3, 7, 1000};

	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(decode_sets); s++)
		for (size_t i = 0; i < decode_sets[s].n; i++)
			for (size_t k = 0; k < ARRAY_LEN(steps); k++)
				decode_check(&decode_sets[s].cases[i], decode_sets[s].encoding,
					     steps[k]);
}

/* A run of white space longer than what is held back is kept, in any pieces, in bounded memory. */
static void long_white_space(void **state)
{
	static const char *const before[] = {"", "="};

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(before); k++) {
		BUF_AUTO in = BUF_INIT(1000);
		BUF_AUTO once = BUF_INIT(2000);
		BUF_AUTO bytes = BUF_INIT(2000);
		struct encoding_decoder d;

		buf_str_add(&in, str_z(before[k]));
		buf_char_n(&in, ' ', 300);
		buf_str_add(&in, STR("\r\nx"));
		encoding_decode_all(ENCODING_QP, buf_str(&in), &once);
		encoding_decoder_init(&d, ENCODING_QP);
		for (size_t i = 0; i < in.n; i++)
			encoding_decode(&d, str_of(in.p + i, 1), &bytes);
		encoding_decode_end(&d, &bytes);
		assert_str("same in pieces", buf_str(&bytes), buf_str(&once));
		assert_true(once.n >= 200 && once.n < 310);
	}
}

static void decoded_size(void **state)
{
	BUF_AUTO b = BUF_INIT(1 << 20);

	(void)state;
	for (size_t i = 0; i < 50000; i++)
		buf_str_add(&b, STR("Zm9v=\r\n"));
	assert_int_equal(encoding_decoded_size(ENCODING_BASE64, buf_str(&b)), 150000);
	assert_int_equal(encoding_decoded_size(ENCODING_QP, buf_str(&b)), 200000);
	assert_int_equal(encoding_decoded_size(ENCODING_UNKNOWN, buf_str(&b)), 350000);
	assert_int_equal(encoding_decoded_size(ENCODING_BASE64, STR("")), 0);
}

static void names(void **state)
{
	static const struct {
		const char *value;
		enum encoding want;
	} cases[] = {
		{" 7bit", ENCODING_7BIT},
		{"", ENCODING_7BIT},
		{" \r\n ", ENCODING_7BIT},
		{"8BIT", ENCODING_8BIT},
		{"Binary ", ENCODING_BINARY},
		{" (old (mailer)) base64 (yes)\r\n ", ENCODING_BASE64},
		{"base64;", ENCODING_BASE64},
		{"Quoted-Printable", ENCODING_QP},
		{"quoted-printable x", ENCODING_UNKNOWN},
		{"x-uuencode", ENCODING_UNKNOWN},
		{"8-bit", ENCODING_UNKNOWN},
		{";", ENCODING_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(encoding_parse(str_z(cases[i].value)), cases[i].want);
	for (enum encoding e = 0; e < ENCODING_UNKNOWN; e++)
		assert_int_equal(encoding_parse(encoding_name(e)), e);
	assert_str("unknown", encoding_name(ENCODING_UNKNOWN), STR(""));
	assert_true(encoding_is_identity(ENCODING_BINARY));
	assert_false(encoding_is_identity(ENCODING_BASE64));
	assert_false(encoding_is_identity(ENCODING_UNKNOWN));
}

#define TEN     "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static void encode(void **state)
{
	static const struct {
		const char *name;
		enum encoding encoding;
		const char *in, *want;
	} cases[] = {
		{"nothing", ENCODING_BASE64, "", ""},
		{"one", ENCODING_BASE64, "f", "Zg==\r\n"},
		{"two", ENCODING_BASE64, "fo", "Zm8=\r\n"},
		{"three", ENCODING_BASE64, "foo", "Zm9v\r\n"},
		{"57 bytes fill a line", ENCODING_BASE64,
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
		 "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\r\n"
		 "Yg==\r\n"},
		{"nothing", ENCODING_QP, "", ""},
		{"text", ENCODING_QP, "a=b \xc3\xa4", "a=3Db =C3=A4"},
		{"line ends", ENCODING_QP, "a\r\nb\nc\r\n", "a\r\nb\r\nc\r\n"},
		{"CR is no line end", ENCODING_QP, "a\rb\r", "a=0Db=0D"},
		{"space before line end", ENCODING_QP, "a \r\nb\t\nc ", "a=20\r\nb=09\r\nc=20"},
		{"dot alone", ENCODING_QP, ".\r\n.a\r\na.\r\n.", "=2E\r\n.a\r\na.\r\n=2E"},
		{"From", ENCODING_QP, "From x\r\nxFrom\r\n", "=46rom x\r\nxFrom\r\n"},
		{"75 fit with a soft line break", ENCODING_QP, SEVENTY "abcdefg",
		 SEVENTY "abcde=\r\nfg"},
		{"an octet is not cut", ENCODING_QP, SEVENTY "abc=", SEVENTY "abc=\r\n=3D"},
		{"identity", ENCODING_8BIT, "a \n", "a \n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str in = str_z(cases[i].in);
		BUF_AUTO out = BUF_INIT(1000);
		BUF_AUTO pieces = BUF_INIT(1000);
		struct encoding_encoder x;

		encoding_encode_all(cases[i].encoding, in, &out);
		assert_str(cases[i].name, buf_str(&out), str_z(cases[i].want));
		encoding_encoder_init(&x, cases[i].encoding);
		for (size_t k = 0; k < in.n; k++)
			encoding_encode(&x, str_sub(in, k, k + 1), &pieces);
		encoding_encode_end(&x, &pieces);
		assert_str(cases[i].name, buf_str(&pieces), buf_str(&out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode),       cmocka_unit_test(long_white_space),
		cmocka_unit_test(decoded_size), cmocka_unit_test(names),
		cmocka_unit_test(encode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
