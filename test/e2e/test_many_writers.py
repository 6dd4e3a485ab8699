"""Deliveries and IMAP sessions write to one account at the same time, from two processes under their
promises: nothing acknowledged is lost, no uid comes twice, and all of it is there after SIGKILL."""

import re
import threading

from wire import Imap, Smtp

EACH = 25


def smtp_writer(mox, name):
    with Smtp(mox.port["smtp"]) as c:
        for i in range(EACH):
            c.data(b"Subject: %s.%d\r\n\r\nx\r\n.\r\n" % (name, i), 250)


def imap_writer(mox, name, uids):
    with Imap(mox.port["imap"]) as c:
        c.command(b"SELECT INBOX")
        for i in range(EACH):
            message = b"Subject: %s.%d\r\n\r\ny\r\n" % (name, i)
            c.send(b"x APPEND INBOX {%d+}\r\n%s\r\n" % (len(message), message))
            done = c.answer()[-1]
            uid = int(re.match(rb"x OK \[APPENDUID \d+ (\d+)\]", done)[1])
            uids.append(uid)
            c.command(b"UID STORE %d +FLAGS (\\Flagged)" % uid)


def in_threads(*calls):
    failures = []

    def run(call, *args):
        try:
            call(*args)
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=run, args=c) for c in calls]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert failures == []


def test_two_processes(own_mox):
    own_mox.start()
    uids = []
    in_threads(*[(smtp_writer, own_mox, b"s%d" % i) for i in range(4)],
               *[(imap_writer, own_mox, b"i%d" % i, uids) for i in range(4)])
    assert own_mox.refused_calls() == []
    assert len(set(uids)) == 4 * EACH
    own_mox.process.kill()
    own_mox.process.wait()

    own_mox.start()
    with Imap(own_mox.port["imap"]) as c:
        c.command(b"SELECT INBOX")
        found = c.command(b"UID SEARCH FLAGGED")[0].split()[2:]
        assert sorted(map(int, found)) == sorted(uids)
        assert len(c.command(b"UID SEARCH ALL")[0].split()) - 2 == 8 * EACH
    assert own_mox.stop() == 0
    assert own_mox.run("verifydata", own_mox.dir / "data").stdout == f"1 accounts, {8 * EACH} messages\n"
