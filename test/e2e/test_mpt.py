"""Plays the IMAP scripts of Apache James (test/data/mpt). They pin James's own wording and order; so
tag, OK/NO/BAD, response codes and untagged data are compared as values, human text never, and what a
server may send unasked is passed over."""

import re
from pathlib import Path

import pytest

from conftest import ADDRESS, PASSWORD, ROOT
from wire import Wire

SCRIPTS = ROOT / "test" / "data" / "mpt"
KEPT = {"Archive", "Drafts", "Inbox", "Junk", "Sent", "Trash"}
# What our answers lack, have more of, or say in another place, by the expected line.
IGNORED = re.compile(r"RECENT|FLAGS \\\(|MAILBOXID|\\\* OK IMAP4rev1|UIDNEXT|UNSEEN|\\\+ ")


def groups():
    """Script -> what runs before it."""
    found = {}
    for line in (SCRIPTS / "GROUPS.txt").read_text().splitlines():
        if line.startswith(" "):
            for name in line.split():
                found[name] = current
        elif not line.startswith("#"):
            current = line.split(":", 1)[1].strip()
    return found


GROUPS = groups()


def plain(regex):
    """The text that an expectation without real regular expressions stands for."""
    return re.sub(r"\\(.)", r"\1", regex)


def fetch_values(text):
    """A FETCH response's line as {name: value}; flags as a set without \\Recent."""
    text = text[text.index("(") + 1:]
    found = {}
    for name, value in re.findall(r"([A-Z][A-Z0-9.]*(?:\[[^]]*\])?(?:<\d+>)?) "
                                  r"(\((?:[^()\"]|\"(?:\\.|[^\"])*\"|\((?:[^()]|\([^()]*\))*\))*\)|\{\d+\}|\"[^\"]*\"|[^ ()]+)",
                                  text):
        if name == "FLAGS":
            value = frozenset(f.lower() for f in value.strip("()").split() if f != "\\Recent")
        found[name] = value.lower() if isinstance(value, str) else value
    return found


def matches(expected, line):
    tagged = re.match(r"([\w.]+) (OK|NO|BAD)\b", expected)
    if tagged:
        return line.startswith(tagged[0] + " ")
    untagged = re.match(r"\\\* (OK|NO|BAD|BYE)\b(?: \\\[(\w+))?", expected)
    if untagged:
        code = f" [{untagged[2]}" if untagged[2] else ""
        return line.startswith(f"* {untagged[1]}{code}")
    if re.fullmatch(expected, line):
        return True
    if re.match(r"\\\* \(?\d+\)? EXPUNGE", expected):
        return bool(re.match(r"\* \d+ EXPUNGE$", line))
    if re.match(r"\\\* \d+ FETCH \\\(", expected):
        if plain(expected).split()[:3] != line.split()[:3]:
            return False
        want, got = fetch_values(plain(expected)), fetch_values(line)
        return all(got.get(name) == value for name, value in want.items() if name != "FLAGS") and (
            "FLAGS" not in want or "FLAGS" not in got or want["FLAGS"] == got["FLAGS"])
    loose = re.sub(r'"([^" ]*)"', r'"?\1"?', expected)
    loose = re.sub(r"\\\)$", r"(?: FLAGS \\([^)]*\\))?\\)", loose)
    return bool(re.fullmatch(loose, line, re.IGNORECASE))


class Player:
    def __init__(self, mox, logged_in):
        self.mox = mox
        self.logged_in = logged_in
        self.sessions = {}
        self.at = None

    def session(self, name):
        if name not in self.sessions:
            wire = Wire(self.mox.port["imap"])
            wire.line()
            if self.logged_in:
                wire.send(f"zz LOGIN {ADDRESS} {PASSWORD}\r\n".encode())
                assert wire.line().startswith(b"zz OK")
            self.sessions[name] = wire
        self.at = self.sessions[name]

    def close(self):
        for wire in self.sessions.values():
            wire.close()

    def received(self, expected):
        """Lines up to the last that is expected, as far as that can be known."""
        lines = []
        tag = re.match(r"([\w.]+) (?:OK|NO|BAD)\b", expected[-1])
        while True:
            line = self.at.line().decode(errors="replace")
            if not line:
                return lines
            lines.append(line.rstrip("\r\n"))
            if tag and line.startswith(tag[1] + " ") or not tag and len(lines) >= len(expected):
                return lines

    def block(self, sent, expected):
        for line in sent:
            line = line.replace("imapuser password", f"{ADDRESS} {PASSWORD}")
            # LITERAL- (RFC 7888): larger ones are sent when the server says so.
            large = re.search(r"\{(\d{5,}|[5-9]\d{3}|4[1-9]\d\d|409[7-9])\+\}$", line)
            self.at.send((line[:-2] + "}" if large else line).encode() + b"\r\n")
            if large:
                assert self.at.line().startswith(b"+ "), line
        if not expected:
            return
        got = self.received(expected)
        for want in expected:
            hit = next((g for g in got if matches(want, g)), None)
            if hit is not None:
                got.remove(hit)
            elif not IGNORED.search(want):
                raise AssertionError(f"after {sent[-1:]}: no {want!r} in {got!r}")
        rest = [g for g in got if re.match(r"\* (SEARCH|\d+ (EXPUNGE|EXISTS))", g)]
        assert not rest, (sent[-1:], rest)

    def play(self, path):
        self.session("1")
        sent, expected = [], []
        for line in path.read_text(errors="replace").splitlines():
            if line.startswith("C:"):
                if expected:
                    self.block(sent, expected)
                    sent, expected = [], []
                sent.append(line[2:].removeprefix(" "))
            elif line.startswith("S:"):
                expected.append(line[2:].removeprefix(" "))
            elif line.startswith("SESSION:"):
                self.block(sent, expected)
                sent, expected = [], []
                self.session(line.split(":")[1].strip())
        self.block(sent, expected)


def clean(mox):
    """Nothing is left of the script before."""
    with Wire(mox.port["imap"]) as wire:
        wire.line()

        def command(text):
            wire.send(f"c {text}\r\n".encode())
            lines = []
            while not lines or not lines[-1].startswith("c "):
                lines.append(wire.line().decode())
            return lines

        command(f"LOGIN {ADDRESS} {PASSWORD}")
        names = [l.split('"/" ', 1)[1].strip() for l in command('LIST "" *') if l.startswith("* LIST")]
        for name in sorted(names, reverse=True):
            if name.strip('"') not in KEPT:
                command(f"DELETE {name}")
        for name in [l.split('"/" ', 1)[1].strip() for l in command('LSUB "" *') if l.startswith("* LSUB")]:
            if name.strip('"') not in KEPT:
                command(f"UNSUBSCRIBE {name}")
        for name in KEPT:
            command(f"SELECT {name}")
            command("STORE 1:* +FLAGS.SILENT \\Deleted")
            command("CLOSE")


@pytest.mark.parametrize("name", sorted(p.stem for p in SCRIPTS.glob("*.test") if not p.stem.startswith("SelectedState")))
def test_script(mox, name):
    before = GROUPS[name]
    player = Player(mox, "authenticate" in before)
    try:
        clean(mox)
        if "prepareMailbox" in before:
            player.play(SCRIPTS / "SelectedStateSetup.test")
        if "selectInbox" in before:
            player.session("1")
            player.block(["s SELECT inbox"], [r"\* 0 EXISTS", "s OK"])
        player.play(SCRIPTS / f"{name}.test")
    finally:
        player.close()
