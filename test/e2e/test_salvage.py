"""Without index.db, and with random bytes of segments zeroed or flipped, the server starts; only the
messages that were touched are lost, each is named in the log, and what is left is whole."""

import imaplib
import random
import re
import shutil

import pytest
from conftest import ADDRESS, PASSWORD
from wire import Smtp

SMALL, ROUNDS = 30, 20
SEGMENT_HEADER = 64


def mail(mox):
    """All of Inbox: octets by subject."""
    with imaplib.IMAP4("127.0.0.1", mox.port["imap"]) as c:
        c.login(ADDRESS, PASSWORD)
        c.select("INBOX", readonly=True)
        found = [part[1] for part in c.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(part, tuple)]
    return {re.search(rb"Subject: (\S+)", octets)[1].decode(): octets for octets in found}


@pytest.fixture
def filled(own_mox, tmp_path):
    """A server that has stopped, its mail, and a copy of its accounts."""
    own_mox.start()
    with Smtp(own_mox.port["smtp"]) as c:
        for i in range(SMALL):
            c.data(b"Subject: number%d.\r\n\r\n%s\r\n.\r\n" % (i, b"%d" % i * (i * 97 % 900)), 250)
        for i in range(2):
            c.data(b"Subject: large%d.\r\n\r\n%s.\r\n" % (i, b"0123456789abcde\r\n" * 70000), 250)
    messages = mail(own_mox)
    assert len(messages) == SMALL + 2
    assert own_mox.stop() == 0
    shutil.copytree(own_mox.dir / "data" / "accounts", tmp_path / "accounts")
    return own_mox, messages, tmp_path / "accounts"


def records(segments, messages):
    """By subject: segment number, begin and end of the record. It begins where the one before ends."""
    found = {}
    for path in segments:
        octets, begin = path.read_bytes(), SEGMENT_HEADER
        here = sorted((octets.find(m), subject) for subject, m in messages.items() if octets.find(m) >= 0)
        for at, subject in here:
            found[subject] = int(path.name), begin, at + len(messages[subject])
            begin = found[subject][2]
    assert found.keys() == messages.keys()
    return found


def damage(chance, path):
    """Zeroes or flips a few octets; where they are other than before."""
    octets = bytearray(path.read_bytes())
    at = chance.randrange(len(octets))
    end = min(len(octets), at + chance.choice((1, 20, 600, 5000)))
    flip = chance.random() < 0.5
    changed = [i for i in range(at, end) if flip or octets[i]]
    for i in changed:
        octets[i] = octets[i] ^ 0xff if flip else 0
    path.write_bytes(octets)
    return {(int(path.name), i) for i in changed}


def named(lines, subject, record):
    """Whether the log tells of this record: by subject, or by where it is."""
    number, begin, end = record
    for line in lines:
        if f'{subject}.' in line:
            return True
        place = re.search(r"segment (\d+) at (\d+)", line)
        if place and int(place[1]) == number and begin <= int(place[2]) < end:
            return True
        gap = re.search(r"segment (\d+): bytes (\d+) to (\d+)", line)
        if gap and int(gap[1]) == number and int(gap[2]) < end and begin < int(gap[3]):
            return True
    return False


def salvage_round(mox, messages, saved, chance):
    accounts = mox.dir / "data" / "accounts"
    shutil.rmtree(accounts)
    shutil.copytree(saved, accounts)
    for f in accounts.glob("*/index.db*"):
        f.unlink()
    segments = sorted(accounts.glob("*/mail/*"))
    places = records(segments, messages)
    hit = set().union(*(damage(chance, chance.choice(segments)) for _ in range(3)))
    mox.start()
    left = mail(mox)
    assert mox.stop() == 0
    lines = [l for l in mox.log.lines if 'm="lost in a rebuild"' in l]
    for subject, (number, begin, end) in places.items():
        if subject in left:
            assert left[subject] == messages[subject], subject
            continue
        assert any(n == number and begin <= at < end for n, at in hit), (subject, "was not touched")
        assert named(lines, subject, places[subject]), (subject, places[subject], lines)
    *findings, total = mox.run("verifydata", mox.dir / "data", ok=False).stdout.splitlines()
    assert total == f"1 accounts, {len(left)} messages"
    # Of a message that is whole the facts were worked out again; its record stays as it is.
    assert all("its record's facts are damaged" in f for f in findings), findings
    return len(messages) - len(left)


def test_salvage(filled):
    mox, messages, saved = filled
    lost = sum(salvage_round(mox, messages, saved, random.Random(seed)) for seed in range(ROUNDS))
    assert lost > ROUNDS
