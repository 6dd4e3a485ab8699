"""IMAP's responses as values, read from a socket: strings are bytes, NIL is None, atoms are str, numbers are
int, lists are lists. Written from RFC 9051 §9 alone, to be compared with what the server makes of messages."""

import re

LITERAL = re.compile(rb"(~?)\{(\d+)\}\r\n")
ATOM = re.compile(rb"\\?[^\s()\[\]\"{}<]+(?:\[[^\]]*\])?(?:<\d+>)?|\[|\]|\\\*")


class Literal8(bytes):
    """Bytes that may hold NUL (RFC 9051 §9 literal8)."""


def chars(octets):
    """A message's octets as a literal has them, which may not hold NUL (RFC 9051 §9 CHAR8)."""
    return octets.replace(b"\0", b"\x80")


def read(file, ended=False):
    """One response with the literals in it, without its last CRLF. Where the connection may have ended,
    None says that it has."""
    whole = b""
    while True:
        line = file.readline()
        if ended and not whole and not line:
            return None
        assert line.endswith(b"\r\n"), (whole[-200:], line)
        literal = re.search(rb"\{(\d+)\}\r\n$", line)
        whole += line
        if not literal:
            return whole[:-2]
        n = int(literal[1])
        octets = file.read(n)
        assert len(octets) == n
        whole += octets


class Values:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, octets):
        assert self.data.startswith(octets, self.at), self.data[self.at:self.at + 80]
        self.at += len(octets)

    def peek(self):
        return self.data[self.at:self.at + 1]

    def quoted(self):
        found = re.compile(rb'"((?:[^"\\\r\n\0]|\\["\\])*)"').match(self.data, self.at)
        assert found, self.data[self.at:self.at + 80]
        self.at = found.end()
        return re.sub(rb"\\(.)", rb"\1", found[1])

    def literal(self):
        found = LITERAL.match(self.data, self.at)
        self.at = found.end() + int(found[2])
        octets = self.data[found.end():self.at]
        assert found[1] or b"\0" not in octets
        return Literal8(octets) if found[1] else octets

    def value(self):
        c = self.peek()
        if c == b"(":
            return self.list()
        if c == b'"':
            return self.quoted()
        if LITERAL.match(self.data, self.at):
            return self.literal()
        found = ATOM.match(self.data, self.at)
        assert found, self.data[self.at:self.at + 80]
        self.at = found.end()
        word = found[0].decode()
        return None if word == "NIL" else int(word) if word.isdigit() else word

    def list(self):
        """One SP between values, but none between the bodies of a multipart (RFC 9051 §9)."""
        self.take(b"(")
        values = []
        while self.peek() != b")":
            if values and not (self.peek() == b"(" and isinstance(values[-1], list)):
                self.take(b" ")
            values.append(self.value())
        self.take(b")")
        return values


def value(data):
    """The one value that data is."""
    v = Values(data)
    found = v.value()
    assert v.at == len(data), data[v.at:v.at + 80]
    return found


def fetched(response):
    """(message number, {name: value}) of a FETCH response."""
    found = re.match(rb"\* (\d+) FETCH ", response)
    assert found, response[:200]
    items = value(response[found.end():])
    names = items[::2]
    assert len(set(names)) == len(names), names
    return int(found[1]), dict(zip(names, items[1::2]))


class Part:
    """A body of BODYSTRUCTURE or BODY (RFC 9051 §7.5.2), with the sections that name it (RFC 9051 §6.4.5.1):
    `body` and `header`. A message's own body has the number 1, but a multipart has none."""

    def __init__(self, items, extended, message="", number=None, parent=None):
        self.extended = extended
        self.parent = parent
        self.envelope = self.embedded = self.lines = None
        self.children = []
        is_multipart = isinstance(items[0], list)
        inner = f"{message}." if message else ""
        self.is_root = number is None
        self.header = f"{inner}HEADER" if self.is_root else f"{inner}{number}.MIME"
        self.body = f"{inner}TEXT" if self.is_root and is_multipart else f"{inner}{number or 1}"
        self.section = message if self.is_root and is_multipart else self.body
        rest = self.multipart(items) if is_multipart else self.single(items)
        self.extensions(rest)

    def multipart(self, items):
        n = next(i for i, x in enumerate(items) if not isinstance(x, list))
        self.type, self.subtype = b"multipart", items[n]
        self.children = [Part(x, self.extended, self.section, i, self) for i, x in enumerate(items[:n], 1)]
        self.params = pairs(items[n + 1]) if self.extended else {}
        return items[n + 2:] if self.extended else items[n + 1:]

    def single(self, items):
        self.type, self.subtype = items[0], items[1]
        self.params = pairs(items[2])
        self.id, self.description, self.encoding, self.size = items[3:7]
        rest = items[7:]
        if self.is_message():
            self.envelope, body, self.lines = rest[:3]
            self.embedded = Part(body, self.extended, self.section, parent=self)
            rest = rest[3:]
        elif self.type.lower() == b"text":
            self.lines, rest = rest[0], rest[1:]
        if self.extended:
            self.md5, rest = rest[0], rest[1:]
        return rest

    def extensions(self, rest):
        if not self.extended:
            assert rest == []
            return
        self.disposition, language, self.location = rest
        if self.disposition is not None:
            self.disposition = (self.disposition[0], pairs(self.disposition[1]))
        self.language = [language] if isinstance(language, bytes) else language or []

    def is_message(self):
        return self.type.lower() == b"message" and self.subtype.lower() in (b"rfc822", b"global")

    def sections(self):
        """All that name something of this part."""
        yield from (self.header, self.body)
        if self.section:
            yield from (self.section, f"{self.section}.MIME")
        if self.embedded:
            yield from (f"{self.section}.HEADER", f"{self.section}.TEXT")

    def below(self):
        return self.children or ([self.embedded] if self.embedded else [])

    def walk(self):
        yield self
        for part in self.below():
            yield from part.walk()

    def plain(self):
        """What BODY says of it too."""
        if self.children:
            return [p.plain() for p in self.children], self.subtype
        return (self.type, self.subtype, self.params, self.id, self.description, self.encoding, self.size,
                self.envelope, self.embedded and self.embedded.plain(), self.lines)


def pairs(items):
    """body-fld-param; a name given twice would hide a value."""
    found = dict(zip(items[::2], items[1::2])) if items else {}
    assert len(found) * 2 == len(items or [])
    return found
