#include "format/encoding.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the encoding, the second the size of the pieces. */
static void in_pieces_is_the_same(enum encoding e, size_t step, struct str in)
{
	BUF_AUTO once = BUF_INIT(in.n + ENCODING_SLACK);
	BUF_AUTO pieces = BUF_INIT(in.n + 2 * ENCODING_SLACK);
	struct encoding_decoder d;

	encoding_decode_all(e, in, &once);
	assert(!buf_failed(&once) && encoding_decoded_size(e, in) == once.n);
	encoding_decoder_init(&d, e);
	for (size_t i = 0; i < in.n; i += step)
		encoding_decode(&d, str_sub(in, i, i + step), &pieces);
	encoding_decode_end(&d, &pieces);
	assert(str_eq(buf_str(&once), buf_str(&pieces)));
}

static void lines_are_short(struct str s)
{
	size_t column = 0;

	for (size_t i = 0; i < s.n; i++) {
		assert(s.p[i] != '\n' || (i > 0 && s.p[i - 1] == '\r'));
		column = s.p[i] == '\n' ? 0 : column + (s.p[i] != '\r');
		assert(column <= 76);
	}
}

/* Base64 gives any bytes back; quoted-printable gives text back, whose line ends became CRLF. */
static void round_trip(enum encoding e, struct str in)
{
	BUF_AUTO text = BUF_INIT(2 * in.n + 1);
	BUF_AUTO encoded = BUF_INIT(8 * in.n + 100);
	BUF_AUTO back = BUF_INIT(8 * in.n + 300);

	for (size_t i = 0; i < in.n; i++) {
		bool bare = in.p[i] == '\n' && (i == 0 || in.p[i - 1] != '\r');

		if (bare && e == ENCODING_QP)
			buf_char(&text, '\r');
		buf_char(&text, in.p[i]);
	}
	encoding_encode_all(e, in, &encoded);
	assert(!buf_failed(&encoded));
	if (!encoding_is_identity(e))
		lines_are_short(buf_str(&encoded));
	encoding_decode_all(e, buf_str(&encoded), &back);
	assert(str_eq(buf_str(&text), buf_str(&back)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct str in = str_of(data + 2, size - 2);
	enum encoding e = data[0] % 3 == 0   ? ENCODING_BASE64
			  : data[0] % 3 == 1 ? ENCODING_QP
					     : ENCODING_8BIT;

	in_pieces_is_the_same(e, (size_t)data[1] % 80 + 1, in);
	round_trip(e, in);
	encoding_parse(in);
	return 0;
}
