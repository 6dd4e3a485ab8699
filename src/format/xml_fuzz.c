/* What a reader is told is balanced and within the limits; any text that is escaped is read as it
 * was, but for what may not stand in XML. */
#include "base/utf8.h"
#include "format/xml.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct count {
	struct xml_reader xml;
	unsigned depth, elements;
	struct buf *text; /* of the element that ended last */
};

static struct err on_begin(struct xml_reader *x, struct str space, struct str name)
{
	struct count *c = CONTAINER_OF(x, struct count, xml);

	assert(name.n && utf8_valid(name) && utf8_valid(space));
	assert(++c->depth <= XML_DEPTH_MAX && ++c->elements <= XML_ELEMENTS_MAX);
	return ERR_OK;
}

static struct err on_end(struct xml_reader *x, struct str text)
{
	struct count *c = CONTAINER_OF(x, struct count, xml);

	assert(c->depth-- > 0 && text.n <= XML_TEXT_MAX && utf8_valid(text));
	buf_clear(c->text);
	buf_str_add(c->text, text);
	return ERR_OK;
}

static void escape_and_read(struct str s, struct buf *text)
{
	BUF_AUTO document = BUF_INIT(1 << 20);
	BUF_AUTO repaired = BUF_INIT(1 << 20);
	struct count c = {{on_begin, on_end}, 0, 0, text};

	s = str_sub(s, 0, XML_TEXT_MAX / 3);
	buf_str_add(&document, STR("<a>"));
	buf_xml(&document, s);
	buf_str_add(&document, STR("</a>"));
	assert(err_is_ok(xml_read(buf_str(&document), &c.xml)));
	buf_utf8_repair(&repaired, s);
	struct str got = buf_str(text), want = buf_str(&repaired);
	size_t n, k;

	for (size_t i = 0, j = 0; i < want.n; i += n, j += k) {
		uint32_t a, b;

		n = utf8_decode(want, i, &a);
		k = utf8_decode(got, j, &b);
		assert(n && k && (a == b || b == UTF8_REPLACEMENT));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BUF_AUTO text = BUF_INIT(1 << 20);
	struct count c = {{on_begin, on_end}, 0, 0, &text};

	if (err_is_ok(xml_read(str_of(data, size), &c.xml)))
		assert(c.depth == 0 && c.elements > 0);
	escape_and_read(str_of(data, size), &text);
	return 0;
}
