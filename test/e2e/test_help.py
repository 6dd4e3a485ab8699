"""What the commands say of themselves, and what becomes of what they print."""

import re
import subprocess

import pytest
from conftest import MOX

DEADLINE = 60


def mox(*args, **kw):
    return subprocess.run([MOX, *args], stdin=subprocess.DEVNULL, timeout=DEADLINE, text=True,
                          **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kw})


def commands():
    """The words of each, without its arguments."""
    for line in mox("help").stdout.split("\n"):
        m = re.match(r"  mox ((?:[a-z0-9-]+ )+?)[ A-Z\[]", line)
        if m:
            yield m[1].split()


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_help(words):
    done = mox("help", *words)
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.split("\n")
    assert lines[0].startswith("usage: mox " + " ".join(words))
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.parametrize("args", [["help"], ["-h"], ["--help"]])
def test_list(args):
    done = mox(*args)
    assert done.returncode == 0 and "mox localserve" in done.stdout


@pytest.mark.parametrize("args, why", [
    ([], "mox localserve"),
    (["bogus"], 'there is no command "bogus"'),
    (["dkim", "bogus"], "mox dkim is one of"),
    (["dns", "lookup", "a"], "needs TYPE NAME"),
    (["version", "extra"], 'unexpected argument "extra"'),
    (["version", "-loud"], "has no flag -loud"),
    (["dkim", "verify", "-signatures"], "-signatures needs a value"),
])
def test_not_understood(args, why):
    done = mox(*args)
    assert done.returncode == 2 and why in done.stderr and done.stdout == ""


@pytest.mark.parametrize("args", [["version"], ["help"], ["dkim", "gened25519"], ["dkim", "genrsa", "1024"]], ids=" ".join)
def test_output_is_lost(args):
    """What could not be printed is a failure: a key that nobody has is no key."""
    with open("/dev/full", "w") as full:
        done = mox(*args, stdout=full)
    assert done.returncode == 1 and "standard output" in done.stderr
