"""The DNS server of the tests, seen through a client of its own kind (drill)."""

import re
import subprocess

import pytest

from dns_server import DnsServer

ZONE = r"""
example.org A 192.0.2.1
example.org A 192.0.2.2
example.org MX 10 mail.example.org
example.org TXT "a\"b" "\099\\"
example.org CAA 0 issue "ca.example"
_25._tcp.example.org TLSA 3 1 1 00ff
_x._tcp.example.org SRV 1 2 3 host.example.org
1.2.0.192.in-addr.arpa PTR example.org
alias.example.org CNAME example.org
away.example.org CNAME nowhere.example
loop.example CNAME loop2.example
loop2.example CNAME loop.example
*.wild.example A 192.0.2.9
there.wild.example AAAA 2001:db8::1
slow.example A 192.0.2.4
slow.example * TIMEOUT
sick.example TXT SERVFAIL
empty.example A NULL
"""


@pytest.fixture(scope="module")
def dns():
    with DnsServer() as server:
        server.zone(ZONE)
        server.add("long.example", "TXT", "x" * 3000)
        yield server


def ask(dns, name, kind, *flags):
    done = subprocess.run(["drill", *flags, "-p", str(dns.port), "@127.0.0.1", name, kind], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split(";; ANSWER SECTION:\n")[1].split(";; AUTHORITY")[0].split("\n")
    return re.search(r"rcode: (\w+)", done.stdout)[1], [line.split("\t", 4)[3:] for line in answers if line]


@pytest.mark.parametrize("name, kind, rcode, answers", [
    ("example.org", "A", "NOERROR", [["A", "192.0.2.1"], ["A", "192.0.2.2"]]),
    ("EXAMPLE.org", "MX", "NOERROR", [["MX", "10 mail.example.org."]]),
    ("example.org", "TXT", "NOERROR", [["TXT", r'"a\"b" "c\\"']]),
    ("example.org", "AAAA", "NOERROR", []),
    ("nope.example.org", "A", "NXDOMAIN", []),
    ("org", "A", "NOERROR", []),
    ("_25._tcp.example.org", "TLSA", "NOERROR", [["TLSA", "3 1 1 00ff"]]),
    ("_x._tcp.example.org", "SRV", "NOERROR", [["SRV", "1 2 3 host.example.org."]]),
    ("1.2.0.192.in-addr.arpa", "PTR", "NOERROR", [["PTR", "example.org."]]),
    ("alias.example.org", "MX", "NOERROR", [["CNAME", "example.org."], ["MX", "10 mail.example.org."]]),
    ("away.example.org", "A", "NXDOMAIN", [["CNAME", "nowhere.example."]]),
    ("loop.example", "A", "SERVFAIL", []),
    ("x.y.wild.example", "A", "NOERROR", [["A", "192.0.2.9"]]),
    ("x.y.wild.example", "TXT", "NOERROR", []),
    ("there.wild.example", "A", "NOERROR", []),
    ("slow.example", "A", "NOERROR", [["A", "192.0.2.4"]]),
    ("sick.example", "TXT", "SERVFAIL", []),
    ("sick.example", "A", "NOERROR", []),
    ("empty.example", "A", "NOERROR", []),
])
def test_answers(dns, name, kind, rcode, answers):
    assert ask(dns, name, kind) == (rcode, answers)


def test_long_answer_goes_over_tcp(dns):
    """Cut over UDP, whole over TCP; in strings of 255 bytes."""
    assert ask(dns, "long.example", "TXT") == ("NOERROR", [])
    _, answers = ask(dns, "long.example", "TXT", "-t")
    assert [len(s) for s in re.findall(r'"(x*)"', answers[0][1])] == [255] * 11 + [195]


def test_counts(dns):
    before = dns.asked["counted.example", "A"]
    ask(dns, "counted.example", "A")
    assert dns.asked["counted.example", "A"] == before + 1


def test_silence(dns):
    """Asked directly: a client would wait."""
    query = bytes.fromhex("00010100000100000000000004736c6f77076578616d706c650000100001")
    assert dns.answer(query, udp=True) is None


@pytest.mark.parametrize("message", [b"", b"\0" * 11, bytes.fromhex("000100000001000000000000c00c00010001")])
def test_not_a_query(dns, message):
    assert dns.answer(message, udp=True)[3] & 15 == 1
