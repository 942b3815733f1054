"""Words of a Junos configuration as numbers and sets; every function gives ``None`` for what it cannot read."""

from __future__ import annotations

import re
from functools import lru_cache

from zoneguard.model.addresses import ALL_V4, ALL_V6, V6, address_or_none, parse_prefix, prefix_of
from zoneguard.model.device import InterfaceAddress
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Bits, Field, In, Match, both

ALL_PORTS = Intervals.span(0, 65535)
MAX_RANGE = 1 << 16

PROTOCOLS = {
    "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "rdp": 27, "ipv6": 41, "rsvp": 46, "gre": 47,
    "esp": 50, "ah": 51, "icmp6": 58, "icmpv6": 58, "no-next-header": 59, "dstopts": 60, "ospf": 89, "pim": 103,
    "vrrp": 112, "sctp": 132, "fragment": 44, "routing": 43, "hop-by-hop": 0, "ospf3": 89, "ipip6": 4, "eigrp": 88,
}  # fmt: skip
PORTS = {
    "afs": 1483, "bgp": 179, "biff": 512, "bootpc": 68, "bootps": 67, "cmd": 514, "cvspserver": 2401, "dhcp": 67,
    "domain": 53, "eklogin": 2105, "ekshell": 2106, "exec": 512, "finger": 79, "ftp": 21, "ftp-data": 20, "http": 80,
    "https": 443, "ident": 113, "imap": 143, "kerberos-sec": 88, "klogin": 543, "kpasswd": 761, "krb-prop": 754,
    "krbupdate": 760, "kshell": 544, "ldap": 389, "ldp": 646, "login": 513, "mobileip-agent": 434, "mobilip-mn": 435,
    "msdp": 639, "netbios-dgm": 138, "netbios-ns": 137, "netbios-ssn": 139, "nfsd": 2049, "nntp": 119, "ntalk": 518,
    "ntp": 123, "pop3": 110, "pptp": 1723, "printer": 515, "radacct": 1813, "radius": 1812, "rip": 520, "ripng": 521,
    "rkinit": 2108, "smtp": 25, "snmp": 161, "snmptrap": 162, "snmp-trap": 162, "snpp": 444, "socks": 1080, "ssh": 22,
    "sunrpc": 111, "syslog": 514, "tacacs": 49, "tacacs-ds": 65, "talk": 517, "telnet": 23, "tftp": 69, "timed": 525,
    "who": 513, "xdmcp": 177, "zephyr-clt": 2103, "zephyr-hm": 2104, "rtsp": 554, "sip": 5060, "sqlnet": 1521,
    "h323": 1720, "l2tp": 1701, "ike": 500, "imaps": 993, "pop3s": 995, "gre": 0,
}  # fmt: skip
"""Names that filters and applications use for ports ("Firewall filter match conditions based on numbers")."""
ICMP4 = {
    "echo-reply": 0, "unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8, "router-advertisement": 9,
    "router-solicit": 10, "time-exceeded": 11, "parameter-problem": 12, "timestamp": 13, "timestamp-reply": 14,
    "info-request": 15, "info-reply": 16, "mask-request": 17, "mask-reply": 18,
}  # fmt: skip
ICMP6 = {
    "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4, "echo-request": 128,
    "echo-reply": 129, "membership-query": 130, "membership-report": 131, "membership-termination": 132,
    "router-solicit": 133, "router-advertisement": 134, "neighbor-solicit": 135, "neighbor-advertisement": 136,
    "redirect": 137, "router-renumbering": 138, "node-information-request": 139, "node-information-reply": 140,
    "inverse-neighbor-discovery-solicitation": 141, "inverse-neighbor-discovery-advertisement": 142,
    "home-agent-address-discovery-request": 144, "home-agent-address-discovery-reply": 145,
    "mobile-prefix-solicitation": 146, "mobile-prefix-advertisement-reply": 147,
    "certificate-path-solicitation": 148, "certificate-path-advertisement": 149,
}  # fmt: skip

