"""What ``match protocol NAME`` stands for: ports (IOS, "Port-to-Application Mapping")."""

from __future__ import annotations

from collections.abc import Sequence

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Match, both, either

_PROTOCOLS = {"tcp": (6,), "udp": (17,), "icmp": (1, 58)}
_TCP, _UDP, _BOTH = (6,), (17,), (6, 17)
_PORTS: dict[str, tuple[tuple[int, ...], int]] = {
    "bgp": (_TCP, 179), "bootpc": (_UDP, 68), "bootps": (_UDP, 67), "dns": (_BOTH, 53), "exec": (_TCP, 512),
    "finger": (_TCP, 79), "ftp": (_TCP, 21), "gopher": (_TCP, 70), "http": (_TCP, 80), "https": (_TCP, 443),
    "ident": (_TCP, 113), "imap": (_TCP, 143), "imaps": (_TCP, 993), "isakmp": (_UDP, 500), "l2tp": (_UDP, 1701),
    "ldap": (_TCP, 389), "ldaps": (_TCP, 636), "login": (_TCP, 513), "microsoft-ds": (_TCP, 445),
    "ms-sql": (_TCP, 1433), "msrpc": (_TCP, 135), "mysql": (_TCP, 3306), "netbios-dgm": (_UDP, 138),
    "netbios-ns": (_UDP, 137), "netbios-ssn": (_TCP, 139), "nntp": (_TCP, 119), "ntp": (_UDP, 123),
    "pop3": (_TCP, 110), "pop3s": (_TCP, 995), "pptp": (_TCP, 1723), "rtsp": (_TCP, 554), "smtp": (_TCP, 25),
    "snmp": (_UDP, 161), "snmptrap": (_UDP, 162), "ssh": (_TCP, 22), "syslog": (_UDP, 514), "tacacs": (_TCP, 49),
    "telnet": (_TCP, 23), "tftp": (_UDP, 69), "whois": (_TCP, 43),
}  # fmt: skip


def application(name: str, more: Sequence[Match]) -> Match | None:
    """The packets that open sessions of an application; ``more`` are ports added to it. ``None``: not known."""
    if name in _PROTOCOLS:
        return In(Field.PROTO, Intervals.of(*_PROTOCOLS[name]))
    if name in _PORTS:
        protocols, port = _PORTS[name]
        usual = both(In(Field.PROTO, Intervals.of(*protocols)), In(Field.DPORT, Intervals.of(port)))
        return either(usual, *more)
    return either(*more) if more else None
