"""What IMAP says of every message of test/data/mime, compared with the message's bytes and with itself:
BODYSTRUCTURE, ENVELOPE and sizes against what the sections, their headers and BINARY give, part by part.
The other side of each comparison is mailread.py, from the RFCs and with Python's email package; where the
server differs, DIFFERENCES says why."""

import email
import re
import threading

import imapdata
import pytest
from mailread import addresses, decoded, extended, field, fields, header_of, latin1, parameters, types
from test_messages import messages
from wire import Imap

CODED = {b"BASE64", b"QUOTED-PRINTABLE"}
ENCODINGS = CODED | {b"7BIT", b"8BIT", b"BINARY"}
ITEMS_MAX = 50  # of one command

# What the collection has not. Lines end in LF here.
MORE = {
    "nothing": b"",
    "an empty line": b"\n",
    "header alone": b"Subject: no body, not even an empty line\n",
    "NUL": b"Subject: nul\nContent-Transfer-Encoding: binary\n\na\0b\n",
    "coded NUL": b"Subject: nul\nContent-Type: application/x\nContent-Transfer-Encoding: base64\n\nYQBi\n",
    "unknown encoding": b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: x-odd\n\nx\n"
                        b"--b\n\ny\n--b--\n",
    "header values in UTF-8": "From: Jürgen <j@remote.example>\nSubject: süß \"quoted\" \\\n\nx\n".encode(),
    "header values in Latin-1": "From: Jürgen <j@remote.example>\nSubject: süß\n\nx\n".encode("latin-1"),
    "many fields": b"From: a@x.example\nSender: b@x.example\nReply-To: c@x.example, \"D, E\" <d@x.example>\n"
                   b"To: friends: e@x.example, F <f@x.example>;, g@x.example\nCc: undisclosed:;\n"
                   b"Bcc: \"h i\"@x.example\nIn-Reply-To: <1@x>\n <2@x>\nMessage-ID: <3@x>\n"
                   b"Date: Mon, 2 Jan 2006 15:04:05 -0700 (MST)\nSubject:\n\nx\n",
    "fields twice": b"Subject: first\nSubject: second\nFrom: a@x.example\nFrom: b@x.example\n\nx\n",
    "all extensions": b"Content-Type: TEXT/Plain; Charset=utf-8; format=flowed\nContent-ID: <i@x>\n"
                      b"Content-Description: some\n thing\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\n"
                      b"Content-Disposition: Attachment; filename*0*=utf-8''na%C3%AFve; filename*1=\".txt\"\n"
                      b"Content-Language: en, de\nContent-Location: http://x.example/\n\nx\n",
    "parts without lines": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b\n\n\n--b\n--b\nX: y\n\n--b--",
    "digest": b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\n\n1\n--b\nContent-Type: text/x\n\n2\n"
              b"--b\n\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\n3\n--c--\n--b--\n",
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 20 + b"Subject: innermost\n\nx\n",
    "message/global": b"Content-Type: message/global\n\nSubject: \xc3\xbc\n\nx\n",
    "prefixes": b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bb\n\n"
                b"--bb\n\n1\n--bb--\n--b\n\n--bbb\n2\n--b--\n",
    "inner one not closed": b"Content-Type: multipart/mixed; boundary=a\n\n--a\n"
                            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n1\n--a\n\n2\n--a--\n",
    "many levels": b"".join(b"Content-Type: multipart/mixed; boundary=%d_\n\n--%d_\n" % (i, i) for i in range(90))
                   + b"\nx\n",
}

