"""Plays the IMAP scripts of Apache James (test/data/mpt, see its README for the format) and tells where an
answer is not what the script expects.

The scripts pin James's own words and order. Of a line with OK, NO, BAD or BYE the tag, that word and the
response code are compared; the text is for people, and a code that is not expected is no harm (RFC 9051 §7.1).
An untagged response must be what the regular expression says, or have the same values: flags and
attributes are sets, names may be quoted, types have no case, items of FETCH are in any order. Untagged
responses to one command are compared as a set; expunges by the messages that they mean."""

import base64
import re

import imapdata
from conftest import ADDRESS, PASSWORD, ROOT
from wire import Imap, Wire

SCRIPTS = ROOT / "test" / "data" / "mpt"

# What is sent in another way: (of a command line, instead, why).
SENT = [
    (r"(STORE \S+)  (?=\S*FLAGS)", r"\1 ", "RFC 9051 §9: SP is exactly one space"),
    (r"(?<=[ (]\() +| +(?=\))", "", "RFC 9051 §9: no space beside parentheses"),
    (r' +$(?<=" {4}$)', "", "RFC 9051 §9: nothing stands behind the last argument"),
    (r"\{11976\+\}$", "{11975+}", "the literal in the script is shorter"),
    (r"\{4174\+\}$", "{4173+}", "the literal in the script is shorter"),
    (r"\{3367\+\}$", "{3366+}", "the literal in the script is shorter"),
    (r"\{929\+\}$", "{928+}", "the literal in the script is shorter"),
    (r"\{915\+\}$", "{914+}", "the literal in the script is shorter"),
    (r"\{(\d{5,}|[5-9]\d{3}|4[1-9]\d\d|409[7-9])\+\}$", r"{\1}", "RFC 7888 §5: LITERAL- is up to 4096 octets"),
]

# What is expected in another way: (of an expectation, instead, why). Nothing left: not at all.
EXPECTED = [
    (r"^\\\* \(?(?:\d+|\\d\+)\)? RECENT$", "", "RFC 9051 Appendix E 12: RECENT and \\Recent are gone"),
    (r"RECENT 1", "RECENT 0", "RFC 9051 Appendix E 12: RECENT and \\Recent are gone"),
    (r"^\\\* OK \\\[MAILBOXID.*", "", "RFC 8474 is not offered"),
    (r" \\\[MAILBOXID \\\(\.[+*]\\\)\\\]", "", "RFC 8474 is not offered"),
    (r'"\\?\.\\?"|\\"\\?\.\\"', '"/"', "RFC 9051 §5.1.1: the separator is the server's choice"),
    (r"(?s)(BODY\\\[[\w.\\]+\\\]) \\\{0\\\}\r\n\\\)$", r"\1 NIL\\)", "RFC 9051 §9: nstring; NIL is what is not there"),
]

# What comes unasked: (of a response, why).
UNASKED = [
    (r"\* 0 RECENT$", "RFC 3501 §7.3.2, always none"),
    (r'\* LIST \([^)]*\) "/" \S+$', "RFC 9051 §6.3.2 MUST: SELECT tells the name"),
    (r"\* OK \[COPYUID ", "RFC 9051 §6.4.8 SHOULD: ahead of the expunges"),
    (r"\* OK \[CLOSED\]", "RFC 9051 §7.1 MUST: the mailbox before is closed"),
    (r"\* OK \[(UIDNEXT|HIGHESTMODSEQ|UNSEEN) \d+\]", "RFC 3501 §6.3.1, RFC 7162 §3.1.2.1: SELECT tells more"),
    (r"\* \d+ FETCH \(UID \d+ FLAGS \([^)]*\)\)$", "RFC 9051 §7.5.2: flags of messages that are new or changed"),
]

NAMES = re.compile(r"(?i)(\S+ (?:CREATE|DELETE|RENAME|LIST|LSUB|SUBSCRIBE|UNSUBSCRIBE|SELECT|EXAMINE|STATUS|COPY|MOVE|"
                   r"UID COPY|UID MOVE|APPEND) )(.*)")
