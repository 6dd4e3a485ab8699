#!/usr/bin/python3
"""Measures mox beside Debian's Postfix with Dovecot's LMTP, in one run on the same disk (./dev bench).

Both run with what they ship with: every sync, mox's promises on and log level info. mox is `mox
serve`, which verifies every sender: iprev, SPF, DKIM, ARC, DMARC. Names are those of a DNS server
on loopback, whose CPU is nobody's; a first run that is not measured puts all of them in the caches.
Postfix verifies nobody and has its clients' names in a file (peer.py). Messages are sent for a time;
each counts when IMAP shows it in the mailbox, which is empty at the start of each run. Latency is
from MAIL to the answer to the body, which mox gives after delivery and Postfix when it has queued.
Figures are medians of -runs; compare ratios and CPU a message, since wall times move with whatever
else the machine does. Syncs are counted by strace in a run of their own. At the end verify.py
measures verification alone.

  -mox        without the peers           -idle N     idle IMAP connections (2000)
  -runs N     repetitions (3)             -accounts N over which they are spread (200)
  -quick      a tenth of the time         -only PART  start, deliver, idle or verify; may be given again
"""

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MOX = ROOT / "build" / "mox"
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(ROOT / "test" / "e2e"))
import procstat  # noqa: E402

import smtp_load  # noqa: E402
import verify  # noqa: E402
from peer import PeerServer  # noqa: E402

PYTHON = "/usr/bin/python3"
SENDERS = 200  # domains that send
PARTS = ("start", "deliver", "idle", "verify")
SYNCS = "fsync,fdatasync,msync,sync,syncfs"


def dns_fill(dns):
    """Senders as in the world: with MX, SPF and DMARC, from addresses that have their names."""
    for i in range(SENDERS):
        dns.add(f"d{i}.example", "MX", 10, "mx.example")
        dns.add(f"d{i}.example", "TXT", "v=spf1 ip4:127.0.0.0/8 -all")
        dns.add(f"_dmarc.d{i}.example", "TXT", "v=DMARC1; p=reject")
    for address, name in smtp_load.clients().items():
        dns.add(".".join(reversed(address.split("."))) + ".in-addr.arpa", "PTR", name)
        dns.add(name, "A", address)


class MoxServer:
    name = "mox"
    user, password = "mox@localhost", "moxmoxmox"
    rate = 1000  # messages in about 2 s

    def start(self, folder):
        import conftest
        dns_fill(conftest.DNS)
        self.server = conftest.Mox(folder / "mox")
        self.server.serve("-loglevel", "info")
        self.port = self.server.port
        self.pids = [self.server.process.pid]
        return self

    def mailboxes(self, n):
        """Users whose mailboxes are empty."""
        accounts_add(self, n)
        return [f"bench{i}@localhost" for i in range(1, n + 1)]

    def check(self):
        """Its answers say all."""

    def stop(self):
        self.server.stop()


