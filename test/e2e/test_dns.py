"""Questions to real name servers through the validating resolver: what DNSSEC proves is authentic, what
does not validate is bogus, what nobody answers has failed, in time; and neither is ever "no such record"."""

import base64
import hashlib
import re
import struct
import subprocess
import time
from types import SimpleNamespace

import pytest

import signed_zones
from conftest import DEADLINE, MOX
from dns_server import DnsServer

EXAMPLE = """@ IN MX 10 mx
@ IN TXT "v=spf1 mx -all" " and \\"more\\""
@ IN CAA 0 issue "ca.example"
mx IN A 127.0.0.1
mx IN AAAA ::1
_25._tcp.mx IN TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
_imaps._tcp IN SRV 0 1 993 mx
*.wild IN A 127.0.0.2
alias IN CNAME mx
away IN CNAME mx.insecure.test.
gone IN CNAME nope.nsec.test.
loop1 IN CNAME loop2
loop2 IN CNAME loop1
long IN TXT """ + " ".join(f'"{c * 250}"' for c in "abcdefghijklmnop") + "\n"
SMALL = """@ IN MX 10 mx
@ IN TXT "v=spf1 -all"
mx IN A 127.0.0.1
_25._tcp.mx IN TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
"""
EXPIRED = {"inception": "20240101000000", "expiry": "20240201000000"}


def lookup(*args, timeout=DEADLINE):
    """What `mox dns lookup` says, and how long it took."""
    begin = time.monotonic()
    done = subprocess.run([MOX, "dns", "lookup", "-timeout", str(timeout), *map(str, args)], capture_output=True,
                          text=True, timeout=DEADLINE * 2)
    took = time.monotonic() - begin
    first, *records = done.stdout.splitlines() or [""]
    m = re.fullmatch(r'(\w+) \w+ \S+( authentic)?(?: ttl=(\d+))?(?: ede=(\d+)(?: \(.*?\))?)?(?: why="(.*)")?', first)
    assert m, done.stdout + done.stderr
    assert (done.returncode == 0) == (m[1] == "found")
    return SimpleNamespace(status=m[1], authentic=bool(m[2]), ttl=m[3] and int(m[3]), ede=m[4] and int(m[4]),
                           why=m[5] or "", records=records, took=took)


def key_tag(rdata):
    """RFC 4034 appendix B."""
    total = sum(struct.unpack(f">{len(rdata) // 2}H", rdata))
    return (total + (total >> 16)) & 0xFFFF


def many_keys(own):
    """Keys that sign nothing; none with the tag of those that do."""
    tags = {int(name.rsplit("+", 1)[1]) for name in own}
    made = (b"\x01\x00\x03\x0d" + hashlib.sha512(bytes([i, j])).digest() for i in range(2) for j in range(256))
    return "".join(f"@ IN DNSKEY 256 3 13 {base64.b64encode(rdata[4:]).decode()}\n"
                   for rdata in made if key_tag(rdata) not in tags)


def edit(path, pattern, text):
    changed, n = re.subn(pattern, text, path.read_text())
    assert n > 0
    path.write_text(changed)


@pytest.fixture(scope="module")
def zones(tmp_path_factory):
    """nsd with a chain of zones below test., and its trust anchor."""
    folder = tmp_path_factory.mktemp("zones")
    own = signed_zones.keys(folder, "keys.test")
    files, ds = {}, ""
    for name, records, options in [
            ("example.test", EXAMPLE, {"nsec3": True}),
            ("nsec.test", SMALL, {}),
            ("bogus.test", SMALL, {}),
            ("expired.test", SMALL, EXPIRED),
            ("future.test", SMALL, {"inception": "20490101000000"}),
            ("stripped.test", SMALL, {}),
            ("unsigned.test", SMALL, {}),
            ("unproven.test", SMALL, {}),
            ("keys.test", SMALL + many_keys(own), {"key": own}),
    ]:
        files[name], one = signed_zones.signed(folder, name, records, **options)
        ds += one
    files["insecure.test"] = signed_zones.zone(folder, "insecure.test", SMALL)
    # The zone above says that this one is signed; it is served as it was before.
    files["stripped.test"] = folder / "stripped.test.zone"
    edit(files["bogus.test"], "v=spf1 -all", "v=spf1 +all")
    edit(files["bogus.test"], "3 1 1 0011", "3 1 1 dead")
    edit(files["unsigned.test"], r".*\tRRSIG\tNSEC .*\n", "")
    edit(files["unproven.test"], r".*\t(RRSIG\t)?NSEC[\t ].*\n", "")
    below = "".join(f"{name.removesuffix('.test')} IN NS ns\n" for name in files)
    files["test"], anchor = signed_zones.signed(folder, "test", "ns IN A 127.0.0.1\n" + below + ds)
    (folder / "anchor").write_text(anchor)
    server, address = signed_zones.nsd(folder, files)
    yield ["-dns", address, "-trust-anchor", folder / "anchor"]
    server.stop()


