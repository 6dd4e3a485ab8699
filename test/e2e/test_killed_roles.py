"""A role that is killed comes back at once; the others serve on, and what was acknowledged is there."""

import os
import signal
import threading

import pytest
from wire import Imap, Smtp, count, deliver

ROLES = ["secrets", "dns", "post", "smtp", "imap"]


def kill(mox, role):
    """SIGKILL, and back only when the role serves again."""
    since = len(mox.log.lines)
    [pid] = mox.roles()[role]
    os.kill(pid, signal.SIGKILL)
    mox.log.wait(rf'm="role died, starting it again".*role={role}.*how="signal 9"', since)
    mox.log.wait(rf'm="role serves again".*role={role}', since)
    assert mox.roles()[role] != [pid]


@pytest.mark.parametrize("role", ROLES)
def test_others_serve_on(mox, role):
    subject = f"after the end of {role}"
    with Smtp(mox.port["smtp"]) as smtp, Imap(mox.port["imap"]) as imap:
        imap.command(b"SELECT INBOX")
        imap.send(b"x IDLE\r\n")
        assert imap.line().startswith(b"+ ")
        kill(mox, role)
        if role == "smtp":
            assert smtp.rest() == b""
            deliver(mox, subject)
        else:
            smtp.data(b"Subject: %s\r\n\r\nx\r\n.\r\n" % subject.encode(), 250)
        if role == "imap":
            assert imap.rest() == b""
        else:
            line = imap.line()
            while b"EXISTS" not in line:
                assert line
                line = imap.line()
            imap.send(b"DONE\r\n")
            assert imap.answer()[-1].startswith(b"x OK")
            imap.command(b"NOOP")
    assert count(mox, subject) == 1


def test_all_at_once(mox):
    since = len(mox.log.lines)
    pids = [pid for role in ROLES for pid in mox.roles()[role]]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for role in ROLES:
        mox.log.wait(rf'm="role serves again".*role={role}', since)
    deliver(mox, "after the end of all")
    assert count(mox, "after the end of all") == 1


class Tally:
    """Which attempts were acknowledged, for those who wait for a number of them."""

    def __init__(self):
        self.good, self.bad = [], []
        self.news = threading.Condition()

    def add(self, subject, good):
        with self.news:
            (self.good if good else self.bad).append(subject)
            self.news.notify_all()

    def wait(self, n):
        with self.news:
            assert self.news.wait_for(lambda: len(self.good) >= n, 60)


def subjects(mox, prefix):
    with Imap(mox.port["imap"]) as c:
        c.command(b"EXAMINE INBOX")
        lines = c.command(b"FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
    found = [l.split(b": ")[1].strip().decode() for l in lines if l.startswith(b"Subject: ")]
    return sorted(s for s in found if s.startswith(prefix))


def check(mox, tally, prefix):
    found = subjects(mox, prefix)
    assert len(set(found)) == len(found)
    assert set(tally.good) <= set(found) <= set(tally.good + tally.bad)


SENDERS, EACH, KILLS = 8, 60, 5


def run_senders(mox, send, role):
    tally = Tally()
    threads = [threading.Thread(target=send, args=(mox, tally, k)) for k in range(SENDERS)]
    for t in threads:
        t.start()
    for k in range(KILLS):
        tally.wait((k + 1) * SENDERS * EACH // (KILLS * 4))
        kill(mox, role)
    for t in threads:
        t.join(60)
        assert not t.is_alive()
    assert len(tally.good) + len(tally.bad) == SENDERS * EACH
    return tally


def send_mail(mox, tally, sender):
    c = Smtp(mox.port["smtp"])
    for k in range(EACH):
        subject = f"delivered {sender}.{k}"
        c.envelope()
        c.command(b"DATA", 354)
        c.send(b"Subject: %s\r\n\r\n%s.\r\n" % (subject.encode(), b"x" * 70 + b"\r\n"))
        reply = c.reply()
        tally.add(subject, reply.startswith(b"250"))
        if not reply.startswith(b"250"):
            # More than ten bad transactions end a connection.
            assert reply.startswith(b"451"), reply
            c.close()
            c = Smtp(mox.port["smtp"])
    c.close()


def test_post_amid_deliveries(mox):
    check(mox, run_senders(mox, send_mail, "post"), "delivered ")


def append_mail(mox, tally, sender):
    c = None
    for k in range(EACH):
        subject = f"appended {sender}.{k}"
        message = f"Subject: {subject}\r\n\r\nx\r\n".encode()
        try:
            c = c or Imap(mox.port["imap"])
            c.command(b"APPEND INBOX {%d+}\r\n%s" % (len(message), message))
            tally.add(subject, True)
        except (AssertionError, OSError):
            tally.add(subject, False)
            c = None


def test_imap_amid_appends(mox):
    check(mox, run_senders(mox, append_mail, "imap"), "appended ")


def test_smtp_amid_deliveries(mox):
    """Who got no answer may have delivered; nobody who got one has not."""
    def send(mox, tally, sender):
        for k in range(EACH):
            subject = f"by a mortal {sender}.{k}"
            try:
                deliver(mox, subject)
                tally.add(subject, True)
            except (AssertionError, OSError):
                tally.add(subject, False)

    check(mox, run_senders(mox, send, "smtp"), "by a mortal ")
