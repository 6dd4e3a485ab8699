#!/usr/bin/python3
"""What a reviewer would say without thinking (./dev check).

Each check is a function that yields complaints `file:line: text`. A suppression stands on the line
it suppresses, as `/* check: NAME: reason */` or `NOLINT(name): reason`; their number is printed.

The slow ones remember in build-asan/check-cache, a file for each source, of which contents nothing
was found, and look only at sources that changed, or include what changed.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-asan"


def tracked(*suffixes):
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(p) for p in out.stdout.split("\n") if p.endswith(suffixes)]


SOURCES = [p for p in tracked(".c", ".h") if p.parts[0] == "src"]


def lines(path):
    text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
    return list(enumerate(text.split("\n"), 1))


def suppressed(line, name):
    return re.search(r"/\* check: %s: .+ \*/" % name, line) is not None


def run_many(jobs):
    """Runs (label, argv, folder) as many at a time as there are cores; yields (label, completed)."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        running = {
            pool.submit(subprocess.run, argv, cwd=cwd, capture_output=True, text=True): label
            for label, argv, cwd in jobs
        }
        for job in concurrent.futures.as_completed(running):
            yield running[job], job.result()


def check_format():
    argv = ["clang-format", "--dry-run", "-Werror", *map(str, SOURCES)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    seen = set()
    for m in re.finditer(r"^(\S+?):(\d+):\d+: error: (.*)$", done.stderr, re.M):
        if m[1] not in seen:
            seen.add(m[1])
            yield f"{m[1]}:{m[2]}: not as clang-format writes it"


def read_layers():
    may = {}
    for _, line in lines("tools/layers"):
        if line and not line.startswith("#"):
            room, rest = line.split(":")
            may[room] = rest.split()
    return may


def find_cycle(may):
    done = set()

    def visit(room, path):
        if room in path:
            return path + [room]
        if room in done:
            return None
        for below in may.get(room, []):
            found = visit(below, path + [room])
            if found:
                return found
        done.add(room)
        return None

    return next(filter(None, (visit(room, []) for room in may)), None)


def check_layers():
    may = read_layers()
    cycle = find_cycle(may)
    if cycle:
        yield "tools/layers:1: a cycle: " + " -> ".join(cycle)
    for path in SOURCES:
        if len(path.parts) < 3:
            continue
        room = path.parts[1]
        if room not in may:
            yield f"{path}:1: room {room} is not in tools/layers"
            continue
        for n, line in lines(path):
            m = re.match(r'#include "(\w+)/', line)
            if not m or m[1] == room or m[1] in may[room] or suppressed(line, "layers"):
                continue
            if path.name.endswith(("_test.c", "_fuzz.c")) and m[1] in may:
                continue  # tests may look anywhere
            yield f"{path}:{n}: {room} may not include {m[1]} (tools/layers)"


BANNED = {
    "strcpy": "struct buf", "strcat": "struct buf", "sprintf": "buf_printf", "gets": "nothing",
    "strncpy": "memcpy with a checked length", "strncat": "struct buf", "strtok": "str_cut",
    "atoi": "str_u64", "atol": "str_u64", "atoll": "str_u64", "strtol": "str_u64",
    "strtoul": "str_u64", "sscanf": "struct cur", "rand": "rand_src", "random": "rand_src",
    "srand": "rand_src", "alloca": "an arena", "system": "os/process.h", "popen": "os/process.h",
    "sleep": "an event with a deadline", "usleep": "an event with a deadline",
    "nanosleep": "an event with a deadline", "localtime": "format/date.h", "gmtime": "format/date.h",
    "asctime": "format/date.h", "ctime": "format/date.h", "strerror": "strerror_r",
    "getpwnam": "getpwnam_r", "tmpnam": "mkdtemp", "mktemp": "mkdtemp", "setlocale": "nothing",
    "longjmp": "errors as values", "signal": "sigaction",
}
BANNED_RE = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED))


def strip_comments(text):
    def blank(m):
        return re.sub(r"[^\n]", " ", m[0])

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_banned():
    for path in SOURCES:
        raw = dict(lines(path))
        text = strip_comments((ROOT / path).read_text(encoding="utf-8", errors="replace"))
        for n, line in enumerate(text.split("\n"), 1):
            for m in BANNED_RE.finditer(line):
                if not suppressed(raw[n], "banned"):
                    yield f"{path}:{n}: {m[1]}() is banned, use {BANNED[m[1]]}"
            if re.search(r"\btypedef\s+struct\b(?!.*\()", line):
                yield f"{path}:{n}: structs are not typedef'd"


RFC_ANY = re.compile(r"\bRFC(?:[- ]\d|\d{4})")
RFC_FORM = re.compile(r"\bRFC \d{3,4}(?!\d)")
SECTION_CACHE = {}


def section_exists(texts, number, section):
    if number not in SECTION_CACHE:
        f = texts / f"{int(number):04d}.txt"
        SECTION_CACHE[number] = f.read_text(encoding="latin-1") if f.exists() else None
    text = SECTION_CACHE[number]
    return text is None or re.search(r"^\s*%s[.\s]" % re.escape(section), text, re.M) is not None


def check_rfc():
    """References have the form `RFC 5321 §4.1.2`; MOX_RFC_DIR: its texts have that section."""
    texts = os.environ.get("MOX_RFC_DIR")
    for path in SOURCES:
        for n, line in lines(path):
            for m in RFC_ANY.finditer(line):
                if not RFC_FORM.match(line, m.start()):
                    yield f"{path}:{n}: an RFC reference has the form `RFC 5321 §4.1.2`"
            for m in re.finditer(r"RFC (\d{3,4}),? [Ss]ection", line):
                yield f"{path}:{n}: an RFC reference has the form `RFC 5321 §4.1.2`"
            for m in re.finditer(r"RFC (\d{3,4}) §([0-9][0-9.]*)", line):
                if texts and not section_exists(Path(texts), m[1], m[2].rstrip(".")):
                    yield f"{path}:{n}: RFC {m[1]} has no section {m[2]}"


