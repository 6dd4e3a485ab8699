"""The commands for a running server, its configuration, its data folder."""

import contextlib
import imaplib
import os
import signal
import socket
import time

import pytest
from conftest import ADDRESS, DEADLINE, PASSWORD
from wire import Imap, Smtp, Wire, count, deliver


def set_password(mox, account, password, **kw):
    return mox.control("setaccountpassword", account, input=password + "\n", **kw)


def test_stop(own_mox):
    """Everybody is told, nobody holds it up: the peer that reads nothing neither."""
    mox = own_mox.start()
    with contextlib.ExitStack() as stack:
        idle, quiet, stuck = (stack.enter_context(Imap(mox.port["imap"])) for _ in range(3))
        smtp, amid, tls = (stack.enter_context(Smtp(mox.port["smtp"])) for _ in range(3))
        stranger = stack.enter_context(Wire(mox.port["imap"]))
        stranger.line()
        idle.command(b"SELECT INBOX")
        idle.send(b"x IDLE\r\n")
        assert idle.line().startswith(b"+ ")
        tls.send(b"STARTTLS\r\n")
        tls.expect(220, tls.reply())
        amid.data(b"Subject: stuck\r\n\r\n" + b"x" * 70 * 100000 + b"\r\n.\r\n", 250)
        amid.envelope()
        amid.command(b"DATA", 354)
        amid.send(b"Subject: never ends\r\n")
        stuck.command(b"SELECT INBOX")
        stuck.send(b"".join(b"x FETCH 1 BODY.PEEK[]\r\n" for _ in range(20)))
        assert b"FETCH" in stuck.line()
        began = time.monotonic()
        mox.control("stop")
        assert mox.process.wait(DEADLINE) == 0
        assert time.monotonic() - began < 6
        for c in (idle, quiet, stranger):
            assert c.rest().splitlines()[-1].startswith(b"* BYE")
        for c in (smtp, amid):
            assert c.rest().startswith(b"421 ")
        tls.rest()
    mox.log.wait(r"m=stopped\b")
    assert not [l for l in mox.log.lines if "killed" in l]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", mox.port["smtp"]))
    refused = mox.control("stop", ok=False)
    assert refused.returncode == 1
    assert "no running server" in refused.stderr


def transcript(mox):
    """The transcript lines of one SMTP and one IMAP session and of post's and secrets' work for them."""
    since = len(mox.log.lines)
    deliver(mox, "for the transcript")
    with Imap(mox.port["imap"]) as c:
        c.command(b"LOGOUT")
        c.rest()
    mox.log.wait(r'm="connection closed" pkg=imap', since)
    return {l.split("pkg=")[1].split()[0] for l in mox.log.lines[since:] if "l=trace" in l}


def test_loglevels(own_mox):
    mox = own_mox.start("-loglevel", "info")

    def level(*args):
        since = len(mox.log.lines)
        shown = mox.control("loglevels", *args).stdout
        for role in ("secrets", "dns", "post", "smtp", "imap"):
            mox.log.wait(rf'm="log level set" pkg={role} package=\S* level={args[0]}', since)
        return shown

    assert mox.control("loglevels").stdout == "(default): info\n"
    assert transcript(mox) == set()
    assert level("trace") == "(default): trace\n"
    assert {"smtp", "imap"} <= transcript(mox)
    assert level("info", "imap") == "(default): trace\nimap: info\n"
    assert "imap" not in transcript(mox)
    level("info")
    assert transcript(mox) == set()
    assert "no log level" in mox.control("loglevels", "loud", ok=False).stderr


def test_setaccountpassword(own_mox):
    mox = own_mox.start()
    with Imap(mox.port["imap"]) as before:
        set_password(mox, "mox", "a new secret")
        mox.log.wait('m="password set".*account=mox')
        before.command(b"NOOP")
    with Imap(mox.port["imap"], login=False) as c:
        # The old one was remembered as right a moment ago.
        c.command(f'LOGIN {ADDRESS} "{PASSWORD}"'.encode(), ok=b"NO")
        c.login("a new secret")
    assert "8 characters" in set_password(mox, "mox", "short", ok=False).stderr
    assert "no account" in set_password(mox, "nobody", "long enough", ok=False).stderr
    with Imap(mox.port["imap"], login=False) as c:
        c.login("a new secret")
    assert not [l for l in mox.log.lines if "a new secret" in l and "l=traceauth" not in l]


MISTAKES = [
    ("mox.conf", "Hostname: localhost", "Hostname: local host", r"mox.conf:4"),
    ("mox.conf", "LogLevel: traceauth", "LogLevel: loud", r"mox.conf:3"),
    ("mox.conf", "DataDir: data", "DataDir: data\nColour: blue", r"mox.conf:3"),
    ("mox.conf", "\t\t\tEnabled: true", "\t\t\tEnabled: maybe", r"mox.conf:18"),
    ("domains.conf", "mox@localhost: nil", "mox@elsewhere.example: nil", r"domains.conf:8"),
    ("domains.conf", "\t\tDomain: localhost", "\t\tDomain: elsewhere.example", r"domains.conf:6"),
    ("domains.conf", "Threshold: 0.95", "Threshold: 1.95", r"domains.conf:15"),
]


