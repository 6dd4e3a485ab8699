#include "format/unpack.h"

#include "base/bytes.h"
#define ZLIB_CONST /* its input is not written to */
#include <zlib.h>

enum {
	PIECE = 8 << 10,
	WINDOW_RAW = -15,
	WINDOW_GZIP = 15 + 16,
	END_SIZE = 22, /* without its comment */
	COMMENT_MAX = 0xffff,
	FLAG_ENCRYPTED = 1 << 0,
	FLAG_SIZES_FOLLOW = 1 << 3, /* the local header has no checksum and sizes */
	METHOD_STORED = 0,
	METHOD_DEFLATED = 8,
};

static const struct str magic_gzip = STR_INIT("\x1f\x8b\x08");
static const struct str magic_local = STR_INIT("PK\x03\x04");
static const struct str magic_central = STR_INIT("PK\x01\x02");
static const struct str magic_end = STR_INIT("PK\x05\x06");

enum unpack_kind unpack_kind(struct str s)
{
	if (str_starts(s, magic_gzip))
		return UNPACK_GZIP;
	return str_starts(s, magic_local) || str_starts(s, magic_end) ? UNPACK_ZIP : UNPACK_PLAIN;
}

/* Whether `out` bytes may have come out of `in`. */
static struct err check_size(size_t in, size_t out, size_t max)
{
	if (out > max)
		return err_make(ERR_TOO_BIG, "unpacks to more than %zu bytes", max);
	if (out > UNPACK_RATIO_FREE && out / UNPACK_RATIO > in)
		return err_make(ERR_TOO_BIG, "%zu bytes unpack to more than %zu", in, out);
	return ERR_OK;
}

/* Inflates until the stream's end; *in is then what follows. */
static struct err inflate_stream(z_stream *z, struct str *in, size_t max, struct buf *ret)
{
	char piece[PIECE];
	size_t out = 0;
	int r;

	z->next_in = (const Bytef *)in->p;
	z->avail_in = (uInt)in->n;
	do {
		z->next_out = (Bytef *)piece;
		z->avail_out = PIECE;
		r = inflate(z, Z_NO_FLUSH);
		out += PIECE - z->avail_out;
		TRY(check_size(in->n - z->avail_in, out, max));
		buf_add(ret, piece, PIECE - z->avail_out);
		if (buf_failed(ret))
			return err_make(ERR_TOO_BIG, "unpacks to more than %zu bytes", ret->max);
	} while (r == Z_OK && (z->avail_in || !z->avail_out));
	if (r != Z_STREAM_END)
		return err_make(ERR_SYNTAX, "compressed data is %s",
				r == Z_OK || r == Z_BUF_ERROR ? "cut off" : "broken");
	*in = str_from(*in, in->n - z->avail_in);
	return ERR_OK;
}

static struct err inflate_one(int window, struct str *in, size_t max, struct buf *ret)
{
	z_stream z = {0};

	if (inflateInit2(&z, window) != Z_OK)
		return err_make(ERR_RESOURCES, "out of memory for unpacking");
	struct err e = inflate_stream(&z, in, max, ret);

	inflateEnd(&z);
	return e;
}

static struct err unpack_gzip(struct str s, struct buf *ret)
{
	size_t before = ret->n;
	unsigned members = 0;

	do {
		if (members++ == UNPACK_ENTRIES_MAX)
			return err_make(ERR_LIMIT, "gzip: more than %d members",
					UNPACK_ENTRIES_MAX);
		TRY(inflate_one(WINDOW_GZIP, &s, UNPACK_MAX - (ret->n - before), ret));
	} while (str_starts(s, magic_gzip));
	while (s.n && s.p[0] == 0)
		s = str_from(s, 1);
	return s.n ? err_make(ERR_SYNTAX, "gzip: %zu bytes after the end", s.n) : ERR_OK;
}

struct zip_entry {
	struct str name;
	uint16_t flags, method;
	uint32_t crc, packed, size;
	size_t at, data, end; /* of the local header, the content, and what is behind it */
};