@pytest.mark.parametrize("kind, name, records", [
    ("mx", "example.test", ["10 mx.example.test."]),
    ("MX", "EXAMPLE.test.", ["10 mx.example.test."]),
    ("txt", "example.test", [r'"v=spf1 mx -all" " and \"more\""']),
    ("caa", "example.test", ['0 issue "ca.example"']),
    ("ns", "example.test", ["ns.test."]),
    ("a", "mx.example.test", ["127.0.0.1"]),
    ("aaaa", "mx.example.test", ["::1"]),
    ("srv", "_imaps._tcp.example.test", ["0 1 993 mx.example.test."]),
    ("tlsa", "_25._tcp.mx.example.test",
     ["3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"]),
    ("a", "x.wild.example.test", ["127.0.0.2"]),
    ("a", "alias.example.test", ["127.0.0.1"]),
    ("cname", "alias.example.test", ["mx.example.test."]),
    ("cname", "away.example.test", ["mx.insecure.test."]),
    ("cname", "loop1.example.test", ["loop2.example.test."]),
    ("mx", "nsec.test", ["10 mx.nsec.test."]),
    ("mx", "bogus.test", ["10 mx.bogus.test."]),  # this record nobody touched
    ("mx", "keys.test", ["10 mx.keys.test."]),
])
def test_secure(zones, kind, name, records):
    got = lookup(*zones, kind, name)
    assert (got.status, got.authentic, got.records, got.ttl) == ("found", True, records, 300)


def test_secure_over_tcp(zones):
    got = lookup(*zones, "txt", "long.example.test")
    assert got.status == "found" and got.authentic and len(got.records[0]) > 4000


@pytest.mark.parametrize("kind, name, status, authentic", [
    ("tlsa", "nope.example.test", "nxdomain", True),  # NSEC3
    ("txt", "mx.example.test", "nodata", True),
    ("cname", "mx.example.test", "nodata", True),
    ("tlsa", "nope.nsec.test", "nxdomain", True),
    ("txt", "mx.nsec.test", "nodata", True),
    ("a", "nope.test", "nxdomain", True),
    ("a", "gone.example.test", "nxdomain", True),
    ("tlsa", "nope.insecure.test", "nxdomain", False),
    ("txt", "mx.insecure.test", "nodata", False),
])
def test_absent(zones, kind, name, status, authentic):
    got = lookup(*zones, kind, name)
    assert (got.status, got.authentic, got.ttl) == (status, authentic, 60)


@pytest.mark.parametrize("kind, name, records", [
    ("mx", "insecure.test", ["10 mx.insecure.test."]),
    ("a", "away.example.test", ["127.0.0.1"]),  # signed only as far as the alias
])
def test_insecure(zones, kind, name, records):
    got = lookup(*zones, kind, name)
    assert (got.status, got.authentic, got.records) == ("found", False, records)


@pytest.mark.parametrize("kind, name, ede, why", [
    ("txt", "bogus.test", 6, "signature verification failed"),
    ("tlsa", "_25._tcp.mx.bogus.test", 6, "signature verification failed"),
    ("mx", "expired.test", 7, "signature expired"),
    ("tlsa", "nope.expired.test", 7, "signature expired"),
    ("mx", "future.test", 8, "before inception date"),
    ("mx", "stripped.test", 9, "No DNSKEY record"),
    ("tlsa", "nope.stripped.test", 9, "No DNSKEY record"),
    ("tlsa", "nope.unsigned.test", 10, "no signatures"),
    ("tlsa", "nope.unproven.test", 12, "no DNSSEC records"),
    ("tlsa", "mx.unproven.test", 12, "no DNSSEC records"),
])
def test_bogus(zones, kind, name, ede, why):
    got = lookup(*zones, kind, name)
    assert (got.status, got.authentic, got.ede, got.records) == ("bogus", False, ede, [])
    assert why in got.why


@pytest.mark.parametrize("now", ["2024-01-15T12:00:00Z", "1705320000", "Mon, 15 Jan 2024 12:00:00 +0000"])
def test_in_its_time(zones, now):
    got = lookup(*zones, "-now", now, "mx", "expired.test")
    assert (got.status, got.authentic) == ("found", True)


def test_without_anchor(zones):
    """Then nothing is authentic and nothing is bogus."""
    for name in ("example.test", "bogus.test", "expired.test"):
        got = lookup(*zones[:2], "mx", name)
        assert (got.status, got.authentic) == ("found", False)


def test_both_kinds_of_address(zones):
    done = subprocess.run([MOX, "dns", "lookup", *zones, "ips", "mx.example.test"], capture_output=True, text=True,
                          timeout=DEADLINE)
    assert done.returncode == 0
    assert done.stdout == ("found A mx.example.test. authentic ttl=300\n127.0.0.1\n"
                           "found AAAA mx.example.test. authentic ttl=300\n::1\n")


@pytest.fixture(scope="module")
def knot(tmp_path_factory):
    server = signed_zones.Knot(tmp_path_factory.mktemp("knot"), "example.test", SMALL)
    yield server
    server.stop()


