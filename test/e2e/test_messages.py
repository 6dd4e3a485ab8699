"""Every message of test/data/mime is kept, by APPEND and by SMTP, and comes back byte for byte, behind the
fields of delivery. SMTP refuses what has a bare CR, a bare LF or a NUL, and that alone; each message is
sent with each of them too, and what is to be refused is counted from the bytes."""

import collections
import email.utils
import re
import time

import imapdata
import pytest
from conftest import ADDRESS, ROOT, Mox, end
from wire import Imap, Smtp

NOT_MESSAGES = {"README.md", "LICENSE", "LICENSE-MIT.txt", "NOTICE"}


def files():
    """(name, bytes) as the files have them."""
    for path in sorted((ROOT / "test/data/mime").rglob("*")):
        if path.is_file() and path.suffix in (".msg", ".eml", ".txt") and path.name not in NOT_MESSAGES:
            data = path.read_bytes()
            if data:
                yield path.relative_to(ROOT).as_posix(), data


def crlf(data):
    return re.sub(rb"\r?\n", b"\r\n", data)


def messages():
    for name, data in files():
        yield name, crlf(data)


@pytest.fixture(scope="module")
def lenient(tmp_path_factory):
    server = Mox(tmp_path_factory.mktemp("messages"))
    server.conf.write_text(server.conf.read_text().replace("Pedantic: true", "Pedantic: false"))
    server.start()
    yield server
    end(server)


def fetch_all(imap, mailbox):
    """The octets of all messages, in the order they came: BINARY has them all, BODY all but NUL."""
    exists = next(l for l in imap.command(b"EXAMINE " + mailbox) if l.endswith(b" EXISTS\r\n"))
    n = int(exists.split()[1])
    imap.send(b"x FETCH 1:* (BODY.PEEK[] BINARY.PEEK[])\r\n")
    found = [imapdata.fetched(imapdata.read(imap.file))[1] for _ in range(n)]
    assert imap.answer()[-1].startswith(b"x OK")
    assert [m["BODY[]"] for m in found] == [imapdata.chars(m["BINARY[]"]) for m in found]
    return [m["BINARY[]"] for m in found]


def append(imap, mailbox, data, literal8=False):
    imap.send(b"x APPEND %s %s{%d}\r\n" % (mailbox, b"~" if literal8 else b"", len(data)))
    assert imap.line().startswith(b"+ ")
    imap.send(data + b"\r\n")
    assert imap.answer()[-1].startswith(b"x OK [APPENDUID ")


@pytest.mark.parametrize("literal8", [False, True])
def test_append_keeps_all(lenient, literal8):
    """None is refused, and none is changed: what has CRLF at its line ends is as it was."""
    mailbox = b"Appended8" if literal8 else b"Appended"
    sent = list(messages())
    assert len(sent) > 300
    with Imap(lenient.port["imap"]) as c:
        c.command(b"CREATE " + mailbox)
        for _, data in sent:
            append(c, mailbox, data, literal8)
        got = fetch_all(c, mailbox)
        for (name, data), back in zip(sent, got, strict=True):
            assert back == data, name


def test_append_of_other_line_ends(lenient):
    """A bare LF becomes CRLF, a bare CR and, in literal8 (RFC 9051 §9), a NUL stay."""
    cases = [(b"Subject: lf\n\nx\n", b"Subject: lf\r\n\r\nx\r\n"), (b"Subject: cr\r\n\r\nx\ry\r\n", None),
             (b"\n", b"\r\n"), (b"\r", None), (b"\r\n\n\r\n\r", b"\r\n\r\n\r\n\r"), (b"", None),
             (b"Subject: nul\r\n\r\n\0\r\n", None)]
    cases += [(data, crlf(data)) for _, data in files()]
    with Imap(lenient.port["imap"]) as c:
        c.command(b"CREATE Ends")
        for data, _ in cases:
            append(c, b"Ends", data, literal8=True)
        assert fetch_all(c, b"Ends") == [data if want is None else want for data, want in cases]


# RFC 5321 §2.3.8: CR and LF only as CRLF. RFC 5322 §4: NUL is obsolete, and nobody may send one.
REPLIES = {
    "line ends": b"500 5.6.0 bare carriage return or line feed in the message ",
    "NUL": b"554 5.6.0 message contains a NUL byte ",
    "clean": b"250 2.6.0 it is done",
}


def class_of(data):
    if re.search(rb"\r(?!\n)|(?<!\r)\n", data):
        return "line ends"
    return "NUL" if b"\0" in data else "clean"


def spoiled(data, octet):
    """With an octet in the middle of the first line."""
    at = data.index(b"\r\n") // 2
    return data[:at] + octet + data[at:]


