"""A small UNIVERGE IX, and what its model does with one packet by the independent interpreter."""

from __future__ import annotations

from tests.parsers import fortios_run
from zoneguard.model.device import Device
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.nec_ix import parse

INTERFACES = """
interface GigaEthernet0.0
  ip address 203.0.113.2/24
  no shutdown
!
interface GigaEthernet1.0
  ip address 10.1.0.1/16
  no shutdown
!
interface GigaEthernet2.0
  ip address 10.2.0.1/24
  no shutdown
!
ip route default 203.0.113.1
"""
WAN, LAN, DMZ = "GigaEthernet0.0", "GigaEthernet1.0", "GigaEthernet2.0"


def read(text: str) -> Parsed:
    return parse(Source("ix.cfg", tuple(text.strip("\n").split("\n"))), "ix")


def router(*texts: str) -> Device:
    """The small router with ``texts`` behind its interfaces and its default route."""
    (found,) = read("\n".join((INTERFACES, *texts))).devices
    return found


def on(name: str, *settings: str) -> str:
    """More settings of an interface."""
    return "\n".join((f"interface {name}", *(f"  {setting}" for setting in settings)))


def goes(found: Device, ingress: str, text: str, vrf: str = "main", **fields: int) -> str:
    """The interface by which the packet leaves; ``local``, ``deny``, ``no-route`` or ``may``."""
    return fortios_run.goes(found, ingress, text, vrf, **fields)


def becomes(found: Device, ingress: str, text: str, **fields: int) -> str:
    """The packet as it leaves, ``source > destination:port``."""
    return fortios_run.becomes(found, ingress, text, "main", **fields)
