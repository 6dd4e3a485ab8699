/* xml: reads XML 1.0 as a stream of elements and their texts, and escapes text for it. On expat.
 *
 * Input: a stranger's bytes. A document type declaration is refused, and with it all entities but
 * the five of XML itself: nothing expands, nothing is fetched. The limits below bound the memory;
 * cost is linear.
 * Encodings: UTF-8, UTF-16, ISO-8859-1, US-ASCII; texts arrive as UTF-8.
 * Not handled: attributes, comments and processing instructions are passed over, and so is text
 * beside elements.
 */
#ifndef MOX_FORMAT_XML_H
#define MOX_FORMAT_XML_H

#include "base/buf.h"
#include "base/err.h"

enum {
	XML_SIZE_MAX = 20 << 20,
	XML_DEPTH_MAX = 32,         /* open elements */
	XML_ELEMENTS_MAX = 1000000, /* of a document */
	XML_TEXT_MAX = 64 << 10,    /* of an element */
	/* Of a tag with its attributes, or a comment; half as much again is never taken. */
	XML_TOKEN_MAX = 64 << 10,
};

/* Who reads a document: both functions are called in the document's order, and an error of theirs
 * ends the reading and is its result. The strs live during the call. */
struct xml_reader {
	/* An element begins. space: the namespace's name, empty for none. */
	struct err (*begin)(struct xml_reader *x, struct str space, struct str name);
	/* The innermost element ends. text: all of it as written; empty if it has elements in it.
	 */
	struct err (*end)(struct xml_reader *x, struct str text);
};

/* SYNTAX with line and column, LIMIT, TOO_BIG, RESOURCES. */
struct err xml_read(struct str document, struct xml_reader *x);

/* Adds s as text or attribute value. What is not UTF-8 or may not stand in XML becomes U+FFFD. */
void buf_xml(struct buf *b, struct str s);

#endif
