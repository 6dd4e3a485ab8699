"""What the server counts, as `mox metrics` prints it."""

import base64
import re

import pytest
from conftest import ADDRESS, PASSWORD
from test_killed_roles import ROLES, kill
from wire import Imap, Smtp, Wire

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')


def metrics(mox):
    """Values by name and labels as they are written: 'mox_x_total{kind="a"}'."""
    out = {}
    for line in mox.control("metrics").stdout.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            out[f"{name}{{{labels}}}" if labels else name] = float(value)
    return out


def added(mox, act):
    """What act() adds to each; those that stay the same are left out."""
    before = metrics(mox)
    act()
    after = metrics(mox)
    return {k: v - before.get(k, 0) for k, v in after.items() if v != before.get(k, 0)}


def counts(found, name):
    """The counters of that name, by the values of their labels."""
    return {tuple(re.findall(r'="(.*?)"', k)): v for k, v in found.items() if k.startswith(name + "{")}


def test_from_the_beginning(mox):
    found = metrics(mox)
    assert counts(found, "mox_panic_total") == {(r,): 0 for r in ROLES}
    assert found["mox_metrics_dropped_total"] == 0


def test_smtp(mox):
    def act():
        with Smtp(mox.port["smtp"]) as c:
            c.data(b"Subject: counted\r\n\r\nx\r\n.\r\n", 250)
            c.command(b"NONSENSE", 500)
            c.command(b"RCPT TO:<x@example.org>", 503)

    found = added(mox, act)
    assert counts(found, "mox_smtpserver_connection_total") == {("deliver",): 1}
    assert counts(found, "mox_smtpserver_delivery_total") == {("delivered", ""): 1}
    commands = counts(found, "mox_smtpserver_command_duration_seconds_count")
    assert commands["deliver", "ehlo", "250", ""] == 1
    assert commands["deliver", "data", "354", ""] == 1
    assert commands["deliver", "data", "250", "2.6.0"] == 1
    assert commands["deliver", "(unknown)", "500", "5.5.2"] == 1
    assert commands["deliver", "rcpt", "503", "5.5.1"] == 1
    assert counts(found, "mox_smtpserver_submission_total") == {}


def test_senders(mox):
    """Each method counts with its result: the message has no From, and its sender may send."""
    def act():
        with Smtp(mox.port["smtp"]) as c:
            c.data(b"Subject: counted\r\n\r\nx\r\n.\r\n", 250)

    found = added(mox, act)
    assert counts(found, "mox_spf_verify_duration_seconds_count") == {("pass",): 1}
    assert counts(found, "mox_dmarc_verify_duration_seconds_count") == {("permerror", "false", "true"): 1}
    assert sum(counts(found, "mox_iprev_lookup_total_count").values()) == 1
    assert counts(found, "mox_dkim_verify_duration_seconds_count") == {}


def plain(password):
    return base64.b64encode(f"\0{ADDRESS}\0{password}".encode())


def submit(mox, recipient, header, expect):
    with Smtp(mox.port["submission"]) as c:
        c.command(b"AUTH PLAIN " + plain(PASSWORD), 235)
        c.command(f"MAIL FROM:<{ADDRESS}>".encode(), 250)
        c.command(f"RCPT TO:<{recipient}>".encode(), 250)
        c.command(b"DATA", 354)
        c.send(f"{header}\r\n\r\nx\r\n.\r\n".encode())
        c.expect(expect, c.reply())


def test_submission(mox):
    def act():
        submit(mox, ADDRESS, f"From: <{ADDRESS}>", 250)
        submit(mox, ADDRESS, "Subject: from nobody", 554)
        submit(mox, "permerror@localhost", f"From: <{ADDRESS}>", 550)
        with Smtp(mox.port["submission"]) as c:
            c.command(b"AUTH PLAIN " + plain("wrong password"), 535)
            c.command(b"AUTH LOGIN", 334)
            c.command(b"*", 501)

    found = added(mox, act)
    assert counts(found, "mox_smtpserver_connection_total") == {("submit",): 4}
    assert counts(found, "mox_smtpserver_submission_total") == {
        ("ok",): 1, ("badmessage",): 1, ("localserveerror",): 1}
    assert counts(found, "mox_smtpserver_delivery_total") == {}
    assert counts(found, "mox_authentication_total") == {
        ("submission", "plain", "ok"): 3, ("submission", "plain", "badcreds"): 1,
        ("submission", "login", "aborted"): 1}


def test_imap(mox):
    def act():
        with Imap(mox.port["imap"]) as c:
            c.command(b"SELECT nowhere", b"NO")
            c.command(b"SELECT INBOX")
            c.command(b"FETCH", b"BAD")
            c.command(b"NONSENSE", b"BAD")
            c.command(b"UID SEARCH ALL")

    found = added(mox, act)
    assert counts(found, "mox_imap_connection_total") == {("imap",): 1}
    commands = counts(found, "mox_imap_command_duration_seconds_count")
    assert commands["select", "ok"] == 1
    assert commands["select", "usererror"] == 1
    assert commands["fetch", "badsyntax"] == 1
    assert commands["(unrecognized)", "badsyntax"] == 1
    assert commands["search", "ok"] == 1
    assert counts(found, "mox_authentication_total") == {("imap", "login", "ok"): 1}


def test_open_connections(mox):
    before = metrics(mox)["mox_connections_count"]
    with Wire(mox.port["smtp"]) as a, Wire(mox.port["imap"]) as b:
        a.line(), b.line()
        assert metrics(mox)["mox_connections_count"] == before + 2


@pytest.mark.parametrize("role", ["smtp", "post"])
def test_survive_a_role(mox, role):
    """Counters stay, the dead one is counted, and what was open in it is not open any more."""
    with Wire(mox.port["smtp"]) as c:
        c.line()
        before = metrics(mox)
        kill(mox, role)
        after = metrics(mox)
    assert after[f'mox_panic_total{{pkg="{role}"}}'] == before[f'mox_panic_total{{pkg="{role}"}}'] + 1
    connections = 'mox_smtpserver_connection_total{kind="deliver"}'
    assert after[connections] == before[connections]
    if role == "smtp":
        assert after["mox_connections_count"] < before["mox_connections_count"]