def variants():
    """Each message as it is, as the file has it, and with what must not be; all end in CRLF."""
    for name, data in files():
        clean = crlf(data)
        clean += b"" if clean.endswith(b"\r\n") else b"\r\n"
        yield name, clean
        yield f"{name} as it is", data if data.endswith(b"\r\n") else data + b"\r\n"
        for what, octet in (("LF", b"\n"), ("CR", b"\r"), ("NUL", b"\0")):
            yield f"{name} with {what}", spoiled(clean, octet)


# RFC 5321 §4.4: what delivery puts in front. Between Return-Path and Received stands what was found out
# about the sender.
PREFIX = re.compile(rb"(X-Mox-Reason: (?:.*\r\n)(?:[ \t].*\r\n)*)?"
                    rb"Delivered-To: (?P<to>.*)\r\n"
                    rb"Return-Path: (?P<path><.*>)\r\n"
                    rb"(?:(?:Authentication-Results|Received-SPF): .*\r\n(?:[ \t].*\r\n)*)*"
                    rb"Received: from (?P<hello>\S+) \((?:\S+ )?\[127\.0\.0\.1\]\)\r\n"
                    rb"\tby localhost \(\[127\.0\.0\.1\]\) via tcp with (?P<proto>\S+)\r\n"
                    rb"\tid (?P<id>[\w-]{22})(?P<tls> \(TLS1\.3 TLS_[A-Z0-9_]+\))?\r\n"
                    rb"\tfor (?P<rcpt><.*>);\r\n"
                    rb"\t(?P<date>.*)\r\n")


def test_smtp_keeps_what_is_clean(lenient):
    sent = list(variants())
    want = collections.Counter(class_of(data) for _, data in sent)
    assert want["line ends"] > 2 * len(sent) / 5 and want["NUL"] > len(sent) / 6 and want["clean"] > len(sent) / 5
    got, ids = collections.Counter(), set()
    begun = int(time.time())
    with Smtp(lenient.port["smtp"]) as s:
        for name, data in sent:
            reply = s.data(re.sub(rb"(\A|\r\n)\.", rb"\1..", data) + b".\r\n", int(REPLIES[class_of(data)][:3]))
            assert reply.startswith(REPLIES[class_of(data)]), (name, reply)
            got[class_of(data)] += 1
            if class_of(data) != "clean":
                ids.add(re.search(rb"\(([\w-]+)\)\r\n$", reply)[1])
    assert got == want
    with Imap(lenient.port["imap"]) as c:
        kept = fetch_all(c, b"INBOX")
    clean = [(name, data) for name, data in sent if class_of(data) == "clean"]
    for (name, data), back in zip(clean, kept, strict=True):
        prefix = PREFIX.match(back)
        assert prefix and back[prefix.end():] == data, name
        assert prefix["to"] == ADDRESS.encode() and prefix["rcpt"] == b"<%s>" % ADDRESS.encode()
        assert prefix["path"] == b"<a@remote.example>" and prefix["hello"] == b"client.example"
        assert prefix["proto"] == b"ESMTP" and not prefix["tls"]
        date = email.utils.parsedate_to_datetime(prefix["date"].decode())
        assert begun <= date.timestamp() <= time.time()
        ids.add(prefix["id"])
    # The session's id: in what it refused and in what it delivered.
    assert len(ids) == 1


PROTOCOLS = [
    (b"HELO", False, b"", b"SMTP"),
    (b"EHLO", False, b"", b"ESMTP"),
    (b"EHLO", True, b"", b"ESMTPS"),
    (b"EHLO", False, b" SMTPUTF8", b"UTF8SMTP"),
    (b"EHLO", True, b" SMTPUTF8 BODY=8BITMIME", b"UTF8SMTPS"),
]


@pytest.mark.parametrize("hello,tls,option,proto", PROTOCOLS)
def test_prefix_tells_the_protocol(own_mox, hello, tls, option, proto):
    """RFC 3848, RFC 6531 §4.3; the null reverse-path (RFC 5321 §4.5.5) and a quoted local part."""
    own_mox.start()
    with Smtp(own_mox.port["smtp"], hello=False) as s:
        if tls:
            s.command(b"EHLO first.example", 250)
            s.command(b"STARTTLS", 220)
            s.tls()
        s.command(hello + b" then.example", 250)
        s.command(b"MAIL FROM:<>" + option, 250)
        s.command(b'RCPT TO:<"a b"@localhost>', 250)
        s.command(b"DATA", 354)
        s.send(b"Subject: x\r\n\r\n..x\r\n.\r\n")
        s.expect(250, s.reply())
    with Imap(own_mox.port["imap"]) as c:
        (back,) = fetch_all(c, b"INBOX")
    prefix = PREFIX.match(back)
    assert back[prefix.end():] == b"Subject: x\r\n\r\n.x\r\n"
    assert prefix["to"] == b'"a b"@localhost' and prefix["rcpt"] == b'<"a b"@localhost>'
    assert prefix["path"] == b"<>" and prefix["hello"] == b"then.example"
    assert prefix["proto"] == proto and (prefix["tls"] is not None) == tls
