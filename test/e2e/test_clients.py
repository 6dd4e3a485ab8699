"""Mail in and out by the programs people use: swaks, curl, msmtp, mbsync, mutt, getmail, and
Python's smtplib and imaplib."""

import imaplib
import os
import pty
import select
import shutil
import signal
import smtplib
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
from conftest import ADDRESS, DEADLINE, PASSWORD


def run(*argv, ok=True, **kw):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=DEADLINE * 2, **kw)
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    return done


def no_verify():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def imap(mox, tls=False):
    if tls:
        c = imaplib.IMAP4_SSL("127.0.0.1", mox.port["imaps"], ssl_context=no_verify(), timeout=DEADLINE)
    else:
        c = imaplib.IMAP4("127.0.0.1", mox.port["imap"], timeout=DEADLINE)
    c.login(ADDRESS, PASSWORD)
    return c


def ok(answer):
    assert answer[0] == "OK", answer
    return answer[1]


def found(mox, subject):
    """The whole message with this subject, from Inbox."""
    c = imap(mox)
    ok(c.select("INBOX"))
    numbers = ok(c.search(None, "SUBJECT", f'"{subject}"'))[0].split()
    assert len(numbers) == 1, (subject, numbers)
    data = ok(c.fetch(numbers[0], "(BODY.PEEK[])"))
    c.logout()
    return data[0][1]


WAYS = {
    "smtp": ["--port", "smtp"],
    "smtp-starttls": ["--port", "smtp", "--tls"],
    "submission-starttls": ["--port", "submission", "--tls", "--auth", "PLAIN"],
    "submission-login": ["--port", "submission", "--tls", "--auth", "LOGIN"],
    "submissions": ["--port", "submissions", "--tls-on-connect", "--auth", "PLAIN"],
}


@pytest.mark.parametrize("way", WAYS)
def test_swaks(mox, way):
    args = [str(mox.port.get(a, a)) for a in WAYS[way]]
    auth = ["--auth-user", ADDRESS, "--auth-password", PASSWORD] if "--auth" in args else []
    sender = ADDRESS if auth else "someone@remote.example"
    run("swaks", "--server", "127.0.0.1", *args, *auth, "--from", sender, "--to", ADDRESS,
        "--header", f"Subject: by swaks {way}", "--body", "Hello.")
    message = found(mox, f"by swaks {way}")
    assert b"\r\n\r\nHello.\r\n" in message
    assert message.startswith(b"Delivered-To: ")
    assert b"\r\nReceived: from " in message


def test_curl_reads(mox):
    run("swaks", "--server", "127.0.0.1", "--port", mox.port["smtp"], "--from", "a@remote.example",
        "--to", ADDRESS, "--header", "Subject: for curl", "--body", "Curl body.")
    for url in (f"imap://127.0.0.1:{mox.port['imap']}", f"imaps://127.0.0.1:{mox.port['imaps']}"):
        search = run("curl", "-sSk", "-u", f"{ADDRESS}:{PASSWORD}", f"{url}/INBOX?SUBJECT%20%22for%20curl%22")
        number = search.stdout.split()[-1]
        text = run("curl", "-sSk", "-u", f"{ADDRESS}:{PASSWORD}", f"{url}/INBOX;MAILINDEX={number}").stdout
        assert "Curl body." in text and "Subject: for curl" in text


def test_curl_sends_with_chunks_of_dots(mox, tmp_path):
    mail = tmp_path / "mail"
    mail.write_bytes(b"From: a@remote.example\r\nSubject: dots\r\n\r\n.\r\n..\r\n...x\r\n")
    run("curl", "-sSk", f"smtp://127.0.0.1:{mox.port['smtp']}/client.example", "--mail-from", "a@remote.example",
        "--mail-rcpt", ADDRESS, "--upload-file", mail)
    assert found(mox, "dots").endswith(b"\r\n\r\n.\r\n..\r\n...x\r\n")


def test_smtplib(mox):
    text = "From: a@remote.example\r\nTo: mox@localhost\r\nSubject: smtplib\r\n\r\nBody\r\n"
    with smtplib.SMTP("127.0.0.1", mox.port["smtp"], timeout=DEADLINE) as c:
        assert c.sendmail("a@remote.example", [ADDRESS, "second+tag@localhost"], text) == {}
    with smtplib.SMTP("127.0.0.1", mox.port["submission"], timeout=DEADLINE) as c:
        c.starttls(context=no_verify())
        c.login(ADDRESS, PASSWORD)
        c.sendmail(ADDRESS, [ADDRESS], text.replace("smtplib", "smtplib submitted"))
    assert b"Message-Id: <" in found(mox, "smtplib submitted")


