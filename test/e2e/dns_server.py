"""A DNS server for tests, on loopback, UDP and TCP on one free port. It is a whole Internet of names:
it answers for any name, with authority, recursion said to be available, and follows CNAMEs.

    with DnsServer() as dns:
        dns.add("example.org", "MX", 10, "mail.example.org")
        dns.add("example.org", "TXT", "v=spf1 mx ", "-all")     # two strings; bytes or str
        dns.zone("slow.example * TIMEOUT")                      # zone text as in src/dns/fake.h
        run(f"-dns={dns.address}")
        assert dns.asked["example.org", "TXT"] == 1

A name that nobody added is NXDOMAIN; one with another type, or with names below it, has no data.
`*.example.org` speaks for names that do not exist below example.org. Names compare in lower case."""

import collections
import re
import socket
import socketserver
import struct
import threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
         "OPT": 41, "DS": 43, "TLSA": 52, "SPF": 99, "CAA": 257}
TYPE_NAMES = {number: name for name, number in TYPES.items()}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN = 0, 1, 2, 3
CNAME_MAX = 8
TTL = 300
# What may stand in the place of data.
TIMEOUT = "TIMEOUT"  # this question is never answered
FAIL = "SERVFAIL"
ABSENT = "NULL"  # the name exists, without this type
SPECIAL = {TIMEOUT, FAIL, ABSENT}
ANY = "*"


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def labels(name):
    """The labels of a name given as text: UTF-8, "\\." is a dot inside a label, a last dot is dropped."""
    text = as_bytes(name)
    parts = [p.replace(b"\\.", b".") for p in re.split(rb"(?<!\\)\.", text)] if text.strip(b".") else []
    return parts[:-1] if parts and parts[-1] == b"" else parts


def key(name):
    return tuple(label.lower() for label in labels(name))


def wire_name(name):
    parts = labels(name)
    if any(not 0 < len(p) < 64 for p in parts) or sum(len(p) + 1 for p in parts) > 254:
        raise ValueError(f"no name of the DNS: {name!r}")
    return b"".join(bytes([len(p)]) + p for p in parts) + b"\0"


def text_name(parts):
    return b".".join(p.replace(b".", b"\\.") for p in parts).decode(errors="surrogateescape")


def strings(*parts):
    """Character strings; one longer than 255 bytes becomes several."""
    out = b""
    for part in map(as_bytes, parts):
        for at in range(0, max(len(part), 1), 255):
            piece = part[at:at + 255]
            out += bytes([len(piece)]) + piece
    return out


RDATA = {
    "A": lambda ip: socket.inet_pton(socket.AF_INET, ip),
    "AAAA": lambda ip: socket.inet_pton(socket.AF_INET6, ip),
    "NS": wire_name,
    "CNAME": wire_name,
    "PTR": wire_name,
    "MX": lambda preference, host: struct.pack(">H", preference) + wire_name(host),
    "TXT": strings,
    "SPF": strings,
    "SRV": lambda priority, weight, port, target: struct.pack(">HHH", priority, weight, port) + wire_name(target),
    "TLSA": lambda usage, selector, matching, data: bytes([usage, selector, matching]) + data,
    "CAA": lambda flags, tag, value: bytes([flags]) + strings(tag) + as_bytes(value),
    "SOA": lambda mname, rname, *numbers: wire_name(mname) + wire_name(rname) + struct.pack(">5I", *numbers),
}


class BadMessage(Exception):
    pass


def parse_query(message):
    """id, flags, labels, type, class, the size UDP may have (0: TCP or no EDNS), end of the question."""
    if len(message) < 12:
        raise BadMessage
    ident, flags, questions, _, _, additional = struct.unpack(">6H", message[:12])
    at, name = 12, []
    try:
        while message[at]:
            if message[at] > 63:
                raise BadMessage
            name.append(message[at + 1:at + 1 + message[at]])
            at += 1 + message[at]
        qtype, qclass = struct.unpack(">HH", message[at + 1:at + 5])
    except (IndexError, struct.error):
        raise BadMessage from None
    if questions != 1 or flags & 0x8000:
        raise BadMessage
    size = 0
    if additional and message[at + 5:at + 8] == b"\0\0\x29":
        size = max(512, struct.unpack(">H", message[at + 8:at + 10])[0])
    return ident, flags, name, qtype, size, at + 5


