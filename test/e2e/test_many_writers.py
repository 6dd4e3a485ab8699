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


def flags_told(lines, told):
    """What a client that believes all FETCH answers thinks of each message; the last one counts."""
    for line in lines:
        if m := re.match(rb"\* (\d+) FETCH .*FLAGS \(([^)]*)\)", line):
            told[int(m[1])] = set(m[2].split())


def test_flagged_while_it_is_fetched(own_mox):
    """A session that sets \\Seen by FETCH hears of what another one sets on the same message meanwhile."""
    n = 200
    own_mox.start()
    told, both = {}, threading.Barrier(2)
    with Imap(own_mox.port["imap"]) as reader, Imap(own_mox.port["imap"]) as flagger:
        reader.send(b"".join(b"x APPEND INBOX {8+}\r\nA: b\r\n\r\n\r\n" for _ in range(n)))
        for _ in range(n):
            assert reader.answer()[-1].startswith(b"x OK")
        for c in reader, flagger:
            c.command(b"SELECT INBOX (CONDSTORE)")

        def read():
            for i in range(1, n + 1):
                both.wait()
                flags_told(reader.command(b"FETCH %d (FLAGS BODY[])" % i), told)

        def flag():
            for i in range(1, n + 1):
                both.wait()
                flagger.command(b"STORE %d +FLAGS.SILENT (\\Flagged)" % i)

        in_threads([read], [flag])
        flags_told(reader.command(b"NOOP"), told)
    assert [i for i in range(1, n + 1) if told[i] != {b"\\Seen", b"\\Flagged"}] == []
