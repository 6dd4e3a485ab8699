"""`mox spf` as people and scripts use it; what SPF itself says is in test/suites/test_spf.py."""

import subprocess

import pytest

from conftest import MOX
from dns_server import DnsServer

ZONE = r"""
example.org TXT "v=spf1 mx -all exp=exp.example.org"
example.org TXT "something else"
example.org MX 10 mail.example.org
mail.example.org A 192.0.2.1
exp.example.org TXT "%{l} at %{t}, says %{r} of %{h}"
bad.example TXT "v=spf1 moo"
two.example TXT "v=spf1 -all"
two.example TXT "v=spf1 -all"
none.example TXT "v=spf10"
sick.example TXT SERVFAIL
silent.example TXT TIMEOUT
quoted.example TXT "v=spf1 exists:%{l}.ok.example -all"
xn--bcher-kva.example TXT "v=spf1 +all"
"""


@pytest.fixture(scope="module")
def dns():
    with DnsServer() as server:
        server.zone(ZONE)
        server.add("long.example", "TXT", "v=spf1 " + "ip4:198.51.100.7 " * 200 + "ip4:192.0.2.1 -all")
        server.add("a b.c.ok.example", "A", "127.0.0.2")
        yield server


def mox(*args):
    return subprocess.run([MOX, "spf", *args], capture_output=True, text=True, timeout=60)


def check(dns, sender, *more, ip="192.0.2.1", helo="client.example"):
    return mox("check", "-dns", dns.address, "-ip", ip, "-helo", helo, "-from", sender, *more)


@pytest.mark.parametrize("sender, ip, result", [
    ("x@example.org", "192.0.2.1", "pass"),
    ("<x@example.org>", "192.0.2.1", "pass"),
    ("x@example.org", "::ffff:192.0.2.1", "pass"),
    ("x@Example.Org.", "192.0.2.1", "pass"),
    ("x@example.org", "192.0.2.2", "fail"),
    ("x@example.org", "2001:db8::1", "fail"),
    ("", "192.0.2.1", "none"),
    ("<>", "192.0.2.1", "none"),
    ("x@bad.example", "192.0.2.1", "permerror"),
    ("x@two.example", "192.0.2.1", "permerror"),
    ("x@none.example", "192.0.2.1", "none"),
    ("x@nowhere.example", "192.0.2.1", "none"),
    ("x@sick.example", "192.0.2.1", "temperror"),
    ("x@long.example", "192.0.2.1", "pass"),
    ("x@bücher.example", "192.0.2.1", "pass"),
])
def test_check(dns, sender, ip, result):
    done = check(dns, sender, ip=ip)
    assert done.stdout.split()[0] == result, done.stdout
    assert done.returncode == (0 if result == "pass" else 1)
    assert f"\nReceived-SPF: {result}\n\t" in done.stdout.replace("\r", "")


def test_null_path_is_helo(dns):
    done = check(dns, "<>", helo="example.org")
    assert done.stdout.startswith('pass identity=helo domain="example.org" lookups=1 voids=0\n')


def test_explanation(dns):
    done = check(dns, "a-b@example.org", "-receiver", "mx.receiver.example", "-now", "1400000000", ip="192.0.2.9")
    assert "\nexplanation: a-b at 1400000000, says mx.receiver.example of client.example\n" in done.stdout


def test_steps(dns):
    done = check(dns, "x@example.org")
    assert done.stdout.endswith("""
example.org: v=spf1 mx -all exp=exp.example.org
  MX of example.org: mail.example.org
  A of mail.example.org: 192.0.2.1
mx: pass
""")


def test_quoted_local_part(dns):
    """Without its quotes; its dot parts labels."""
    assert check(dns, r'"a\ b.c"@quoted.example').stdout.startswith("pass ")
    assert dns.asked["a b.c.ok.example", "A"] == 1


def test_silence(dns):
    done = check(dns, "x@silent.example", "-timeout", "1")
    assert done.stdout.split()[0] == "temperror"
    assert "no answer in time" in done.stdout


@pytest.mark.parametrize("domain, status, first", [
    ("example.org", 0, 'found example.org "v=spf1 mx -all exp=exp.example.org"'),
    ("bücher.example", 0, 'found xn--bcher-kva.example "v=spf1 +all"'),
    ("bad.example", 1, 'permerror "moo: expected a mechanism at byte 7"'),
    ("two.example", 1, "permerror two.example has several SPF records"),
    ("none.example", 1, "none none.example has no SPF record"),
    ("nowhere.example", 1, "none nowhere.example has no SPF record: no such name"),
    ("sick.example", 1, "temperror TXT of sick.example: server failure"),
])
def test_lookup(dns, domain, status, first):
    done = mox("lookup", "-dns", dns.address, domain)
    assert done.returncode == status
    assert done.stdout.splitlines()[0] == first


def test_parse():
    done = mox("parse", "v=spf1 a/24 ?include:%{d}.x.example redirect=y.example ~all")
    assert done.stdout == "found\na/24: pass\n?include:%{d}.x.example: neutral\nredirect=y.example\n~all: softfail\n"
    assert done.returncode == 0
    done = mox("parse", "v=spf1 a:\x1b[2J")
    assert done.stdout.startswith('permerror "a:\\027[2J: expected ')
    assert done.returncode == 1


@pytest.mark.parametrize("args, text", [
    (["check", "-ip", "here"], "-ip: not an IP address"),
    (["check"], "-ip is missing"),
    (["lookup", "a..b"], "not a domain name"),
    (["parse"], "needs RECORD"),
])
def test_usage(args, text):
    done = mox(*args)
    assert done.returncode != 0 and text in done.stderr