class DnsServer:
    def __init__(self, host="127.0.0.1", port=0):
        self.data = collections.defaultdict(lambda: collections.defaultdict(list))
        self.exists = set()  # all names that were added, and those above them
        self.asked = collections.Counter()  # (name, type) -> questions, silent ones too
        self.ignored = {}  # (name, type) -> how many of its questions get no answer at first
        self.broken = lambda name: False  # whether a name (labels in lower case) nobody added fails
        self.lock = threading.Lock()
        self.servers = self.bind(host, port)
        self.port = self.servers[0].server_address[1]
        self.address = f"{host}:{self.port}"

    def bind(self, host, port):
        """A port that is free for UDP is most likely free for TCP; else there are others."""
        for _ in range(100):
            udp = socketserver.ThreadingUDPServer((host, port), Udp)
            try:
                tcp = Tcp.Server((host, udp.server_address[1]), Tcp)
            except OSError:
                udp.server_close()
                continue
            udp.daemon_threads = True
            udp.max_packet_size = 65535
            udp.dns = tcp.dns = self
            return udp, tcp
        raise OSError("no port is free for both UDP and TCP")

    def start(self):
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # What it knows.

    def add(self, name, kind, *data):
        """A record; data as RDATA has it."""
        self.put(name, kind).append((RDATA[kind](*data), data))

    def special(self, name, kind, what):
        """TIMEOUT, FAIL or ABSENT in the place of records: for one type or, with the type ANY, for all
        that have no line of their own."""
        assert what in SPECIAL
        self.put(name, kind)[:] = [what]

    def put(self, name, kind):
        """The entries of a name, which exists from now on, and type."""
        assert kind in TYPES or kind == ANY, kind
        where = key(name)
        with self.lock:
            self.exists.update(where[i:] for i in range(len(where) + 1))
            return self.data[where][kind]

    def ignore(self, name, kind, times):
        """Answers only when it is asked once more than that."""
        with self.lock:
            self.ignored[name.lower(), kind] = times

    def remove(self, name, kind=None):
        """All records of a name and type, or of the name."""
        with self.lock:
            if kind is None:
                self.data.pop(key(name), None)
            else:
                self.data[key(name)].pop(kind, None)
            self.exists = {n[i:] for n in self.data for i in range(len(n) + 1)}

    def clear(self):
        with self.lock:
            self.data.clear()
            self.exists.clear()
            self.asked.clear()

    def zone(self, text):
        """Zone text of src/dns/fake.h (DNSSEC's words, SECURE and BOGUS, cannot be had here)."""
        for line in text.splitlines():
            words = re.findall(r'"(?:[^"\\]|\\\d{3}|\\.)*"|\S+', line)
            if not words or words[0].startswith("#"):
                continue
            name, kind, *data = words
            if data[0] in SPECIAL:
                self.special(name, kind, data[0])
            elif kind == "TLSA":
                self.add(name, kind, *map(int, data[:3]), bytes.fromhex(data[3]))
            else:
                self.add(name, kind, *map(zone_word, data))

    # What it answers.

    def find(self, name, kind):
        """(special or None, records) of a name that was asked for; None if it does not exist."""
        where = tuple(label.lower() for label in name)
        if not where and where not in self.exists:
            return None, []
        if where not in self.exists and self.broken(where):
            return FAIL, []
        if where not in self.exists:
            above = next(where[i:] for i in range(1, len(where) + 1) if where[i:] in self.exists or not where[i:])
            where = (b"*", *above)
            if where not in self.data:
                return None
        kinds = self.data.get(where, {})
        entries = kinds.get(kind) or kinds.get(ANY) or []
        special = next((e for e in entries if isinstance(e, str)), None)
        return special, [e for e in entries if not isinstance(e, str)]

    def resolve(self, name, kind):
        """(rcode, [(owner, type, rdata)]), or None for silence."""
        answers = []
        for _ in range(CNAME_MAX + 1):
            found = self.find(name, kind)
            if found is None:
                return NXDOMAIN, answers
            special, records = found
            if special == TIMEOUT:
                return None
            if special == FAIL:
                return SERVFAIL, []
            answers += [(name, kind, rdata) for rdata, _ in records]
            cname = None if kind == "CNAME" or records or special else self.find(name, "CNAME")
            if not cname or not cname[1]:
                return NOERROR, answers
            rdata, data = cname[1][0]
            answers.append((name, "CNAME", rdata))
            name = labels(data[0])
        return SERVFAIL, []

    def answer(self, message, udp):
        """The answer's bytes; None for silence."""
        try:
            ident, flags, name, qtype, edns, end = parse_query(message)
        except BadMessage:
            return message[:2].ljust(2, b"\0") + struct.pack(">5H", 0x8180 | FORMERR, 0, 0, 0, 0)
        kind = TYPE_NAMES.get(qtype, str(qtype))
        with self.lock:
            question = text_name(name).lower(), kind
            self.asked[question] += 1
            late = self.asked[question] <= self.ignored.get(question, 0)
            found = None if late else self.resolve(name, kind)
        if found is None:
            return None
        rcode, answers = found
        size = (edns or 512) if udp else 65535
        head = 0x8580 | (flags & 0x0110) | rcode
        body = b"".join(record(*a) for a in answers)
        soa = b"" if rcode == SERVFAIL or any(k == kind for _, k, _ in answers) else record(
            [], "SOA", RDATA["SOA"](".", ".", 1, 3600, 600, 86400, TTL))
        opt = struct.pack(">BHHIH", 0, TYPES["OPT"], 1232, 0, 0) if edns else b""
        question = message[12:end]
        counts = (1, len(answers), bool(soa), bool(opt))
        if 12 + len(question) + len(body) + len(soa) + len(opt) > size:
            head, body, soa, counts = head | 0x0200, b"", b"", (1, 0, 0, bool(opt))
        return struct.pack(">6H", ident, head, *counts) + question + body + soa + opt