/* What both headers have from the flags on. */
static void entry_common(struct bytes *b, struct zip_entry *ret)
{
	ret->flags = (uint16_t)bytes_le(b, 2);
	ret->method = (uint16_t)bytes_le(b, 2);
	bytes_take(b, 4); /* time and date */
	ret->crc = (uint32_t)bytes_le(b, 4);
	ret->packed = (uint32_t)bytes_le(b, 4);
	ret->size = (uint32_t)bytes_le(b, 4);
}

/* APPNOTE 4.3.12, with its signature taken. */
static void entry_central(struct bytes *b, struct zip_entry *ret)
{
	bytes_take(b, 4); /* versions */
	entry_common(b, ret);
	size_t name = bytes_le(b, 2), extra = bytes_le(b, 2), comment = bytes_le(b, 2);

	bytes_take(b, 8); /* disk, attributes */
	ret->at = bytes_le(b, 4);
	ret->name = bytes_take(b, name);
	bytes_take(b, extra + comment);
}

/* APPNOTE 4.3.7. Without FLAG_SIZES_FOLLOW it says what the directory says. */
static bool entry_local(struct str files, struct zip_entry *e)
{
	struct bytes b = bytes_of(str_from(files, e->at));
	struct zip_entry l = {0};

	if (e->at > files.n || !str_eq(bytes_take(&b, magic_local.n), magic_local))
		return false;
	bytes_take(&b, 2); /* version */
	entry_common(&b, &l);
	size_t name = bytes_le(&b, 2), extra = bytes_le(&b, 2);

	l.name = bytes_take(&b, name);
	bytes_take(&b, extra);
	e->data = e->at + b.at;
	bytes_take(&b, e->packed);
	e->end = e->at + b.at;
	bool same = l.crc == e->crc && l.packed == e->packed && l.size == e->size;
	bool follow = l.crc == 0 && l.packed == 0 && l.size == 0 && (l.flags & FLAG_SIZES_FOLLOW);

	e->flags |= l.flags;
	return !b.failed && str_eq(l.name, e->name) && l.method == e->method && (same || follow);
}

static bool entries_overlap(const struct zip_entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (e[i].at < e[k].end && e[k].at < e[i].end)
				return true;
	return false;
}

/* Where the end record is: its comment is all that follows it. */
static bool end_find(struct str s, size_t *ret)
{
	for (size_t n = END_SIZE; n <= s.n && n <= END_SIZE + COMMENT_MAX; n++) {
		struct str end = str_from(s, s.n - n);

		if (str_starts(end, magic_end) &&
		    bytes_get((const uint8_t *)end.p + END_SIZE - 2, 2) == n - END_SIZE) {
			*ret = s.n - n;
			return true;
		}
	}
	return false;
}

/* APPNOTE 4.3.16: cuts the file into what stands before the directory and the directory. */
static struct err zip_split(struct str s, struct str *ret_files, struct str *ret_directory,
			    size_t *ret_entries)
{
	size_t end;

	if (!end_find(s, &end))
		return err_make(ERR_SYNTAX, "zip: no end of its directory");
	struct bytes b = bytes_of(str_from(s, end + magic_end.n));
	uint64_t disks = bytes_le(&b, 4), here = bytes_le(&b, 2), all = bytes_le(&b, 2);
	uint64_t size = bytes_le(&b, 4), at = bytes_le(&b, 4);

	if (disks || here != all)
		return err_make(ERR_UNSUPPORTED, "zip: of several disks");
	if (all > UNPACK_ENTRIES_MAX)
		return err_make(ERR_LIMIT, "zip: more than %d entries", UNPACK_ENTRIES_MAX);
	if (at > end || size != end - at)
		return err_make(ERR_SYNTAX, "zip: the directory is not where it should be");
	*ret_files = str_sub(s, 0, at);
	*ret_directory = str_sub(s, at, end);
	*ret_entries = all;
	return ERR_OK;
}

static struct err entries_read(struct str files, struct str directory, size_t n,
			       struct zip_entry *ret)
{
	struct bytes b = bytes_of(directory);

