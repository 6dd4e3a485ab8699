#include "verify/dkim_sign.h"

#include "base/attr.h"
#include "base/base64.h"
#include "dns/name.h"
#include "format/compose.h"
#include "format/header.h"
#include "verify/bodyhash.h"
#include "verify/fields.h"
#include "verify/taglist.h"
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

enum { LINE = 76, INDENT = 8, IDENTITY_MAX = 320 };

/* RFC 8017 §9.2: what stands before a SHA-256 digest in its DigestInfo. */
static const struct str digest_info =
	STR_INIT("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20");

const struct str dkim_sign_names[] = {
	STR_INIT("From"),     STR_INIT("To"),         STR_INIT("Cc"),           STR_INIT("Bcc"),
	STR_INIT("Reply-To"), STR_INIT("References"), STR_INIT("In-Reply-To"),  STR_INIT("Subject"),
	STR_INIT("Date"),     STR_INIT("Message-Id"), STR_INIT("Content-Type"),
};
const size_t dkim_sign_names_n = ARRAY_LEN(dkim_sign_names);

/* A field being written; lines are folded between its pieces. */
struct folder {
	struct buf *to;
	size_t column;
};

static void fold_line(struct folder *f)
{
	buf_str_add(f->to, STR("\r\n\t"));
	f->column = INDENT;
}

static void fold_put(struct folder *f, struct str piece)
{
	buf_str_add(f->to, piece);
	f->column += piece.n;
}

/* A piece that is not broken: on this line or the next. */
static void fold_piece(struct folder *f, struct str piece)
{
	if (f->column + piece.n > LINE && f->column > INDENT)
		fold_line(f);
	fold_put(f, piece);
}

static void fold_tag(struct folder *f, struct str tag)
{
	if (f->column + 1 + tag.n > LINE)
		fold_line(f);
	else
		fold_put(f, STR(" "));
	fold_put(f, tag);
}

/* Base64, broken anywhere. */
static void fold_base64(struct folder *f, struct str bytes)
{
	BUF_AUTO text = BUF_INIT(2 * DKIM_SIGNATURE_MAX);

	buf_base64(&text, bytes);
	for (struct str rest = buf_str(&text); rest.n;) {
		size_t room = f->column < LINE ? LINE - f->column : 0;

		fold_put(f, str_sub(rest, 0, room));
		rest = str_from(rest, room);
		if (rest.n)
			fold_line(f);
	}
}

static struct str names_of(const struct dkim_sign_args *args, size_t i)
{
	return args->names ? args->names[i] : dkim_sign_names[i];
}

static size_t names_n(const struct dkim_sign_args *args)
{
	return args->names ? args->names_n : dkim_sign_names_n;
}

static struct err names_check(const struct dkim_sign_args *args)
{
	bool from = false;

	for (size_t i = 0; i < names_n(args); i++) {
		struct str name = names_of(args, i);

		if (!compose_name_ok(name) || str_chr(name, ';') >= 0)
			return err_make(ERR_USAGE, "\"%.*s\" is no name of a header field",
					STR_ARG(name));
		from |= str_eq_nocase(name, STR("From"));
	}
	/* RFC 6376 §5.4 */
	return from ? ERR_OK : err_make(ERR_USAGE, "From is not among the header fields to sign");
}

static struct err args_check(const struct dkim_sign_args *args)
{
	ssize_t at = str_rchr(args->identity, '@');

	TRY(names_check(args));
	if (args->algorithm != DKIM_RSA_SHA256 && args->algorithm != DKIM_ED25519_SHA256)
		return err_make(ERR_UNSUPPORTED,
				"only rsa-sha256 and ed25519-sha256 sign (RFC 8301 §3.1)");
	if (!dns_name_is_host(args->domain) || !dns_name_is_host(args->selector))
		return err_make(ERR_USAGE, "not names: domain %.*s, selector %.*s",
				STR_ARG(args->domain), STR_ARG(args->selector));
	if (args->identity.n > IDENTITY_MAX ||
	    (args->identity.n &&
	     (at < 0 || !dns_name_within(str_from(args->identity, (size_t)at + 1), args->domain))))
		return err_make(ERR_USAGE, "identity %.*s is not at or below %.*s",
				STR_ARG(args->identity), STR_ARG(args->domain));
	return ERR_OK;
}

