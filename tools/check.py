#!/usr/bin/python3
"""What a reviewer would say without thinking (./dev check).

Each check is a function that yields complaints `file:line: text`. A suppression stands on the line
it suppresses, as `/* check: NAME: reason */` or `NOLINT(name): reason`; their number is printed.
"""

import concurrent.futures
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
    with open(BUILD / "compile_commands.json", encoding="utf-8") as f:
        entries = json.load(f)
    own = str(ROOT / "src") + "/"
    for e in entries:
        e["path"] = os.path.normpath(os.path.join(e["directory"], e["file"]))
    return [e for e in entries if e["path"].startswith(own)]


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


def check_tidy():
    jobs = []
    for e in compile_commands():
        jobs.append((e, ["clang-tidy", "--quiet", "-p", str(BUILD), e["path"]], BUILD))
    for _, done in run_many(jobs):
        for m in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error): (.*)$", done.stdout, re.M):
            path = os.path.relpath(os.path.normpath(os.path.join(BUILD, m[1])), ROOT)
            if not path.startswith(("..", "build")):
                yield f"{path}:{m[2]}: {m[3]}"


def check_analyzer():
    jobs = []
    for e in compile_commands():
        if not e["file"].endswith(("_test.c", "_fuzz.c")):
            argv = ["gcc", *flags_of(e), "-O1", "-fanalyzer", "-c", "-o", "/dev/null", e["file"]]
            jobs.append((e["file"], argv, e["directory"]))
    for _, done in run_many(jobs):
        for m in re.finditer(r"^(\S+?):(\d+):\d+: warning: (.*-Wanalyzer.*)$", done.stderr, re.M):
            path = os.path.relpath(os.path.normpath(os.path.join(BUILD, m[1])), ROOT)
            line = dict(lines(path)).get(int(m[2]), "")
            if not suppressed(line, "analyzer"):
                yield f"{path}:{m[2]}: {m[3]}"


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
