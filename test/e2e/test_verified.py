"""Who sends: what the server asks the DNS about a message, what it writes and refuses because of it,
and the signatures on what users submit. The server is `mox serve`, with the DNS of conftest.py."""

import email
import imaplib
import os
import re
import smtplib
import socket
import subprocess
from pathlib import Path

import dkim
import pytest
from conftest import DEADLINE, DNS, PASSWORD, Mox, end
from wire import Smtp

USER = "mox@mail.test"
MESSAGE = "From: {0}\r\nSubject: {1}\r\n\r\nHello.\r\n"
KEYS = {"r1": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"), "e1": ("ED25519",)}
DOMAIN = """\tmail.test:
\t\tDKIM:
\t\t\tSelectors:
\t\t\t\tr1:
\t\t\t\t\tPrivateKeyFile: r1.pem
\t\t\t\t\tExpiration: 72h
\t\t\t\t\tCanonicalization:
\t\t\t\t\t\tHeaderRelaxed: true
\t\t\t\t\t\tBodyRelaxed: true
\t\t\t\te1:
\t\t\t\t\tPrivateKeyFile: e1.pem
\t\t\tSign:
\t\t\t\t- r1
\t\t\t\t- e1
"""

DNS.zone("""
good.test MX 10 mx.good.test
good.test TXT "v=spf1 ip4:127.0.0.1 -all"
_dmarc.good.test TXT "v=DMARC1; p=reject"
mx.good.test A 127.0.0.1
1.0.0.127.in-addr.arpa PTR mx.good.test
other.test MX 10 mx.good.test
other.test TXT "v=spf1 -all"
_dmarc.other.test TXT "v=DMARC1; p=quarantine"
mail.test MX 10 mx.good.test
mail.test TXT "v=spf1 -all"
_dmarc.mail.test TXT "v=DMARC1; p=reject"
nomail.test MX 0 .
text.test TXT "nothing else"
broken.test * SERVFAIL
*.broken.test * SERVFAIL
silent.test * TIMEOUT
*.silent.test * TIMEOUT
""")


def openssl(*args, **kw):
    return subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, **kw).stdout


def key_make(path, kind):
    """A private key; its record goes into the DNS."""
    openssl("genpkey", "-algorithm", *KEYS[kind], "-out", path)
    der = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    public = der[-32:] if kind == "e1" else der
    record = f"v=DKIM1; k={'ed25519' if kind == 'e1' else 'rsa'}; p=" + base64(public)
    DNS.remove(f"{kind}._domainkey.mail.test")
    DNS.add(f"{kind}._domainkey.mail.test", "TXT", record)
    return record


def base64(data):
    return openssl("base64", "-A", input=data).decode()


