"""mox dnsbl check and checkhealth, asking a DNS server on loopback."""

import subprocess

import pytest
from conftest import MOX
from dns_server import DnsServer

ZONE = """
2.0.0.127.bl.example A 127.0.0.2
99.2.0.192.bl.example A 127.0.0.2
99.2.0.192.bl.example TXT "Seen \\"sending\\" to traps"
98.2.0.192.bl.example A 127.255.255.254
97.2.0.192.bl.example A SERVFAIL
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example A 127.0.0.3
2.0.0.127.all.example A 127.0.0.2
1.0.0.127.all.example A 127.0.0.2
2.0.0.127.sick.example A SERVFAIL
"""


@pytest.fixture(scope="module")
def dns():
    with DnsServer() as server:
        server.zone(ZONE)
        yield server


def run(dns, *args):
    done = subprocess.run([MOX, "dnsbl", args[0], f"-dns={dns.address}", "-timeout=10", *args[1:]],
                          capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("ip, status, first, explanation", [
    ("192.0.2.99", 1, "listed 127.0.0.2", ['"Seen \\"sending\\" to traps"']),
    ("192.0.2.1", 0, "unlisted", []),
    ("192.0.2.98", 1, "temperror 127.255.255.254",
     ['"the list answers that it does not serve public resolvers"']),
    ("2001:db8::1", 1, "listed 127.0.0.3", []),
    ("2001:db8::2", 0, "unlisted", []),
])
def test_check(dns, ip, status, first, explanation):
    assert run(dns, "check", "bl.example", ip) == (status, [first, *explanation])


def test_check_without_answer(dns):
    status, lines = run(dns, "check", "bl.example", "192.0.2.97")
    assert (status, lines[0]) == (1, "temperror")


@pytest.mark.parametrize("zone, status, lines", [
    ("bl.example", 0, ["healthy", 'ipv6: unhealthy why="127.0.0.2 is not listed"']),
    ("all.example", 1, ['unhealthy why="127.0.0.1 is listed"',
                        'ipv6: unhealthy why="127.0.0.2 is not listed"']),
    ("none.example", 1, ['unhealthy why="127.0.0.2 is not listed"',
                         'ipv6: unhealthy why="127.0.0.2 is not listed"']),
])
def test_health(dns, zone, status, lines):
    assert run(dns, "checkhealth", zone) == (status, lines)


def test_health_without_answer(dns):
    status, lines = run(dns, "checkhealth", "sick.example")
    assert status == 1
    assert lines[0].startswith("temperror why=")


@pytest.mark.parametrize("args", [
    ("check", "bl.example", "192.0.2.256"),
    ("check", "bl..example", "192.0.2.1"),
    ("check", "bl.example"),
    ("checkhealth", "-x"),
])
def test_usage(dns, args):
    assert run(dns, *args)[0] in (1, 2)
    assert run(dns, *args)[1] == []
