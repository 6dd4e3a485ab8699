"""A crash stays small: one connection is lost, others are served, and the peer whose message it was
hears 451 for a while, before its messages are looked at."""

import pytest
from conftest import ADDRESS, MOX_CRASHING
from wire import Imap, Smtp, count

BAD_PEER, OTHER_PEER = "127.0.0.2", "127.0.0.3"


def send(mox, peer, subject, field=b""):
    """The reply to a message, or to what was refused before it; b"" for a lost connection."""
    with Smtp(mox.port["smtp"], source=peer) as c:
        for line in (b"MAIL FROM:<a@remote.example>", b"RCPT TO:<%s>" % ADDRESS.encode(), b"DATA"):
            c.send(line + b"\r\n")
            reply = c.reply()
            if reply[:1] not in b"23":
                return reply
        c.send(b"Subject: %s\r\n%s\r\nx\r\n.\r\n" % (subject, field))
        return c.reply()


@pytest.fixture
def crashing(own_mox):
    return own_mox.start(program=MOX_CRASHING)


def test_crash(crashing):
    mox = crashing
    with Imap(mox.port["imap"]) as imap:
        assert send(mox, BAD_PEER, b"before").startswith(b"250")
        assert send(mox, BAD_PEER, b"bad", b"X-Mox-Crash: now\r\n") == b""
        mox.log.wait('m="role died, starting it again" pkg=parent role=smtp how="signal 6"')
        note = mox.log.wait('m="it was handling" pkg=parent role=smtp')
        assert f"remote={BAD_PEER} what=smtp cid=" in note
        cid = note.split("cid=")[1]
        assert any(f"cid={cid} remote={BAD_PEER}:" in l for l in mox.log.lines if l is not note)
        assert send(mox, OTHER_PEER, b"from another").startswith(b"250")
        assert send(mox, BAD_PEER, b"bad").startswith(b"451 4.3.0")
        imap.command(b"NOOP")
    assert [count(mox, s) for s in ("before", "bad", "from another")] == [1, 0, 1]
    assert sum("role died" in l for l in mox.log.lines) == 1


def test_the_release_has_no_such_line(mox):
    assert send(mox, BAD_PEER, b"harmless", b"X-Mox-Crash: now\r\n").startswith(b"250")
    assert send(mox, BAD_PEER, b"harmless").startswith(b"250")
