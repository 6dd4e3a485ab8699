"""What no client should send: the answer is right, others are served, memory stays bounded."""

import socket
import struct

import pytest
from conftest import ADDRESS
from wire import Imap, Smtp, Wire, assert_memory, count, deliver

MEMORY_MIB = 100

HEAD = b"From: a@remote.example\r\nSubject: smuggler\r\n\r\n"
INNER = (b"MAIL FROM:<b@remote.example>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"
         % ADDRESS.encode())
ENDS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n",
    b"\r\r\n.\r\r\n", b"\r\n\r.\r\n", b"\r\n.\r\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n",
    b"\n\n.\n\n", b"\r\n.\n\r\n", b"\n\r.\n\r",
]


@pytest.fixture(scope="module", autouse=True)
def still_serves(mox):
    yield
    deliver(mox, "after all that")
    assert count(mox, "after all that") == 1
    assert count(mox, "smuggled") == 0
    assert count(mox, "smuggler") == 0
    assert not [l for l in mox.log.lines if "role died" in l]
    assert_memory(mox, MEMORY_MIB)


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_smuggling(mox, end):
    """RFC 5321 §4.1.1.4: only CRLF.CRLF ends a message; one with any other line end is refused."""
    with Smtp(mox.port["smtp"]) as c:
        c.envelope()
        c.command(b"DATA", 354)
        c.send(HEAD + b"one" + end + INNER)
        c.expect(554 if b"\0" in end else 500, c.reply())
        c.command(b"NOOP", 250)


@pytest.mark.parametrize("octets", [b"a\rb", b"a\nb", b"\n", b"a\r\r\n", b"\0", b"a\r\n\0\r\n"], ids=repr)
@pytest.mark.parametrize("chunked", [False, True])
def test_octets(mox, octets, chunked):
    message = HEAD + octets + b"\r\n"
    with Smtp(mox.port["smtp"]) as c:
        if chunked:
            c.envelope()
            c.send(b"BDAT %d LAST\r\n" % len(message) + message)
            reply = c.reply()
        else:
            c.envelope()
            c.command(b"DATA", 354)
            c.send(message + b".\r\n")
            reply = c.reply()
        assert reply[:1] == b"5", reply
        c.command(b"NOOP", 250)


LINES = {
    "bare LF": (b"NOOP\n", b"500 "),
    "longest": (b"NOOP " + b"x" * 2041 + b"\r\n", b"250 "),
    "too long": (b"NOOP " + b"x" * 2042 + b"\r\n", b"500 "),
    "endless": (b"x" * 100000, b"500 "),
    "NUL": (b"NO\0OP\r\n", b"500 "),
    "NUL in an address": (b"MAIL FROM:<a\0b@remote.example>\r\n", b"501 "),
    "CR in an address": (b"MAIL FROM:<a\rb@remote.example>\r\n", b"501 "),
    "bytes that are no UTF-8": (b"MAIL FROM:<\xff\xfe@remote.example>\r\n", b"501 "),
}


@pytest.mark.parametrize("name", LINES)
def test_smtp_line(mox, name):
    octets, want = LINES[name]
    with Smtp(mox.port["smtp"]) as c:
        c.command(b"NOOP", 250)
        c.send(octets)
        assert c.reply().startswith(want)


def test_recipients(mox):
    """RFC 9422 §6.1: as many as LIMITS announces, and no more."""
    with Smtp(mox.port["smtp"]) as c:
        c.command(b"MAIL FROM:<a@remote.example>", 250)
        c.send(b"".join(b"RCPT TO:<u%dx@localhost>\r\n" % k for k in range(1001)))
        for _ in range(1000):
            c.expect(250, c.reply())
        c.expect(452, c.reply())
        c.command(b"DATA", 354)
        c.send(b"Subject: thousand\r\n\r\nx\r\n.\r\n")
        c.expect(250, c.reply())
    assert count(mox, "thousand") == 1000


