"""mox iprev and mox dmarc, with the zones of RFC 9989's and RFC 9990's examples."""

import subprocess
from pathlib import Path

import dkim
import pytest

from dns_server import DnsServer

MOX = Path(__file__).resolve().parents[2] / "build" / "mox"

ZONE = """
# RFC 9989 B.4.1
_dmarc.example.com TXT "v=DMARC1; p=reject; sp=none; np=quarantine"
_dmarc.signing.example.com TXT "v=DMARC1; p=none"
here.example.com A 192.0.2.1
# RFC 9989 B.4.3
_dmarc.bank.example TXT "v=DMARC1; p=none; np=reject; psd=y"
_dmarc.giant.bank.example TXT "v=DMARC1; p=reject"
mega.bank.example A 192.0.2.1
# RFC 9990 4
_dmarc.blue.example.org TXT "v=DMARC1; p=none; rua=mailto:reports@red.example.net"
blue.example.org._report._dmarc.red.example.net TXT "v=DMARC1"
# RFC 9989 B.2.4
_dmarc.owner.example TXT "v=DMARC1; p=none; rua=mailto:dmarc-feedback@owner.example; " "ruf=mailto:auth-reports@thirdparty.example.net"
owner.example._report._dmarc.thirdparty.example.net TXT "v=DMARC1; " "rua=mailto:aggregate-reports@thirdparty.example.net; " "ruf=mailto:failure-reports@thirdparty.example.net"
# A victim
_dmarc.evil.example TXT "v=DMARC1; p=none; rua=mailto:a@victim.example.net"
_dmarc.testing.example TXT "v=DMARC1; p=reject; t=y; adkim=s; fo=9"
_dmarc.older.example TXT "v=DMARC1; p=reject; pct=30"
_dmarc.two.example TXT "v=DMARC1; p=reject"
_dmarc.two.example TXT "v=DMARC1; p=none"
_dmarc.wrong.example TXT "v=DMARC1; p=never"
_dmarc.sick.example TXT SERVFAIL
1.2.0.192.in-addr.arpa PTR here.example.com
2.2.0.192.in-addr.arpa PTR here.example.com
4.2.0.192.in-addr.arpa PTR SERVFAIL
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR six.example.com
six.example.com AAAA 2001:db8::1
"""


@pytest.fixture(scope="module")
def dns():
    with DnsServer() as server:
        server.zone(ZONE)
        yield server


def mox(dns, *argv):
    return subprocess.run([MOX, *argv[:-1], "-dns", dns.address, argv[-1]], capture_output=True, text=True, timeout=60)


LOOKUPS = {
    "the domain itself": ("example.com", 0, "found policy=reject domain=example.com. organization=example.com."),
    "a subdomain that is": ("here.example.com", 0, "found policy=none domain=example.com. organization=example.com."),
    "a subdomain that is not": (
        "x.example.com",
        0,
        "found policy=quarantine domain=example.com. organization=example.com. nonexistent",
    ),
    "a record of its own": (
        "signing.example.com",
        0,
        "found policy=none domain=signing.example.com. organization=example.com.",
    ),
    "B.4.3: giant": (
        "giant.bank.example",
        0,
        "found policy=reject domain=giant.bank.example. organization=giant.bank.example.",
    ),
    "B.4.3: mega": ("mega.bank.example", 0, "found policy=none domain=bank.example. organization=mega.bank.example."),
    "in capitals, with a dot": (
        "Example.COM.",
        0,
        "found policy=reject domain=example.com. organization=example.com.",
    ),
    "none": ("nothing.example", 1, "none organization=nothing.example."),
    "two records": ("two.example", 1, "none organization=two.example."),
    "no policy": ("wrong.example", 1, "permerror domain=wrong.example. organization=wrong.example."),
    "failure": ("sick.example", 1, "temperror"),
}


@pytest.mark.parametrize("domain, status, head", LOOKUPS.values(), ids=LOOKUPS.keys())
def test_lookup(dns, domain, status, head):
    done = mox(dns, "dmarc", "lookup", domain)
    assert (done.returncode, done.stdout.splitlines()[0]) == (status, head), done.stdout + done.stderr


