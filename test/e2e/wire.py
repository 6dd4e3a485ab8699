"""Bare SMTP and IMAP over a socket, for what well-behaved client libraries cannot say."""

import re
import socket
import ssl
from pathlib import Path

from conftest import ADDRESS, DEADLINE, PASSWORD


def no_verify():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Wire:
    """Lines with CRLF over a socket; every wait ends at the deadline. Closed is an empty line."""

    def __init__(self, port, deadline=DEADLINE, source=None):
        self.sock = socket.create_connection(("127.0.0.1", port), deadline, (source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def send_slowly(self, data):
        for i in range(len(data)):
            self.sock.sendall(data[i:i + 1])

    def line(self):
        try:
            return self.file.readline()
        except (ConnectionResetError, ssl.SSLEOFError):
            return b""

    def rest(self):
        """Everything up to the end of the connection."""
        try:
            return self.file.read()
        except (ConnectionResetError, ssl.SSLEOFError):
            return b""

    def tls(self):
        self.file.close()
        self.sock = no_verify().wrap_socket(self.sock)
        self.file = self.sock.makefile("rb")


class Smtp(Wire):
    def __init__(self, port, hello=True, **kw):
        super().__init__(port, **kw)
        self.greeting = self.line()
        if hello:
            self.expect(220, self.greeting)
            self.command(b"EHLO client.example", 250)

    def reply(self):
        """The last line of a reply."""
        while True:
            line = self.line()
            if line[3:4] != b"-":
                return line

    @staticmethod
    def expect(code, line):
        assert line[:3] == str(code).encode(), (code, line)
        return line

    def command(self, line, code):
        self.send(line + b"\r\n")
        return self.expect(code, self.reply())

    def envelope(self, recipient=ADDRESS):
        self.command(b"MAIL FROM:<a@remote.example>", 250)
        self.command(b"RCPT TO:<%s>" % recipient.encode(), 250)

    def data(self, message, code):
        """A message with its end, in its own transaction; pieces are not dot-stuffed."""
        self.envelope()
        self.command(b"DATA", 354)
        self.send(message)
        return self.expect(code, self.reply())


class Imap(Wire):
    def __init__(self, port, login=True, **kw):
        super().__init__(port, **kw)
        self.greeting = self.line()
        if login:
            assert self.greeting.startswith(b"* OK"), self.greeting
            self.login()

    def login(self, password=PASSWORD):
        return self.command(f'LOGIN {ADDRESS} "{password}"'.encode())

    def answer(self, tag=b"x"):
        """The untagged lines, then the tagged one, all without interpretation of literals."""
        lines = []
        while True:
            lines.append(self.line())
            if lines[-1].startswith(tag + b" ") or not lines[-1]:
                return lines

    def command(self, line, ok=b"OK"):
        self.send(b"x " + line + b"\r\n")
        lines = self.answer()
        assert lines[-1].startswith(b"x " + ok), lines
        return lines


def deliver(mox, subject, body=b"Hello.\r\n"):
    with Smtp(mox.port["smtp"]) as c:
        c.data(b"Subject: %s\r\n\r\n%s.\r\n" % (subject.encode(), body), 250)


def count(mox, subject):
    """How many messages of Inbox have this subject."""
    with Imap(mox.port["imap"]) as c:
        c.command(b"EXAMINE INBOX")
        found = c.command(b'SEARCH SUBJECT "%s"' % subject.encode())
        return sum(len(l.split()) - 2 for l in found if l.startswith(b"* SEARCH"))


def status(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.M))


def processes(mox):
    """Process ids of all of the server, with their names."""
    found = {"parent": mox.process.pid}
    found.update((name, pid) for name, pids in mox.roles().items() for pid in pids)
    return found


def assert_memory(mox, mib):
    """No process ever had more than this in memory, files it has mapped included."""
    peaks = {name: int(status(pid)["VmHWM"].split()[0]) >> 10 for name, pid in processes(mox).items()}
    assert set(peaks) == {"parent", "secrets", "dns", "post", "smtp", "imap"}
    assert max(peaks.values()) < mib, peaks