# Why the server and this side differ: reason -> (what, message, section).
DIFFERENCES = {
    "RFC 2047 §5: no encoded word stands in a parameter, so none is decoded": [
        ("type", "mail-parser/eml/legacy/047.eml", "2"),
        ("type", "mime4j/mimetools-testmsgs/attachment-filename-encoding-Latin1.msg", "2"),
        ("type", "mime4j/mimetools-testmsgs/attachment-filename-encoding-UTF8.msg", "2"),
        ("disposition", "mail-parser/eml/legacy/047.eml", "2"),
    ],
    "RFC 2045 §5.1: Python drops what its grammar does not have: a parameter behind a missing `;`, "
    "without a value, or with specials outside quotes": [
        ("type", "mail-parser/eml/rfc/001.eml", "3"),
        ("type", "mime4j/mimetools-testmsgs/infinite_decoded_1.txt", "1"),
        ("type", "mime4j/mimetools-testmsgs/russian.msg", "1"),
        ("type", "mime4j/testmsgs/russian-headers.msg", "1"),
        ("disposition", "mime4j/mimetools-testmsgs/russian.msg", "1"),
        ("disposition", "mime4j/testmsgs/russian-headers.msg", "1"),
    ],
    "RFC 5322 §3.2.4 NOT: a backslash quotes only a quote and itself, for the sake of Windows paths": [
        ("disposition", "mail-parser/eml/legacy/035.eml", "1.2.2"),
        ("disposition", "mail-parser/eml/legacy/035.eml", "1.2.3"),
        ("disposition", "mail-parser/eml/legacy/039.eml", "1.2"),
        ("disposition", "mail-parser/eml/legacy/039.eml", "1.3"),
        ("disposition", "mime4j/mimetools-testmsgs/multi-2evil.msg", "2"),
    ],
    "RFC 2045 §6.4: a message/rfc822 must not be encoded; there are no sections in it, it is opaque": [
        ("type", "mail-parser/eml/rfc/008.eml", "2"),
        ("type", "mime4j/mimetools-testmsgs/multi-2gifs-base64.msg", "1"),
        ("type", "mime4j/testmsgs/bad-newlines-multiple-parts-base64.msg", "1"),
        ("type", "mime4j/testmsgs/base64encoded-rfc822message-nested.msg", "1"),
        ("type", "mime4j/testmsgs/base64encoded-rfc822message.msg", "1"),
        ("tree", "mail-parser/eml/rfc/008.eml", ""),
        ("tree", "mime4j/mimetools-testmsgs/multi-2gifs-base64.msg", ""),
        ("tree", "mime4j/testmsgs/bad-newlines-multiple-parts-base64.msg", ""),
        ("tree", "mime4j/testmsgs/base64encoded-rfc822message-nested.msg", ""),
        ("tree", "mime4j/testmsgs/base64encoded-rfc822message.msg", ""),
    ],
    "RFC 2045 §5.2 NOT: a Content-Type that does not parse is opaque, not text": [
        ("type", "mime4j/mimetools-testmsgs/multi-digest.msg", "2.1"),
        ("type", "python-email/msg_14.txt", "1"),
        ("tree", "python-email/msg_14.txt", ""),
    ],
    "RFC 5322 §2.2.3: the boundary is folded, which Python does not undo": [
        ("tree", "mime4j/mimetools-testmsgs/multi-badnames.msg", ""),
        ("tree", "mime4j/mimetools-testmsgs/multi-clen.msg", ""),
        ("tree", "mime4j/mimetools-testmsgs/multi-digest.msg", ""),
        ("tree", "mime4j/mimetools-testmsgs/multi-simple.msg", ""),
    ],
    "RFC 2046 §5.2.3: what is in a message/external-body is no part of this message": [
        ("tree", "mail-parser/eml/rfc/001.eml", ""),
        ("tree", "python-email/msg_36.txt", ""),
    ],
    "RFC 2046 §5.1.2: a boundary line is of the innermost open multipart that has it; Python ends the "
    "outer one too": [
        ("tree", "python-email/msg_15.txt", ""),
        ("tree", "python-email/msg_39.txt", ""),
    ],
    "RFC 2046 §5.1.1: a part may be empty; Python passes over boundary lines that follow another": [
        ("tree", "mime4j/mimetools-testmsgs/2002_06_12_doublebound.msg", ""),
        ("tree", "mime4j/mimetools-testmsgs/double-bound.msg", ""),
        ("tree", "python-email/msg_37.txt", ""),
        ("tree", "parts without lines", ""),
    ],
    "RFC 2046 §5.1.1 NOT: a boundary with text behind it on its line is none": [
        ("type", "mime4j/testmsgs/ending-boundaries.msg", "1"),
        ("tree", "mime4j/testmsgs/ending-boundaries.msg", ""),
    ],
    "RFC 5322 §3.4: where there is no addr-spec the words are a name; RFC 9051 §7.5.2: host is not NIL, "
    "which is a group": [
        ("envelope", "mail-parser/eml/rfc/009.eml", "2"),
    ],
    "RFC 2047 §6.2: white space between encoded words is none of the text; Python keeps it in addresses": [
        ("envelope", "mail-parser/eml/legacy/011.eml", ""),
    ],
    "RFC 2046 §5.1.1: a multipart has a boundary and a part, else it is opaque": [
        ("type", "mime4j/mimetools-testmsgs/badbound.msg", "1"),
        ("type", "mime4j/mimetools-testmsgs/multi-igor2_decoded_1_4.txt", "1"),
        ("type", "mime4j/mimetools-testmsgs/multi-igor_decoded_1_4.txt", "1"),
        ("type", "mime4j/testmsgs/missing-boundary.msg", "1"),
        ("type", "mime4j/testmsgs/missing-inner-boundary.msg", "2"),
        ("type", "mime4j/testmsgs/missing-inner-start-boundary.msg", "2"),
        ("type", "mime4j/testmsgs/multipartnopart.msg", "1"),
        ("type", "python-email/msg_17.txt", "1"),
        ("type", "python-email/msg_25.txt", "1"),
        ("type", "python-email/msg_31.txt", "1"),
        ("type", "python-email/msg_41.txt", "1"),
        ("type", "python-email/msg_42.txt", "2.1"),
        ("tree", "mime4j/mimetools-testmsgs/badbound.msg", ""),
        ("tree", "mime4j/mimetools-testmsgs/multi-igor2_decoded_1_4.txt", ""),
        ("tree", "mime4j/mimetools-testmsgs/multi-igor_decoded_1_4.txt", ""),
        ("tree", "mime4j/testmsgs/missing-boundary.msg", ""),
        ("tree", "mime4j/testmsgs/missing-inner-boundary.msg", ""),
        ("tree", "mime4j/testmsgs/missing-inner-start-boundary.msg", ""),
        ("tree", "mime4j/testmsgs/multipartnopart.msg", ""),
        ("tree", "python-email/msg_17.txt", ""),
        ("tree", "python-email/msg_25.txt", ""),
        ("tree", "python-email/msg_31.txt", ""),
        ("tree", "python-email/msg_41.txt", ""),
        ("tree", "python-email/msg_42.txt", ""),
    ],
}