/* RFC 6376 §5.3 MUST: what is signed has CRLF line ends, and nothing that looks like others. */
static struct err line_ends_check(struct str message)
{
	for (size_t i = 0; i < message.n; i++) {
		bool crlf = message.p[i] == '\r' && i + 1 < message.n && message.p[i + 1] == '\n';

		if (!crlf && (message.p[i] == '\r' || message.p[i] == '\n'))
			return err_make(ERR_BAD_MESSAGE, "a bare CR or LF at byte %zu", i);
		i += crlf;
	}
	return ERR_OK;
}

/* h=: each name as often as it occurs, and once more to seal it. */
static struct err names_write(const struct dkim_sign_args *args, struct fields *fields,
			      struct buf *ret)
{
	size_t total = 0;

	if (fields_count(fields, STR("From")) == 0)
		return err_make(ERR_BAD_MESSAGE, "no From field");
	for (size_t i = 0; i < names_n(args); i++) {
		size_t n = fields_count(fields, names_of(args, i)) + args->seal;

		total += n;
		if (total > DKIM_NAMES_MAX)
			return err_make(ERR_BAD_MESSAGE, "more than %d header fields to sign",
					DKIM_NAMES_MAX);
		for (; n; n--)
			buf_strs(ret, ret->n ? STR(":") : STR(""), names_of(args, i));
	}
	return ERR_OK;
}

static void fold_names(struct folder *f, struct str names)
{
	struct str name;

	fold_tag(f, STR("h="));
	while (taglist_next(&names, ':', &name)) {
		fold_piece(f, name);
		fold_put(f, names.p ? STR(":") : STR(";"));
	}
}

/* RFC 6376 §2.11; RFC 8616 §5 lets UTF-8 stand as it is in some messages, this form in all. */
static void buf_dkim_qp(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c > ' ' && c < 0x7f && c != ';' && c != '=')
			buf_char(b, c);
		else
			buf_printf(b, "=%02X", (unsigned char)c);
	}
}

static void fold_identity(struct folder *f, struct str identity)
{
	BUF_AUTO tag = BUF_INIT(4 * IDENTITY_MAX);

	buf_str_add(&tag, STR("i="));
	buf_dkim_qp(&tag, identity);
	buf_char(&tag, ';');
	fold_tag(f, buf_str(&tag));
}

static void PRINTF(2, 3) fold_tagf(struct folder *f, const char *fmt, ...)
{
	BUF_AUTO tag = BUF_INIT(1024);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&tag, fmt, ap);
	va_end(ap);
	fold_tag(f, buf_str(&tag));
}

/* All but the signature. */
static void field_write(const struct dkim_sign_args *args, struct str names, struct str body_hash,
			uint64_t now, struct folder *f)
{
	fold_put(f, STR("DKIM-Signature:"));
	fold_tagf(f, "v=1;");
	fold_tagf(f, "a=%.*s;", STR_ARG(dkim_algorithm_name(args->algorithm)));
	fold_tagf(f, "c=%.*s/%.*s;", STR_ARG(canon_name(args->header_canon)),
		  STR_ARG(canon_name(args->body_canon)));
	fold_tagf(f, "d=%.*s;", STR_ARG(args->domain));
	fold_tagf(f, "s=%.*s;", STR_ARG(args->selector));
	if (args->identity.n)
		fold_identity(f, args->identity);
	fold_tagf(f, "t=%" PRIu64 ";", now);
	if (args->expiry)
		fold_tagf(f, "x=%" PRIu64 ";", now + args->expiry);
	fold_names(f, names);
	fold_tag(f, STR("bh="));
	fold_base64(f, body_hash);
	fold_put(f, STR(";"));
	fold_tag(f, STR("b="));
}

static struct err digest_sign(const struct dkim_sign_args *args, const uint8_t digest[DKIM_HASH_N],
			      struct buf *ret)
{
	BUF_AUTO data = BUF_INIT(64);

	if (args->algorithm == DKIM_RSA_SHA256)
		buf_str_add(&data, digest_info);
	buf_add(&data, digest, DKIM_HASH_N);
	if (buf_failed(&data))
		return err_make(ERR_RESOURCES, "no memory for a digest");
	return args->sign(args->arg, args->algorithm, buf_str(&data), ret);
}