	for (size_t i = 0; i < n; i++) {
		if (!str_eq(bytes_take(&b, magic_central.n), magic_central))
			return err_make(ERR_SYNTAX, "zip: broken directory");
		entry_central(&b, &ret[i]);
		if (b.failed || !entry_local(files, &ret[i]))
			return err_make(ERR_SYNTAX, "zip: the headers of entry %zu do not agree",
					i);
	}
	if (!bytes_done(&b))
		return err_make(ERR_SYNTAX, "zip: more in the directory than entries");
	if (entries_overlap(ret, n))
		return err_make(ERR_SYNTAX, "zip: entries overlap");
	return ERR_OK;
}

/* Adds the content of a checked entry. */
static struct err entry_unpack(const struct zip_entry *e, struct str packed, struct buf *ret)
{
	if (e->flags & FLAG_ENCRYPTED)
		return err_make(ERR_UNSUPPORTED, "encrypted");
	if (e->method == METHOD_DEFLATED) {
		TRY(inflate_one(WINDOW_RAW, &packed, e->size < UNPACK_MAX ? e->size : UNPACK_MAX,
				ret));
		if (packed.n)
			return err_make(ERR_SYNTAX, "%zu bytes behind compressed data", packed.n);
		return ERR_OK;
	}
	if (e->method != METHOD_STORED)
		return err_make(ERR_UNSUPPORTED, "method %u", e->method);
	TRY(check_size(packed.n, packed.n, UNPACK_MAX));
	buf_str_add(ret, packed);
	return buf_failed(ret) ? err_make(ERR_TOO_BIG, "more than %zu bytes", ret->max) : ERR_OK;
}

static struct err unpack_zip(struct str s, struct buf *ret)
{
	struct zip_entry e[UNPACK_ENTRIES_MAX] = {0};
	struct str files = {0}, directory = {0};
	size_t n = 0, i = 0, before = ret->n;

	TRY(zip_split(s, &files, &directory, &n));
	TRY(entries_read(files, directory, n, e));
	while (i < n && str_ends(e[i].name, STR("/")))
		i++;
	if (i == n)
		return err_make(ERR_SYNTAX, "zip: no file in it");
	TRY(err_add(entry_unpack(&e[i], str_sub(files, e[i].data, e[i].end), ret), "zip"));
	struct str out = str_from(buf_str(ret), before);

	if (out.n != e[i].size || crc32_z(0, (const Bytef *)out.p, out.n) != e[i].crc)
		return err_make(ERR_SYNTAX, "zip: the content is not what the headers say");
	return ERR_OK;
}

struct err unpack(struct str s, struct buf *ret)
{
	if (s.n > INT32_MAX)
		return err_make(ERR_TOO_BIG, "%zu bytes are too many to unpack", s.n);
	switch (unpack_kind(s)) {
	case UNPACK_GZIP: return unpack_gzip(s, ret);
	case UNPACK_ZIP: return unpack_zip(s, ret);
	case UNPACK_PLAIN: break;
	}
	if (s.n > UNPACK_MAX)
		return err_make(ERR_TOO_BIG, "more than %d bytes", UNPACK_MAX);
	buf_str_add(ret, s);
	return buf_failed(ret) ? err_make(ERR_TOO_BIG, "more than %zu bytes", ret->max) : ERR_OK;
}

void pack_gzip(struct str s, struct buf *ret)
{
	z_stream z = {0};

	if (s.n > INT32_MAX || deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, 8,
					    Z_DEFAULT_STRATEGY) != Z_OK) {
		ret->failed = true;
		return;
	}
	size_t bound = deflateBound(&z, s.n);
	char *to = buf_reserve(ret, bound);

	if (to) {
		z.next_in = (const Bytef *)s.p;
		z.avail_in = (uInt)s.n;
		z.next_out = (Bytef *)to;
		z.avail_out = (uInt)bound;
		ret->failed = deflate(&z, Z_FINISH) != Z_STREAM_END;
		buf_commit(ret, bound - z.avail_out);
	}
	deflateEnd(&z);
}
