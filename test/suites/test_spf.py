"""The openspf suite for RFC 7208 (test/data/spf) through `mox spf check`, with a DNS server that holds
each scenario's zone. A time-out of the suite is a SERVFAIL here; e2e/test_spf_command.py has a real one."""

import subprocess
from pathlib import Path

import pytest
import yaml

from dns_server import DnsServer, add_openspf

ROOT = Path(__file__).resolve().parents[2]
MOX = ROOT / "build" / "mox"
SUITE = ROOT / "test" / "data" / "spf" / "rfc7208-tests.yml"
CASES = 203


def scenarios():
    with SUITE.open(encoding="utf-8") as f:
        return list(yaml.safe_load_all(f))


SCENARIOS = scenarios()


def cases():
    for n, scenario in enumerate(SCENARIOS):
        for name, case in scenario["tests"].items():
            yield pytest.param(n, case, id=name)


@pytest.fixture(scope="module")
def dns():
    """A server for each scenario, made when it is first asked for."""
    servers = {}

    def server(n):
        if n not in servers:
            servers[n] = DnsServer().start()
            add_openspf(servers[n], SCENARIOS[n]["zonedata"])
        return servers[n].address

    yield server
    for s in servers.values():
        s.stop()


def lines_of(output):
    """The first lines, as {key: value}."""
    head = output.split("\n\n")[0].splitlines()[1:]
    return dict(line.split(": ", 1) for line in head)


@pytest.mark.parametrize("scenario, case", cases())
def test_openspf(dns, scenario, case):
    argv = [MOX, "spf", "check", "-dns", dns(scenario), "-ip", case["host"], "-helo", case["helo"], "-from",
            case["mailfrom"]]
    done = subprocess.run(argv, capture_output=True, timeout=60)
    output = done.stdout.decode()
    result = output.split(" ", 1)[0]
    wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert result in wanted, output
    assert done.returncode == (0 if result == "pass" else 1), done.stderr
    if "explanation" in case:
        default = case["explanation"] == "DEFAULT"
        assert lines_of(output).get("explanation") == (None if default else case["explanation"]), output


def test_whole_suite():
    assert len(list(cases())) == CASES
