#!/usr/bin/python3
"""Which sections of which RFCs the code and the tests name: `tools/rfc.py coverage` writes doc/rfc.md."""

import collections
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = re.compile(r"RFC (\d{3,4})(?: §([A-Z0-9][\w.]*))?")


def references():
    out = subprocess.run(["git", "ls-files", "src", "test"], cwd=ROOT, capture_output=True, text=True, check=True)
    for path in out.stdout.split("\n"):
        if not path.endswith((".c", ".h", ".py")) or "/data/" in path:
            continue
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        for m in REFERENCE.finditer(text):
            yield int(m[1]), (m[2] or "").rstrip("."), path


def section_key(section):
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in section.split(".")]


def coverage():
    table = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
    for rfc, section, path in references():
        is_test = path.endswith(("_test.c", "_fuzz.c", ".py"))
        table[rfc][section][1 if is_test else 0] += 1
    print("# RFC coverage\n\nMade by `./dev doc` from the references in the source: how often code and tests name a section.\n")
    print("| RFC | sections (code/tests) |\n| --- | --- |")
    for rfc in sorted(table):
        cells = [f"{'§' + s if s else 'whole'} {c}/{t}"
                 for s, (c, t) in sorted(table[rfc].items(), key=lambda kv: section_key(kv[0]))]
        print(f"| {rfc} | {', '.join(cells)} |")


if __name__ == "__main__":
    if sys.argv[1:] != ["coverage"]:
        sys.exit(__doc__)
    coverage()