class Silent:
    """A name server that never answers."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    mox = Mox(tmp_path_factory.mktemp("verified"))
    silent = Silent()
    mox.records = {kind: key_make(mox.dir / f"{kind}.pem", kind) for kind in KEYS}
    text = mox.domains.read_text()
    text = text.replace("\tlocalhost:\n", DOMAIN + "\tlocalhost:\n", 1)
    mox.domains.write_text(text.replace("mox@localhost: nil", f"mox@localhost: nil\n\t\t\t{USER}: nil"))
    text = mox.conf.read_text()
    text = text.replace("\tTrustAnchors:", f"\tZones:\n\t\tdead.test:\n\t\t\tForwarders:\n"
                        f"\t\t\t\t- 127.0.0.1:{silent.port}\n\t\t\tPrivate: true\n\tTrustAnchors:")
    text = text.replace("Listeners:\n\tlocal:\n", "Listeners:\n\tlocal:\n\t\tProxyNetworks:\n"
                        "\t\t\t- 127.0.0.9/32\n")
    mox.conf.write_text(text)
    mox.serve()
    yield mox
    end(mox)


def receive(mox, sender, subject, message=None):
    """Sends as a stranger from 127.0.0.1, gives what the user finds in the mailbox."""
    with smtplib.SMTP("127.0.0.1", mox.port["smtp"], "client.test", DEADLINE) as c:
        c.sendmail(sender, USER, message or MESSAGE.format(f"<{sender}>", subject))
    return fetch(mox, subject)


def fetch(mox, subject):
    with imaplib.IMAP4("127.0.0.1", mox.port["imap"], timeout=DEADLINE) as c:
        c.login(USER, PASSWORD)
        c.select("INBOX")
        found = c.search(None, "SUBJECT", f'"{subject}"')[1][0].split()
        return c.fetch(found[-1], "BODY.PEEK[]")[1][0][1]


def submit(mox, subject):
    with smtplib.SMTP("127.0.0.1", mox.port["submission"], timeout=DEADLINE) as c:
        c.login(USER, PASSWORD)
        c.sendmail(USER, USER, MESSAGE.format(f"<{USER}>", subject))
    return fetch(mox, subject)


def results(message):
    """Authentication-Results as {method: (result, text)}, of the first field."""
    field = email.message_from_bytes(message)["Authentication-Results"]
    parts = re.sub(r"\s+", " ", field).split(";")
    return {m[1]: (m[2], part) for part in parts[1:] if (m := re.match(r" ?(\S+?)=(\w+)", part))}


def test_fields_in_front(server):
    """In the order of RFC 5321 §4.4 and RFC 7208 §9.1: trace on top of what it was written about."""
    message = receive(server, "x@good.test", "fields in front")
    names = re.findall(rb"^([\w-]+):", message, re.M)
    assert names[:7] == [b"Delivered-To", b"Return-Path", b"Authentication-Results", b"Received-SPF",
                         b"Received", b"From", b"Subject"]
    got = results(message)
    assert got["iprev"][0] == "pass" and "policy.iprev=127.0.0.1" in got["iprev"][1]
    assert got["spf"][0] == "pass" and "smtp.mailfrom=good.test" in got["spf"][1]
    assert got["dkim"][0] == "none"
    assert got["dmarc"][0] == "pass" and "header.from=good.test" in got["dmarc"][1]
    assert "without dnssec" in got["dmarc"][1]
    assert re.search(rb"\r\nReceived-SPF: pass\b", message)
    assert b"\r\nReceived: from client.test (mx.good.test [127.0.0.1])\r\n" in message


def test_spf_fails(server):
    message = receive(server, "x@other.test", "spf fails")
    got = results(message)
    assert (got["spf"][0], got["dmarc"][0]) == ("fail", "fail")
    assert "policy.dmarc=quarantine" in got["dmarc"][1]
    assert re.search(rb"\r\nReceived-SPF: fail\b", message)


def test_failure_is_no_absence(server):
    """The DNS fails for the domain in From: DMARC cannot be told, and does not say none."""
    message = receive(server, "x@good.test", "dns fails", MESSAGE.format("<x@broken.test>", "dns fails"))
    assert results(message)["dmarc"][0] == "temperror"


@pytest.mark.parametrize("command, code, text", [
    ("HELO gone.test", 550, "5.5.0"),
    ("HELO mx.good.test", 250, ""),
    ("HELO x.broken.test", 250, ""),
    ("EHLO gone.test", 250, ""),
    ("MAIL FROM:<x@nomail.test>", 550, "5.7.27 sender domain takes no mail"),
    ("MAIL FROM:<x@gone.test>", 550, "5.7.27 sender domain has neither mx nor address"),
    ("MAIL FROM:<x@text.test>", 550, "5.7.27 sender domain has neither mx nor address"),
    ("MAIL FROM:<x@broken.test>", 451, "4.4.0"),
    ("MAIL FROM:<x@[127.0.0.1]>", 550, "5.7.0"),
    ("MAIL FROM:<x@mx.good.test>", 250, "2.1.0"),
    ("MAIL FROM:<>", 250, "2.1.0"),
])
def test_refusals(server, command, code, text):
    with Smtp(server.port["smtp"]) as c:
        assert text.encode() in c.command(command.encode(), code)


@pytest.mark.parametrize("sender, code", [("good", 250), ("other", 452)])
def test_several_recipients_need_spf(server, sender, code):
    with Smtp(server.port["smtp"]) as c:
        c.command(b"MAIL FROM:<x@%s.test>" % sender.encode(), 250)
        c.command(b"RCPT TO:<mox@mail.test>", 250)
        c.command(b"RCPT TO:<mox@localhost>", code)


def test_submission_is_signed(server):
    """dkimpy finds both signatures good; received from outside, so do we, and DMARC passes by them."""
    message = submit(server, "signed")
    assert results(message)["auth"][0] == "pass"
    assert message.index(b"DKIM-Signature:") < message.index(b"Message-Id:")
    sent = message[message.index(b"DKIM-Signature:"):]
    for nth in (0, 1):
        assert dkim.DKIM(sent).verify(nth, dnsfunc=lambda name, timeout=5: server.records[name[:2].decode()])
    got = results(receive(server, "x@other.test", "signed", sent))
    assert got["dkim"][0] == "pass" and "header.d=mail.test" in got["dkim"][1]
    assert (got["spf"][0], got["dmarc"][0]) == ("fail", "pass")
    changed = sent.replace(b"Hello.", b"Hallo.").replace(b"Subject: signed", b"Subject: changed")
    got = results(receive(server, "x@other.test", "changed", changed))
    assert (got["dkim"][0], got["dmarc"][0]) == ("fail", "fail")


def test_key_is_replaced(server):
    """A new key in the file is used at once; without it mail goes out with the other signature, and the
    log says why."""
    server.records["e1"] = key_make(server.dir / "new.pem", "e1")
    os.rename(server.dir / "new.pem", server.dir / "e1.pem")
    message = submit(server, "replaced")
    sent = message[message.index(b"DKIM-Signature:"):]
    assert dkim.DKIM(sent).verify(1, dnsfunc=lambda name, timeout=5: server.records[name[:2].decode()])
    since = len(server.log.lines)
    os.rename(server.dir / "e1.pem", server.dir / "away.pem")
    assert re.findall(rb"a=[^;]+", submit(server, "without e1")) == [b"a=rsa-sha256"]
    assert "e1.pem" in server.log.wait('m="message lacks a signature"', since)
    os.rename(server.dir / "away.pem", server.dir / "e1.pem")


def test_localserve_waits_once(own_mox):
    """Without the Internet a developer's mail waits once for names, two seconds, then goes on without."""
    mox = own_mox.start()
    for reason in ("no answer in time", "did not answer a moment ago"):
        with smtplib.SMTP("127.0.0.1", mox.port["smtp"], "client.test", DEADLINE) as c:
            c.sendmail("x@silent.test", "mox@localhost", MESSAGE.format("<x@silent.test>", reason))
        with imaplib.IMAP4("127.0.0.1", mox.port["imap"], timeout=DEADLINE) as c:
            c.login("mox@localhost", PASSWORD)
            c.select("INBOX")
            message = c.fetch("*", "BODY.PEEK[]")[1][0][1]
        assert results(message)["spf"][0] == "temperror"
        assert reason in re.sub(r"\s+", " ", email.message_from_bytes(message)["Received-SPF"])


def threads(pid):
    return int(re.search(r"^Threads:\s*(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def test_dead_name_server_holds_nobody_else(server):
    """1,000 sessions wait for a name server that does not answer: no worker waits with them, and one
    whose names are answered is served."""
    waiting = []
    for i in range(1000):
        s = socket.create_connection(("127.0.0.1", server.port["smtp"]), DEADLINE, ("127.0.0.9", 0))
        peer = f"10.{i // 64}.{i % 64 * 4}.1"
        s.sendall(f"PROXY TCP4 {peer} 127.0.0.1 1000 25\r\nEHLO client.test\r\n"
                  f"MAIL FROM:<x@n{i}.dead.test>\r\n".encode())
        waiting.append(s)
    for s in waiting:
        got = b""
        while b"250 SMTPUTF8\r\n" not in got:
            got += s.recv(4096)
    receive(server, "x@good.test", "among the waiting")
    assert threads(server.roles()["smtp"][0]) < 32
    for s in waiting:
        s.setblocking(False)
        with pytest.raises(BlockingIOError):
            s.recv(1)  # still waits
        s.close()
