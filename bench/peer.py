"""Debian's Postfix with Dovecot's LMTP on loopback, for ./dev bench; and what every peer needs to start.

Their configurations (peers/) keep what is shipped, but for limits of one client's connections, since
all ours are one client. Postfix asks for each client's name, and where a resolver drops a question
that connection waits 5 s: so it finds the names in a hosts file, where they cost next to nothing.
Its limit of 20 deliveries at a time to one domain stays: 2 and 5 were slower."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import smtp_load

HERE = Path(__file__).resolve().parent


def wait_port(port, deadline=20):
    """Until somebody listens; each try blocks in connect or in a short poll of the kernel."""
    import select
    import time
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        select.select([], [], [], 0.02)
    raise SystemExit(f"nothing listens on port {port}")


def seeing(file, at, argv):
    """The command that runs argv, as root, so that it and its children find `file` at another path."""
    return ["unshare", "-m", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', file, at, *argv]


class PeerServer:
    name = "postfix+dovecot"
    user, password = "bench@example.test", "benchpw"
    port = {"smtp": 2025, "imap": 2143, "imaps": 2993}
    rate = 300  # messages in about 2 s
    MAILBOXES = 100
    # That the disk's clock and the system's are apart by a tick is none.
    TROUBLE = re.compile(r"client=unknown|status=(?!sent)|(warning|error|fatal|panic): (?!file system clock)")

    def write(self, name, to):
        to.write_text((HERE / "peers" / name).read_text().replace("@DIR@", str(self.dir)))

    def start(self, folder):
        self.dir = folder / "peers"
        (self.dir / "dovecot" / "mail").mkdir(parents=True)
        os.chmod(folder, 0o755)
        for sub in ("postfix/spool/private", "postfix/data", "postfix/conf"):
            (self.dir / sub).mkdir(parents=True)
        self.write("main.cf", self.dir / "postfix/conf/main.cf")
        self.write("master.cf", self.dir / "postfix/conf/master.cf")
        self.write("dovecot.conf", self.dir / "dovecot/dovecot.conf")
        hosts = {"127.0.0.1": "localhost", **smtp_load.clients()}
        (self.dir / "hosts").write_text("".join(f"{address} {name}\n" for address, name in hosts.items()))
        users = {"bench": self.user, **{f"bench{i}": f"bench{i}@example.test" for i in range(self.MAILBOXES)}}
        (self.dir / "postfix/conf/vmailbox").write_text("".join(f"{user} {name}\n" for name, user in users.items()))
        (self.dir / "dovecot/users").write_text("".join(
            f"{user}:{self.password}:5000:5000::{self.dir}/dovecot/mail/{name}::\n" for name, user in users.items()))
        for sub in ("data", "spool/private"):
            shutil.chown(self.dir / "postfix" / sub, "postfix")
            os.chmod(self.dir / "postfix" / sub, 0o700)
        os.chown(self.dir / "dovecot/mail", 5000, 5000)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", self.dir / "dovecot/key.pem", "-out", self.dir / "dovecot/cert.pem",
                        "-days", "30", "-subj", "/CN=localhost"], check=True, capture_output=True)
        self.dovecot = subprocess.Popen(["dovecot", "-F", "-c", self.dir / "dovecot/dovecot.conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_port(self.port["imap"])
        start = ["postfix", "-c", self.dir / "postfix/conf", "start"]
        subprocess.run(seeing(self.dir / "hosts", "/etc/hosts", start), check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_port(self.port["smtp"])
        master = int((self.dir / "postfix/spool/pid/master.pid").read_text())
        self.pids = [self.dovecot.pid, master]
        return self

    def mailboxes(self, n):
        """Users whose mailboxes are empty."""
        assert n <= self.MAILBOXES
        return [f"bench{i}@example.test" for i in range(n)]

    def check(self):
        """A server that had trouble has no figures."""
        log = (self.dir / "postfix/mail.log").read_text().splitlines()
        if trouble := [line for line in log if self.TROUBLE.search(line)]:
            raise SystemExit(f"{self.name}: {len(trouble)} such lines in mail.log: {trouble[0]}")

    def stop(self):
        subprocess.run(["postfix", "-c", self.dir / "postfix/conf", "stop"], timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.dovecot.send_signal(signal.SIGTERM)
        self.dovecot.wait(30)