class Walk:
    """All messages in one mailbox, and what FETCH gives of them, asked for many at a time."""

    def __init__(self, server):
        self.imap = Imap(server.port["imap"])
        self.imap.command(b"CREATE Walk")
        self.sent = [(name.removeprefix("test/data/mime/"), data) for name, data in messages()]
        self.sent += [(name, data.replace(b"\n", b"\r\n")) for name, data in MORE.items()]
        for name, data in self.sent:
            self.imap.send(b"x APPEND Walk ~{%d}\r\n" % len(data))
            assert self.imap.line().startswith(b"+ "), name
            self.imap.send(data + b"\r\n")
            assert self.imap.line().startswith(b"x OK"), name
        self.imap.command(b"EXAMINE Walk")
        self.numbers = range(1, len(self.sent) + 1)
        self.got = self.fetch((n, ["RFC822.SIZE", "BODY", "BODYSTRUCTURE", "ENVELOPE", "RFC822", "RFC822.HEADER",
                                   "RFC822.TEXT", "BODY[]", "BODY[HEADER]", "BODY[TEXT]"]) for n in self.numbers)
        self.tree = {n: imapdata.Part(self.got[n]["BODYSTRUCTURE"], True) for n in self.numbers}
        self.take((n, [f"BODY[{s}]" for p in self.tree[n].walk() for s in p.sections()]) for n in self.numbers)
        self.take((n, [f"BINARY.SIZE[{p.body}]", f"BINARY[{p.body}]"])
                  for n in self.numbers for p in self.tree[n].walk() if not p.children)

    def take(self, wanted):
        for n, values in self.fetch(wanted).items():
            self.got[n].update(values)

    def fetch(self, wanted):
        """(message number, names) in any number -> {message number: {name: value}}."""
        commands = []
        for n, names in wanted:
            names = list(dict.fromkeys(names))
            commands += [(n, names[i:i + ITEMS_MAX]) for i in range(0, len(names), ITEMS_MAX)]
        text = "".join(f"t{i} FETCH {n} ({' '.join(names)})\r\n" for i, (n, names) in enumerate(commands))
        sender = threading.Thread(target=self.imap.send, args=(text.encode(),))
        sender.start()
        found = {n: {} for n in self.numbers}
        for i, (n, names) in enumerate(commands):
            response = imapdata.read(self.imap.file)
            number, values = imapdata.fetched(response)
            assert number == n
            found[n].update(values)
            tagged = imapdata.read(self.imap.file)
            if tagged.startswith(b"t%d NO [UNKNOWN-CTE]" % i):
                assert all(name.startswith("BINARY") for name in names)
            else:
                assert tagged.startswith(b"t%d OK" % i), tagged
                assert set(values) == {re.sub(r"\.\d+>$", ">", name) for name in names}
        sender.join()
        return found

    def parts(self):
        """(name, part, what was fetched) of all parts of all messages."""
        for n in self.numbers:
            for part in self.tree[n].walk():
                yield self.sent[n - 1][0], part, self.got[n]


