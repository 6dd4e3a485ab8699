#!/usr/bin/python3
"""What it costs to verify who sent a message (./dev bench, or alone: bench/verify.py [-quick] [-mox]).

A message of 10 KiB with SPF that passes, one DKIM signature (RSA-2048) that holds and a DMARC policy;
all records in the caches of who keeps one. CPU microseconds a message, of:

  library      iprev, SPF, DKIM, ARC, DMARC, Authentication-Results in one process (verify_batch.c)
  server       roles smtp and dns of `mox serve`: what such a message costs more than one that has
               nothing to verify (null path, no signature, no From)
  rspamd       its worker over HTTP, all off but the modules spf, dkim and dmarc; it caches SPF
               records, and asks the DNS for the others
  opendkim, opendmarc
               as milters, one connection a message, the second sees what the first adds; opendkim
               caches with libunbound, opendmarc checks SPF with libspf2 and asks the DNS each time

The DNS is a server on loopback, whose CPU is nobody's. The peers find it at port 53 of an address of
loopback, named in a resolv.conf that only they see: that needs root.
"""

import base64
import os
import shutil
import signal
import smtplib
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(ROOT / "test" / "e2e"))
import procstat  # noqa: E402
from peer import seeing, wait_port  # noqa: E402
from smtp_load import SOURCES, source  # noqa: E402

BATCH = ROOT / "build" / "src" / "verify-batch"
DNS_ADDRESS = "127.53.53.53"
DOMAIN, SELECTOR, CLIENT = "sender.example", "sel", "192.0.2.7"
SENDER = f"bob@{DOMAIN}"
HELO = f"client.{DOMAIN}"
SIZE = 10240
ROUNDS = 5  # in turns, so that what else the machine does costs both the same
RSPAMD, OPENDKIM, OPENDMARC = 11833, 18891, 18892


# The message and the records.

def keys(folder):
    """A private key in PEM, and what its TXT record says."""
    pem = folder / "key.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", pem, "2048"], check=True, capture_output=True)
    der = subprocess.run(["openssl", "rsa", "-in", pem, "-pubout", "-outform", "DER"], check=True,
                         capture_output=True).stdout

    return pem.read_bytes(), "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()


