#include "format/xml.h"

#include "base/utf8.h"
#include <expat.h>

enum {
	PIECE = 16 << 10, /* what is parsed at once; a token may begin in an earlier piece */
	SEPARATOR = '\n', /* between namespace and name: no URI has it, expat sees to that */
};

struct parse {
	XML_Parser expat;
	struct xml_reader *reader;
	struct err error; /* ours: why expat was stopped */
	struct buf text;
	unsigned depth, elements;
	bool leaf; /* no element ended since the innermost began */
};

/* Says where an error was met. */
static struct err placed(const struct parse *p, struct err e)
{
	return err_add(e, "XML line %lu column %lu", XML_GetCurrentLineNumber(p->expat),
		       XML_GetCurrentColumnNumber(p->expat) + 1);
}

static void stop(struct parse *p, struct err e)
{
	if (err_is_ok(e) || err_failed(p->error))
		return;
	p->error = placed(p, e);
	XML_StopParser(p->expat, XML_FALSE);
}

static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
		       const XML_Char *public, int internal)
{
	stop(data, err_make(ERR_SYNTAX, "a document type declaration is not taken"));
}

static void on_begin(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct parse *p = data;
	struct str full = str_z(name), space, local;

	if (err_failed(p->error))
		return;
	if (p->depth++ == XML_DEPTH_MAX) {
		stop(p, err_make(ERR_LIMIT, "elements are nested deeper than %d", XML_DEPTH_MAX));
		return;
	}
	if (p->elements++ == XML_ELEMENTS_MAX) {
		stop(p, err_make(ERR_LIMIT, "more than %d elements", XML_ELEMENTS_MAX));
		return;
	}
	buf_clear(&p->text);
	p->leaf = true;
	if (!str_cut(full, SEPARATOR, &space, &local)) {
		local = full;
		space = STR("");
	}
	stop(p, p->reader->begin(p->reader, space, local));
}

static void on_end(void *data, const XML_Char *name)
{
	struct parse *p = data;

	if (err_failed(p->error))
		return;
	p->depth--;
	stop(p, p->reader->end(p->reader, p->leaf ? buf_str(&p->text) : STR("")));
	p->leaf = false;
}

static void on_text(void *data, const XML_Char *text, int n)
{
	struct parse *p = data;

	if (!p->leaf)
		return;
	buf_add(&p->text, text, (size_t)n);
	if (buf_failed(&p->text))
		stop(p, err_make(ERR_LIMIT, "a text has more than %d bytes", XML_TEXT_MAX));
}

static struct err failure(struct parse *p)
{
	enum XML_Error code = XML_GetErrorCode(p->expat);

	if (err_failed(p->error))
		return p->error;
	return placed(p, err_make(code == XML_ERROR_NO_MEMORY ? ERR_RESOURCES : ERR_SYNTAX, "%s",
				  XML_ErrorString(code)));
}

/* In pieces: expat keeps a token that is not complete, and its length is ours to bound. */
static struct err parse_all(struct parse *p, struct str document)
{
	for (size_t at = 0;;) {
		struct str piece = str_sub(document, at, at + PIECE);
		bool last = at + piece.n == document.n;

		if (XML_Parse(p->expat, piece.p, (int)piece.n, last) != XML_STATUS_OK)
			return failure(p);
		if (last)
			return ERR_OK;
		at += piece.n;
		if (at - (size_t)XML_GetCurrentByteIndex(p->expat) > XML_TOKEN_MAX + PIECE)
			return placed(p, err_make(ERR_LIMIT, "a tag has more than %d bytes",
						  XML_TOKEN_MAX));
	}
}

struct err xml_read(struct str document, struct xml_reader *x)
{
	struct parse p = {.reader = x, .text = BUF_INIT(XML_TEXT_MAX)};

	if (document.n > XML_SIZE_MAX)
		return err_make(ERR_TOO_BIG, "XML of more than %d bytes", XML_SIZE_MAX);
	p.expat = XML_ParserCreateNS(NULL, SEPARATOR);
	if (!p.expat)
		return err_make(ERR_RESOURCES, "out of memory for XML");
	XML_SetUserData(p.expat, &p);
	XML_SetStartDoctypeDeclHandler(p.expat, on_doctype);
	XML_SetElementHandler(p.expat, on_begin, on_end);
	XML_SetCharacterDataHandler(p.expat, on_text);
	struct err e = parse_all(&p, document);

	XML_ParserFree(p.expat);
	buf_fini(&p.text);
	return e;
}

/* XML 1.0 §2.2 Char. */
static bool is_char(uint32_t cp)
{
	return cp == '\t' || cp == '\n' || cp == '\r' || (cp >= 0x20 && cp < 0xfffe) ||
	       cp >= 0x10000;
}

static struct str escape(uint32_t cp)
{
	switch (cp) {
	case '&': return STR("&amp;");
	case '<': return STR("&lt;");
	case '>': return STR("&gt;");
	case '"': return STR("&quot;");
	case '\'': return STR("&apos;");
	case '\r': return STR("&#13;"); /* else it would be read as a line feed */
	}
	return STR("");
}

void buf_xml(struct buf *b, struct str s)
{
	for (size_t i = 0, n; i < s.n; i += n) {
		uint32_t cp;

		n = utf8_decode_lossy(s, i, &cp);
		struct str escaped = escape(cp);

		if (escaped.n)
			buf_str_add(b, escaped);
		else
			buf_utf8(b, is_char(cp) ? cp : 0xfffd);
	}
}
