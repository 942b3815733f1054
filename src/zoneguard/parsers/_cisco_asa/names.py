"""Words that an ASA takes for numbers (ASA general configuration guide, "Addresses, Protocols, and Ports")."""

from __future__ import annotations

from zoneguard.parsers._cisco import names

TCP, UDP, SCTP, ICMP, ICMP6 = 6, 17, 132, 1, 58

PROTOCOLS = names.PROTOCOLS | {"pptp": 47}
PORTS = names.UDP_PORTS | names.TCP_PORTS | {
    "kerberos": 750, "netbios-ssn": 139, "radius": 1645, "radius-acct": 1646, "rpc": 111, "sqlnet": 1521,
}  # fmt: skip
ICMP_TYPES = {name: kind for name, (kind, code) in names.ICMP.items() if code is None}
ICMP6_TYPES = {name: kind for name, (kind, code) in names.ICMP6.items() if code is None} | {"echo": 128}
