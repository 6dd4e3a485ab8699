"""mox dkim and mox arc by hand: keys, records, signatures, and what is said of them."""

import base64
import hashlib
import re
import subprocess

import pytest

from conftest import MOX
from dns_server import FAIL, DnsServer

MESSAGE = b"From: Joe <joe@example.org>\nSubject: Hi\n\nHello  there.\n\n"


def mox(*args, stdin=b""):
    return subprocess.run([MOX, *args], input=stdin, capture_output=True, timeout=60)


@pytest.fixture(scope="module", params=["genrsa", "gened25519"])
def key(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key.pem"
    path.write_bytes(mox("dkim", request.param).stdout)
    return path


@pytest.fixture(scope="module")
def ed25519(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key.pem"
    path.write_bytes(mox("dkim", "gened25519").stdout)
    return path


@pytest.fixture
def dns():
    with DnsServer() as server:
        yield server


def publish(dns, key):
    dns.add("2024a._domainkey.example.org", "TXT", mox("dkim", "txt", key).stdout.decode().strip())


def sign(key, message, *flags):
    done = mox("dkim", "sign", *flags, key, "2024a", "example.org", "-", stdin=message)
    assert done.returncode == 0, done.stderr
    return done.stdout


def verify(dns, message, *flags):
    done = mox("dkim", "verify", f"-dns={dns.address}", *flags, "-", stdin=message)
    word = done.stdout.split()[0].decode()
    assert (done.returncode == 0) == (word == "pass")
    return word


@pytest.mark.parametrize("canonicalization", ["simple/simple", "relaxed", "relaxed/relaxed"])
def test_round_trip(dns, key, canonicalization):
    publish(dns, key)
    signed = sign(key, MESSAGE, f"-canonicalization={canonicalization}", "-identity=joe@example.org")
    assert signed.endswith(MESSAGE) and b"\r" not in signed
    assert verify(dns, signed) == "pass"
    assert verify(dns, signed.replace(b"\n", b"\r\n"), "-policy") == "pass"
    assert verify(dns, signed.replace(b"Hello", b"Bye")) == "fail"
    assert verify(dns, b"From: x\n" + signed) == "fail"
    assert verify(dns, MESSAGE) == "none"


def canonical(signed):
    """What simple/simple signs of one From field: it, then the signature's field without b= (RFC 6376 §3.7)."""
    field = re.match(rb"DKIM-Signature:(?:.*\r\n)(?:[ \t].*\r\n)*", signed)[0]
    blank, b = re.fullmatch(rb"(.*[; \t]b=)([^;]*)", field, re.S).groups()
    return b"From: Joe <joe@example.org>\r\n" + blank, base64.b64decode(re.sub(rb"\s", b"", b))


def openssl(*args, stdin=b""):
    return subprocess.run(["openssl", *map(str, args)], input=stdin, capture_output=True, check=True).stdout


def test_openssl_agrees_with_what_we_sign(key, tmp_path):
    """OpenSSL finds the signature over the canonical bytes good, and the body's digest is in bh=."""
    message = b"From: Joe <joe@example.org>\r\n\r\nHello.\r\n"
    signed = sign(key, message, "-canonicalization=simple/simple", "-headers=From", "-noseal")
    data, signature = canonical(signed)
    bh = re.search(rb"bh=([^;]+);", signed)[1]
    assert base64.b64decode(re.sub(rb"\s", b"", bh)) == hashlib.sha256(b"Hello.\r\n").digest()
    (tmp_path / "signature").write_bytes(signature)
    (tmp_path / "digest").write_bytes(hashlib.sha256(data).digest())
    (tmp_path / "public").write_bytes(openssl("pkey", "-in", key, "-pubout"))
    how = ["-rawin"] if b"ed25519" in signed else ["-pkeyopt", "digest:sha256"]
    out = openssl("pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "public", "-in", tmp_path / "digest",
                  "-sigfile", tmp_path / "signature", *how)
    assert b"Signature Verified Successfully" in out


def test_we_agree_with_what_openssl_signs(dns, key, tmp_path):
    """The same the other way: OpenSSL signs the canonical bytes, we verify."""
    publish(dns, key)
    algorithm = "ed25519-sha256" if b"ED25519" in openssl("pkey", "-in", key, "-text", "-noout") else "rsa-sha256"
    body = base64.b64encode(hashlib.sha256(b"Hello.\r\n").digest()).decode()
    field = (f"DKIM-Signature: v=1; a={algorithm}; c=simple/simple; d=example.org; s=2024a;\r\n"
             f"\th=From; bh={body};\r\n\tb=").encode()
    digest = hashlib.sha256(b"From: Joe <joe@example.org>\r\n" + field).digest()
    (tmp_path / "digest").write_bytes(digest)
    how = ["-rawin"] if algorithm.startswith("ed") else ["-pkeyopt", "digest:sha256"]
    signature = openssl("pkeyutl", "-sign", "-inkey", key, "-in", tmp_path / "digest", *how)
    message = field + base64.b64encode(signature) + b"\r\nFrom: Joe <joe@example.org>\r\n\r\nHello.\r\n"
    assert verify(dns, message) == "pass"
    assert verify(dns, message.replace(b"Joe", b"Jim")) == "fail"


def test_field_alone_and_line_ends(key):
    crlf = MESSAGE.replace(b"\n", b"\r\n")
    field = sign(key, crlf, "-field", "-now=1700000000", "-canonicalization=relaxed")
    assert field.startswith(b"DKIM-Signature: v=1;") and field.endswith(b"\r\n")
    assert sign(key, crlf, "-now=1700000000", "-canonicalization=relaxed") == field + crlf


def test_what_is_signed(dns, ed25519):
    publish(dns, ed25519)
    few = sign(ed25519, MESSAGE, "-headers=From", "-noseal")
    assert verify(dns, few) == "pass" and verify(dns, few, "-policy") == "policy"
    assert verify(dns, b"From: x\n" + few) == "pass"
    said = mox("dkim", "verify", f"-dns={dns.address}", "-", stdin=few).stdout.decode()
    assert "the server does not count this signature: Subject is not signed" in said


def test_times(dns, ed25519):
    publish(dns, ed25519)
    signed = sign(ed25519, MESSAGE, "-now=1700000000", "-expire=3600")
    assert b"t=1700000000; x=1700003600;" in signed
    assert verify(dns, signed, "-now=1700003600") == "pass"
    assert verify(dns, signed, "-now=1700003601") == "permerror"
    assert verify(dns, signed, "-now=1600000000") == "permerror"


@pytest.mark.parametrize("record, word, says", [
    (None, "none", ""),
    ("v=spf1 -all", "none", "not DKIM1"),
    ("v=DKIM1; p=", "none", "revoked"),
    ("v=DKIM1; t=y:s; s=web; h=sha1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "found",
     "ed25519 key of 256 bits, for testing, no subdomains in i=, not for SHA-256, not for email"),
])
def test_lookup(dns, record, word, says):
    if record:
        dns.add("s._domainkey.example.org", "TXT", record)
    done = mox("dkim", "lookup", f"-dns={dns.address}", "s", "example.org")
    assert done.stdout.decode().startswith(f"{word} s._domainkey.example.org\n")
    assert says in done.stdout.decode()
    assert done.returncode == (word != "found")


def test_lookup_without_answer(dns):
    dns.special("s._domainkey.example.org", "TXT", FAIL)
    done = mox("dkim", "lookup", f"-dns={dns.address}", "s", "example.org")
    assert done.stdout.startswith(b"temperror ") and done.returncode == 1


def test_txt(key):
    """The record of the private key, of the public one, and as strings for a zone file."""
    record = mox("dkim", "txt", key).stdout.decode().strip()
    public = subprocess.run(["openssl", "pkey", "-in", key, "-pubout"], capture_output=True, check=True)
    assert mox("dkim", "txt", stdin=public.stdout).stdout.decode().strip() == record
    zone = mox("dkim", "txt", "-zone", key).stdout.decode().strip()
    strings = zone.strip('"').split('" "')
    assert "".join(strings) == record and all(len(s) <= 255 for s in strings)


@pytest.mark.parametrize("args, says", [
    (["genrsa", "1023"], "1024 to 8192"),
    (["genrsa", "x"], "1024 to 8192"),
    (["txt", "/dev/null"], "not a key"),
    (["sign", "/dev/null", "s", "example.org", "-"], "not a private key"),
    (["sign", "-canonicalization=x", "KEY", "s", "example.org", "-"], "-canonicalization"),
    (["sign", "-expire=x", "KEY", "s", "example.org", "-"], "-expire"),
    (["sign", "-headers=To", "KEY", "s", "example.org", "-"], "From is not among"),
    (["sign", "-identity=joe@example.com", "KEY", "s", "example.org", "-"], "not at or below"),
    (["sign", "KEY", "s", "a b", "-"], "not a domain name"),
    (["sign", "KEY", "s", "example.org", "/nonexistent"], "/nonexistent"),
    (["verify", "-signatures=0", "-"], "-signatures"),
    (["verify", "-signatures=11", "-"], "-signatures"),
    (["verify", "-dns=x", "-"], "-dns"),
])
def test_refusals(ed25519, args, says):
    done = mox("dkim", *(str(ed25519) if a == "KEY" else a for a in args), stdin=MESSAGE)
    assert done.returncode == 1 and done.stdout == b""
    assert says in done.stderr.decode()


def test_message_without_from(ed25519):
    done = mox("dkim", "sign", ed25519, "s", "example.org", "-", stdin=b"To: x\n\n")
    assert done.returncode == 1 and b"no From field" in done.stderr


def test_arc_of_a_message_without_it(dns):
    done = mox("arc", "verify", f"-dns={dns.address}", "-", stdin=MESSAGE)
    assert done.returncode == 0 and done.stdout == b"none no ARC fields\n"
