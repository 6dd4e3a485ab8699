"""ARC chains of the suite of ValiMail and of mail-auth (test/data/arc), verified by `mox arc verify`."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from dns_server import DnsServer

ROOT = Path(__file__).resolve().parents[2]
MOX = ROOT / "build" / "mox"
DATA = ROOT / "test" / "data" / "arc"
MAIL_AUTH = sorted((DATA / "mail-auth").glob("0*.txt"))
NOW = "1700000000"


def scenarios(path):
    return [s for s in yaml.safe_load_all(path.read_text()) if s]


def cases(path):
    return [pytest.param(s, name, id=name) for s in scenarios(path) for name in s["tests"]]


@pytest.fixture
def dns():
    with DnsServer() as server:
        yield server


def verify(dns, message):
    argv = [MOX, "arc", "verify", f"-dns={dns.address}", f"-now={NOW}", "-"]
    done = subprocess.run(argv, input=message.encode(), capture_output=True, timeout=60)
    lines = done.stdout.decode().splitlines()
    assert lines, done.stderr
    assert (done.returncode == 1) == lines[0].startswith("fail")
    return lines


def add_zone(dns, records):
    for name, record in (records or {}).items():
        dns.add(name, "TXT", record)


@pytest.mark.parametrize("scenario, name", cases(DATA / "arc-draft-validation-tests.yml"))
def test_validation(dns, scenario, name):
    case = scenario["tests"][name]
    # An empty cv stands where a seal says cv=fail, RFC 8617 §5.2 steps 2 and 3 C.
    want = case["cv"].lower() or "fail"
    add_zone(dns, scenario.get("txt-records"))
    first = verify(dns, case["message"])[0]
    assert first.split()[0] == want, first


def on_one_line(tags):
    """As the suite's signer wrote it: no white space in b= and bh=."""
    line = " ".join(tags.split())
    return re.sub(r"\b(bh?=)([^;]*)", lambda m: m[1] + m[2].replace(" ", ""), line)


@pytest.mark.parametrize("scenario, name", cases(DATA / "arc-draft-sign-tests.yml"))
def test_sealed(dns, scenario, name):
    """What the suite expects a sealer to put on a message is a chain that verifies."""
    case = scenario["tests"][name]
    add_zone(dns, scenario["txt-records"])
    parts = {"ARC-Seal": case["AS"], "ARC-Message-Signature": case["AMS"],
             "ARC-Authentication-Results": case["AAR"]}
    fields = "".join(f"{field}: {on_one_line(value)}\n" for field, value in parts.items() if value)
    first = verify(dns, fields + case["message"])[0]
    # Some messages come with a chain that a seal of theirs says is broken.
    want = "fail" if "cv=fail" in fields + case["message"] else "pass"
    assert first.startswith(want), first


@pytest.mark.parametrize("path", MAIL_AUTH, ids=lambda p: p.stem)
def test_mail_auth(dns, path):
    keys, message = path.read_text().split("\n\n", 1)
    for line in keys.splitlines():
        name, record = line.split(" ", 1)
        dns.add(name, "TXT", record)
    lines = verify(dns, message)
    assert lines[0].startswith("pass "), lines
    assert [line.split()[0] for line in lines[1:]] == [f"i={i}" for i in range(1, len(lines))]