def test_lookup_explains(dns):
    lines = mox(dns, "dmarc", "lookup", "a.testing.example").stdout.splitlines()
    assert lines[1:] == [
        'record: _dmarc.testing.example. TXT "v=DMARC1; p=reject; t=y; adkim=s; fo=9"',
        "alignment: dkim=strict spf=relaxed",
        "testing: the policy is not to be applied",
        'ignored: "fo"',
        "step 1: _dmarc.a.testing.example. nxdomain",
        'step 2: _dmarc.testing.example. found, 1 DMARC record "v=DMARC1; p=reject; t=y; adkim=s; fo=9"',
        "step 3: _dmarc.example. nxdomain",
    ]
    assert "percent: 30" in mox(dns, "dmarc", "lookup", "older.example").stdout.splitlines()
    two = mox(dns, "dmarc", "lookup", "two.example").stdout.splitlines()
    assert two[1:3] == ['why: "_dmarc.two.example has 2 records"', "step 1: _dmarc.two.example. found, 2 DMARC records"]


def test_walk_is_short(dns):
    """RFC 9989 4.10: eight questions, whatever the number of labels."""
    dns.asked.clear()
    mox(dns, "dmarc", "lookup", "a.b.c.d.e.f.g.h.i.j.k.example.com")
    asked = [name for name, kind in dns.asked if kind == "TXT"]
    assert len(asked) == 8
    assert "_dmarc.a.b.c.d.e.f.g.h.i.j.k.example.com" in asked and "_dmarc.g.h.i.j.k.example.com" in asked


REPORTS = {
    "9990 4: blue and red": (
        "blue.example.org",
        0,
        [
            "ok domain=blue.example.org.",
            'reports: "mailto:reports@red.example.net" consent '
            'blue.example.org._report._dmarc.red.example.net. TXT "v=DMARC1"',
        ],
    ),
    "B.2.4: overriding destination addresses": (
        "owner.example",
        0,
        [
            "ok domain=owner.example.",
            'reports: "mailto:dmarc-feedback@owner.example" same organization',
            'failure-reports: "mailto:auth-reports@thirdparty.example.net" consent '
            'owner.example._report._dmarc.thirdparty.example.net. TXT "v=DMARC1; '
            "rua=mailto:aggregate-reports@thirdparty.example.net; "
            'ruf=mailto:failure-reports@thirdparty.example.net"',
            'instead: "mailto:aggregate-reports@thirdparty.example.net"',
        ],
    ),
    "a victim": (
        "evil.example",
        1,
        [
            "refused domain=evil.example.",
            'reports: "mailto:a@victim.example.net" no consent evil.example._report._dmarc.victim.example.net.',
        ],
    ),
    "no record": ("nothing.example", 1, ["none organization=nothing.example.", 'why: "no record"']),
    "failure": ("sick.example", 1, ["temperror", 'why: "_dmarc.sick.example: server failure"']),
}


@pytest.mark.parametrize("domain, status, lines", REPORTS.values(), ids=REPORTS.keys())
def test_checkreportaddrs(dns, domain, status, lines):
    done = mox(dns, "dmarc", "checkreportaddrs", domain)
    assert (done.returncode, done.stdout.splitlines()) == (status, lines), done.stderr


IPREVS = {
    "pass": ("192.0.2.1", 0, "pass here.example.com."),
    "pass, IPv6": ("2001:db8::1", 0, "pass six.example.com."),
    "fail": ("192.0.2.2", 1, "fail here.example.com."),
    "permerror": ("192.0.2.3", 1, "permerror"),
    "temperror": ("192.0.2.4", 1, "temperror"),
    "no address": ("192.0.2", 1, ""),
}


@pytest.mark.parametrize("ip, status, head", IPREVS.values(), ids=IPREVS.keys())
def test_iprev(dns, ip, status, head):
    done = mox(dns, "iprev", ip)
    assert (done.returncode, done.stdout.split("\n")[0]) == (status, head), done.stderr


# RFC 9989 B.3.1, and what becomes of it when the parts are missing.
SESSION_ZONE = """
_dmarc.example.net TXT "v=DMARC1; p=reject; aspf=r; " "rua=mailto:dmarc-feedback@example.net"
mail.example.net TXT "v=spf1 ip4:192.0.2.10 -all"
broken.example.net TXT SERVFAIL
_dmarc.strict.example TXT "v=DMARC1; p=quarantine; adkim=s; aspf=s"
mail.strict.example TXT "v=spf1 ip4:192.0.2.10 -all"
_dmarc.calm.example TXT "v=DMARC1; p=reject; t=y"
"""
MESSAGE = b"From: %s\r\nTo: receiver@example.org\r\nSubject: here's a sample\r\n\r\nhello\r\n"
IP, OTHER = "192.0.2.10", "192.0.2.11"


