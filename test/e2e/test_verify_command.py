"""`mox verify`: what the server would find out about a message, by hand."""

import subprocess

import pytest
from conftest import MOX, ROOT
from dns_server import DnsServer

SIGNED = ROOT / "test/data/dkim/chasquid"
ZONE = """
football.example.com TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.example.com TXT "v=DMARC1; p=quarantine; sp=reject"
1.2.0.192.in-addr.arpa PTR mx.football.example.com
mx.football.example.com A 192.0.2.1
quiet.test TXT "v=spf1 -all"
broken.test * SERVFAIL
*.broken.test * SERVFAIL
"""
PLAIN = "From: <joe@{}>\nSubject: x\n\nbody\n"


@pytest.fixture(scope="module")
def dns():
    with DnsServer() as server:
        server.zone(ZONE)
        for line in next(SIGNED.glob("01*.dns")).read_text().replace("\\\n", "").splitlines():
            name, found, value = line.partition(":")
            if found:
                server.add(name.strip(), "TXT", value.strip())
        yield server


def verify(dns, ip, sender, message, *flags):
    return subprocess.run([MOX, "verify", "-ip", ip, "-helo", "mx.football.example.com", "-from", sender, "-dns",
                           dns.address, *flags, "-"], input=message, capture_output=True, timeout=60)


@pytest.mark.parametrize("ip, sender, message, status, first", [
    ("192.0.2.1", "joe@football.example.com", None, 0,
     "spf=pass dkim=pass dmarc=pass policy=reject arc=none iprev=pass"),
    ("192.0.2.2", "joe@football.example.com", None, 0,
     "spf=fail dkim=pass dmarc=pass policy=reject arc=none iprev=permerror"),
    ("192.0.2.2", "joe@football.example.com", "football.example.com", 1,
     "spf=fail dkim=none dmarc=fail policy=reject arc=none iprev=permerror"),
    ("192.0.2.1", "", "quiet.test", 1, "spf=none dkim=none dmarc=none policy=none arc=none iprev=pass"),
    ("192.0.2.1", "joe@broken.test", "broken.test", 1,
     "spf=temperror dkim=none dmarc=temperror policy=none arc=none iprev=pass"),
], ids=["all pass", "dkim alone", "nothing", "no policy", "dns fails"])
def test_first_line(dns, ip, sender, message, status, first):
    data = PLAIN.format(message).encode() if message else next(SIGNED.glob("01*.msg")).read_bytes()
    done = verify(dns, ip, sender, data)
    assert done.stdout.decode().split("\n")[0] == first
    assert done.returncode == status, done.stderr


def test_explains(dns):
    """Every record that decided is shown, and the fields as they would stand in the message."""
    out = verify(dns, "192.0.2.1", "joe@football.example.com", next(SIGNED.glob("01*.msg")).read_bytes()).stdout
    for part in (b"\nAuthentication-Results: mox;", b"\nReceived-SPF: pass", b'_dmarc.example.com. TXT "v=DMARC1;',
                 b'football.example.com. TXT "v=spf1 ', b"brisbane._domainkey.football.example.com. TXT ",
                 b"step: ip4:192.0.2.1: pass", b"policy published: reject"):
        assert part in out, part


def test_time(dns):
    """-now is the time for all methods: in 2001 the signatures, made in 2018, are from the future."""
    out = verify(dns, "192.0.2.1", "joe@football.example.com", next(SIGNED.glob("01*.msg")).read_bytes(),
                 "-now", "2001-02-03T04:05:06Z").stdout
    assert out.startswith(b"spf=pass dkim=permerror dmarc=pass")
    assert b"why: the signature was made in the future" in out
