"""Signed zones and real servers for them, on loopback: nsd serves zones that were signed beforehand (and
then perhaps tampered with), knot signs by itself."""

import socket
import subprocess

from conftest import DEADLINE, Log

HEAD = """$ORIGIN {name}.
$TTL 300
@ IN SOA ns.test. hostmaster.test. 1 3600 600 86400 60
@ IN NS ns.test.
"""
ALGORITHM = "ECDSAP256SHA256"


def free_port():
    """One that nobody has for UDP or TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


def run(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE * 4)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def zone(folder, name, records):
    """Writes a zone that is not signed; its file."""
    path = folder / f"{name}.zone"
    path.write_text(HEAD.format(name=name) + records)
    return path


def keys(folder, name):
    """A new key pair for the keys of a zone and one for its records."""
    return [run(folder, "ldns-keygen", "-r", "/dev/urandom", *flags, "-a", ALGORITHM, name) for flags in (["-k"], [])]


def signed(folder, name, records, inception="20231201000000", expiry="20500101000000", nsec3=False, key=None):
    """Writes and signs a zone; its file and the DS record for the zone above."""
    path = zone(folder, name, records)
    ksk, zsk = key or keys(folder, name)
    run(folder, "ldns-signzone", *["-n"] * nsec3, "-i", inception, "-e", expiry, path.name, ksk, zsk)
    return folder / f"{path.name}.signed", (folder / f"{ksk}.ds").read_text()


class Server:
    """A name server in the foreground; `started` is a line of its log."""

    def __init__(self, command, started):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.log = Log(self.process.stderr)
        self.log.wait(started)

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.log.thread.join(DEADLINE)


NSD = """server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  server-count: 1
  verbosity: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
"""


def nsd(folder, zones):
    """A running nsd with these zones (name to file), and its address."""
    port = free_port()
    conf = folder / "nsd.conf"
    conf.write_text(NSD.format(port=port, folder=folder) +
                    "".join(f'zone:\n  name: "{n}"\n  zonefile: "{f}"\n' for n, f in zones.items()))
    return Server(["nsd", "-d", "-c", conf], "nsd started"), f"127.0.0.1:{port}"


KNOT = """server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
  tcp-workers: 1
  udp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: info
database:
  storage: "{folder}"
  kasp-db-max-size: 16M
  journal-db-max-size: 32M
  timer-db-max-size: 8M
policy:
  - id: fast
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: "{folder}"
    file: "%s.zone"
    dnssec-signing: on
    dnssec-policy: fast
    zonefile-sync: -1
    journal-content: all
zone:
  - domain: {name}
"""


class Knot(Server):
    """A running knot with one zone that it signs; it can be changed meanwhile."""

    def __init__(self, folder, name, records):
        port = free_port()
        self.folder, self.name, self.address = folder, name, f"127.0.0.1:{port}"
        zone(folder, name, records)
        (folder / "knot.conf").write_text(KNOT.format(folder=folder, port=port, name=name))
        super().__init__(["knotd", "-c", folder / "knot.conf"], "DNSSEC, next signing at|server started in")
        self.log.wait("successfully signed")
        self.anchor = folder / "anchor"
        self.anchor.write_text(run(folder, "keymgr", "-c", "knot.conf", name, "ds").splitlines()[-1] + "\n")

    def add(self, *record):
        for step in ["begin"], ["set", *record], ["commit"]:
            run(self.folder, "knotc", "-b", "-c", "knot.conf", f"zone-{step[0]}", self.name, *step[1:])