@pytest.fixture(scope="module")
def key(dns):
    """A key at sel._domainkey of a few domains, for python3-dkim."""
    pem = subprocess.run([MOX, "dkim", "genrsa"], capture_output=True, check=True).stdout
    record = subprocess.run([MOX, "dkim", "txt"], input=pem, capture_output=True, check=True).stdout.decode().strip()
    for domain in ("example.net", "sub.strict.example", "elsewhere.example"):
        dns.add(f"sel._domainkey.{domain}", "TXT", record[:255], record[255:])
    dns.zone(SESSION_ZONE)
    return pem


def signed(key, author, domain):
    message = MESSAGE % author.encode()
    return dkim.sign(message, b"sel", domain.encode(), key, include_headers=[b"from", b"subject"]) + message


def verify(dns, message, ip=IP, sender="sender@mail.example.net"):
    argv = [MOX, "dmarc", "verify", "-dns", dns.address, "-ip", ip, "-helo", "mx.example.net", "-from", sender, "-"]
    done = subprocess.run(argv, input=message, capture_output=True, timeout=60)
    lines = done.stdout.decode().splitlines()
    assert (done.returncode == 0) == lines[0].startswith("pass "), done.stderr
    return lines


HEAD = "from=example.net. policy=reject applied={} domain=example.net. organization=example.net."


def test_verify_session_example(dns, key):
    lines = verify(dns, signed(key, "sender@example.net", "example.net"))
    assert lines[0] == "pass " + HEAD.format("none")
    assert lines[1:4] == [
        'why: "dkim passed for example.net, which is aligned"',
        "aligned: spf mail.example.net.",
        "aligned: dkim example.net.",
    ]


def test_verify_by_spf_alone(dns, key):
    lines = verify(dns, MESSAGE % b"sender@example.net")
    assert lines[0] == "pass " + HEAD.format("none") and "aligned: spf mail.example.net." in lines


def test_verify_by_dkim_alone(dns, key):
    lines = verify(dns, signed(key, "sender@example.net", "example.net"), ip=OTHER)
    assert lines[0] == "pass " + HEAD.format("none") and "aligned: dkim example.net." in lines


def test_verify_forged(dns, key):
    lines = verify(dns, signed(key, "sender@example.net", "elsewhere.example"), ip=OTHER)
    assert lines[0] == "fail " + HEAD.format("reject") + " reject"
    assert lines[1] == 'why: "nothing aligned passed"'


def test_verify_altered(dns, key):
    message = signed(key, "sender@example.net", "example.net").replace(b"hello", b"hullo")
    assert verify(dns, message, ip=OTHER)[0] == "fail " + HEAD.format("reject") + " reject"


def test_verify_temporary(dns, key):
    lines = verify(dns, MESSAGE % b"sender@example.net", sender="a@broken.example.net")
    assert lines[0] == "temperror " + HEAD.format("none")


def test_verify_strict(dns, key):
    """Both authenticated names are below the one in From."""
    lines = verify(dns, signed(key, "a@strict.example", "sub.strict.example"), sender="a@mail.strict.example")
    assert lines[0].startswith("fail from=strict.example. policy=quarantine applied=quarantine ")
    assert lines[0].endswith(" reject")


def test_verify_under_test(dns, key):
    lines = verify(dns, MESSAGE % b"a@calm.example", ip=OTHER)
    assert lines[0].startswith("fail from=calm.example. policy=reject applied=quarantine ")
    assert not lines[0].endswith(" reject") and "testing: the policy is not to be applied" in lines


@pytest.mark.parametrize(
    "message, why",
    [
        (b"Subject: x\r\n\r\n", "there is no From"),
        (b"From: a@example.net\r\nFrom: b@example.com\r\n\r\n", "there is more than one From"),
        (b"From: a@example.net, b@example.com\r\n\r\n", "From has addresses of several domains"),
        (b"From: root\n\n", "From has no address"),
    ],
)
def test_verify_from(dns, key, message, why):
    lines = verify(dns, message)
    assert lines[:2] == ["permerror", f'why: "{why}"']


def test_verify_no_record(dns, key):
    assert verify(dns, MESSAGE % b"a@nothing.example")[0] == "none from=nothing.example. organization=nothing.example."
