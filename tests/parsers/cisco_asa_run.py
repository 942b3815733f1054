"""A small ASA, and what its model does with one packet by the independent interpreter."""

from __future__ import annotations

from tests.parsers import fortios_run
from zoneguard.model.device import Device
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.cisco_asa import parse

VERSION = "ASA Version 9.16(4)"
OLD = "ASA Version 8.2(5)"
INTERFACES = """
hostname fw
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.0
!
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.0.0
!
interface GigabitEthernet0/2
 nameif dmz
 security-level 50
 ip address 10.2.0.1 255.255.255.0
!
interface GigabitEthernet0/3
 nameif dmz2
 security-level 50
 ip address 10.3.0.1 255.255.255.0
!
route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
"""


def read(text: str) -> Parsed:
    return parse(Source("fw.cfg", tuple(text.strip("\n").split("\n"))), "fw")


def firewall(*texts: str, version: str = VERSION) -> Device:
    """The small ASA with ``texts`` behind its interfaces and its default route."""
    (found,) = read("\n".join((version, INTERFACES, *texts))).devices
    return found


def goes(found: Device, ingress: str, text: str, vrf: str = "main", **fields: int) -> str:
    """The interface by which the packet leaves; ``local``, ``deny``, ``no-route`` or ``may``."""
    return fortios_run.goes(found, ingress, text, vrf, **fields)


def becomes(found: Device, ingress: str, text: str, **fields: int) -> str:
    """The packet as it leaves, ``source > destination:port``."""
    return fortios_run.becomes(found, ingress, text, "main", **fields)


def decided_by(found: Device, ingress: str, text: str) -> str:
    """The name of the rule that let the packet pass or dropped it."""
    return fortios_run.decided_by(found, ingress, text, "main")
