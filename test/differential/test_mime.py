"""Messages of other projects, read by us (facts-dump) and by Python's email package: the same tree
of content types, the same decoded bodies, subjects, dates and addresses. What differs on purpose is in DIFFERENT, with the reason;
a row that does not differ any more is a failure too."""

import email
import email.policy
import email.utils
import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "test" / "data" / "mime"

NO_COLON = "Python ends the header at a line that is no field; we pass over the line (format/header.h)"
FOLDED = "Python keeps the line end in a boundary parameter that is folded, RFC 5322 §2.2.3 removes it"
REPEATED = "Python takes boundary lines in a row as one, we find an empty part between them"
SPACES = "Python wants white space at a boundary's end exactly; it does not count, RFC 2046 §5.1.1"
SAME_TWICE = "two open multiparts have the same boundary: the innermost is meant"
UNCLOSED = "Python takes the last line end of a part without closing boundary for the boundary's"

DIFFERENT = {
    "mime4j/mimetools-testmsgs/2002_06_12_doublebound.msg": REPEATED,
    "mime4j/mimetools-testmsgs/double-bound.msg": REPEATED,
    "mime4j/mimetools-testmsgs/hdr-fakeout.msg": NO_COLON,
    "mime4j/mimetools-testmsgs/jt-0498.msg": UNCLOSED,
    "mime4j/mimetools-testmsgs/multi-bad.msg": UNCLOSED,
    "mime4j/mimetools-testmsgs/multi-badnames.msg": FOLDED,
    "mime4j/mimetools-testmsgs/multi-clen.msg": FOLDED,
    "mime4j/mimetools-testmsgs/multi-digest.msg": FOLDED,
    "mime4j/mimetools-testmsgs/multi-simple.msg": FOLDED,
    "mime4j/mimetools-testmsgs/twopart.msg": "Python does not know `base64` with a space behind it",
    "mime4j/testmsgs/basic-plain-with-bad-header-separator.msg": NO_COLON,
    "mime4j/testmsgs/malformedHeader-nocrlfcrlf.msg": NO_COLON,
    "mime4j/testmsgs/malformedHeader-noheader.msg": NO_COLON,
    "mime4j/testmsgs/malformedHeaderStartsBody-nocrlfcrlf.msg": NO_COLON,
    "mime4j/testmsgs/malformedHeaderStartsBody-noheader.msg": NO_COLON,
    "mime4j/testmsgs/multipartemptypart.msg": "Python takes the closing boundary of a part without "
    "header for its first line",
    "mime4j/testmsgs/obsolete.msg": NO_COLON,
    "mime4j/testmsgs/very-long-boundary.msg": SPACES,
    "mime4j/testmsgs/very-very-long-boundary.msg": SPACES,
    "mime4j/testmsgs/weird-boundary.msg": SPACES,
    "python-email/msg_14.txt": "a Content-Type that does not parse: Python has text/plain, we opaque "
    "bytes (format/mime.h)",
    "python-email/msg_15.txt": SAME_TWICE,
    "python-email/msg_19.txt": NO_COLON,
    "python-email/msg_35.txt": NO_COLON,
    "python-email/msg_37.txt": REPEATED,
    "python-email/msg_38.txt": "an outer boundary ends what is inside it, Python looks for the inner "
    "one only",
    "python-email/msg_39.txt": SAME_TWICE,
}


def messages():
    return sorted(
        p
        for p in ROOT.rglob("*")
        if p.suffix in (".msg", ".eml") or (p.parent.name == "python-email" and p.name.startswith("msg_"))
    )


def is_message(m):
    return m.get_content_type() in ("message/rfc822", "message/global")


def is_opaque(m):
    """What we do not take apart (format/mime.h): a multipart without parts, an encoded message."""
    encoding = str(m.get("content-transfer-encoding", "")).strip().lower()
    empty = m.get_content_maintype() == "multipart" and not m.is_multipart()
    return empty or (is_message(m) and encoding in ("base64", "quoted-printable"))


def decoded(m):
    """The body of a leaf, None where there is nothing to compare: Python takes delivery-status,
    external-body and opaque parts apart, or changes them."""
    if is_opaque(m) or m.is_multipart():
        return None
    return hashlib.sha256(m.get_payload(decode=True)).hexdigest()


def python_rows(message):
    """Depth first: (type, row of the parent, hash of the body)."""
    rows = []

    def walk(m, parent):
        row = len(rows)
        opaque = is_opaque(m)
        rows.append((("application/octet-stream" if opaque else m.get_content_type()), parent, decoded(m)))
        inside = m.is_multipart() and not opaque
        if inside and (m.get_content_maintype() == "multipart" or is_message(m)):
            for child in m.get_payload():
                walk(child, row)

    walk(message, 0)
    return rows


def our_rows(facts):
    return [
        # An encoding we do not know (uuencode) has no decoded body.
        (p["type"], p["parent"], p.get("sha256") if p["encoding"] else None)
        for p in facts["parts"]
    ]


def same(ours, theirs):
    if [x[:2] for x in ours] != [x[:2] for x in theirs]:
        return False
    return all(a[2] == b[2] for a, b in zip(ours, theirs) if a[2] and b[2])


@pytest.fixture(scope="module")
def facts():
    files = messages()
    out = subprocess.run([os.environ["FACTS_DUMP"], *map(str, files)], stdout=subprocess.PIPE, check=True)
    lines = out.stdout.splitlines()
    assert len(lines) == len(files) > 180
    return dict(zip(files, map(json.loads, lines)))


@pytest.mark.parametrize("path", messages(), ids=lambda p: str(p.relative_to(ROOT)))
def test_same_as_python(path, facts):
    ours = our_rows(facts[path])
    theirs = python_rows(email.message_from_bytes(path.read_bytes()))
    reason = DIFFERENT.get(str(path.relative_to(ROOT)))
    if reason:
        assert not same(ours, theirs), "not different any more: " + reason
    else:
        assert same(ours, theirs), (ours, theirs)


ROLES = ("from", "sender", "reply-to", "to", "cc", "bcc")


def python_addresses(m):
    """(role, local part, domain) as ours; Python makes an empty address of an empty group."""
    found = []
    for role, name in enumerate(ROLES):
        for _, spec in email.utils.getaddresses([str(v) for v in m.get_all(name, [])]):
            local, at, domain = spec.rpartition("@")
            found.append((role, local, domain.lower()) if at else (role, spec, ""))
    return [x for x in found if x[1:] != ("", "")]


def python_date(m):
    parsed = email.utils.parsedate_tz(str(m.get("date", "")))
    return email.utils.mktime_tz(parsed) if parsed else None


@pytest.mark.parametrize("path", messages(), ids=lambda p: str(p.relative_to(ROOT)))
def test_same_header_as_python(path, facts):
    ours = facts[path]
    m = email.message_from_bytes(path.read_bytes())
    addresses = [(role, local, domain) for role, _, local, domain in ours["addresses"]]
    assert [x for x in addresses if x[1:] != ("", "")] == python_addresses(m)
    assert ours["date"] == python_date(m)
    modern = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    subject = str(modern["subject"] or "").strip()
    # Bytes that are no UTF-8 are windows-1252 to us, and a line of white space is in the header.
    if "\ufffd" not in subject and path.name != "obsolete.msg":
        assert ours["subject"] == subject


def test_table_names_files():
    assert set(DIFFERENT) <= {str(p.relative_to(ROOT)) for p in messages()}
