"""Peers that are slow, or are made to wait, cost a connection and nothing else: no thread, no turn."""

import contextlib
import re
import socket
import threading
import time
from pathlib import Path

from conftest import ADDRESS, DEADLINE, MOX
from wire import Imap, Smtp, Wire, assert_memory, processes

SLOW, DELAYED, READERS, MANY = 200, 200, 100, 800
THREADS_MAX, MEMORY_MIB, AT_ONCE_S = 32, 200, 5
BIG = 20 << 20


def wait_lines(log, pattern, n):
    """Until n lines match."""
    found = re.compile(pattern)
    with log.news:
        assert log.news.wait_for(lambda: sum(1 for l in log.lines if found.search(l)) >= n, DEADLINE * 4)


def assert_threads(mox):
    counts = {name: len(list(Path(f"/proc/{pid}/task").iterdir())) for name, pid in processes(mox).items()}
    assert max(counts.values()) < THREADS_MAX, counts


def wrong_passwords(mox, k):
    """A connection that has failed to log in three times and is slow from then on."""
    if k % 2:
        c = Imap(mox.port["imap"], login=False)
        c.send(f'x LOGIN {ADDRESS} "wrong wrong"\r\n'.encode() * 3)
    else:
        c = Smtp(mox.port["submission"])
        c.send(b"AUTH PLAIN AG1veEBsb2NhbGhvc3QAd3Jvbmcgd3Jvbmc=\r\n" * 3)
    return c


def delayed(mox):
    """A connection that waits for an hour."""
    c = Smtp(mox.port["smtp"])
    c.command(b"MAIL FROM:<a@remote.example>", 250)
    c.send(b"RCPT TO:<rcptto-timeout@localhost>\r\n")
    return c


class Reader(Wire):
    """Asks for the big message, and has a small window."""

    def __init__(self, port):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(("127.0.0.1", port))
        self.file = self.sock.makefile("rb", 0)
        self.send(f"x LOGIN {ADDRESS} moxmoxmox\r\ny EXAMINE INBOX\r\nz FETCH 1 BODY.PEEK[]\r\n".encode())
        while b"FETCH" not in self.line():
            pass


def read_slowly(readers, end):
    while not end.wait(1):
        for r in readers:
            assert r.sock.recv(1) == b"x"


def serve_one(mox, subject):
    """One SMTP transaction and one IMAP session; how long both took."""
    began = time.monotonic()
    with Smtp(mox.port["smtp"]) as c:
        c.data(b"Subject: %s\r\n\r\nx\r\n.\r\n" % subject, 250)
    with Imap(mox.port["imap"]) as c:
        c.command(b"SELECT INBOX")
        assert any(subject in l for l in c.command(b"FETCH * BODY.PEEK[]"))
    return time.monotonic() - began


def test_many_peers(own_mox):
    """More connections than a process may have files as a rule."""
    mox = own_mox
    command = ["sh", "-c", 'ulimit -Sn 256 && exec "$@"', "sh", MOX, "localserve", "-dir", mox.dir]
    mox.launch(command)
    with contextlib.ExitStack() as stack:
        for k in range(MANY):
            if k % 2:
                stack.enter_context(Imap(mox.port["imap"])).command(b"SELECT INBOX")
            else:
                stack.enter_context(Smtp(mox.port["smtp"]))
        took = serve_one(mox, b"among many")
        assert_threads(mox)
    assert took < AT_ONCE_S
    assert_memory(mox, MEMORY_MIB)


def test_slow_peers(own_mox):
    mox = own_mox.start()
    with Smtp(mox.port["smtp"]) as c:
        c.data(b"Subject: big\r\n\r\n" + (b"x" * 998 + b"\r\n") * (BIG // 1000) + b".\r\n", 250)
    with contextlib.ExitStack() as stack:
        for k in range(DELAYED):
            stack.enter_context(delayed(mox))
        for k in range(SLOW):
            stack.enter_context(wrong_passwords(mox, k))
        readers = [stack.enter_context(Reader(mox.port["imap"])) for _ in range(READERS)]
        wait_lines(mox.log, "failed authentication attempt", SLOW * 3)
        wait_lines(mox.log, "RC:.*rcptto-timeout", DELAYED)
        end = threading.Event()
        pace = threading.Thread(target=read_slowly, args=(readers, end))
        pace.start()
        took = [serve_one(mox, b"served %d" % k) for k in range(20)]
        assert_threads(mox)
        end.set()
        pace.join()
    assert max(took) < AT_ONCE_S, took
    assert_memory(mox, MEMORY_MIB)
