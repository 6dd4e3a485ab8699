"""Every message of test/data/mime is kept, by APPEND and by SMTP, and comes back byte for byte; what SMTP
refuses has a bare CR, a bare LF or a NUL, and is counted."""

import imaplib
import re
import smtplib

import pytest
from conftest import ADDRESS, DEADLINE, PASSWORD, ROOT, Mox

NOT_MESSAGES = {"README.md", "LICENSE", "LICENSE-MIT.txt", "NOTICE"}


def crlf(data):
    return re.sub(rb"\r?\n", b"\r\n", data)


def messages():
    for path in sorted((ROOT / "test/data/mime").rglob("*")):
        if path.is_file() and path.suffix in (".msg", ".eml", ".txt") and path.name not in NOT_MESSAGES:
            data = crlf(path.read_bytes())
            if data:
                yield path.relative_to(ROOT).as_posix(), data


def refused_by_smtp(data):
    return b"\0" in data or b"\r" in data.replace(b"\r\n", b"")


@pytest.fixture(scope="module")
def lenient(tmp_path_factory):
    server = Mox(tmp_path_factory.mktemp("messages"))
    path = server.dir / "mox.conf"
    path.write_text(path.read_text().replace("Pedantic: true", "Pedantic: false"))
    server.start()
    yield server
    assert server.stop() == 0


def login(server):
    c = imaplib.IMAP4("127.0.0.1", server.port["imap"], timeout=DEADLINE)
    c.login(ADDRESS, PASSWORD)
    return c


def kept(c, mailbox):
    """Bytes by uid, in the order they came."""
    assert c.select(mailbox, readonly=True)[0] == "OK"
    status, data = c.fetch("1:*", "(UID BODY.PEEK[])")
    assert status == "OK"
    return [item[1] for item in data if isinstance(item, tuple)]


def test_append_keeps_all(lenient):
    c = login(lenient)
    assert c.create("Appended")[0] == "OK"
    sent = list(messages())
    assert len(sent) > 150
    for name, data in sent:
        c.literal = data  # append() would turn a bare CR into CRLF
        status, answer = c._simple_command("APPEND", "Appended")
        # RFC 9051 §6.3.12: a NUL is legal in literal8 alone, which imaplib does not write.
        assert status == "OK" or b"\0" in data, (name, answer)
    want = [data for _, data in sent if b"\0" not in data]
    got = kept(c, "Appended")
    assert len(got) == len(want)
    for (name, data), back in zip([s for s in sent if b"\0" not in s[1]], got):
        assert back == data, name
    c.logout()


def test_smtp_keeps_what_is_clean(lenient):
    expected, refused = [], 0
    with smtplib.SMTP("127.0.0.1", lenient.port["smtp"], timeout=DEADLINE) as s:
        s.ehlo("client.example")
        for name, data in messages():
            assert s.docmd("MAIL FROM:<a@remote.example>")[0] == 250, name
            assert s.docmd(f"RCPT TO:<{ADDRESS}>")[0] == 250, name
            assert s.docmd("DATA")[0] == 354, name
            if not data.endswith(b"\r\n"):
                data += b"\r\n"
            s.send(re.sub(rb"(?m)^\.", b"..", data) + b".\r\n")
            code, text = s.getreply()
            if refused_by_smtp(data):
                assert code in (500, 554), (name, code, text)
                refused += 1
            else:
                assert code == 250, (name, code, text)
                expected.append((name, data))
    c = login(lenient)
    got = kept(c, "INBOX")
    assert len(got) == len(expected) and refused < 20
    for (name, data), back in zip(expected, got):
        assert back.endswith(data), name
    c.logout()
