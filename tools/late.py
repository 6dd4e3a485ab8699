#!/usr/bin/python3
"""Writes the table of os/late: for each library loaded late the functions of it that we call.

  late.py COMPILER OUTPUT LIBRARY... -- ARCHIVE...

LIBRARY is the name after -l; what calls it is in the archives. Only functions can be loaded late: a
variable of a library is an error.
"""

import os
import re
import subprocess
import sys


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def symbols(files, *flags):
    """(kind, name without version) of each symbol that nm prints."""
    for line in run("nm", *flags, *files).split("\n"):
        if m := re.match(r"[0-9a-f]* *([A-Za-z]) ([\w.]+)", line):
            yield m[1], m[2]


def library_file(compiler, name):
    """What the compiler names may be a link."""
    path = os.path.realpath(run(*compiler, f"-print-file-name=lib{name}.so").strip())
    if not os.path.isfile(path):
        raise SystemExit(f"late.py: the compiler finds no lib{name}.so")
    return path


def soname(path):
    m = re.search(r"SONAME.*\[(.+)\]", run("readelf", "-dW", path))
    if not m:
        raise SystemExit(f"late.py: {path} has no name to load it by")
    return m[1]


def functions(path, wanted):
    for kind, name in symbols([path], "-D", "--defined-only"):
        if name not in wanted:
            continue
        if kind not in "TWi":
            raise SystemExit(f"late.py: {name} of {path} is not a function")
        yield name


def main():
    split = sys.argv.index("--")
    compiler, output, names, archives = sys.argv[1].split(), sys.argv[2], sys.argv[3:split], sys.argv[split + 1:]
    wanted = {name for kind, name in symbols(archives) if kind == "U"}
    with open(output, "w", encoding="ascii") as f:
        for name in names:
            path = library_file(compiler, name)
            found = sorted(functions(path, wanted))
            wanted -= set(found)
            print(f'LIBRARY({name}, "{soname(path)}")', file=f)
            print(*(f"FUNCTION({function})" for function in found), sep="\n", file=f)


main()