STATUS = re.compile(r"(\\?\*|[^\s*+]+) (OK|NO|BAD|BYE|PREAUTH)\b|\\?\+ ")


def credentials():
    pairs = [("imapuser password", f"{ADDRESS} {PASSWORD}"),
             ("imapuser invalid", f"{ADDRESS} invalid"), ("imapuser bogus", f"{ADDRESS} bogus")]
    for plain in ("imapuser\0imapuser\0password", "\0imapuser\0password", "imapuser\0password"):
        ours = plain.replace("imapuser", ADDRESS).replace("password", PASSWORD)
        pairs.append((base64.b64encode(plain.encode()).decode(), base64.b64encode(ours.encode()).decode()))
    return pairs


CREDENTIALS = credentials()


# Scripts that no suite of James runs, with what they need before.
ALONE = [
    ("ComplexMail", "welcome + authenticate"), ("InboxAddMessages", "welcome + authenticate"),
    ("ListOnly", "welcome + authenticate"), ("PeekMultipartAlternative", "welcome + authenticate"),
    ("PeekMultipartMixed", "welcome + authenticate"), ("PeekMultipartMixedComplex", "welcome + authenticate"),
    ("SelectInbox", "welcome + authenticate"), ("Welcome", "(none)"),
]


def groups():
    """[(script, what runs before it)]; a script may be in several groups."""
    found, before = list(ALONE), None
    for line in (SCRIPTS / "GROUPS.txt").read_text().splitlines():
        if line.startswith(" "):
            found += [(name, before) for name in line.split()]
        elif not line.startswith("#"):
            before = line.split(":", 1)[1].strip()
    return found


class Expectation:
    """A response, its literals included: a regular expression for its lines with CRLF between."""

    def __init__(self, number, text):
        self.number = number
        self.text = text
        self.left = self.literal_of(text)

    @staticmethod
    def literal_of(line):
        found = re.search(r"\\?\{(\d+)\\?\}$", line)
        return int(found[1]) if found else -1

    def goes_on(self):
        return self.left >= 0

    def add(self, line):
        self.text += f"\r\n{line}"
        self.left -= len(plain(line)) + 2
        if self.left < 0:
            self.left = self.literal_of(line)


class Step:
    """Lines that are sent, then what is expected."""

    def __init__(self, session):
        self.session = session
        self.sent = []
        self.expected = []


def read(path):
    """The script as steps."""
    steps, session = [Step("1")], "1"
    for number, line in enumerate(path.read_bytes().decode("latin-1").split("\n"), 1):
        word, _, rest = line.partition(":")
        rest = rest.removeprefix(" ")
        if word in ("C", "S") and (steps[-1].session != session or word == "C" and steps[-1].expected):
            steps.append(Step(session))
        expected = steps[-1].expected
        if word == "C":
            steps[-1].sent.append(rest)
        elif word == "S" and expected and expected[-1].goes_on():
            expected[-1].add(rest)
        elif word == "S":
            expected.append(Expectation(number, rest))
        elif word == "SESSION":
            session = rest.strip()
        elif line.startswith("REINIT"):
            session = f"again {number}"
    return steps


def plain(regex):
    """The text that an expectation without real regular expressions stands for."""
    return re.sub(r"\\(.)", r"\1", regex)


def slashes(text):
    """James has `.` between levels."""
    return re.sub(r"(?<=[\w&%-])\\?\.(?=[\w%*&-]|$)", "/", text)


def to_send(line):
    """A command line as it is sent."""
    for theirs, ours in CREDENTIALS:
        line = line.replace(theirs, ours)
    for pattern, instead, _ in SENT:
        line = re.sub(pattern, instead, line)
    return NAMES.sub(lambda m: m[1] + slashes(m[2]), line)


def to_expect(text):
    for pattern, instead, _ in EXPECTED:
        text = re.sub(pattern, instead, text)
    return text


