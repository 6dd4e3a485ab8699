"""DKIM signatures of others (test/data/dkim), verified by `mox dkim verify`."""

import json
import subprocess
from pathlib import Path

import pytest

from dns_server import FAIL, DnsServer

ROOT = Path(__file__).resolve().parents[2]
MOX = ROOT / "build" / "mox"
DATA = ROOT / "test" / "data" / "dkim"
CHASQUID = sorted(p.stem for p in (DATA / "chasquid").glob("*.msg"))
MAIL_AUTH = sorted((DATA / "mail-auth").glob("0*.txt"))
# Their words, ours; a missing key is their PERMFAIL, RFC 6376 §3.9.
STATES = {"SUCCESS": "pass", "TEMPFAIL": "temperror", "PERMFAIL": "permerror"}
# Before the one signature with x= has expired.
NOW = "1667900000"


@pytest.fixture
def dns():
    with DnsServer() as server:
        yield server


def verify(dns, message, *flags):
    argv = [MOX, "dkim", "verify", f"-dns={dns.address}", *flags, "-"]
    done = subprocess.run(argv, input=message, capture_output=True, timeout=60)
    lines = done.stdout.decode().splitlines()
    assert lines, done.stderr
    results = [line for line in lines[1:] if not line.startswith(" ")]
    assert (done.returncode == 0) == lines[0].startswith("pass")
    return lines[0], results


def add_key(dns, name, record):
    dns.add(name, "TXT", *(record[i:i + 255] for i in range(0, len(record), 255)))


def chasquid_zone(dns, text):
    for line in text.replace("\\\n", "").splitlines():
        name, _, value = line.partition(":")
        value = " ".join(value.split())
        if value == "TEMPERROR":
            dns.special(name, "TXT", FAIL)
        elif value and value != "PERMERROR":
            add_key(dns, name, value)


def expected(name):
    path = DATA / "chasquid" / f"{name}.result"
    if not path.exists():
        return {"Found": 0, "Results": []}
    return json.loads(path.read_text())


@pytest.mark.parametrize("name", CHASQUID)
def test_chasquid(dns, name):
    want = expected(name)
    zone = DATA / "chasquid" / f"{name}.dns"
    chasquid_zone(dns, zone.read_text() if zone.exists() else "")
    message = (DATA / "chasquid" / f"{name}.msg").read_bytes()
    first, results = verify(dns, message, "-signatures=5", "-now=1800000000")
    assert [r.split()[0] for r in results] == [STATES[r["State"]] for r in want["Results"]]
    for got, r in zip(results, want["Results"]):
        assert not r["Domain"] or f" d={r['Domain']} s={r['Selector']} " in got
        assert f" b={r['B'][:12]}" in got
    assert first.startswith("pass" if want.get("Valid") else "permerror" if results else "none")


def test_chasquid_length_is_not_counted_by_the_server(dns):
    chasquid_zone(dns, (DATA / "chasquid" / "09-limited_body.dns").read_text())
    message = (DATA / "chasquid" / "09-limited_body.msg").read_bytes()
    _, results = verify(dns, message, "-policy")
    assert [r.split()[0] for r in results] == ["policy", "pass", "pass"]


@pytest.mark.parametrize("path", MAIL_AUTH, ids=lambda p: p.stem)
def test_mail_auth(dns, path):
    keys, message = path.read_bytes().split(b"\n\n", 1)
    for line in keys.decode().splitlines():
        add_key(dns, *line.split(" ", 1))
    first, results = verify(dns, message, f"-now={NOW}")
    assert first.startswith("pass")
    assert results and all(r.startswith("pass ") for r in results)


def test_expired(dns):
    keys, message = (DATA / "mail-auth" / "005.txt").read_bytes().split(b"\n\n", 1)
    add_key(dns, *keys.decode().split(" ", 1))
    first, results = verify(dns, message, "-now=1667930065")
    assert first.startswith("permerror") and "expired" in results[0]
    assert verify(dns, message, "-now=1667930064")[0].startswith("pass")