def compile_commands():
    """How each source is compiled: once each, though some are part of several programs."""
    with open(BUILD / "compile_commands.json", encoding="utf-8") as f:
        entries = json.load(f)
    own = str(ROOT / "src") + "/"
    once = {}
    for e in entries:
        e["path"] = os.path.normpath(os.path.join(e["directory"], e["file"]))
        if e["path"].startswith(own):
            once.setdefault(e["path"], e)
    return list(once.values())


def flags_of(entry):
    args = shlex.split(entry["command"])
    return [a for a in args if a.startswith(("-I", "-D", "-std", "-isystem"))]


def check_headers():
    """Each header compiles alone."""
    flags = flags_of(max(compile_commands(), key=lambda e: len(e["command"])))
    jobs = []
    for path in SOURCES:
        if path.suffix == ".h" and not path.name.endswith("_tables.h"):
            argv = ["gcc", *flags, "-fsyntax-only", "-Wall", "-x", "c", str(ROOT / path)]
            jobs.append((path, argv, BUILD))
    for path, done in run_many(jobs):
        if done.returncode:
            yield f"{path}:1: does not compile alone: {done.stderr.strip().splitlines()[0]}"


def own_dependencies():
    """What each object was compiled from, as ninja saw it: {object: paths of this checkout}."""
    argv = ["ninja", "-C", str(BUILD), "-t", "deps"]
    out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    made_from, paths = {}, []
    for line in out.split("\n"):
        m = re.match(r"(\S+): #deps .*\((?:VALID|STALE)\)$", line)
        if m:
            paths = made_from.setdefault(m[1], [])
        elif line.startswith("    ") and not line.startswith("    /"):
            paths.append(BUILD / line.strip())
    return made_from


class Clean:
    """Which sources a check found nothing in; `settings` are what else its answer depends on."""

    def __init__(self, check, settings):
        self.folder = BUILD / "check-cache" / check
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.made_from = own_dependencies()
        self.digests = {}

    def digest(self, path):
        if path not in self.digests:
            self.digests[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self.digests[path]

    def key(self, entry):
        """None: not known what it includes."""
        paths = self.made_from.get(entry["output"])
        if not paths or not all(p.exists() for p in paths):
            return None
        parts = [self.settings, *flags_of(entry), *map(self.digest, paths)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def file(self, entry):
        return self.folder / entry["output"].replace("/", "!")

    def knows(self, entry):
        key, file = self.key(entry), self.file(entry)
        return key is not None and file.exists() and file.read_text() == key

    def note(self, entry):
        key = self.key(entry)
        if key:
            self.file(entry).write_text(key)


def version(tool):
    return subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout


def run_unclean(check, settings, entries, argv_of, complaints_of):
    """Yields what complaints_of(completed) says of the entries that are not known to be clean."""
    clean = Clean(check, settings)
    jobs = [(e, argv_of(e), BUILD) for e in entries if not clean.knows(e)]
    for entry, done in run_many(jobs):
        found = list(complaints_of(done))
        if found or done.returncode:
            yield from found or [f"{os.path.relpath(entry['path'], ROOT)}:1: {check} failed"]
        else:
            clean.note(entry)


def complaints_in(text, pattern):
    """(path, line, words) of each complaint in a tool's output about a file that is kept in git."""
    for m in re.finditer(r"^(\S+?):(\d+):\d+: %s$" % pattern, text, re.M):
        path = os.path.relpath(os.path.normpath(os.path.join(BUILD, m[1])), ROOT)
        if not path.startswith(("..", "build")):
            yield path, int(m[2]), m[3]


def check_tidy():
    def argv_of(e):
        return ["clang-tidy", "--quiet", "-p", str(BUILD), e["path"]]

    def complaints_of(done):
        for path, n, words in complaints_in(done.stdout, "(?:warning|error): (.*)"):
            yield f"{path}:{n}: {words}"

    settings = version("clang-tidy") + (ROOT / ".clang-tidy").read_text(encoding="utf-8")
    yield from run_unclean("tidy", settings, compile_commands(), argv_of, complaints_of)


def check_analyzer():
    def argv_of(e):
        flags = [*flags_of(e), "-DBUILD_ANALYZED", "-O1", "-fanalyzer"]
        return ["gcc", *flags, "-c", "-o", "/dev/null", e["file"]]

    def complaints_of(done):
        for path, n, words in complaints_in(done.stderr, "warning: (.*-Wanalyzer.*)"):
            if not suppressed(dict(lines(path)).get(n, ""), "analyzer"):
                yield f"{path}:{n}: {words}"

    entries = [e for e in compile_commands() if not e["file"].endswith(("_test.c", "_fuzz.c"))]
    yield from run_unclean("analyzer", version("gcc"), entries, argv_of, complaints_of)


QUICK = [check_format, check_layers, check_banned, check_rfc, check_headers]
SLOW = [check_tidy, check_analyzer]


def count_suppressions():
    n = 0
    for path in SOURCES:
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        n += len(re.findall(r"/\* check: \w+: |NOLINT", text))
    return n


def main():
    checks = QUICK + ([] if "-quick" in sys.argv else SLOW)
    bad = 0
    for check in checks:
        found = sorted(set(check()))
        name = check.__name__.removeprefix("check_")
        print(f"{name}: {'ok' if not found else str(len(found)) + ' complaints'}", flush=True)
        for complaint in found:
            print("  " + complaint)
        bad += len(found)
    print(f"{count_suppressions()} suppressions, {bad} complaints")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
