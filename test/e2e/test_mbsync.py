"""Two-way synchronisation of 1,000 messages by mbsync ends byte for byte the same."""

import imaplib
import subprocess

from conftest import ADDRESS, DEADLINE, PASSWORD

COUNT = 1000


def mbsync(rc):
    done = subprocess.run(["mbsync", "-c", str(rc), "-a"], capture_output=True, text=True, timeout=DEADLINE * 10)
    assert done.returncode == 0, done.stdout + done.stderr


def bodies(folder):
    """What the maildir holds, with CRLF and without mbsync's own header line."""
    got = []
    for sub in ("cur", "new"):
        for path in (folder / sub).iterdir():
            lines = path.read_bytes().replace(b"\r\n", b"\n").split(b"\n")
            lines = [l for l in lines if not l.startswith(b"X-TUID: ")]
            got.append(b"\r\n".join(lines))
    return sorted(got)


def on_server(mox):
    c = imaplib.IMAP4("127.0.0.1", mox.port["imap"], timeout=DEADLINE)
    c.login(ADDRESS, PASSWORD)
    assert c.select("INBOX", readonly=True)[0] == "OK"
    got = []
    status, data = c.fetch("1:*", "(BODY.PEEK[])")
    assert status == "OK"
    for item in data:
        if isinstance(item, tuple):
            lines = [l for l in item[1].split(b"\r\n") if not l.startswith(b"X-TUID: ")]
            got.append(b"\r\n".join(lines))
    c.logout()
    return sorted(got)


def message(k, where):
    return (f"From: a{k}@remote.example\r\nTo: {ADDRESS}\r\nSubject: {where} {k}\r\n"
            f"Message-Id: <{where}-{k}@remote.example>\r\n\r\n" + f"Line {k}\r\n" * (1 + k % 40)).encode()


def test_two_way(own_mox, tmp_path):
    mox = own_mox
    mox.start()
    c = imaplib.IMAP4("127.0.0.1", mox.port["imap"], timeout=DEADLINE)
    c.login(ADDRESS, PASSWORD)
    for k in range(COUNT // 2):
        assert c.append("INBOX", None, None, message(k, "server"))[0] == "OK"
    c.logout()
    local = tmp_path / "local"
    inbox = local / "INBOX"
    for sub in ("cur", "new", "tmp"):
        (inbox / sub).mkdir(parents=True)
    for k in range(COUNT // 2):
        (inbox / "new" / f"{1700000000 + k}.{k}.test").write_bytes(message(k, "client").replace(b"\r\n", b"\n"))
    rc = tmp_path / "mbsyncrc"
    rc.write_text(f"""IMAPAccount mox
Host 127.0.0.1
Port {mox.port['imap']}
User {ADDRESS}
Pass {PASSWORD}
SSLType None
AuthMechs LOGIN

IMAPStore far
Account mox

MaildirStore near
Path {local}/
Inbox {inbox}

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Both
Expunge Both
Sync All
SyncState *
""")
    mbsync(rc)
    assert len(bodies(inbox)) == COUNT
    assert bodies(inbox) == on_server(mox)
    # A deletion on one side, flags on the other.
    c = imaplib.IMAP4("127.0.0.1", mox.port["imap"], timeout=DEADLINE)
    c.login(ADDRESS, PASSWORD)
    c.select("INBOX")
    c.store("1:10", "+FLAGS", r"(\Deleted)")
    c.store("11:20", "+FLAGS", r"(\Flagged)")
    assert c.expunge()[0] == "OK"
    c.logout()
    mbsync(rc)
    assert len(bodies(inbox)) == COUNT - 10
    assert bodies(inbox) == on_server(mox)
    assert sum(1 for p in (inbox / "cur").iterdir() if "F" in p.name.rsplit(",", 1)[-1]) == 10