@pytest.fixture(scope="module")
def walk(mox):
    return Walk(mox)


def explained(what, found):
    """What was found to differ is exactly what the table says."""
    known = {(name, section) for cases in DIFFERENCES.values() for w, name, section in cases if w == what}
    assert {key: found[key] for key in found.keys() - known} == {}
    assert known - found.keys() == set()


def test_whole(walk):
    assert len(walk.sent) == len({name for name, _ in walk.sent}) > 320
    for n in walk.numbers:
        (name, data), got = walk.sent[n - 1], walk.got[n]
        assert got["RFC822.SIZE"] == len(data), name
        data = imapdata.chars(data)
        assert got["BODY[]"] == data == got["RFC822"], name
        assert got["BODY[HEADER]"] + got["BODY[TEXT]"] == data, name
        assert got["RFC822.HEADER"] == got["BODY[HEADER]"] and got["RFC822.TEXT"] == got["BODY[TEXT]"], name
        header = re.match(rb"(?s)(?:\r\n|.*?\r\n\r\n|.*)", data)[0]  # RFC 5322 §2.1
        assert got["BODY[HEADER]"] == header, name


def test_body(walk):
    """BODY is BODYSTRUCTURE without extension data (RFC 9051 §7.5.2)."""
    for n in walk.numbers:
        assert imapdata.Part(walk.got[n]["BODY"], False).plain() == walk.tree[n].plain(), walk.sent[n - 1][0]


def test_sizes(walk):
    for name, part, got in walk.parts():
        octets = got[f"BODY[{part.body}]"]
        is_text = part.type.lower() == b"text"
        assert (part.lines is not None) == (is_text or part.embedded is not None), (name, part.section)
        assert part.lines in (None, octets.count(b"\n")), (name, part.section)
        assert part.children or part.size == len(octets), (name, part.section)


def test_types(walk):
    found = {}
    for name, part, got in walk.parts():
        written = field(got[f"BODY[{part.header}]"], "Content-Type")
        ours = latin1(part.type).lower(), latin1(part.subtype).lower(), extended(part.params)
        if written is None:
            # RFC 2045 §5.2, RFC 2046 §5.1.5
            digest = part.parent and part.parent.children and part.parent.subtype.lower() == b"digest"
            theirs = ("message", "rfc822", {}) if digest else ("text", "plain", {})
        else:
            header = header_of("content-type", latin1(written))
            theirs = header.maintype, header.subtype, parameters(header)
        if theirs[:2] == ("text", "plain"):
            theirs[2].setdefault("charset", "US-ASCII")  # RFC 2046 §4.1.2
        if ours != theirs:
            found[name, part.section] = ours, theirs, written
    explained("type", found)


def test_dispositions(walk):
    found = {}
    for name, part, got in walk.parts():
        written = field(got[f"BODY[{part.header}]"], "Content-Disposition")
        ours = part.disposition and (latin1(part.disposition[0]).lower(), extended(part.disposition[1]))
        header = header_of("content-disposition", latin1(written or b""))
        theirs = header.content_disposition and (header.content_disposition, parameters(header))
        if ours != theirs:
            found[name, part.section] = ours, theirs, written
    explained("disposition", found)


