"""mox verifydata: what is damaged is named, an account without a usable database is rebuilt, and the
server then has the mail again."""

from wire import count, deliver


def stopped_with_mail(mox, n):
    mox.start()
    for i in range(n):
        deliver(mox, f"message {i}")
    assert mox.stop() == 0
    return mox.dir / "data"


def segments(data):
    return sorted(data.glob("accounts/*/mail/*"))


def test_clean(own_mox):
    data = stopped_with_mail(own_mox, 3)
    out = own_mox.run("verifydata", data).stdout
    assert out == "1 accounts, 3 messages\n"


def test_refused_beside_a_server(own_mox):
    own_mox.start()
    done = own_mox.run("verifydata", own_mox.dir / "data", ok=False)
    assert done.returncode == 1 and "another server uses" in done.stderr


def test_flipped_byte_is_named(own_mox):
    data = stopped_with_mail(own_mox, 2)
    [segment] = segments(data)
    octets = bytearray(segment.read_bytes())
    at = octets.rindex(b"message 1")
    octets[at] ^= 1
    segment.write_bytes(octets)
    done = own_mox.run("verifydata", data, ok=False)
    assert done.returncode == 1
    assert "message 2 in segment 000001" in done.stdout and "damaged" in done.stdout


def test_lost_index(own_mox):
    """A server that finds mail without a database makes that anew."""
    data = stopped_with_mail(own_mox, 3)
    for f in data.glob("accounts/*/index.db*"):
        f.unlink()
    own_mox.start()
    own_mox.log.wait(r'm="index rebuilt from segments".*messages=3\b')
    assert count(own_mox, "message 1") == 1


def test_damaged_index_is_rebuilt(own_mox):
    data = stopped_with_mail(own_mox, 3)
    [index] = data.glob("accounts/*/index.db")
    index.write_bytes(b"x" * 8192)
    [wal] = data.glob("accounts/*/index.db-wal")
    wal.unlink()
    assert own_mox.run("verifydata", data, ok=False).returncode == 1
    done = own_mox.run("verifydata", "-fix", data, ok=False)
    assert "rebuilt, 3 messages, 0 lost" in done.stdout
    assert own_mox.run("verifydata", data).stdout == "1 accounts, 3 messages\n"
    own_mox.start()
    assert count(own_mox, "message 2") == 1