def test_config(own_mox):
    mox = own_mox
    assert mox.run("config", "test", "-config", mox.conf).stdout == "config OK\n"
    for file, was, now, where in MISTAKES:
        path = mox.dir / file
        text = path.read_text()
        assert was in text
        path.write_text(text.replace(was, now, 1))
        done = mox.run("config", "test", "-config", mox.conf, ok=False)
        assert done.returncode == 1
        assert where + ":" in done.stderr, (now, done.stderr)
        refused = mox.run("serve", "-config", mox.conf, ok=False)
        assert refused.returncode == 1
        assert where + ":" in refused.stderr, (now, refused.stderr)
        path.write_text(text)


def test_one_server_a_folder(own_mox):
    mox = own_mox.start()
    for command in (("localserve", "-dir", mox.dir), ("serve", "-config", mox.conf)):
        refused = mox.run(*command, ok=False)
        assert refused.returncode == 1
        assert f"another server uses the data folder {mox.dir}/data" in refused.stderr
    deliver(mox, "unharmed")
    assert count(mox, "unharmed") == 1
    mox.control("loglevels")


def test_newer_data(own_mox):
    mox = own_mox.start()
    assert mox.stop() == 0
    version = mox.dir / "data" / "version"
    assert version.read_text() == "1\n"
    version.write_text("2\n")
    refused = mox.run("localserve", "-dir", mox.dir, ok=False)
    assert refused.returncode == 1
    assert "the data folder is of version 2, newer than this program's 1" in refused.stderr
    assert version.read_text() == "2\n"


SECOND = """	second:
		Domain: localhost
		Destinations:
			second@localhost: nil
"""


def replace(path, text):
    """As an editor does it: at once."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


def rcpt(mox, address, code):
    with Smtp(mox.port["smtp"]) as c:
        c.command(b"MAIL FROM:<a@remote.example>", 250)
        c.command(b"RCPT TO:<someone@elsewhere.example>", 550)
        c.command(b"RCPT TO:<mox@localhost>", 250)
        c.command(b"RCPT TO:<%s>" % address, code)


def test_reload(own_mox):
    mox = own_mox.serve()
    first = mox.domains.read_text()
    both = first.replace("WebHandlers:", SECOND + "WebHandlers:")
    rcpt(mox, b"second@localhost", 550)

    def change(text, event):
        since = len(mox.log.lines)
        replace(mox.domains, text)
        return mox.log.wait(event, since)

    change(both, 'm="domains.conf taken over"')
    mox.log.wait('m="configuration taken over" pkg=smtp')
    mox.log.wait('m="configuration taken over" pkg=imap')
    rcpt(mox, b"second@localhost", 250)
    set_password(mox, "second", "another secret")
    with Imap(mox.port["imap"], login=False) as c:
        c.command(b'LOGIN second@localhost "another secret"')
        c.command(b"SELECT INBOX")
    # A mistake leaves the old one, and is told once with its place; another mistake is told, too.
    told = [change(both.replace("second@localhost", f"second@{k}.example"),
                   rf'not taken over.*domains.conf:\d+.*{k}.example') for k in ("a", "b")]
    rcpt(mox, b"second@localhost", 250)
    change(first + "# again\n", 'm="domains.conf taken over"')
    assert [l for l in mox.log.lines if "not taken over" in l] == told
    mox.log.wait('m="configuration taken over" pkg=smtp number=4')
    rcpt(mox, b"second@localhost", 550)


def test_reload_outlives_post(own_mox):
    """Who comes back knows what was taken over while the server ran, not what it began with."""
    mox = own_mox.serve()
    replace(mox.domains, mox.domains.read_text().replace("WebHandlers:", SECOND + "WebHandlers:"))
    mox.log.wait('m="configuration taken over" pkg=smtp')
    for role in ("smtp", "post"):
        since = len(mox.log.lines)
        os.kill(mox.roles()[role][0], signal.SIGKILL)
        mox.log.wait(rf'm="role serves again".*role={role}', since)
        rcpt(mox, b"second@localhost", 250)


def test_what_is_without_effect_is_said(own_mox):
    own_mox.start()
    own_mox.log.wait("configuration has keys without effect in this version.*WebHandlers")


def test_idle_client_library(own_mox):
    """A client that knows nothing of all this sees the end of the connection as a BYE."""
    mox = own_mox.start()
    c = imaplib.IMAP4("127.0.0.1", mox.port["imap"], timeout=DEADLINE)
    c.login(ADDRESS, PASSWORD)
    mox.control("stop")
    with pytest.raises(imaplib.IMAP4.abort):
        c.noop()
