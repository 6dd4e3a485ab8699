"""Thousands of made-up messages, signed and verified by us (dkim-batch), by dkimpy and by Perl's
Mail::DKIM, in all directions: who signs what, all others verify; and of messages changed at
random all say the same."""

import os
import random
import subprocess
import time
from pathlib import Path

import dkim
import pytest

HERE = Path(__file__).resolve().parent
BATCH = os.environ["DKIM_BATCH"]
MESSAGES = 1000
ARC_MESSAGES = 120
CANONS = ["simple", "relaxed"]
NAMES = ["To", "Cc", "Subject", "Date", "Reply-To", "X-Other", "Received", "Message-Id", "References",
         "List-Id", "Content-Type"]


def text(rand, n, alphabet="abc:;=.@<> \t\"\xe4"):
    return "".join(rand.choice(alphabet) for _ in range(rand.randrange(n))).encode()


def field(rand, name):
    """A field with white space and folds in odd places; a continuation line has something in it."""
    name = "".join(rand.choice([c.lower(), c.upper(), c]) for c in name)
    lines = [text(rand, 60)] + [rand.choice([b" ", b"\t", b"  "]) + text(rand, 60) + b"x"
                                for _ in range(rand.choice([0, 0, 0, 1, 2]))]
    return name.encode() + rand.choice([b":", b": "]) + b"\r\n".join(lines) + b"\r\n"


def body(rand):
    lines = []
    for _ in range(rand.randrange(8)):
        kind = rand.randrange(4)
        lines.append(b"" if kind == 0 else text(rand, 5, " \t") if kind == 1 else text(rand, 100))
    lines += [b""] * rand.choice([0, 0, 1, 3])
    return b"".join(line + b"\r\n" for line in lines)


def message(rand):
    fields = [field(rand, rand.choice(NAMES)) for _ in range(rand.randrange(12))]
    fields.insert(rand.randrange(len(fields) + 1), b"From: Joe <joe@example.org>\r\n")
    return b"".join(fields) + b"\r\n" + body(rand)


class Keys:
    def __init__(self, folder):
        self.pem, self.record = {}, {}
        zone = ""
        for selector, algorithm in [("rsa", ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"]),
                                    ("ed", ["ED25519"])]:
            path = folder / selector
            subprocess.run(["openssl", "genpkey", "-algorithm", *algorithm, "-out", path], check=True,
                           capture_output=True)
            der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"],
                                 check=True, capture_output=True).stdout
            kind = "rsa" if selector == "rsa" else "ed25519"
            data = dkim.base64.b64encode(der if kind == "rsa" else der[-32:]).decode()
            self.pem[selector] = path
            self.record[selector] = f"v=DKIM1; k={kind}; p={data}"
            cut = self.record[selector]
            zone += f'{selector}._domainkey.example.org TXT "{cut[:200]}" "{cut[200:]}"\n'
        (folder / "zone").write_text(zone)
        (folder / "record").write_text(self.record["rsa"] + "\n")
        self.ours = [BATCH, folder / "zone", str(int(time.time())),
                     *(f"{s}={p}" for s, p in self.pem.items())]
        self.perl = ["perl", HERE / "mail_dkim.pl", "rsa", folder / "record", self.pem["rsa"]]

    def txt(self, name, timeout=5):
        return self.record[name.decode().split(".")[0]].encode()

    def dkimpy_key(self, selector):
        """An RSA key as PEM; an Ed25519 key as the base64 of its seed."""
        if selector == "rsa":
            return self.pem[selector].read_bytes()
        der = subprocess.run(["openssl", "pkey", "-in", self.pem[selector], "-outform", "DER"],
                             check=True, capture_output=True).stdout
        return dkim.base64.b64encode(der[-32:])


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


def batch(argv, requests):
    data = b"".join(b"%s %d\n" % (line.encode(), len(m)) + m for line, m in requests)
    return subprocess.run(argv, input=data, capture_output=True, check=True, timeout=120).stdout


def verify_all(argv, messages, verb="verify"):
    return batch(argv, [(verb, m) for m in messages]).decode().split("\n")[:-1]


def sign_all(argv, requests):
    out, signed = batch(argv, [(f"sign {s} {h} {b}", m) for s, h, b, m in requests]), []
    for *_, m in requests:
        n, _, out = out.partition(b"\n")
        signed.append(out[:int(n)] + m)
        out = out[int(n):]
    assert out == b""
    return signed


