"""The dns role in the running server: what it finds out about the servers that mox.conf names, under its
promise; the lookups themselves are tested where they are asked (test_dns.py, and the role's own test)."""

import os
import signal
import socket

import pytest

import signed_zones
from conftest import DEADLINE, DNS
from dns_server import DnsServer
from wire import Smtp

# Of a key that nobody has.
ANCHOR = "{} IN DS 1 8 2 " + "0" * 64 + "\n"
FOUND = 'm="DNS server probed" .*found="DNS server 127.0.0.1{} {}.*" so="{}"'
ROOT = "names are resolved from the root instead"


@pytest.fixture
def dns():
    with DnsServer() as server:
        yield server


def configure(mox, anchors, forwarders="", zones=None):
    """The section DNS. Anchors of our own: those of the root would be looked after on the Internet."""
    (mox.dir / "anchors").write_text(anchors)
    lines = ["DNS:", "\tTrustAnchors: anchors"]
    if forwarders:
        lines += ["\tForwarders:", f"\t\t- {forwarders}"]
    if zones:
        lines.append("\tZones:")
    for name, address in (zones or {}).items():
        lines += [f"\t\t{name}:", "\t\t\tForwarders:", f"\t\t\t\t- {address}"]
    replace(mox, "\n".join(lines) + "\n")


def replace(mox, section):
    """What stands in mox.conf about the DNS, which is its end."""
    before, _, _ = mox.conf.read_text().partition("DNS:\n")
    mox.conf.write_text(before + section)


def test_without_dnssec(own_mox, dns):
    """A server for all names through which nothing signed could be validated."""
    configure(own_mox, ANCHOR.format("."), dns.address)
    own_mox.start().log.wait(FOUND.format("", "breaks DNSSEC", ROOT))
    assert dns.asked["", "NS"] == 1


def test_not_there(own_mox):
    """The server starts at once; that nobody answers is found out meanwhile."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        configure(own_mox, ANCHOR.format("."), f"127.0.0.1:{silent.getsockname()[1]}")
        own_mox.start().log.wait(FOUND.format("", "gives no usable answer", "it is asked"))


def test_a_zone_without_dnssec(own_mox, dns):
    configure(own_mox, ANCHOR.format("corp.example"), zones={"corp.example": dns.address})
    own_mox.start().log.wait(FOUND.format(" for corp.example", "breaks DNSSEC", ".*should say Private"))


def test_a_signed_zone(own_mox, tmp_path):
    file, ds = signed_zones.signed(tmp_path, "signed.test", "@ IN TXT x\n")
    server, address = signed_zones.nsd(tmp_path, {"signed.test": file})
    try:
        configure(own_mox, ds, zones={"signed.test": address})
        own_mox.start().log.wait(FOUND.format(" for signed.test", "lets DNSSEC through", "it is asked"))
    finally:
        server.stop()


def test_over_tcp(own_mox, dns):
    """An answer that is too large for UDP."""
    for i in range(100):
        dns.add("large.example", "NS", f"name-server-number-{i}.large.example")
    configure(own_mox, ANCHOR.format("other.example"), zones={"large.example": dns.address})
    own_mox.start().log.wait(FOUND.format(" for large.example", "answers, but there is nothing to validate", "it is asked"))
    assert dns.asked["large.example", "NS"] > 1


def test_keys_of_the_root(own_mox):
    replace(own_mox, "")
    keys = own_mox.dir / "data" / "dns" / "root.key"
    own_mox.start().log.wait('m="keys of the DNS root taken over"')
    assert keys.read_text().startswith(". IN D")
    own_mox.stop()
    since = len(own_mox.log.lines)
    own_mox.start()
    assert not any("keys of the DNS root" in line for line in own_mox.log.lines[since:])


def test_killed(own_mox):
    """Questions that are open fail at once, and not for good; the session that asked goes on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.settimeout(DEADLINE)
        configure(own_mox, ANCHOR.format("signed.invalid"), DNS.address,
                  {"silent.test": f"127.0.0.1:{silent.getsockname()[1]}"})
        own_mox.serve()
        with Smtp(own_mox.port["smtp"]) as c:
            c.send(b"MAIL FROM:<x@asked.silent.test>\r\n")
            while b"\5asked\6silent" not in silent.recv(512):
                pass
            [pid] = own_mox.roles()["dns"]
            os.kill(pid, signal.SIGKILL)
            assert c.reply().startswith(b"451 4.4.0")
            own_mox.log.wait('m="role serves again".*role=dns')
            c.command(b"MAIL FROM:<x@sender.example>", 250)


@pytest.mark.parametrize("anchors", ["nonsense\n", ""])
def test_bad_anchors(own_mox, anchors):
    """The server says why it does not start."""
    configure(own_mox, anchors)
    done = own_mox.run("localserve", "-dir", own_mox.dir, ok=False)
    assert done.returncode != 0
    assert "trust anchor" in done.stderr
