"""mox import and export, beside a running server."""

import mailbox

from wire import count, deliver


def test_mbox_in_maildir_out(own_mox, tmp_path):
    own_mox.start()
    deliver(own_mox, "delivered")
    data = own_mox.dir / "data"
    [account] = [p.name for p in data.glob("accounts/*")]
    box = mailbox.mbox(tmp_path / "in.mbox")
    for i in range(250):
        box.add(f"Subject: imported {i}\n\nFrom the start\n".encode())
    box.close()
    out = own_mox.run("import", "mbox", data, account, "Inbox", tmp_path / "in.mbox").stdout
    assert out == "250 messages\n"
    assert count(own_mox, "imported 249") == 1

    out = own_mox.run("export", "maildir", data, account, tmp_path / "out").stdout
    assert out == "251 messages\n"
    exported = mailbox.Maildir(tmp_path / "out" / "Inbox", create=False)
    assert len(exported) == 251
    assert sorted(m["Subject"] for m in exported if m["Subject"] != "delivered") == \
        sorted(f"imported {i}" for i in range(250))
    out = own_mox.run("import", "maildir", data, account, "Copy", tmp_path / "out" / "Inbox").stdout
    assert out == "251 messages\n"
    assert own_mox.stop() == 0
    assert own_mox.run("verifydata", data).stdout == "1 accounts, 502 messages\n"