def dkimpy_verify(keys, m):
    try:
        return "pass" if dkim.DKIM(m).verify(dnsfunc=keys.txt) else "fail"
    except dkim.DKIMException:
        return "fail"


def dkimpy_sign(key, selector, header, body_canon, m):
    algorithm = b"rsa-sha256" if selector == "rsa" else b"ed25519-sha256"
    return dkim.sign(m, selector.encode(), b"example.org", key, signature_algorithm=algorithm,
                     canonicalize=(header.encode(), body_canon.encode())) + m


def requests(selectors, seed):
    rand = random.Random(seed)
    for i in range(MESSAGES):
        yield selectors[i % len(selectors)], CANONS[i // 2 % 2], CANONS[i // 4 % 2], message(rand)


def passes(results):
    return [r if r == "pass" else "fail" for r in results]


def test_we_sign(keys):
    asked = list(requests(["rsa", "ed"], 1))
    signed = sign_all(keys.ours, asked)
    assert set(verify_all(keys.ours, signed)) == {"pass"}
    assert {dkimpy_verify(keys, m) for m in signed} == {"pass"}
    rsa = [m for (selector, *_), m in zip(asked, signed) if selector == "rsa"]
    assert set(verify_all(keys.perl, rsa)) == {"pass"}


def test_dkimpy_signs(keys):
    private = {s: keys.dkimpy_key(s) for s in ("rsa", "ed")}
    signed = [dkimpy_sign(private[s], s, h, b, m) for s, h, b, m in requests(["rsa", "ed"], 2)]
    assert set(verify_all(keys.ours, signed)) == {"pass"}


def test_mail_dkim_signs(keys):
    signed = sign_all(keys.perl, list(requests(["rsa"], 3)))
    assert set(verify_all(keys.ours, signed)) == {"pass"}


def change(rand, m, behind):
    """One byte taken out, put in or replaced, by what canonicalisation looks at. Behind the newest
    signature: what is let pass in one differs (doc/verification.md)."""
    at = rand.randrange(m.index(behind) + len(behind), len(m))
    new = rand.choice([b" ", b"\t", b"x", b":", b""])
    return m[:at] + new + m[at + rand.randrange(2):]


def is_sound(m):
    """A message whose lines and fields all programs see alike."""
    header, found, _ = m.partition(b"\r\n\r\n")
    lines = header.split(b"\r\n")
    return (found and b"\n" not in m.replace(b"\r\n", b"") and b"\r" not in m.replace(b"\r\n", b"")
            and all(line.strip() and (line[:1] in b" \t" or line.partition(b":")[0].isalnum()
                    or line.partition(b":")[0].replace(b"-", b"").isalnum()) for line in lines))


def test_changed_messages(keys):
    rand = random.Random(4)
    signed = sign_all(keys.ours, list(requests(["rsa"], 5)))
    changed = [c for m in signed for c in [change(rand, m, b"=\r\n")] if is_sound(c)]
    ours = passes(verify_all(keys.ours, changed))
    assert len(changed) > MESSAGES / 2 and ours.count("pass") > 50 and ours.count("fail") > 50
    assert [dkimpy_verify(keys, m) for m in changed] == ours
    assert passes(verify_all(keys.perl, changed)) == ours


def seal(keys, key, m, n):
    """The message as n forwarders leave it that seal with dkimpy."""
    for i in range(n):
        name, arc = b"hop%d.example.org" % i, b"pass" if i else b"none"
        m = b"Authentication-Results: %s; arc=%s; spf=pass smtp.mfrom=x@example.org\r\n" % (name, arc) + m
        m = b"".join(dkim.arc_sign(m, b"rsa", b"example.org", key, name)) + m
    return m


def dkimpy_chain(keys, m):
    """A chain that dkimpy calls ended is one that fails, RFC 8617 §5.2."""
    return (dkim.arc_verify(m, dnsfunc=keys.txt)[0] or b"fail").decode()


def test_chains(keys):
    rand = random.Random(6)
    key = keys.dkimpy_key("rsa")
    sealed = [seal(keys, key, message(rand), i % 4) for i in range(ARC_MESSAGES)]
    changed = [c for m in sealed for c in [change(rand, m, b"From:")] if is_sound(c)]
    ours = verify_all(keys.ours, sealed + changed, "arc")
    assert ours == [dkimpy_chain(keys, m) for m in sealed + changed]
    assert ours[:len(sealed)].count("pass") == ARC_MESSAGES * 3 // 4
    assert ours.count("none") >= ARC_MESSAGES // 4 and ours.count("fail") > ARC_MESSAGES // 8
