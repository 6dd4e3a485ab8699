/* facts-dump: the facts of messages as JSON, one line a file, for comparing them with what other
 * programs make of the same bytes.
 *
 *	facts-dump FILE...
 *
 * Bodies of leaves are decoded from their transfer encoding; their size and SHA-256 are given.
 */
#include "base/hex.h"
#include "base/json.h"
#include "facts/build.h"
#include "format/encoding.h"
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MESSAGE_MAX = 64 << 20 };

static void key_str(struct json *j, struct str key, struct str value)
{
	json_key(j, key);
	json_str(j, value);
}

static void key_u64(struct json *j, struct str key, uint64_t value)
{
	json_key(j, key);
	json_u64(j, value);
}

static enum encoding encoding_of(enum facts_encoding e)
{
	static const enum encoding encodings[] = {
		[FACTS_ENCODING_7BIT] = ENCODING_7BIT,
		[FACTS_ENCODING_8BIT] = ENCODING_8BIT,
		[FACTS_ENCODING_BINARY] = ENCODING_BINARY,
		[FACTS_ENCODING_QUOTED_PRINTABLE] = ENCODING_QP,
		[FACTS_ENCODING_BASE64] = ENCODING_BASE64,
		[FACTS_ENCODING_UNKNOWN] = ENCODING_UNKNOWN,
	};

	return encodings[e];
}

static void decoded(struct json *j, const struct facts_part *p, struct str message)
{
	BUF_AUTO body = BUF_INIT(MESSAGE_MAX + ENCODING_SLACK);
	BUF_AUTO hex = BUF_INIT(2 * SHA256_DIGEST_LENGTH);
	unsigned char hash[SHA256_DIGEST_LENGTH];

	encoding_decode_all(encoding_of(p->encoding),
			    str_sub(message, p->body_at, p->body_at + p->body_n), &body);
	SHA256((const unsigned char *)body.p, body.n, hash);
	buf_hex(&hex, str_of(hash, sizeof(hash)));
	key_u64(j, STR("size"), body.n);
	key_str(j, STR("sha256"), buf_str(&hex));
}

static void part(struct json *j, const struct facts *f, size_t row, struct str message)
{
	const struct facts_part *p = &f->parts[row];
	BUF_AUTO type = BUF_INIT(4 * FACTS_PART_TEXT_MAX);

	buf_strs(&type, p->type, STR("/"), p->subtype);
	json_object_begin(j);
	key_str(j, STR("type"), buf_str(&type));
	key_u64(j, STR("parent"), p->parent);
	key_str(j, STR("encoding"), encoding_name(encoding_of(p->encoding)));
	key_str(j, STR("charset"), p->charset);
	key_str(j, STR("filename"), p->filename);
	if (p->kind == FACTS_PART_LEAF)
		decoded(j, p, message);
	json_object_end(j);
}

static void addresses(struct json *j, const struct facts *f)
{
	json_array_begin(j);
	for (size_t i = 0; i < f->address_count; i++) {
		const struct facts_address *x = &f->addresses[i];

		json_array_begin(j);
		json_u64(j, x->role);
		json_str(j, x->name);
		json_str(j, x->local);
		json_str(j, x->domain);
		json_array_end(j);
	}
	json_array_end(j);
}

static void message_dump(const char *name, const struct facts *f, struct str message,
			 struct buf *out)
{
	struct json j = json_of(out);

	json_object_begin(&j);
	key_str(&j, STR("file"), str_z(name));
	key_str(&j, STR("subject"), f->subject);
	key_str(&j, STR("message_id"), f->message_id);
	key_str(&j, STR("preview"), f->preview);
	json_key(&j, STR("date"));
	if (f->has_date)
		json_i64(&j, f->date);
	else
		json_nothing(&j);
	json_key(&j, STR("addresses"));
	addresses(&j, f);
	json_key(&j, STR("parts"));
	json_array_begin(&j);
	for (size_t i = 0; i < f->part_count; i++)
		part(&j, f, i, message);
	json_array_end(&j);
	json_object_end(&j);
	buf_char(out, '\n');
}

static bool file_read(const char *path, struct buf *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	char *to;

	while (fd >= 0 && (to = buf_reserve(ret, 64 << 10)) && (n = read(fd, to, 64 << 10)) > 0)
		buf_commit(ret, (size_t)n);
	if (fd >= 0)
		close(fd);
	return n == 0;
}

static bool file_dump(const char *path)
{
	BUF_AUTO in = BUF_INIT(MESSAGE_MAX);
	BUF_AUTO out = BUF_INIT(MESSAGE_MAX);
	struct arena a;
	struct facts f;

	arena_init(&a, FACTS_ARENA_MAX);
	bool ok = file_read(path, &in) && err_is_ok(facts_build(buf_str(&in), NULL, &a, &f));

	if (ok)
		message_dump(path, &f, buf_str(&in), &out);
	ok = ok && fwrite(out.p, 1, out.n, stdout) == out.n;
	arena_fini(&a);
	return ok;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!file_dump(argv[i])) {
			fprintf(stderr, "facts-dump: %s: cannot be read\n", argv[i]);
			return 1;
		}
	return 0;
}