def test_wrong_password(mox):
    with smtplib.SMTP_SSL("127.0.0.1", mox.port["submissions"], context=no_verify(), timeout=DEADLINE) as c:
        with pytest.raises(smtplib.SMTPAuthenticationError) as e:
            c.login(ADDRESS, "wrong wrong")
        assert e.value.smtp_code == 535
    with pytest.raises(imaplib.IMAP4.error):
        imaplib.IMAP4("127.0.0.1", mox.port["imap"], timeout=DEADLINE).login(ADDRESS, "wrong wrong")
    mox.log.wait("failed authentication attempt")


def test_msmtp(mox, tmp_path):
    rc = tmp_path / "msmtprc"
    rc.write_text(f"""account default
host 127.0.0.1
port {mox.port['submission']}
tls on
tls_starttls on
tls_certcheck off
auth plain
user {ADDRESS}
password {PASSWORD}
from {ADDRESS}
""")
    rc.chmod(0o600)
    run("msmtp", "-C", rc, ADDRESS, input="Subject: by msmtp\nFrom: mox@localhost\n\nHello.\n")
    assert found(mox, "by msmtp").endswith(b"\r\n\r\nHello.\r\n")


def on_terminal(env, *argv):
    """Runs a full-screen program to its end; what it draws is shown if it does not end."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(argv[0], argv, env)
    drawn = b""
    while True:
        ready, _, _ = select.select([fd], [], [], DEADLINE)
        if not ready:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise AssertionError(f"{argv[0]} waits for somebody: {drawn[-1000:]!r}")
        try:
            drawn += os.read(fd, 4096)
        except OSError:  # its end, for a terminal
            break
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, drawn[-1000:]


def test_mutt_reads(mox, tmp_path):
    run("swaks", "--server", "127.0.0.1", "--port", mox.port["smtp"], "--from", "a@remote.example",
        "--to", ADDRESS, "--header", "Subject: for mutt", "--body", "Mutt body.")
    rc = tmp_path / "muttrc"
    copy = tmp_path / "copy"
    rc.write_text(f"""set imap_user={ADDRESS}
set imap_pass={PASSWORD}
set ssl_starttls=no
set ssl_force_tls=no
set quit=yes
set confirmappend=no
set confirmcreate=no
set delete=no
set move=no
set sleep_time=0
set copy=no
set mbox_type=mbox
set folder=imap://127.0.0.1:{mox.port['imap']}/
set spoolfile=+INBOX
push "<limit>~s 'for mutt'<enter><tag-pattern>~A<enter><tag-prefix><copy-message>{copy}<enter><quit>"
""")
    on_terminal({**os.environ, "TERM": "xterm", "HOME": str(tmp_path)}, "mutt", "-n", "-F", str(rc))
    assert "Mutt body." in copy.read_text()


@pytest.fixture
def plain_user():
    """A folder, and arguments for run() to be its owner: getmail does not deliver as root."""
    folder = Path(tempfile.mkdtemp(prefix="mox-e2e-"))
    as_user = {}
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
        as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    yield folder, as_user
    shutil.rmtree(folder)


def test_getmail(mox, plain_user):
    folder, as_user = plain_user
    run("swaks", "--server", "127.0.0.1", "--port", mox.port["smtp"], "--from", "a@remote.example",
        "--to", ADDRESS, "--header", "Subject: for getmail", "--body", "Getmail body.")
    maildir = folder / "maildir"
    run("mkdir", "-p", *(maildir / sub for sub in ("cur", "new", "tmp")), **as_user)
    (folder / "getmailrc").write_text(f"""[retriever]
type = SimpleIMAPRetriever
server = 127.0.0.1
port = {mox.port['imap']}
username = {ADDRESS}
password = {PASSWORD}
mailboxes = ("INBOX",)
[destination]
type = Maildir
path = {maildir}/
[options]
read_all = true
delivered_to = false
received = false
""")
    run("getmail", "--getmaildir", folder, "--rcfile", folder / "getmailrc", cwd=folder,
        env={**os.environ, "HOME": str(folder)}, **as_user)
    texts = [p.read_text() for p in (maildir / "new").iterdir()]
    assert sum("Getmail body." in t for t in texts) == 1


def test_idle_hears_at_once(mox):
    c = imap(mox, tls=True)
    ok(c.select("INBOX"))
    c.send(b"x1 IDLE\r\n")
    assert c.readline().startswith(b"+ ")
    sender = threading.Thread(target=run, args=(
        "swaks", "--server", "127.0.0.1", "--port", mox.port["smtp"], "--from", "a@remote.example",
        "--to", ADDRESS, "--header", "Subject: wake up"))
    sender.start()
    line = c.readline()
    while b"EXISTS" not in line:
        line = c.readline()
    sender.join()
    c.send(b"DONE\r\n")
    while not line.startswith(b"x1 OK"):
        line = c.readline()
    c.logout()
