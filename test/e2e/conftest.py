"""Runs the real server, as localserve, on free ports in a temporary folder; one for each test file
unless a test wants its own. Nothing here sleeps: everything waits for an event with a deadline."""

import collections
import os
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from dns_server import DnsServer

ROOT = Path(__file__).resolve().parents[2]
MOX = ROOT / "build" / "mox"
MOX_CRASHING = ROOT / "build-crash" / "mox"  # aborts at a header field X-Mox-Crash
ADDRESS = "mox@localhost"
PASSWORD = "moxmoxmox"
DEADLINE = 30


def free_ports(n):
    """Ports nobody listens on now; they are taken at once, so that they differ."""
    socks = [socket.socket() for _ in range(n)]
    for s in socks:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in socks]
    for s in socks:
        s.close()
    return ports


class Log:
    """The server's log, line by line, with waiting."""

    def __init__(self, pipe):
        self.lines = []
        self.news = threading.Condition()
        self.ended = False
        self.thread = threading.Thread(target=self.read, args=(pipe,), daemon=True)
        self.thread.start()

    def read(self, pipe):
        for line in pipe:
            with self.news:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self.news.notify_all()
        with self.news:
            self.ended = True
            self.news.notify_all()

    def wait(self, pattern, since=0, deadline=DEADLINE):
        """The first line from `since` on that matches; fails with the log's end."""
        found = re.compile(pattern)

        def look():
            return next((l for l in self.lines[since:] if found.search(l)), None) or self.ended

        with self.news:
            got = self.news.wait_for(look, deadline)
            if not isinstance(got, str):
                tail = "\n".join(self.lines[-40:])
                raise AssertionError(f"no log line matches {pattern!r}:\n{tail}")
            return got


# The DNS of all servers here: any name below example has an address, and may send from loopback; the
# rest is what a test adds.
# It signs nothing: the trust anchor is for a zone that is not there, so that nobody expects it to.
DNS = DnsServer().start()
DNS.add("*.example", "A", "192.0.2.1")
DNS.add("*.example", "TXT", "v=spf1 ip4:127.0.0.0/8 ip6:::1 -all")
DNS_CONF = """DNS:
\tForwarders:
\t\t- {}
\tTrustAnchors: anchors
"""
ANCHOR = "signed.invalid. DS 12345 13 2 " + 32 * "00" + "\n"


class Mox:
    PORTS = {"smtp": 1025, "submissions": 1465, "submission": 1587, "imap": 1143, "imaps": 1993}

    def __init__(self, folder):
        self.dir = Path(folder)
        self.process = None
        self.log = None
        self.run("localserve", "-dir", self.dir, "-initonly")
        self.port = dict(zip(self.PORTS, free_ports(len(self.PORTS))))
        conf = self.conf.read_text()
        for name, default in self.PORTS.items():
            conf, n = re.subn(rf"Port: {default}\b", f"Port: {self.port[name]}", conf)
            assert n == 1, name
        self.conf.write_text(conf + DNS_CONF.format(DNS.address))
        (self.dir / "anchors").write_text(ANCHOR)

    @property
    def conf(self):
        return self.dir / "mox.conf"

    @property
    def domains(self):
        return self.dir / "domains.conf"

    def control(self, *args, **kw):
        """A command for the running server."""
        return self.run(*args[:1], "-config", self.conf, *args[1:], **kw)

    def run(self, *args, ok=True, **kw):
        done = subprocess.run([MOX, *map(str, args)], capture_output=True, text=True, timeout=DEADLINE, **kw)
        assert not ok or done.returncode == 0, done.stderr
        return done

    def start(self, *args, env=None, program=MOX):
        return self.launch([program, "localserve", "-dir", self.dir, *args], env)

    def serve(self, *args):
        """Without what localserve does differently, on the same files."""
        return self.launch([MOX, "serve", "-config", self.conf, *args])

    def launch(self, command, env=None):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        env={**os.environ, **(env or {})})
        self.log = Log(self.process.stderr)
        self.log.wait(r"m=serving\b")
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        if self.log:
            self.log.thread.join(DEADLINE)
        return self.process.returncode if self.process else None

    def roles(self):
        """Process ids of the roles by name."""
        found = collections.defaultdict(list)
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in children:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            found[words[2] if len(words) > 2 and words[1] == "role" else "?"].append(int(pid))
        return found

    def refused_calls(self):
        return [l for l in self.log.lines if "system call refused" in l]


def end(server):
    """Every server ends well, and none of its roles ever asked for what it has promised not to."""
    code = server.stop()
    if server.process:
        assert code == 0, "\n".join(server.log.lines[-20:])
        assert server.refused_calls() == []


@pytest.fixture(scope="module")
def mox(tmp_path_factory):
    server = Mox(tmp_path_factory.mktemp("mox"))
    server.start()
    yield server
    end(server)


@pytest.fixture
def own_mox(tmp_path):
    """A server for one test alone, not started yet."""
    server = Mox(tmp_path / "mox")
    yield server
    end(server)
