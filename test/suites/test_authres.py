"""The Authentication-Results that mox writes, read by python3-authres: what a client, a message or the
DNS says never becomes another method, another result or another field."""

import subprocess
from pathlib import Path

import authres
import pytest

from dns_server import DnsServer

MOX = Path(__file__).resolve().parents[2] / "build" / "mox"
FORGED = "dkim=pass header.d=victim.example"

HELOS = {
    "a name": "mx.example.org",
    "a literal": "[192.0.2.1]",
    "a literal of IPv6": "[IPv6:2001:db8::1]",
    "a semicolon": f"a;{FORGED}",
    "a quote": f'a";{FORGED}',
    "a backslash and a quote": f'a\\";{FORGED}',
    "a comment's end": f"a) ;{FORGED} (",
    "a line end": f"a\r\n;{FORGED}",
    "a field": "a\r\nAuthentication-Results: mox; dkim=pass",
    "the end of the header": "a\r\n\r\nbody",
    "not UTF-8": b"a\xff\xfe",
    "UTF-8": "b\u00fccher.example",
    "long": "a" * 300,
    "very long": "a" * 2000,
    "spaces": "a      b",
    "an encoded word": "=?utf-8?q?a=3B?=",
}

SENDERS = {
    "an address": "a@example.org",
    "a quoted local part": '"a b"@example.org',
    "a quote in it": '"a\\";%s"@example.org' % FORGED,
    "a semicolon": f"a@b;{FORGED}",
    "a local part of UTF-8": "\u00fc@example.org",
    "a domain of UTF-8": "a@b\u00fccher.example",
    "two at signs": "a@b@example.org",
    "a domain that is none": "a@-b-",
}

SIGNATURES = {
    "d= with a semicolon in quotes": f'v=1; a=rsa-sha256; d="x;{FORGED}"; s=s; h=From; bh=aaaa; b=aaaa',
    "s= with a space": "v=1; a=rsa-sha256; d=example.org; s=s dkim=pass; h=From; bh=aaaa; b=aaaa",
    "a comment": "v=1; a=rsa-sha256; d=example.org (; s=s; h=From; bh=aaaa; b=a)aa",
    "nothing but a name": "x",
    "b= with slashes": "v=1; a=rsa-sha256; d=example.org; s=s; h=From; bh=aaaa; b=ab/c+d==",
    "an algorithm unheard of": f"v=1; a={FORGED}; d=example.org; s=s; h=From; bh=aaaa; b=aaaa",
}


@pytest.fixture(scope="module")
def dns():
    with DnsServer() as server:
        server.zone("_dmarc.example.org TXT \"v=DMARC1; p=reject\"\nexample.org TXT \"v=spf1 -all\"")
        yield server


def results(dns, helo="mx.example.org", sender="a@example.org", head=""):
    message = f"{head}From: a@example.org\r\n\r\nhello\r\n".encode()
    argv = [MOX, "dmarc", "verify", "-dns", dns.address, "-ip", "192.0.2.1", "-helo", helo, "-from", sender, "-"]
    out = subprocess.run(argv, input=message, capture_output=True, timeout=60).stdout
    field = out.split(b"\n\n")[1].decode() + "\n"
    lines = field.rstrip("\n").split("\n")
    assert all(line[0] in " \t" for line in lines[1:]) and max(map(len, lines)) < 998, field
    header = authres.AuthenticationResultsHeader.parse(field.replace("\r", "").strip())
    assert header.authserv_id == "mox"
    return header.results


def methods(found):
    return [(r.method, r.result) for r in found]


def value(result):
    return {f"{p.type}.{p.name}": p.value for p in result.properties}


PLAIN = [("iprev", "permerror"), ("spf", "fail"), ("dkim", "none"), ("dmarc", "fail")]


@pytest.mark.parametrize("helo", HELOS.values(), ids=HELOS.keys())
def test_helo(dns, helo):
    assert methods(results(dns, helo=helo)) == PLAIN
    found = results(dns, helo=helo, sender="")
    assert [m for m, _ in methods(found)] == [m for m, _ in PLAIN]
    assert found[1].result in ("none", "permerror")


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS.keys())
def test_sender(dns, sender):
    found = results(dns, sender=sender)
    assert [m for m, _ in methods(found)] == [m for m, _ in PLAIN]
    assert found[1].result != "pass" and found[2].result == "none"


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_signature(dns, signature):
    found = results(dns, head=f"DKIM-Signature: {signature}\r\n")
    assert [m for m, _ in methods(found)] == [m for m, _ in PLAIN]
    assert found[2].result in ("permerror", "policy", "fail", "neutral")


def test_properties(dns):
    iprev, spf, _, dmarc = results(dns)
    assert value(iprev) == {"policy.iprev": "192.0.2.1"}
    assert value(spf) == {"smtp.mailfrom": "example.org"}
    assert value(dmarc) == {"header.from": "example.org", "policy.dmarc": "reject"}
    assert value(results(dns, helo="[192.0.2.1]", sender="")[1]) == {"smtp.helo": "[192.0.2.1]"}
