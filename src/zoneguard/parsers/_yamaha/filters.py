"""``ip filter`` and ``ipv6 filter``: addresses, protocols and ports as conditions on a packet.

Meaning: command reference 8.1.10 (IPv4) and 30.7.1 (IPv6). Omitted trailing fields stand for any. Ports are compared
for TCP and UDP only; a protocol named beside them that has none matches whatever the ports say. Where the one protocol
is ICMP, the port fields are its type and code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6, parse_address, parse_prefix
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ACK, ALWAYS, FIN, NEVER, RST, SYN, Bits, Field, In, Match, Not, Unknown, both, either
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
_PORTED = Intervals.of(TCP, UDP)

# Names of ports (8.1.10; the reference lists a part, the rest are the registered numbers of the names in 8.1.14).
PORTS: dict[str, tuple[int, ...]] = {
    "ftp": (20, 21), "ftpdata": (20,), "ssh": (22,), "telnet": (23,), "smtp": (25,), "time": (37,), "whois": (43,),
    "domain": (53,), "dns": (53,), "dhcps": (67,), "dhcpc": (68,), "tftp": (69,), "gopher": (70,), "finger": (79,),
    "www": (80,), "http": (80,), "pop3": (110,), "sunrpc": (111,), "ident": (113,), "nntp": (119,), "ntp": (123,),
    "ms-rpc": (135,), "netbios_ns": (137,), "netbios_dgm": (138,), "netbios_ssn": (139,), "imap": (143,),
    "snmp": (161,), "snmptrap": (162,),
    "bgp": (179,), "imap3": (220,), "ldap": (389,), "https": (443,), "ms-ds": (445,), "ike": (500,),
    "rlogin": (513,), "rwho": (513,), "rsh": (514,), "syslog": (514,), "printer": (515,), "talk": (517,), "rip": (520,),
    "route": (520,), "ripng": (521,), "uucp": (540,), "dhcpv6c": (546,), "dhcpv6s": (547,), "submission": (587,),
    "imaps": (993,), "pop3s": (995,), "ms-sql": (1433,), "l2tp": (1701,), "pptp": (1723,), "radius": (1812,),
    "nfs": (2049,), "msblast": (4444,), "ipsec-nat-t": (4500,), "sip": (5060,),
}  # fmt: skip
_PROTOCOLS = {"tcp": TCP, "udp": UDP, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51}
_FLAGS = {"tcpsyn": SYN, "tcpfin": FIN, "tcprst": RST, "established": ACK}
_ERRORS = Intervals.of(3, 4, 5, 11, 12, 31, 32)
_INFOS = Intervals.from_spans([(0, 0), (8, 10), (13, 18), (30, 30), (33, 36)])
_DISCOVERY = Intervals.span(133, 136)

_QUAD = r"(?:\d{1,3}|\*)(?:\.(?:\d{1,3}|\*)){3}"
_V4_ITEM = re.compile(rf"({_QUAD})(?:/(\S+))?")
_V4_RANGE = re.compile(rf"({_QUAD})?-({_QUAD})?")
_V6_RANGE = re.compile(r"([0-9a-f:.]*:[0-9a-f:.]*)?-([0-9a-f:.]*:[0-9a-f:.]*)?")
_NAME = re.compile(r"(?=.*[a-z*@])[^\s/:]{1,255}")
_TCPFLAG = re.compile(r"tcpflag(!?)=0x([0-9a-f]{1,4})/0x([0-9a-f]{1,4})")


class UnreadableError(ValueError):
    """A field that is none of the forms of the reference; the text says which."""


@quick
@dataclass(frozen=True, slots=True)
class StaticFilter:
    """``action`` is ``pass``, ``reject``, ``restrict`` or ``""`` (unreadable); ``service`` is protocol, source and
    destination ports as written, for dynamic filters that borrow them."""

    number: str
    span: SourceSpan
    action: str = ""
    match: Match = ALWAYS
    service: tuple[str, str, str] = ("*", "*", "*")


def parse_filter(number: str, words: Sequence[str], v6: bool, span: SourceSpan) -> StaticFilter:
    """``words``: action, source, destination, protocol, source ports, destination ports; all but two may be missing.

    Raises ``UnreadableError``.
    """
    action, _, log = words[0].partition("-") if words else ("", "", "")
    if action not in ("pass", "reject", "restrict") or log not in ("", "log", "nolog"):
        raise UnreadableError(
            Reason("unknown filter action {words}", words=repr(words[0])) if words else "a filter without action"
        )
    if not 2 <= len(words) <= 6:
        raise UnreadableError("a filter has 2 to 6 fields")
    source, destination, protocol, sports, dports = (*words[1:], "*", "*", "*", "*")[:5]
    match = both(
        addresses(source, Field.SRC, v6, span),
        addresses(destination, Field.DST, v6, span),
        service(protocol, sports, dports, v6, span),
    )
    return StaticFilter(number, span, action, match, (protocol, sports, dports))


def addresses(text: str, field: Field, v6: bool, span: SourceSpan) -> Match:
    """``*``, addresses, networks, ranges and names separated by commas. Raises ``UnreadableError``."""
    if text == "*":
        return ALWAYS
    known: list[tuple[int, int]] = []
    others: list[Match] = []
    for item in text.split(","):
        part = _v6_item(item) if v6 else _v4_item(item, field)
        if isinstance(part, Intervals):
            known.extend(part.spans)
        elif part is not None:
            others.append(part)
        elif item == "*":
            return ALWAYS
        elif _NAME.fullmatch(item):
            others.append(Unknown(Reason("{value} is {item}", value=field.value, item=item), span))
        else:
            raise UnreadableError(Reason("not an address: {text}", text=item))
    return either(*([In(field, Intervals.from_spans(known))] if known else []), *others)


def _v4_item(item: str, field: Field) -> Intervals | Match | None:
    if (single := _V4_ITEM.fullmatch(item)) is not None:
        value, octets = _quad(single[1])
        mask = octets & (mask_of(single[2]) if single[2] else 0xFFFFFFFF)
        rest = ~mask & 0xFFFFFFFF
        if rest & (rest + 1) == 0:
            return Intervals.span(value & mask, value & mask | rest)
        return both(In(field, ALL_V4), Bits(field, value & mask, mask))
    if (ends := _V4_RANGE.fullmatch(item)) is not None and item != "-":
        low = _quad(ends[1])[0] if ends[1] else 0
        high, octets = _quad(ends[2]) if ends[2] else (0xFFFFFFFF, 0xFFFFFFFF)
        return _span(low, high | ~octets & 0xFFFFFFFF, item)
    return None


def _quad(text: str) -> tuple[int, int]:
    """The value and the mask of the octets that are no ``*``."""
    value = mask = 0
    for octet in text.split("."):
        number = 0 if octet == "*" else int(octet)
        if number > 255:
            raise UnreadableError(Reason("not an address: {text}", text=text))
        value = value << 8 | number
        mask = mask << 8 | (0 if octet == "*" else 255)
    return value, mask


def mask_of(text: str) -> int:
    """``24``, ``255.255.255.0`` or ``0xffffff00`` as 32 bits. Raises ``UnreadableError``."""
    if text.isascii() and text.isdigit() and len(text) < 3 and int(text) <= 32:
        return 0xFFFFFFFF << (32 - int(text)) & 0xFFFFFFFF
    if re.fullmatch(r"0x[0-9a-f]{1,8}", text):
        return int(text, 16)
    if re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", text):
        return _quad(text)[0]
    raise UnreadableError(Reason("not a mask: {text}", text=text))


def mask_length(text: str) -> int:
    """The length of a mask without holes. Raises ``UnreadableError``."""
    rest = ~mask_of(text) & 0xFFFFFFFF
    if rest & (rest + 1):
        raise UnreadableError(Reason("a mask with holes: {text}", text=text))
    return 32 - rest.bit_length()


def _v6_item(item: str) -> Intervals | None:
    try:
        if (ends := _V6_RANGE.fullmatch(item)) is not None and (ends[1] or ends[2]):
            low = parse_address(ends[1]) if ends[1] else V6
            return _span(low, parse_address(ends[2]) if ends[2] else 2 * V6 - 1, item)
        return parse_prefix(item) if ":" in item else None
    except ValueError:
        raise UnreadableError(Reason("not an address: {text}", text=item)) from None


def _span(low: int, high: int, text: str) -> Intervals:
    if low > high:
        raise UnreadableError(Reason("a range from high to low: {text}", text=text))
    return Intervals.span(low, high)


def ports(text: str) -> Intervals | None:
    """Numbers, names and ranges separated by commas; ``None`` for ``*``. Raises ``UnreadableError``."""
    return None if text == "*" else _numbers(text, 65535, _port)


def _port(text: str) -> tuple[int, ...]:
    return PORTS.get(text) or _number(text)


def _number(text: str) -> tuple[int, ...]:
    return (int(text),) if text.isascii() and text.isdigit() and len(text) <= 5 else ()


def _numbers(text: str, most: int, read: Callable[[str], tuple[int, ...]]) -> Intervals:
    spans: list[tuple[int, int]] = []
    for item in text.split(","):
        if item == "*":
            return Intervals.span(0, most)
        if single := read(item):
            spans.extend((value, value) for value in single)
        else:
            spans.append(_ends(item, most, read))
    if any(high > most for _, high in spans):
        raise UnreadableError(Reason("a number above {most}: {text}", most=most, text=text))
    return Intervals.from_spans(spans)


def _ends(item: str, most: int, read: Callable[[str], tuple[int, ...]]) -> tuple[int, int]:
    for at, char in enumerate(item[:40]):  # names of ports may hold a hyphen themselves
        if char != "-":
            continue
        left, right = item[:at], item[at + 1 :]
        low, high = (read(left) if left else (0,)), (read(right) if right else (most,))
        if low and high and (left or right) and min(low) <= max(high):
            return min(low), max(high)
    raise UnreadableError(Reason("not a port: {text}", text=item))


def service(protocol: str, sports: str, dports: str, v6: bool, span: SourceSpan, mirrored: bool = False) -> Match:
    """Protocol and ports; ``mirrored``: of the packets that answer. Raises ``UnreadableError``."""
    names = protocol.split(",")
    icmp = ICMP6 if v6 else ICMP
    if len(names) == 1 and names[0] in ({"icmp", "icmp6", "58"} if v6 else {"icmp", "1"}):
        return _is(icmp) if mirrored else _icmp(icmp, sports, dports)
    source, destination = (ports(dports), ports(sports)) if mirrored else (ports(sports), ports(dports))
    conditions = [In(f, p) for f, p in ((Field.SPORT, source), (Field.DPORT, destination)) if p is not None]
    if "*" in names:
        return (
            either(both(In(Field.PROTO, _PORTED), *conditions), Not(In(Field.PROTO, _PORTED))) if conditions else ALWAYS
        )
    return either(*(_protocol(name, conditions, icmp, span) for name in names))


def _is(number: int) -> Match:
    return In(Field.PROTO, Intervals.of(number))


def _icmp(number: int, types: str, codes: str) -> Match:
    if types == codes == "*":
        return _is(number)
    kinds = _numbers(types, 255, _number)
    which = _numbers(codes, 255, _number)
    spans = ((kind << 8 | low, kind << 8 | high) for kind in kinds for low, high in which.spans)
    return both(_is(number), In(Field.ICMP, Intervals.from_spans(spans)))


def _types(number: int, kinds: Intervals) -> Match:
    return both(_is(number), In(Field.ICMP, Intervals.from_spans((a << 8, b << 8 | 255) for a, b in kinds.spans)))


def _protocol(name: str, conditions: list[In], icmp: int, span: SourceSpan) -> Match:
    if name in _FLAGS:
        return both(_is(TCP), Bits(Field.FLAGS, _FLAGS[name], _FLAGS[name]), *conditions)
    if name.startswith("tcpflag"):
        return both(_is(TCP), _tcpflag(name, span), *conditions)
    if name in ("icmp", "icmp4", "icmp6"):
        return _is(icmp if name == "icmp" else ICMP if name == "icmp4" else ICMP6)
    if name == "icmp-nd":
        return _types(ICMP6, _DISCOVERY)
    if name in ("icmp-error", "icmp-info", "icmpinfo"):
        if icmp == ICMP6:  # the reference defines the two for ICMP of IPv4 only
            return both(_is(ICMP6), Unknown(Reason("an ICMPv6 message of the kind {name}", name=name), span))
        return _types(ICMP, _ERRORS if name == "icmp-error" else _INFOS)
    number = _PROTOCOLS.get(name, int(name) if name.isascii() and name.isdigit() and len(name) <= 3 else 256)
    if number > 255:
        raise UnreadableError(Reason("not a protocol: {name}", name=name))
    return both(_is(number), *conditions) if number in _PORTED else _is(number)


def _tcpflag(text: str, span: SourceSpan) -> Match:
    parsed = _TCPFLAG.fullmatch(text)
    if parsed is None:
        raise UnreadableError(Reason("not a TCP flag condition: {text}", text=text))
    value, mask = int(parsed[2], 16), int(parsed[3], 16)
    match: Match = NEVER if value & ~mask else Bits(Field.FLAGS, value & 0xFF, mask & 0xFF)
    if mask & ~0xFF and match is not NEVER:  # bits beyond the eight flags are not in the model
        match = both(match, Unknown(Reason("reserved TCP bits as in {text}", text=text), span))
    return Not(match) if parsed[1] else match


def family(v6: bool, field: Field = Field.DST) -> Match:
    """The packets of one version of IP."""
    return In(field, ALL_V6 if v6 else ALL_V4)