def test_signed_by_knot(knot):
    zone = ["-dns", knot.address, "-trust-anchor", knot.anchor]
    got = lookup(*zone, "mx", "example.test")
    assert (got.status, got.authentic) == ("found", True)
    got = lookup(*zone, "txt", "new.example.test")
    assert (got.status, got.authentic) == ("nxdomain", True)
    knot.add("new", "60", "TXT", '"x"')
    got = lookup(*zone, "txt", "new.example.test")
    assert (got.status, got.authentic, got.ttl, got.records) == ("found", True, 60, ['"x"'])


@pytest.fixture(scope="module")
def dns():
    with DnsServer() as server:
        server.add("example.org", "MX", 10, "mail.example.org")
        server.add("1.0.0.10.in-addr.arpa", "PTR", "host.example.org")
        server.add("8.b.d.0.1.0.0.2.ip6.arpa", "TXT", "exists")
        server.add("localhost", "A", "192.0.2.1")
        server.add("a.test", "A", "192.0.2.2")
        server.add("long.example", "TXT", "x" * 3000)
        server.add("many.example", "TXT", *["y" * 250] * 200)
        server.zone("""
            slow.example * TIMEOUT
            sick.example * SERVFAIL
            loop.example CNAME loop2.example
            loop2.example CNAME loop.example
            slowalias.example CNAME slow.example
            sickalias.example CNAME sick.example
            """)
        yield server


@pytest.mark.parametrize("kind, name, status, records", [
    ("mx", "example.org", "found", ["10 mail.example.org."]),
    ("mx", "nope.example.org", "nxdomain", []),
    ("a", "example.org", "nodata", []),
    ("a", "localhost", "found", ["192.0.2.1"]),
    ("a", "a.test", "found", ["192.0.2.2"]),
    ("a", "b.test", "nxdomain", []),
    ("ptr", "10.0.0.1", "found", ["host.example.org."]),
    ("ptr", "2001:db8::1", "nxdomain", []),
    ("txt", "long.example", "found", ['"' + '" "'.join(["x" * 255] * 11 + ["x" * 195]) + '"']),
])
def test_forwarded(dns, kind, name, status, records):
    got = lookup("-dns", dns.address, kind, name)
    assert (got.status, got.authentic, got.records) == (status, False, records)


@pytest.mark.parametrize("kind, name, why", [
    ("mx", "slow.example", "no answer in time"),
    ("a", "slowalias.example", "no answer in time"),
    ("mx", "sick.example", "server failure"),
    ("a", "sickalias.example", "server failure"),
    ("a", "loop.example", "server failure"),
    ("txt", "many.example", "answer too large"),  # more than an answer may have here
])
def test_failures(dns, kind, name, why):
    got = lookup("-dns", dns.address, kind, name, timeout=1 if "slow" in name else DEADLINE)
    assert (got.status, got.authentic, got.records, got.why) == ("failed", False, [], why)


def test_deadline(dns):
    got = lookup("-dns", dns.address, "mx", "slow.example", timeout=1)
    assert 1 <= got.took < DEADLINE


def test_answers_late(dns):
    """The first two times it is asked it says nothing."""
    dns.ignore("late.example", "A", 2)
    dns.add("late.example", "A", "192.0.2.3")
    got = lookup("-dns", dns.address, "a", "late.example")
    assert (got.status, got.records) == ("found", ["192.0.2.3"])
    assert dns.asked["late.example", "A"] == 3


def test_dead_server():
    got = lookup("-dns", f"127.0.0.1:{signed_zones.free_port()}", "mx", "example.org", timeout=2)
    assert got.status == "failed" and got.took < DEADLINE


def test_loop_that_is_signed(zones):
    got = lookup(*zones, "a", "loop1.example.test")
    assert got.status == "failed"


def test_server_without_dnssec(dns, zones):
    """A forward that strips signatures makes signed names bogus, never absent."""
    for kind, name in [("a", "a.test"), ("tlsa", "nope.test")]:
        got = lookup("-dns", dns.address, *zones[2:], kind, name)
        assert (got.status, got.authentic) == ("bogus", False)


@pytest.mark.parametrize("args, why", [
    (["soa", "example.org"], "not a type of record"),
    (["ptr", "example.org"], "not an IP address"),
    (["a", "a..b"], "not a name"),
    (["a", "x" * 64], "not a name"),
    (["-dns", "localhost", "a", "x"], "not an address"),
    (["-dns", "127.0.0.1:0", "a", "x"], "not an address"),
    (["-dns", "127.0.0.1:65536", "a", "x"], "not an address"),
    (["-now", "yesterday", "a", "x"], "not a time"),
    (["-timeout", "0", "a", "x"], "not 1 to 600 seconds"),
    (["-timeout", "601", "a", "x"], "not 1 to 600 seconds"),
    (["-trust-anchor", "/nonexistent/file", "a", "x"], "trust anchor"),
])
def test_usage(args, why):
    done = subprocess.run([MOX, "dns", "lookup", *args], capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 1 and why in done.stderr and done.stdout == ""
