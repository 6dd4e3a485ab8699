"""mox backup: a copy made while the server runs is whole, and a server started on it has the mail."""

import shutil

from wire import count, deliver


def test_backup_and_restore(own_mox, tmp_path):
    own_mox.start()
    data = own_mox.dir / "data"
    for i in range(5):
        deliver(own_mox, f"before {i}")
    out = own_mox.run("backup", data, tmp_path / "copy").stdout
    assert "databases" in out
    deliver(own_mox, "after")
    assert own_mox.run("verifydata", tmp_path / "copy").stdout == "1 accounts, 5 messages\n"
    done = own_mox.run("backup", data, tmp_path / "copy", ok=False)
    assert done.returncode == 1 and "exists" in done.stderr
    assert own_mox.stop() == 0

    shutil.rmtree(data)
    shutil.copytree(tmp_path / "copy", data)
    own_mox.start()
    assert count(own_mox, "before 4") == 1
    assert count(own_mox, "after") == 0
    deliver(own_mox, "later")
    assert count(own_mox, "later") == 1
