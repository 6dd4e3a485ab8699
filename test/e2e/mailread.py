"""Messages as the RFCs and Python's email package read them: the other side of what the server says."""

import base64
import email
import email.policy
import email.utils
import quopri
import re
from urllib.parse import unquote_to_bytes

header_of = email.policy.default.header_factory


def latin1(octets):
    """Text with one character an octet, so that no octet is lost in comparisons."""
    return octets.decode("latin-1")


def fields(header):
    """[(name in lower case, the field as it stands there)] of a header section (RFC 5322 §2.2); lines that
    are no field are passed over."""
    found = []
    for octets in re.findall(rb"(?:[^\r\n].*\r\n(?:[ \t].*\r\n)*)", header):
        name = re.match(rb"([!-9;-~]+)[ \t]*:", octets)
        if name:
            found.append((latin1(name[1]).lower(), octets))
    return found


def field(header, name):
    """The first field's value, unfolded (RFC 5322 §2.2.3); None if there is none."""
    octets = next((octets for n, octets in fields(header) if n == name.lower()), None)
    return octets and octets.partition(b":")[2].replace(b"\r\n", b"").strip(b" \t")


def parameters(header):
    return {name.lower(): value for name, value in header.params.items()}


def extended(params):
    """Parameters by name in lower case, those in the extended form of RFC 2231 §4 decoded."""
    found = {}
    for name, octets in params.items():
        value = latin1(octets)
        if name.endswith(b"*"):
            charset, _, coded = octets.split(b"'", 2)
            value = unquote_to_bytes(coded).decode(latin1(charset), "replace")
        found[latin1(name).lower().rstrip("*")] = value
    return found


def decoded(octets, encoding):
    """RFC 2045 §6.7, §6.8: characters that are not of base64 are passed over, what is no whole group is
    dropped."""
    if encoding == b"BASE64":
        octets = re.sub(rb"[^A-Za-z0-9+/=]", b"", octets)
        return base64.b64decode(octets[:-1] if len(octets.rstrip(b"=")) % 4 == 1 else octets + b"==")
    if encoding == b"QUOTED-PRINTABLE":
        return quopri.decodestring(re.sub(rb"[ \t]+(\r\n|\Z)", rb"\1", octets))
    return octets


def addresses(value):
    """[(name, local part, domain)], names decoded, a group as IMAP has it (RFC 9051 §7.5.2). Where there
    is no phrase the comment is the name (RFC 5322 §3.4)."""
    found = []
    if value is None:
        return found
    comments = {address: name for name, address in email.utils.getaddresses([latin1(value)])}
    for group in header_of("to", latin1(value)).groups:
        named = group.display_name is not None
        if named:
            found.append((None, group.display_name, None))
        for a in group.addresses:
            found.append((a.display_name or comments.get(a.addr_spec) or None, a.username, a.domain))
        if named:
            found.append((None, None, None))
    return found


def types(message):
    """The types of all parts, from the outermost on."""
    yield message.get_content_type()
    if message.is_multipart() and message.get_content_type() != "message/delivery-status":
        for part in message.get_payload():
            yield from types(part)