# -- comparing --


def folded(value):
    """A body structure without case, parameters in one order."""
    if not isinstance(value, list):
        return value.lower() if isinstance(value, (bytes, str)) else value
    if len(value) > 2 and len(value) % 2 == 0 and all(isinstance(v, bytes) for v in value):
        return sorted(zip(map(bytes.lower, value[::2]), map(bytes.lower, value[1::2])))
    return [folded(v) for v in value]


def fetch_values(line):
    number, items = imapdata.fetched(line.encode("latin-1"))
    if "FLAGS" in items:
        items["FLAGS"] = {f.lower() for f in items["FLAGS"]} - {"\\recent"}
    for name in ("BODY", "BODYSTRUCTURE"):
        if name in items:
            items[name] = folded(items[name])
    return number, items


def list_values(line):
    kind, attributes, name, more = re.fullmatch(r'\* (LIST|LSUB) \((.*?)\) "/" ("[^"]*"|\S+)(.*)', line).groups()
    return kind, set(attributes.lower().split()), re.sub(r"(?i)^inbox(?=/|$)", "INBOX", slashes(name.strip('"'))), more


def status_values(line):
    name, items = re.fullmatch(r'\\?\* STATUS \\?"?([^"\s]*?)\\?"? \\?\((.*?)\\?\)', line).groups()
    words = items.split()
    return slashes(name).upper(), dict(zip(words[::2], words[1::2]))


def same_status(expected, line):
    """Items in any order, their values regular expressions."""
    name, want = status_values(expected)
    other, got = status_values(line)
    return name == other and want.keys() == got.keys() and all(re.fullmatch(want[k], got[k]) for k in want)


def flag_values(line):
    """System flags: keywords and \\* may be there or not."""
    return set(re.findall(r"\\+(answered|deleted|draft|flagged|seen)", line.lower()))


READERS = [(re.compile(r"\* \d+ FETCH "), fetch_values), (re.compile(r"\* (LIST|LSUB) "), list_values),
           (re.compile(r"\* (OK \[PERMANENT)?FLAGS "), flag_values)]


def same_values(expected, line):
    text = plain(expected)
    if text.startswith("* STATUS ") and line.startswith("* STATUS "):
        return same_status(expected, line)
    for pattern, values in READERS:
        if not pattern.match(text) or not pattern.match(line):
            continue
        try:
            want, got = values(text), values(line)
        except (AssertionError, AttributeError):
            return False
        if values is fetch_values and "UID" not in want[1]:
            got[1].pop("UID", None)  # in any FETCH response: RFC 9051 §7.5.2
        return want == got
    return False


def same_code(expected, line):
    want = re.match(r"\S+ \S+ \\\[(.*?)(\\?\]|$)", expected)
    got = re.match(r"\S+ \S+ \[([^]]*)\]", line)
    return not want or bool(re.match(want[1], got[1] if got else "", re.IGNORECASE))


def matches(expected, line):
    want, got = STATUS.match(expected), STATUS.match(line)
    if want and "PERMANENTFLAGS" not in expected:
        return bool(got) and plain(want[0]) == got[0] and same_code(expected, line)
    regex = re.sub(r"(?<=\\\]).*", ".*", expected) if want else expected
    return bool(re.fullmatch(regex, line, re.DOTALL | re.IGNORECASE)) or same_values(expected, line)


def by_message(lines):
    """Expunges with the numbers that messages had before the first of them (RFC 9051 §7.5.1)."""
    removed, found = [], []
    for line in lines:
        expunge = re.fullmatch(r"(\\?\*) (\d+) EXPUNGE", line)
        if expunge:
            n = int(expunge[2])
            for gone in sorted(removed):
                n += gone <= n
            removed.append(n)
            line = f"{expunge[1]} {n} EXPUNGE"
        found.append(line)
    return found


# -- playing --


