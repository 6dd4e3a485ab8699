#include "base/json.h"

#include "base/utf8.h"
#include <assert.h>

static void escape(struct buf *b, uint32_t cp)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (size_t i = 0; i + 1 < sizeof(shorts); i += 2)
		if (cp == (unsigned char)shorts[i]) {
			buf_char(b, '\\');
			buf_char(b, shorts[i + 1]);
			return;
		}
	buf_printf(b, "\\u%04x", (unsigned)cp);
}

/* RFC 8259 §7 MUST: quotation mark, reverse solidus and control characters. The rest so that the
 * text may stand in an HTML script element, and in JavaScript older than ES2019. */
static bool needs_escape(uint32_t cp)
{
	return cp < 0x20 || cp == '"' || cp == '\\' || cp == '<' || cp == '>' || cp == '&' ||
	       cp == 0x7f || cp == 0x2028 || cp == 0x2029;
}

void buf_json(struct buf *b, struct str s)
{
	size_t plain = 0, n;

	buf_char(b, '"');
	for (size_t i = 0; i < s.n; i += n) {
		uint32_t cp;
		size_t valid = utf8_decode(s, i, &cp);

		n = valid ? valid : utf8_decode_lossy(s, i, &cp);
		if (valid && !needs_escape(cp))
			continue;
		buf_str_add(b, str_sub(s, plain, i));
		plain = i + n;
		if (valid)
			escape(b, cp);
		else
			buf_utf8(b, cp);
	}
	buf_str_add(b, str_from(s, plain));
	buf_char(b, '"');
}

struct json json_of(struct buf *b)
{
	return (struct json){.b = b};
}

static uint64_t level(const struct json *j)
{
	return j->depth ? (uint64_t)1 << (j->depth - 1) : 0;
}

/* What stands before a value: a comma, in an array; a key has seen to it in an object. */
static void before_value(struct json *j)
{
	assert(j->key == ((j->object & level(j)) != 0));
	assert(j->depth || !json_complete(j));
	if (!j->key && (j->used & level(j)))
		buf_char(j->b, ',');
	j->key = false;
	j->used |= level(j);
	if (!j->depth)
		j->used = 1;
}

static void begin(struct json *j, char c, bool object)
{
	before_value(j);
	assert(j->depth < JSON_DEPTH_MAX);
	buf_char(j->b, c);
	j->depth++;
	j->used &= ~level(j);
	j->object = object ? j->object | level(j) : j->object & ~level(j);
}

static void end(struct json *j, char c, bool object)
{
	assert(j->depth && !j->key && object == ((j->object & level(j)) != 0));
	buf_char(j->b, c);
	j->object &= ~level(j);
	j->depth--;
	if (!j->depth)
		j->used = 1;
}

void json_object_begin(struct json *j)
{
	begin(j, '{', true);
}

void json_object_end(struct json *j)
{
	end(j, '}', true);
}

void json_array_begin(struct json *j)
{
	begin(j, '[', false);
}

void json_array_end(struct json *j)
{
	end(j, ']', false);
}

void json_key(struct json *j, struct str key)
{
	assert(!j->key && (j->object & level(j)));
	if (j->used & level(j))
		buf_char(j->b, ',');
	j->used |= level(j);
	j->key = true;
	buf_json(j->b, key);
	buf_char(j->b, ':');
}

void json_str(struct json *j, struct str s)
{
	before_value(j);
	buf_json(j->b, s);
}

void json_u64(struct json *j, uint64_t v)
{
	before_value(j);
	buf_u64(j->b, v);
}

void json_i64(struct json *j, int64_t v)
{
	before_value(j);
	buf_i64(j->b, v);
}

void json_bool(struct json *j, bool v)
{
	before_value(j);
	buf_str_add(j->b, v ? STR("true") : STR("false"));
}

void json_nothing(struct json *j)
{
	before_value(j);
	buf_str_add(j->b, STR("null"));
}

void json_raw(struct json *j, struct str value)
{
	before_value(j);
	buf_str_add(j->b, value);
}

bool json_complete(const struct json *j)
{
	return j->depth == 0 && j->used;
}