_MASKED = re.compile(r"(\d+\.\d+\.\d+\.\d+)/(\d+\.\d+\.\d+\.\d+)$")


def number(text: str, limit: int) -> int | None:
    """A decimal number from 0 to ``limit``."""
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    value = int(text)
    return value if value <= limit else None


def address(text: str) -> int | None:
    """One address of either family, in the shared space; a prefix length after it is left out."""
    return address_or_none(text.partition("/")[0])


@lru_cache(maxsize=65536)
def prefix(text: str) -> Intervals | None:
    """``10.0.0.0/8``, ``10.0.0.0/255.0.0.0``, ``10/8``, ``10.0.0.1`` or IPv6; host bits may be set."""
    try:
        return parse_prefix(_written_out(text))
    except ValueError:
        return None


def network(text: str) -> tuple[int, int] | None:
    """A prefix as its network address and length."""
    try:
        return prefix_of(_written_out(text))
    except ValueError:
        return None


def _written_out(text: str) -> str:
    """Junos lets trailing zero octets of a prefix go."""
    if text == "default":
        return "0.0.0.0/0"
    head, slash, length = text.partition("/")
    if ":" in head or head.count(".") >= 3 or not head[:1].isdigit():
        return text
    return head + ".0" * (3 - head.count(".")) + slash + length


def interface_address(text: str) -> InterfaceAddress | None:
    """``10.0.0.1/24``: an address and its subnet; without a length a host's."""
    head, slash, length_text = text.partition("/")
    base = address(head)
    if base is None:
        return None
    width = 128 if base >= V6 else 32
    length = number(length_text, width) if slash else width
    return None if length is None else InterfaceAddress(base, length)


def address_range(low_text: str, high_text: str) -> Intervals | None:
    """``a to b`` of one family."""
    low, high = address(low_text), address(high_text)
    if low is None or high is None or low > high or (low >= V6) != (high >= V6):
        return None
    return Intervals.span(low, high)


def masked(field: Field, text: str, narrow: bool = False) -> Match | None:
    """``10.0.0.1/255.0.255.0``: an address of which the mask's bits count. ``narrow``: other text is no match."""
    found = _MASKED.match(text)
    if found is None:
        return None
    base, mask = address(found[1]), address(found[2])
    if base is None or mask is None:
        return None
    bits = Bits(field, base & mask, mask)
    return bits if narrow else both(In(field, ALL_V4), bits)


@lru_cache(maxsize=8192)
def ports(text: str) -> Intervals | None:
    """``80``, ``http``, ``1024-65535``."""
    if text in PORTS:
        return Intervals.of(PORTS[text])
    low_text, dash, high_text = text.partition("-")
    low = PORTS.get(low_text, number(low_text, 65535))
    high = PORTS.get(high_text, number(high_text, 65535)) if dash else low
    return None if low is None or high is None or low > high else Intervals.span(low, high)


def protocol(text: str) -> int | None:
    """``tcp`` or ``6``."""
    return PROTOCOLS.get(text, number(text, 255))


def numbers(text: str, names: dict[str, int], limit: int) -> Intervals | None:
    """``8``, ``0-15`` or a name."""
    if text in names:
        return Intervals.of(names[text])
    low_text, dash, high_text = text.partition("-")
    low, high = number(low_text, limit), number(high_text if dash else low_text, limit)
    return None if low is None or high is None or low > high else Intervals.span(low, high)


def mac(text: str) -> int | None:
    """``00:0c:29:ab:cd:ef`` as 48 bits."""
    digits = text.replace(":", "").replace("-", "").replace(".", "")
    try:
        return int(digits, 16) if len(digits) == 12 else None
    except ValueError:
        return None


def family(v6: bool) -> Intervals:
    """Every address of one version."""
    return ALL_V6 if v6 else ALL_V4