def plain_message(headers):
    line = b"The quick brown fox jumps over the lazy dog, and the dog does not mind.\r\n"
    head = "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n"
    return head + line * ((SIZE - len(head)) // len(line))


def signed_message(pem):
    import dkim
    message = plain_message([
        ("From", f"Bob <{SENDER}>"), ("To", "mox@localhost"), ("Subject", "A message to verify"),
        ("Date", "Sun, 22 Nov 2026 10:00:00 +0000"), ("Message-ID", f"<1@{DOMAIN}>"), ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain")])
    return dkim.sign(message, SELECTOR.encode(), DOMAIN.encode(), pem, canonicalize=(b"relaxed", b"relaxed"),
                     include_headers=[b"from", b"to", b"subject", b"date", b"message-id"]) + message


def records(key):
    """Lines of (name, type, data...)."""
    rows = [(DOMAIN, "MX", 10, f"mx.{DOMAIN}"), (DOMAIN, "TXT", "v=spf1 ip4:192.0.2.0/24 ip4:127.0.0.0/8 -all"),
            (f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=reject"), (f"{SELECTOR}._domainkey.{DOMAIN}", "TXT", key)]
    for name, address in [(HELO, CLIENT)] + [(f"client{i}.{DOMAIN}", source(i)) for i in range(SOURCES)]:
        rows.append((".".join(reversed(address.split("."))) + ".in-addr.arpa", "PTR", name))
        rows.append((name, "A", address))
    return rows


def zone_text(rows):
    """As src/dns/fake.h has it; strings of TXT are at most 255 bytes."""
    lines = []
    for name, kind, *data in rows:
        if kind == "TXT":
            data = [f'"{data[0][i:i + 255]}"' for i in range(0, len(data[0]), 255)]
        lines.append(" ".join([name, kind, *map(str, data)]))
    return "\n".join(lines) + "\n"


# Measuring.

def cpu_of(pids, send, count):
    """CPU microseconds each of `count` sendings costs these process trees."""
    before = procstat.cpu(pids)
    for i in range(count):
        send(i)
    return (procstat.cpu(pids) - before) * 1e6 / count


def library(folder, message, rows, count):
    (folder / "message").write_bytes(message)
    (folder / "zone").write_text(zone_text(rows))
    done = subprocess.run([BATCH, folder / "message", folder / "zone", str(count), CLIENT, HELO, "bob", DOMAIN],
                          check=True, capture_output=True, text=True).stdout
    for what in ("iprev=pass", "spf=pass", "dkim=pass", "dmarc=pass"):
        assert what in done, done
    return float(done.split()[-1])


def send_smtp(port, i, helo, sender, message):
    with smtplib.SMTP("127.0.0.1", port, local_hostname=helo, source_address=(source(i % SOURCES), 0)) as s:
        s.sendmail(sender, ["mox@localhost"], message)


def server(folder, message, rows, count):
    import conftest
    for row in rows:
        conftest.DNS.add(*row)
    mox = conftest.Mox(folder / "mox").serve("-loglevel", "info")
    bare = plain_message([("Subject", "A message with nothing to verify")])
    cases = ((HELO, SENDER, message), ("[127.0.0.1]", "", bare))
    try:
        roles = mox.roles()
        pids = roles["smtp"] + roles["dns"]
        sends = [lambda i, case=case: send_smtp(mox.port["smtp"], i, *case) for case in cases]
        for send in sends:
            cpu_of(pids, send, SOURCES)  # fills the caches
        rounds = [[cpu_of(pids, send, count // ROUNDS) for send in sends] for _ in range(ROUNDS)]
        costs = [statistics.mean(r[i] for r in rounds) for i in range(len(cases))]
        mox.log.wait("m=verified.*iprev=pass spf=pass dkim=pass.*dmarc=pass")
    finally:
        mox.stop()
    return costs


# Peers.

def start(folder, argv):
    """A daemon that stays in the foreground, with a resolv.conf of its own."""
    (folder / "resolv.conf").write_text(f"nameserver {DNS_ADDRESS}\n")
    return subprocess.Popen(seeing(folder / "resolv.conf", "/etc/resolv.conf", argv), stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def end(daemon):
    daemon.send_signal(signal.SIGTERM)
    daemon.wait(30)


def rspamd(folder, message, count):
    conf = (HERE / "peers" / "rspamd.conf").read_text()
    for name, value in (("@DIR@", folder), ("@PORT@", RSPAMD), ("@DNS@", DNS_ADDRESS)):
        conf = conf.replace(name, str(value))
    (folder / "rspamd.conf").write_text(conf)
    (folder / "tld").write_text("example\ncom\n")  # of URLs: thousands would only make it start late
    daemon = start(folder, ["rspamd", "-f", "-i", "-c", folder / "rspamd.conf"])
    headers = {"IP": CLIENT, "Helo": HELO, "Hostname": HELO, "From": SENDER, "Rcpt": "mox@localhost"}

    def send(_):
        request = urllib.request.Request(f"http://127.0.0.1:{RSPAMD}/checkv2", message, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()
    try:
        wait_port(RSPAMD)
        answer = send(0)
        for symbol in ("R_SPF_ALLOW", "R_DKIM_ALLOW", "DMARC_POLICY_ALLOW"):
            assert symbol in answer, answer
        cpu_of([daemon.pid], send, 100)
        return cpu_of([daemon.pid], send, count)
    finally:
        end(daemon)


class Milter:
    """The mail server's side of the milter protocol, version 6, for one message."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.file = self.sock.makefile("rb")
        self.tell(b"O", struct.pack(">III", 6, 0x1ff, 0))
        self.added = []

    def put(self, command, data=b""):
        self.sock.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def get(self):
        packet = self.file.read(struct.unpack(">I", self.file.read(4))[0])
        return packet[:1], packet[1:]

    def tell(self, command, data=b""):
        """Until it says how to go on; remembers the fields it adds."""
        self.put(command, data)
        while True:
            verb, data = self.get()
            if verb in b"hi":
                self.added.append(tuple(data[4 if verb == b"i" else 0:].split(b"\0")[:2]))
            if verb not in b"hipm":
                return verb

    def message(self, fields, body):
        """The fields that it adds."""
        self.tell(b"C", HELO.encode() + b"\0" + b"4" + struct.pack(">H", 25025) + CLIENT.encode() + b"\0")
        self.tell(b"H", HELO.encode() + b"\0")
        self.put(b"D", b"Mi\0QUEUEID\0j\0mx.example\0")
        self.tell(b"M", f"<{SENDER}>".encode() + b"\0")
        self.tell(b"R", b"<mox@localhost>\0")
        for name, value in fields:
            self.tell(b"L", name + b"\0" + value + b"\0")
        self.tell(b"N")
        self.tell(b"B", body)
        verb = self.tell(b"E")
        assert verb in b"ca", verb
        self.put(b"Q")
        self.sock.close()
        return self.added


def fields_of(message):
    head, body = message.split(b"\r\n\r\n", 1)
    fields = [line.split(b":", 1) for line in head.replace(b"\r\n ", b"\n ").replace(b"\r\n\t", b"\n\t").split(b"\r\n")]
    return [(name, value.lstrip(b" ")) for name, value in fields], body


def milters(folder, message, count):
    daemons = {}
    for name, port in (("opendkim", OPENDKIM), ("opendmarc", OPENDMARC)):
        conf = (HERE / "peers" / f"{name}.conf").read_text().replace("@PORT@", str(port)).replace("@DNS@", DNS_ADDRESS)
        (folder / f"{name}.conf").write_text(conf)
        daemons[name] = start(folder, [name, "-f", "-x" if name == "opendkim" else "-c", folder / f"{name}.conf"])
    fields, body = fields_of(message)

    def send(_):
        added = Milter(OPENDKIM).message(fields, body)
        return added + Milter(OPENDMARC).message(added + fields, body)
    try:
        for port in (OPENDKIM, OPENDMARC):
            wait_port(port)
        answer = b" ".join(value for _, value in send(0))
        for what in (b"dkim=pass", b"spf=pass", b"dmarc=pass"):
            assert what in answer, answer
        cpu_of([daemons["opendkim"].pid], send, 100)
        before = {name: procstat.cpu([d.pid]) for name, d in daemons.items()}
        for i in range(count):
            send(i)
        return {name: (procstat.cpu([d.pid]) - before[name]) * 1e6 / count for name, d in daemons.items()}
    finally:
        for d in daemons.values():
            end(d)


def run(scale, peers):
    """scale: 1 for few messages, 10 for many."""
    folder = Path(tempfile.mkdtemp(prefix="mox-bench-"))
    os.chmod(folder, 0o777)
    try:
        measure(folder, 500 * scale, peers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(folder, count, peers):
    from dns_server import DnsServer
    pem, key = keys(folder)
    message, rows = signed_message(pem), records(key)
    print("verification of 10 KiB, SPF, DKIM RSA-2048, DMARC, records cached; CPU us a message:")
    lib = library(folder, message, rows, 2 * count)
    print(f"  mox library             {lib:6.0f}", flush=True)
    verified, bare = server(folder, message, rows, count)
    print(f"  mox, roles smtp and dns {verified - bare:6.0f}   ({verified:.0f}, with nothing to verify {bare:.0f})",
          flush=True)
    if not peers or os.geteuid() != 0:
        return
    with DnsServer(DNS_ADDRESS, 53) as dns:
        for row in rows:
            dns.add(*row)
        theirs = {"rspamd": rspamd(folder, message, count)}
        both = milters(folder, message, count)
    theirs["opendkim + opendmarc"] = sum(both.values())
    for name, us in theirs.items():
        detail = " + ".join(f"{v:.0f}" for v in both.values()) if "+" in name else ""
        print(f"  {name:23} {us:6.0f}   {detail:12} mox is {lib / us:.2f} of it as library, "
              f"{(verified - bare) / us:.2f} as server", flush=True)


if __name__ == "__main__":
    run(1 if "-quick" in sys.argv else 10, "-mox" not in sys.argv)