static struct err sign_one(const struct dkim_sign_args *args, struct fields *fields,
			   struct str body_hash, uint64_t now, struct buf *ret)
{
	BUF_AUTO names = BUF_INIT(DKIM_NAMES_MAX * (COMPOSE_NAME_MAX + 1));
	BUF_AUTO field = BUF_INIT(2 * names.max);
	BUF_AUTO signature = BUF_INIT(DKIM_SIGNATURE_MAX);
	struct folder f = {.to = &field};
	struct fields_hash h;
	uint8_t digest[DKIM_HASH_N];

	TRY(names_write(args, fields, &names));
	field_write(args, buf_str(&names), body_hash, now, &f);
	if (buf_failed(&names) || buf_failed(&field))
		return err_make(ERR_RESOURCES, "no memory for a signature");
	fields_hash_begin(&h, args->header_canon);
	fields_hash_select(&h, fields, buf_str(&names), SIZE_MAX);
	TRY(fields_hash_end(&h, buf_str(&field), STR(""), digest));
	TRY(err_add(digest_sign(args, digest, &signature), "sign with selector %.*s",
		    STR_ARG(args->selector)));
	fold_base64(&f, buf_str(&signature));
	buf_strs(ret, buf_str(&field), STR("\r\n"));
	return buf_failed(&field) || buf_failed(&signature) || buf_failed(ret)
		       ? err_make(ERR_RESOURCES, "no memory for a signature")
		       : ERR_OK;
}

struct err dkim_sign_parts(struct str header, struct str body, const struct dkim_sign_args *args,
			   size_t n, uint64_t now, struct arena *a, struct buf *ret)
{
	size_t *body_id = ARENA_NEW_N(a, size_t, n);
	struct fields fields;
	struct bodyhash bodies;

	if (!body_id)
		return err_make(ERR_LIMIT, "no memory for signatures");
	TRY(line_ends_check(header));
	TRY(line_ends_check(body));
	fields_init(&fields, header, a);
	bodyhash_init(&bodies, a);
	for (size_t i = 0; i < n; i++) {
		TRY(args_check(&args[i]));
		TRY(bodyhash_want(&bodies, args[i].body_canon, BODYHASH_ALL, &body_id[i]));
		for (size_t k = 0; k < names_n(&args[i]); k++)
			TRY(fields_want(&fields, names_of(&args[i], k)));
	}
	TRY(fields_index(&fields));
	TRY(bodyhash_run(&bodies, body));
	for (size_t i = 0; i < n; i++)
		TRY(sign_one(&args[i], &fields, bodyhash_get(&bodies, body_id[i]), now, ret));
	return ERR_OK;
}

struct err dkim_sign(struct str message, const struct dkim_sign_args *args, size_t n, uint64_t now,
		     struct arena *a, struct buf *ret)
{
	size_t body_at = header_end(message, NULL);

	return dkim_sign_parts(str_sub(message, 0, body_at), str_from(message, body_at), args, n,
			       now, a, ret);
}

enum dkim_algorithm dkim_algorithm_of(const EVP_PKEY *pkey)
{
	int id = EVP_PKEY_get_base_id(pkey);

	return id == EVP_PKEY_RSA       ? DKIM_RSA_SHA256
	       : id == EVP_PKEY_ED25519 ? DKIM_ED25519_SHA256
					: DKIM_ALGORITHM_NONE;
}

static bool rsa_sign(EVP_PKEY *pkey, struct str data, uint8_t *to, size_t *n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		  EVP_PKEY_sign(ctx, to, n, (const uint8_t *)data.p, data.n) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool ed25519_sign(EVP_PKEY *pkey, struct str data, uint8_t *to, size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		  EVP_DigestSign(ctx, to, n, (const uint8_t *)data.p, data.n) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

struct err dkim_sign_with(void *pkey, enum dkim_algorithm algorithm, struct str data,
			  struct buf *ret)
{
	uint8_t signature[DKIM_SIGNATURE_MAX];
	size_t n = sizeof(signature);
	bool ok = algorithm == DKIM_RSA_SHA256 ? rsa_sign(pkey, data, signature, &n)
					       : ed25519_sign(pkey, data, signature, &n);

	ERR_clear_error();
	if (!ok)
		return err_make(ERR_INTERNAL, "the key does not sign");
	buf_add(ret, signature, n);
	return ERR_OK;
}
