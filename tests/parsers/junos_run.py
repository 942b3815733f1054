"""A small SRX, and what its model does with one packet by the independent interpreter."""

from __future__ import annotations

from tests.parsers.packet_run import Runs
from zoneguard.model.device import Device, Filter, Misunderstood, Rule
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.junos import parse

_RUNS = Runs("default")
result, goes, becomes, decided_by = _RUNS.result, _RUNS.goes, _RUNS.becomes, _RUNS.decided_by

LAN, DMZ, WAN, GUEST = "ge-0/0/1.0", "ge-0/0/2.0", "ge-0/0/0.0", "ge-0/0/3.0"
BASE = """
set version 21.4R3.15
set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/24
set interfaces ge-0/0/2 unit 0 family inet address 10.2.0.1/24
set interfaces ge-0/0/3 unit 0 family inet address 10.3.0.1/24
set routing-options static route 0.0.0.0/0 next-hop 203.0.113.254
set security zones security-zone trust interfaces ge-0/0/1.0
set security zones security-zone dmz interfaces ge-0/0/2.0
set security zones security-zone untrust interfaces ge-0/0/0.0
"""


def read(text: str) -> Parsed:
    return parse(Source("srx.conf", tuple(text.strip("\n").split("\n"))), "srx")


def device(text: str) -> Device:
    """The device of a whole configuration."""
    (found,) = read(text).devices
    return found


def srx(*more: str) -> Device:
    """The small SRX with ``more`` statements: zones trust, dmz and untrust; ``ge-0/0/3.0`` is in none."""
    return device(BASE + "\n".join(more))


def open_lines(*more: str) -> tuple[Misunderstood, ...]:
    """What is not understood of the small SRX with ``more`` statements."""
    return read(BASE + "\n".join(more)).account.not_understood


def policy(
    way: str,
    name: str = "p",
    action: str = "permit",
    source: str = "any",
    destination: str = "any",
    service: str = "any",
) -> str:
    """A policy of ``trust>untrust`` or, with an empty ``way``, a global one; several names are separated by blanks."""
    came, _, leaves = way.partition(">")
    where = f"from-zone {came} to-zone {leaves}" if way else "global"
    head = f"set security policies {where} policy {name}"
    asked = (("source-address", source), ("destination-address", destination), ("application", service))
    lines = [f"{head} match {word} {value}" for word, values in asked for value in values.split()]
    return "\n".join([*lines, f"{head} then {action}"])


def rules(found: Device, vrf: int = 0) -> list[Rule]:
    """The rules of the stage of policies."""
    (stage,) = [s for s in found.vrfs[vrf].stages if isinstance(s, Filter) and s.rules.name == "security policies"]
    return [rule for rule in stage.rules.rules if isinstance(rule, Rule)]
