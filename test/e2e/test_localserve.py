"""What localserve does for developers: failures on demand, and no more rights than anyone has."""

import os
import platform
from pathlib import Path

import pytest
from conftest import ADDRESS, PASSWORD
from wire import Imap, Smtp, count, deliver, processes, status

# localpart, where it fails, with what
SPECIAL = [
    ("temperror", "message", 451),
    ("any.temperror", "message", 451),
    ("permerror", "message", 550),
    ("452", "message", 452),
    ("x599", "message", 599),
    ("421", "message", 421),
    ("mailfromtemperror", "mail", 451),
    ("mailfrom-permerror", "mail", 550),
    ("mailfrom554", "mail", 554),
    ("rcpttotemperror", "rcpt", 451),
    ("rcptto-permerror", "rcpt", 550),
    ("rcptto450", "rcpt", 450),
    ("399", None, 250),
    ("600", None, 250),
    ("temperror.not", None, 250),
]


@pytest.mark.parametrize("local,where,code", SPECIAL)
def test_special_localpart(mox, local, where, code):
    address = f"{local}@localhost".encode()
    subject = f"for {local}."
    with Smtp(mox.port["smtp"]) as c:
        if where == "mail":
            c.command(b"MAIL FROM:<%s>" % address, code)
            return
        c.command(b"MAIL FROM:<a@remote.example>", 250)
        c.command(b"RCPT TO:<%s>" % address, code if where == "rcpt" else 250)
        if where == "rcpt":
            c.command(b"RCPT TO:<%s>" % ADDRESS.encode(), 250)
        c.command(b"DATA", 354)
        c.send(b"Subject: %s\r\n\r\nx\r\n.\r\n" % subject.encode())
        c.expect(code if where == "message" else 250, c.reply())
        if code != 421:
            c.command(b"RSET", 250)
    assert count(mox, subject) == (0 if where == "message" else 1)


def test_any_address(mox):
    """All of them are mox's: any domain, any localpart."""
    for k, address in enumerate(("mox+detail@localhost", "nobody@elsewhere.example", "Postmaster@localhost",
                                 '"a b"@localhost')):
        with Smtp(mox.port["smtp"]) as c:
            c.command(b"MAIL FROM:<>", 250)
            c.command(b"RCPT TO:<%s>" % address.encode(), 250)
            c.command(b"DATA", 354)
            c.send(b"Subject: to any address %d\r\n\r\nx\r\n.\r\n" % k)
            c.expect(250, c.reply())
        assert count(mox, f"to any address {k}") == 1


def test_without_capabilities(mox):
    """Also when root has started it, and in every thread."""
    for name, pid in processes(mox).items():
        for task in Path(f"/proc/{pid}/task").iterdir():
            caps = {k: v for k, v in status(f"{pid}/task/{task.name}").items() if k.startswith("Cap")}
            wanted = {"CapInh", "CapPrm", "CapEff", "CapAmb"}
            assert {k: int(caps[k], 16) for k in wanted} == dict.fromkeys(wanted, 0), name
            if status("self")["CapBnd"] != caps["CapBnd"]:
                assert int(caps["CapBnd"], 16) == 0, name


def test_roles_hold_promises(mox):
    """seccomp filters and no new privileges in every thread of every role."""
    for name, pid in processes(mox).items():
        if name == "parent":
            continue
        for task in Path(f"/proc/{pid}/task").iterdir():
            s = status(f"{pid}/task/{task.name}")
            assert (s["Seccomp"], s["NoNewPrivs"]) == ("2", "1"), name


def test_one_process(own_mox):
    mox = own_mox.start("-oneprocess")
    assert mox.roles() == {}
    deliver(mox, "in one process")
    assert count(mox, "in one process") == 1
    mox.control("loglevels", "debug")
    assert mox.stop() == 0


def test_it_says_how_to_log_in(mox):
    mox.log.wait(f"Log in as {ADDRESS} with password {PASSWORD}")
    with Imap(mox.port["imap"]) as c:
        c.command(b"SELECT INBOX")


# What os/late loads, and who calls it.
LATE = {
    "libssl": {"smtp", "imap"},
    "libcrypto": {"secrets", "smtp", "imap"},
    "libsqlite3": {"post", "imap"},
    "libsodium": {"secrets"},
    "libunbound": {"dns"},
    "libpsl": {"smtp"},
    "libexpat": set(),
    "libjansson": set(),
}


def mapped(pid):
    """Names of the libraries in a process's memory."""
    return {Path(line.split()[-1]).name.split(".")[0] for line in Path(f"/proc/{pid}/maps").read_text().split("\n")
            if ".so" in line}



def test_libraries_where_they_are_called(mox):
    """Only root may look into roles, which are not dumpable."""
    looked = {"parent": mapped(mox.process.pid)}
    if os.geteuid() == 0:
        looked |= {role: mapped(pid) for role, [pid] in mox.roles().items()}
    for who, libraries in looked.items():
        assert "libc" in libraries
        if platform.machine() == "x86_64":
            assert {l for l in LATE if l in libraries} == {l for l, callers in LATE.items() if who in callers}