def test_smtp_behind_starttls(mox):
    """RFC 3207 §4.2: what comes in plain text behind STARTTLS is no command."""
    with Smtp(mox.port["smtp"]) as c:
        c.send(b"STARTTLS\r\nMAIL FROM:<injected@remote.example>\r\n")
        c.expect(220, c.reply())
        c.tls()
        c.command(b"MAIL FROM:<a@remote.example>", 503)
        c.command(b"EHLO client.example", 250)
        c.command(b"MAIL FROM:<a@remote.example>", 250)


def test_imap_behind_starttls(mox):
    """RFC 9051 §6.2.1"""
    with Imap(mox.port["imap"], login=False) as c:
        c.send(b"x STARTTLS\r\ninjected NOOP\r\n")
        assert c.answer()[-1].startswith(b"x OK")
        c.tls()
        c.send(b"x NOOP\r\n")
        assert c.line().startswith(b"x OK")
        c.login()


def nested(depth):
    """Each part a multipart with the next inside."""
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (k, k) for k in range(depth))


MESSAGES = {
    "nested parts": b"Subject: nested parts\r\n" + nested(10000) + b"\r\nlast\r\n",
    "nested messages": b"Subject: nested messages\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 10000
                       + b"\r\nlast\r\n",
    "many parts": b"Subject: many parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
                  + b"--b\r\n\r\nx\r\n" * 100000 + b"--b--\r\n",
    "one line": b"Subject: one line\r\n\r\n" + b"x" * 10000000 + b"\r\n",
    "one header": b"Subject: one header\r\nTo: " + b"a@b.example, " * 50000 + b"\r\n\r\nx\r\n",
    "comments": b"Subject: comments\r\nFrom: " + b"(" * 500000 + b"\r\n\r\nx\r\n",
    "references": b"Subject: references\r\nReferences: " + b"<a@b>\r\n " * 50000 + b"\r\n\r\nx\r\n",
    "parameters": b"Subject: parameters\r\nContent-Type: text/plain" + b"; a*0=b" * 50000 + b"\r\n\r\nx\r\n",
    "encoded words": b"Subject: encoded words " + b"=?utf-8?q?x?= " * 50000 + b"\r\n\r\nx\r\n",
    "no header": b"\r\nSubject: no header\r\n",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_message(mox, name):
    """Kept as it is, and its structure can be asked for."""
    message = MESSAGES[name]
    with Smtp(mox.port["smtp"]) as c:
        c.data(message + b".\r\n", 250)
    with Imap(mox.port["imap"]) as c:
        c.command(b"SELECT INBOX")
        last = c.command(b"FETCH * (RFC822.SIZE BODY.PEEK[])")
        assert b"".join(last).split(b"\r\n)\r\nx OK")[0].endswith(message[:-2])
        c.command(b"FETCH * (ENVELOPE BODYSTRUCTURE BODY[1.1.1.1.1.1] BODY[HEADER.FIELDS (TO)])")
        c.command(b'SEARCH BODY "nowhere" HEADER To "nobody"')


def test_million_header_lines(mox):
    """More header than a message may have: read to its end, then refused."""
    with Smtp(mox.port["smtp"]) as c:
        c.data(b"Subject: million\r\n" + b"X: y\r\n" * 1000000 + b"\r\nx\r\n.\r\n", 554)
        c.command(b"NOOP", 250)
    with Imap(mox.port["imap"]) as c:
        message = b"Subject: million\r\n" + b"X: y\r\n" * 1000000 + b"\r\nx\r\n"
        c.send(b"x APPEND INBOX {%d}\r\n" % len(message))
        assert c.line().startswith(b"+ ")
        c.send(message + b"\r\n")
        assert c.answer()[-1].startswith(b"x OK")
        c.command(b"EXAMINE INBOX")
        c.command(b"FETCH * (ENVELOPE BODYSTRUCTURE)")
        c.command(b'SEARCH HEADER X "z"')


GIB = 1 << 30
LITERALS = [
    ("APPEND INBOX {%d}", True, b"x NO"),
    ("APPEND INBOX {%d+}", True, b"* BYE"),
    ("APPEND INBOX ~{%d}", True, b"x "),
    ("CREATE {%d}", True, b"x "),
    ("LOGIN {%d}", False, b"x "),
    ("LOGIN {%d+}", False, b"* BYE"),
    ("LOGIN {1}\r\na {%d}", False, b"x "),
]


@pytest.mark.parametrize("command,login,want", LITERALS)
def test_huge_literal(mox, command, login, want):
    with Imap(mox.port["imap"], login=login) as c:
        c.send(b"x " + (command % GIB).encode() + b"\r\n")
        line = c.line()
        while line.startswith(b"+ ") and "{1}" in command:
            line = c.line()
        assert line.startswith(want), line
        assert not line.startswith((b"x OK", b"+ "))
        if want != b"* BYE":
            c.command(b"NOOP")


IMAP_LINES = {
    "endless": (b"x" * 100000, b"* BYE"),
    "too long": (b"x NOOP " + b"y" * 20000 + b"\r\n", b"* BYE"),
    "NUL": (b"x NO\0OP\r\n", b"x BAD"),
    "no tag": (b"\r\n", b"* BAD"),
    "parentheses": (b"x SEARCH " + b"(" * 10000 + b"\r\n", b"x BAD"),
    "NOT": (b"x SEARCH " + b"NOT " * 3000 + b"ALL\r\n", b"x "),
    "numbers": (b"x FETCH 1" + b",1" * 5000 + b" FLAGS\r\n", b"* "),
    "number": (b"x FETCH 99999999999999999999 FLAGS\r\n", b"x BAD"),
}


@pytest.mark.parametrize("name", IMAP_LINES)
def test_imap_line(mox, name):
    octets, want = IMAP_LINES[name]
    with Imap(mox.port["imap"]) as c:
        c.command(b"SELECT INBOX")
        c.send(octets)
        assert c.line().startswith(want)


@pytest.mark.parametrize("port", ["smtp", "submission", "imap"])
@pytest.mark.parametrize("octets", [b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 50,
                                    b"\0" * 10000], ids=["http", "tls", "nul"])
def test_another_protocol(mox, port, octets):
    """The connection ends soon, without a conversation."""
    with Wire(mox.port[port]) as c:
        c.line()
        c.send(octets)
        c.sock.shutdown(socket.SHUT_WR)
        assert len(c.rest().splitlines()) <= 4


@pytest.mark.parametrize("port", ["submissions", "imaps"])
def test_plain_text_to_tls(mox, port):
    with Wire(mox.port[port]) as c:
        c.send(b"EHLO client.example\r\nx NOOP\r\n")
        assert b"250" not in c.rest()


def test_half_open(mox):
    """Hundreds that say nothing, or half of something, or are gone without a word, hinder nobody."""
    half = {"smtp": b"EHLO cli", "submissions": b"\x16\x03\x01", "imap": b"x LOGIN {4}\r\nmo"}
    open_ones = []
    for k in range(300):
        port = list(half)[k % 3]
        c = Wire(mox.port[port])
        if k % 2:
            c.send(half[port])
        open_ones.append(c)
    for c in open_ones[::2]:
        c.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
    deliver(mox, "beside half-open ones")
    assert count(mox, "beside half-open ones") == 1
    for c in open_ones[1::2]:
        c.close()


def test_a_byte_at_a_time(mox):
    with Smtp(mox.port["smtp"], hello=False) as c:
        for line, code in ((b"EHLO client.example", 250), (b"MAIL FROM:<a@remote.example>", 250),
                           (b"RCPT TO:<%s>" % ADDRESS.encode(), 250), (b"DATA", 354),
                           (b"Subject: slow writer\r\n\r\n..x\r\n.", 250), (b"QUIT", 221)):
            c.send_slowly(line + b"\r\n")
            c.expect(code, c.reply())
    with Imap(mox.port["imap"]) as c:
        for line in (b"SELECT INBOX", b'SEARCH SUBJECT "slow writer"', b"FETCH * BODY.PEEK[TEXT]"):
            c.send_slowly(b"x " + line + b"\r\n")
            lines = c.answer()
            assert lines[-1].startswith(b"x OK")
    assert b".x\r\n" in b"".join(lines)