def record(owner, kind, rdata):
    name = b"".join(bytes([len(p)]) + p for p in owner) + b"\0"
    return name + struct.pack(">HHIH", TYPES[kind], 1, TTL, len(rdata)) + rdata


def zone_word(word):
    if word.startswith('"'):
        return re.sub(rb"\\(\d{3}|.)", lambda m: bytes([int(m[1])]) if len(m[1]) == 3 else m[1],
                      word[1:-1].encode())
    return int(word) if word.isdigit() else word


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        message, sock = self.request
        answer = self.server.dns.answer(message, udp=True)
        if answer:
            sock.sendto(answer, self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    def handle(self):
        while len(size := self.rfile.read(2)) == 2:
            answer = self.server.dns.answer(self.rfile.read(struct.unpack(">H", size)[0]), udp=False)
            if answer:
                self.wfile.write(struct.pack(">H", len(answer)) + answer)


def add_openspf(dns, zonedata, timeout=FAIL):
    """Adds a zone of the openspf suite (test/data/spf/README.md). What it calls a time-out is answered
    by `timeout`. Names that the DNS cannot have are left out."""
    for name, entries in zonedata.items():
        own_txt = any(isinstance(e, dict) and "TXT" in e for e in entries)
        for entry in entries:
            if not isinstance(entry, dict):
                dns.special(name, ANY, timeout)
                continue
            for kind, value in entry.items():
                if value == "NONE":
                    continue
                if value == "TIMEOUT":
                    dns.special(name, kind, timeout)
                else:
                    kinds = [kind] if kind != "SPF" or own_txt else ["SPF", "TXT"]
                    data = value if isinstance(value, list) else [value]
                    for k in kinds:
                        add_if_possible(dns, name, k, data)
    dns.broken = lambda name: name[:1] == (b"error",)


def add_if_possible(dns, name, kind, data):
    try:
        dns.add(name, kind, *data)
    except ValueError:
        pass