def test_other_fields(walk):
    names = {"id": "Content-ID", "description": "Content-Description", "md5": "Content-MD5",
             "encoding": "Content-Transfer-Encoding", "location": "Content-Location", "language": "Content-Language"}
    for name, part, got in walk.parts():
        header = got[f"BODY[{part.header}]"]
        theirs = {key: field(header, names[key]) or None for key in names if hasattr(part, key)}
        ours = {key: getattr(part, key) for key in theirs}
        ours["language"] = b", ".join(part.language) or None
        if "encoding" in theirs:
            ours["encoding"] = part.encoding.upper()
            theirs["encoding"] = (theirs["encoding"] or b"7bit").upper()  # RFC 2045 §6.1
        assert ours == theirs, (name, part.section)


def test_binary(walk):
    """RFC 9051 §6.4.5, §7.5.2: BINARY is the body decoded, a literal8 where it holds NUL."""
    for name, part, got in walk.parts():
        if part.children:
            continue
        binary, size = got.get(f"BINARY[{part.body}]"), got.get(f"BINARY.SIZE[{part.body}]")
        if part.encoding not in ENCODINGS:
            assert binary is size is None
            continue
        assert size == len(binary), (name, part.section)
        assert (b"\0" in binary) == isinstance(binary, imapdata.Literal8), (name, part.section)
        want = decoded(got[f"BODY[{part.body}]"], part.encoding)
        assert (binary if part.encoding in CODED else imapdata.chars(binary)) == want, (name, part.section)


def test_order(walk):
    """RFC 2046 §5.1.1: a multipart's body is preamble, then each part behind a line with the boundary, and
    nothing else between them; then perhaps the closing line."""
    for name, part, got in walk.parts():
        if not part.children:
            continue
        body = got[f"BODY[{part.body}]"]
        line_start = rb"(?:^|(?<=\n)|\r\n)--" + re.escape(extended(part.params)["boundary"].encode("latin-1").rstrip())
        delimiter = re.compile(line_start + rb"[ \t]*(?:\r\n|\Z)")
        close = re.compile(line_start + rb"[ \t]*--[ \t]*(?:\r\n|\Z)")
        at = delimiter.search(body).start()
        for child in part.children:
            line = delimiter.match(body, at)
            octets = got[f"BODY[{child.header}]"] + got[f"BODY[{child.section}]"]
            assert line and body.startswith(octets, line.end()), (name, child.section)
            at = line.end() + len(octets)
        assert at == len(body) or close.match(body, at), (name, part.section, body[at:])


def test_messages_within(walk):
    for name, part, got in walk.parts():
        if not part.embedded:
            continue
        header, body = got[f"BODY[{part.section}.HEADER]"], got[f"BODY[{part.section}.TEXT]"]
        assert got[f"BODY[{part.section}]"] == header + body, (name, part.section)
        assert part.embedded.children or got[f"BODY[{part.embedded.section}]"] == body, (name, part.section)


def test_tree(walk):
    found = {}
    for n in walk.numbers:
        name, data = walk.sent[n - 1]
        ours = [latin1(p.type + b"/" + p.subtype).lower() for p in walk.tree[n].walk()]
        theirs = list(types(email.message_from_bytes(data)))
        if ours != theirs:
            found[name, ""] = ours, theirs
    explained("tree", found)


def decoded_addresses(items):
    """ENVELOPE's, as mailread.addresses has them."""
    def octets(value):
        return None if value is None else latin1(value)

    return [(name and str(header_of("subject", latin1(name))), octets(local), octets(host))
            for name, _, local, host in items or []]


def envelope_differences(envelope, header):
    """RFC 9051 §7.5.2"""
    names = ["Date", "Subject", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "In-Reply-To", "Message-ID"]
    for name, ours in zip(names, envelope, strict=True):
        written = field(header, name)
        if name in ("Date", "Subject", "In-Reply-To", "Message-ID"):
            if ours != written:
                yield name, ours, written
            continue
        theirs = addresses(written)
        if name in ("Sender", "Reply-To") and not theirs:
            theirs = decoded_addresses(envelope[2])
        if decoded_addresses(ours) != theirs:
            yield name, decoded_addresses(ours), theirs, written