def driver(name, *args):
    argv = [PYTHON, str(HERE / name), *map(str, args)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def pid_args(server):
    return [a for pid in server.pids for a in ("--server-pid", pid)]


def load(server, user, sessions, *more, sender="u{n}@d{n}.example"):
    """Rows of smtp_load.py, after all has arrived."""
    rows = driver("smtp_load.py", "127.0.0.1", server.port["smtp"], "--rcpt", user, "--mail-from", sender,
                  "--senders", SENDERS, "--spread", "--sources", smtp_load.SOURCES, "--sessions", sessions,
                  *pid_args(server), "--wait-imap",
                  f"127.0.0.1:{server.port['imap']}:{user}:{server.password}", *more)
    for r in rows:
        if r["errors"] or r["delivered"] != r["done"]:
            raise SystemExit(f"{server.name}: not all was delivered: {r}")
    return rows


def syncs(server, count, sessions):
    """Sync calls a message, counted by strace over all of the server's threads."""
    pids = [a for pid in procstat.tree(server.pids) for a in ("-p", str(pid))]
    with tempfile.NamedTemporaryFile("r") as out:
        tracer = subprocess.Popen(["strace", "-f", "-c", "-e", f"trace={SYNCS}", "-o", out.name, *pids],
                                  stderr=subprocess.PIPE, text=True)
        for line in tracer.stderr:
            if "attached" in line:
                break
        load(server, server.user, sessions, "--count", count)
        tracer.send_signal(signal.SIGINT)
        tracer.wait(60)
        text = out.read()
    calls = sum(int(l.split()[3]) for l in text.splitlines() if re.search(r"\d.*sync", l))
    return calls / count


def figure(rows, key):
    values = [r[key] for r in rows if r.get(key) is not None]
    return statistics.median(values) if values else float("nan")


def connections(n):
    return "1 connection" if n == 1 else f"{n} connections"


def deliver(server, runs, scale):
    out = {}
    users = iter(server.mailboxes(2 * runs + 2))
    load(server, server.user, 10, "--count", 2 * max(SENDERS, smtp_load.SOURCES))
    for sessions in (1, 10):
        out[sessions] = rows = [r for _ in range(runs)
                                for r in load(server, next(users), sessions, "--seconds", 2 * scale)]
        print(f"  {server.name}: {connections(sessions)}: {figure(rows, 'delivered_per_s'):.0f} delivered/s, "
              f"{figure(rows, 'cpu_ms_per_msg'):.2f} CPU ms a message, "
              f"p50 {figure(rows, 'lat_ms_p50'):.1f} ms, p95 {figure(rows, 'lat_ms_p95'):.1f} ms "
              f"({runs} runs, {sum(r['done'] for r in rows)} messages)", flush=True)
    flat(server, users, server.rate * scale)
    server.check()
    if shutil.which("strace") and os.geteuid() == 0:
        for sessions, count in ((1, 100), (10, 500)):
            out[f"syncs{sessions}"] = syncs(server, count, sessions)
            print(f"  {server.name}: {connections(sessions)}: {out[f'syncs{sessions}']:.2f} syncs a message", flush=True)
    return out


def flat(server, users, count):
    """A growing mailbox, all its mail from one sender or not: cost a message must not grow."""
    for what, sender in ((f"{SENDERS} senders", "u{n}@d{n}.example"), ("one sender", "a@d0.example")):
        rows = load(server, next(users), 10, "--count", count, "--repeat", 4, sender=sender)
        print(f"  {server.name}: CPU ms a message as a mailbox grows from 0 to {4 * count}, from {what}: "
              + ", ".join(f"{r['cpu_ms_per_msg']:.2f}" for r in rows), flush=True)


ACCOUNT = """	bench{n}:
		Domain: localhost
		Destinations:
			bench{n}@localhost: nil
"""


def accounts_add(server, n):
    """More accounts in domains.conf; returns when the server has taken it over and has their passwords."""
    path = server.server.dir / "domains.conf"
    since = len(server.server.log.lines)
    text = path.read_text()
    path.write_text(text.replace("\nAccounts:\n", "\nAccounts:\n" + "".join(ACCOUNT.format(n=i) for i in range(1, n + 1))))
    server.server.log.wait("domains.conf taken over", since)
    for i in range(1, n + 1):
        server.server.run("setaccountpassword", "-config", server.server.dir / "mox.conf", f"bench{i}",
                          input=server.password + "\n")


def idle_print(server, what, n, *args):
    r, = driver("idle_bench.py", "127.0.0.1", *args, "--conns", n, "--spread", *pid_args(server))
    print(f"  {server.name}: {n} idle connections, {what}: {r['pss_kib_per_conn']} KiB PSS each, {r['threads']} threads, "
          f"{r['cpu_ms_per_open']} CPU ms to open, {r['idle_cpu_s']} CPU s in the 5 s after", flush=True)


def idle_plain(server, n, _):
    idle_print(server, "plain", n, server.port["imap"], server.user, server.password)


def idle_tls(server, n, _):
    idle_print(server, "TLS", n, server.port["imaps"], server.user, server.password, "--tls", "implicit")


def idle_accounts(server, n, accounts):
    accounts_add(server, accounts)
    idle_print(server, f"TLS, over {accounts} accounts", n, server.port["imaps"], "bench{n}@localhost", server.password,
               "--users", accounts, "--tls", "implicit")


def base(server):
    m = procstat.mem(server.pids)
    print(f"  {server.name}: all processes idle, set up for the parts below: {json.dumps(m)} KiB")


def roles(server):
    """Memory of each process when all are idle."""
    pids = {"parent": [], **server.server.roles()}
    for name, of in pids.items():
        rows = [procstat.mem_of(p) for p in of] or [procstat.mem_of(server.pids[0])]
        print(f"    {name:8} PSS {sum(r['pss_kib'] for r in rows):6} KiB, private "
              f"{sum(r['private_kib'] for r in rows):6} KiB, threads {sum(r['threads'] for r in rows)}")


def start(folder, runs):
    """From exec to the banner of SMTP, on a data folder that is there, and what all processes hold a
    second later. As shipped: without the DNS section, which the other parts need."""
    import conftest
    server = conftest.Mox(folder / "start")
    server.conf.write_text(server.conf.read_text().replace(conftest.DNS_CONF.format(conftest.DNS.address), ""))
    r = driver("startup_bench.py", "--port", server.port["smtp"], "--runs", runs, "--", MOX, "serve", "-config",
               server.conf, "-loglevel", "info")[0]
    print(f"  mox: start to banner {r['start_ms']} ms (least {r['start_ms_min']}), {r['start_cpu_ms']} CPU ms, "
          f"stop {r['stop_ms']} ms", flush=True)
    memory = {k: r[k] for k in ("procs", "rss_kib", "pss_kib", "private_kib", "threads")}
    print(f"  mox: all processes idle, as shipped: {json.dumps(memory)} KiB", flush=True)


def with_server(make, folder, use):
    server = make().start(folder)
    try:
        return use(server)
    finally:
        server.stop()


def measure(make, folder, parts, runs, scale, idle_n, accounts):
    """What deliver found, or None. Each count of idle connections has a server of its own, since one
    that had many keeps memory for the next."""
    ours = make is MoxServer
    if ours and "start" in parts:
        start(folder, 10)

    def main_part(server):
        base(server)
        if ours:
            roles(server)
        return deliver(server, runs, scale) if "deliver" in parts else None

    found = with_server(make, folder, main_part)
    for part in (idle_plain, idle_tls, idle_accounts) if ours and "idle" in parts else ():
        with_server(make, folder / part.__name__, lambda server: part(server, idle_n, accounts))
    return found


def ratios(ours, theirs):
    for sessions in (1, 10):
        cpu = figure(ours[sessions], "cpu_ms_per_msg") / figure(theirs[sessions], "cpu_ms_per_msg")
        rate = figure(ours[sessions], "delivered_per_s") / figure(theirs[sessions], "delivered_per_s")
        print(f"ratio mox / postfix+dovecot, {connections(sessions)}: {rate:.2f} of the messages a second, "
              f"{cpu:.2f} of the CPU a message")


def main():
    args = sys.argv[1:]

    def option(name, default):
        return int(args[args.index(name) + 1]) if name in args else default

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped
    parts = [b for a, b in zip(args, args[1:]) if a == "-only"] or PARTS
    scale = 1 if "-quick" in args else 10
    results = []
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    for make in [MoxServer] + ([] if "-mox" in args or "deliver" not in parts else [PeerServer]):
        folder = Path(tempfile.mkdtemp(prefix="mox-bench-"))
        try:
            print(f"{make.name} (load average {os.getloadavg()[0]:.1f}):", flush=True)
            results.append(measure(make, folder, parts, option("-runs", 3), scale, option("-idle", 2000),
                                   option("-accounts", 200)))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if len(results) == 2:
        ratios(*results)
    if "verify" in parts:
        verify.run(scale, "-mox" not in args)
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