class Player:
    def __init__(self, mox, before):
        self.mox = mox
        self.before = before
        self.sessions = {}
        self.different = {}  # line -> (expected, answers)
        self.unasked = []  # responses

    def session(self, name):
        if name not in self.sessions:
            if "welcome" in self.before:
                wire = Imap(self.mox.port["imap"], login="authenticate" in self.before)
            else:
                wire = Wire(self.mox.port["imap"])
            self.sessions[name] = wire
        return self.sessions[name]

    def close(self):
        for wire in self.sessions.values():
            wire.close()

    @staticmethod
    def send(wire, lines):
        """All lines; octets of literals stay as they are."""
        left = 0
        for line in lines:
            if left <= 0:
                line = to_send(line)
            wire.send(line.encode("latin-1") + b"\r\n")
            left -= len(line) + 2
            literal = re.search(r"\{(\d+)(\+?)\}$", line) if left <= 0 else None
            if literal:
                left = int(literal[1])
                # RFC 9051 §4.3: sent when the server says so, if more follows here.
                if not literal[2] and line != lines[-1]:
                    assert wire.line().startswith(b"+ "), line

    @staticmethod
    def responses(wire, expected):
        """Up to the tagged one, or as many as are expected."""
        tag = re.match(r"([^\s*+\\]+) ", expected[-1])
        found = []
        while True:
            response = imapdata.read(wire.file, ended=True)
            if response is None:
                return found
            found.append(response.decode("latin-1"))
            if found[-1].startswith(f"{tag[1]} ") if tag else len(found) >= len(expected):
                return found

    def unsubscribe(self, sent, got):
        """James does not subscribe to what CREATE makes; no RFC says which is right."""
        for line in sent:
            created = re.match(r"(\S+) CREATE (.*)", to_send(line))
            if created and any(g.startswith(f"{created[1]} OK") for g in got):
                with Imap(self.mox.port["imap"]) as c:
                    c.command(b"UNSUBSCRIBE " + created[2].rstrip("/").encode("latin-1"))

    def compare(self, step, got):
        left = by_message(got)
        expected = [(e.number, to_expect(e.text)) for e in step.expected]
        texts = by_message([text for _, text in expected])
        fine = True
        for (number, _), text in zip(expected, texts):
            hit = next((g for g in left if matches(text, g)), None) if text else None
            if hit is not None:
                left.remove(hit)
            elif text:
                self.different[number] = text, got
                fine = False
        self.unasked += left
        # What stands in place of what was expected is told with it.
        if fine and not all(any(re.match(pattern, response) for pattern, _ in UNASKED) for response in left):
            self.different[step.expected[0].number] = "nothing else", left

    def play(self, path):
        for step in read(path):
            wire = self.session(step.session)
            self.send(wire, step.sent)
            if not step.expected:
                continue
            got = self.responses(wire, [e.text for e in step.expected if to_expect(e.text)])
            self.compare(step, got)
            self.unsubscribe(step.sent, got)


def empty(mox):
    """The account as the scripts expect it: an INBOX alone, subscribed to."""
    with Imap(mox.port["imap"]) as c:
        names = [l.split(b'"/" ', 1)[1].strip() for l in c.command(b'LIST "" *') if l.startswith(b"* LIST")]
        for name in sorted(names, reverse=True):
            if name.upper().strip(b'"') != b"INBOX":
                c.command(b"DELETE " + name)
        for line in c.command(b'LSUB "" *'):
            if line.startswith(b"* LSUB"):
                c.command(b"UNSUBSCRIBE " + line.split(b'"/" ', 1)[1].strip())
        c.command(b"SUBSCRIBE INBOX")


def play(mox, name, before):
    """On a server with a new account: how the script and the answers differ."""
    player = Player(mox, before)
    empty(mox)
    try:
        if "prepareMailbox" in before:
            player.play(SCRIPTS / "SelectedStateSetup.test")
            assert not player.different
        if "selectInbox" in before:
            player.session("1").command(b"SELECT INBOX")
        player.play(SCRIPTS / f"{name}.test")
    finally:
        player.close()
    return player