def test_envelopes(walk):
    found = {}
    for n in walk.numbers:
        for wrong in envelope_differences(walk.got[n]["ENVELOPE"], walk.got[n]["BODY[HEADER]"]):
            found[walk.sent[n - 1][0], ""] = wrong
    for name, part, got in walk.parts():
        if part.embedded:
            for wrong in envelope_differences(part.envelope, got[f"BODY[{part.section}.HEADER]"]):
                found[name, part.section] = wrong
    explained("envelope", found)


def slices(octets):
    """Partial fetches at the edges."""
    n = len(octets)
    return [(0, 1), (0, n + 1), (n // 2, 7), (max(n - 1, 0), 1), (n, 1), (n + 5, 3), (1, 2**32)]


def test_partial(walk):
    """RFC 9051 §6.4.5: octets from the first on, as many as there are."""
    wanted = []
    for n in walk.numbers:
        names = [name for name in walk.got[n] if name.startswith(("BODY[", "BINARY["))]
        wanted += [(n, name, a, b) for name in names for a, b in slices(walk.got[n][name])]
    # Of a section one partial at a time: the answer's name has the offset alone.
    for k in range(len(slices(b""))):
        these = wanted[k::len(slices(b""))]
        got = walk.fetch((n, [f"{name}<{a}.{b}>"]) for n, name, a, b in these)
        for n, name, a, b in these:
            assert got[n][f"{name}<{a}>"] == walk.got[n][name][a:a + b], (walk.sent[n - 1][0], name, a, b)


def test_fields_of_header(walk):
    """HEADER.FIELDS and HEADER.FIELDS.NOT share out the header (RFC 9051 §6.4.5.1)."""
    names = ("From", "subject", "RECEIVED")
    some, others = f"HEADER.FIELDS ({' '.join(names)})", f"HEADER.FIELDS.NOT ({' '.join(names)})"
    wanted = [(n, inner) for n in walk.numbers
              for inner in [""] + [f"{p.section}." for p in walk.tree[n].walk() if p.embedded]]
    got = walk.fetch((n, [f"BODY[{inner}{some}]", f"BODY[{inner}{others}]"]) for n, inner in wanted)
    for n, inner in wanted:
        all_fields = fields(walk.got[n][f"BODY[{inner}HEADER]"])
        chosen = [octets for name, octets in all_fields if name in ("from", "subject", "received")]
        rest = [octets for name, octets in all_fields if name not in ("from", "subject", "received")]
        assert got[n][f"BODY[{inner}{some}]"] == b"".join(chosen) + b"\r\n", (walk.sent[n - 1][0], inner)
        assert got[n][f"BODY[{inner}{others}]"] == b"".join(rest) + b"\r\n", (walk.sent[n - 1][0], inner)


def test_no_such_part(walk):
    """What is not there is NIL; of a BINARY.SIZE, which has no NIL, 0."""
    wanted = []
    for n in walk.numbers:
        for part in walk.tree[n].walk():
            if part.children:
                inner = f"{part.section}." if part.section else ""
                behind = f"{inner}{len(part.children) + 1}"
                wanted += [(n, f"BODY[{behind}]"), (n, f"BODY[{behind}.MIME]"), (n, f"BINARY[{behind}]"),
                           (n, f"BINARY.SIZE[{behind}]")]
            elif not part.embedded:
                wanted += [(n, f"BODY[{part.section}.{s}]") for s in ("1", "HEADER", "TEXT")]
    got = walk.fetch((n, [name]) for n, name in wanted)
    for n, name in wanted:
        assert got[n][name] == (0 if name.startswith("BINARY.SIZE") else None), (walk.sent[n - 1][0], name)


def test_same_for_rev2(walk):
    """RFC 9051 §4.3, RFC 6855 §3: strings may be written in another way then, values are the same."""
    names = ["BODY", "BODYSTRUCTURE", "ENVELOPE"]
    for capability in (b"IMAP4rev2", b"UTF8=ACCEPT"):
        walk.imap.command(b"ENABLE " + capability)
        walk.imap.command(b"EXAMINE Walk")
        got = walk.fetch((n, names) for n in walk.numbers)
        for n in walk.numbers:
            assert got[n] == {name: walk.got[n][name] for name in names}, walk.sent[n - 1][0]
