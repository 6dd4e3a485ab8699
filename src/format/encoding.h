/* encoding: content transfer encodings of MIME bodies (RFC 2045 §6), decoded and made piece by
 * piece.
 *
 * Decoders never fail: what is not of the encoding is passed over or through as said at each, and
 * noted in `defects`. Byte by byte or all at once gives the same output.
 * Output goes to a buf. Its maximum bounds the memory; to decode more than that, decode a piece,
 * take what the buf holds, clear it, go on. n bytes of input make at most n + ENCODING_SLACK bytes
 * of decoded output.
 */
#ifndef MOX_FORMAT_ENCODING_H
#define MOX_FORMAT_ENCODING_H

#include "base/buf.h"
#include "base/str.h"

enum encoding {
	ENCODING_7BIT, /* also where the field is absent (RFC 2045 §6.1) */
	ENCODING_8BIT,
	ENCODING_BINARY,
	ENCODING_BASE64,
	ENCODING_QP,
	ENCODING_UNKNOWN, /* IMAP: [UNKNOWN-CTE] (RFC 9051 §7.1) */
};

/* Decoders and encoders hold back at most so many bytes between two calls. */
enum { ENCODING_SLACK = 128 };

/* The encoding that a Content-Transfer-Encoding value names, in any case, with white space and
 * comments around it. The empty value is 7BIT. */
enum encoding encoding_parse(struct str value);
/* "7bit", "quoted-printable"; "" for UNKNOWN. */
struct str encoding_name(enum encoding e);
/* Whether encoded and decoded bytes are the same: the only ones that RFC 2045 §6.4 allows for
 * multipart and message. */
static inline bool encoding_is_identity(enum encoding e)
{
	return e <= ENCODING_BINARY;
}

/* A decoder; private but for defects. */
struct encoding_decoder {
	enum encoding encoding;
	unsigned state;
	uint32_t bits;  /* base64: of the quantum so far; quoted-printable: the first hex digit */
	unsigned count; /* base64: characters in bits; quoted-printable: bytes in held */
	bool padded;    /* base64: padding was seen */
	char held[ENCODING_SLACK - 4];
	size_t defects; /* how often the input was not of the encoding */
};

/* An UNKNOWN encoding is decoded as identity; who must not show that asks first. */
void encoding_decoder_init(struct encoding_decoder *d, enum encoding e);
/* Decodes the next piece.
 * base64: characters outside the alphabet are ignored (RFC 2045 §6.8). Padding ends a quantum;
 * what follows is decoded as well, because some senders encode in padded pieces and clients show
 * them all, until a character outside alphabet and white space ends the data: mailing lists append
 * their footer there.
 * quoted-printable: white space at line ends is removed (RFC 2045 §6.7 rule 3), lower case
 * hexadecimal is accepted, a `=` that starts nothing stays as it is; lines may have any length,
 * line ends stay as they are. Runs of more than about 100 white space characters are kept even
 * at a line's end. */
void encoding_decode(struct encoding_decoder *d, struct str in, struct buf *out);
/* The input is complete: gives out what was held back. An incomplete base64 quantum of two or three
 * characters gives the bytes it holds. */
void encoding_decode_end(struct encoding_decoder *d, struct buf *out);
/* All at once. */
void encoding_decode_all(enum encoding e, struct str in, struct buf *out);
/* How many bytes that would give, for any size of input in little memory; UINT64_MAX when there is
 * not even that. */
uint64_t encoding_decoded_size(enum encoding e, struct str in);

/* An encoder; private. */
struct encoding_encoder {
	enum encoding encoding;
	unsigned column;
	unsigned count; /* bytes in held */
	char held[4];
};

/* e: BASE64, QP, or one of identity. */
void encoding_encoder_init(struct encoding_encoder *x, enum encoding e);
/* Encodes the next piece. Lines are at most 76 characters and end in CRLF.
 * quoted-printable is for text: CRLF and LF in the input are line breaks and become CRLF; use
 * base64 for what is not text. A line that starts with "From " or is "." alone is encoded so that
 * no mbox and no relay can change it (RFC 2049 §3). */
void encoding_encode(struct encoding_encoder *x, struct str in, struct buf *out);
/* The input is complete. base64 ends with CRLF unless it is empty; quoted-printable ends as the
 * text does. */
void encoding_encode_end(struct encoding_encoder *x, struct buf *out);
void encoding_encode_all(enum encoding e, struct str in, struct buf *out);

#endif
