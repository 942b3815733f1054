"""A small FortiGate, and what its model does with one packet by the independent interpreter."""

from __future__ import annotations

from tests.parsers.packet_run import Runs
from zoneguard.model.device import Device, Filter, Rule
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.fortios import parse

_RUNS = Runs("root")
result, goes, becomes, decided_by = _RUNS.result, _RUNS.goes, _RUNS.becomes, _RUNS.decided_by

INTERFACES = """
config system interface
    edit "lan"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
    next
    edit "dmz"
        set vdom "root"
        set ip 10.2.0.1 255.255.255.0
    next
    edit "wan"
        set vdom "root"
        set ip 203.0.113.1 255.255.255.0
        config ipv6
            set ip6-address 2001:db8:ffff::1/64
        end
    next
    edit "six"
        set vdom "root"
        config ipv6
            set ip6-address 2001:db8:1::1/64
        end
    next
end
"""
ROUTES = """
config router static
    edit 1
        set gateway 203.0.113.254
        set device "wan"
    next
end
config router static6
    edit 1
        set gateway 2001:db8:ffff::fe
        set device "wan"
    next
end
"""


def header(version: str) -> str:
    return f"#config-version=FGT60F-{version}-FW-build1639-240313:opmode=0:vdom=0:user=admin\n"


def policy(number: int | str, *lines: str, **words: str) -> str:
    """A policy that accepts everything from ``lan`` to ``wan``, less or more as ``words`` and ``lines`` say."""
    given = {
        "srcintf": "lan", "dstintf": "wan", "srcaddr": "all", "dstaddr": "all", "action": "accept",
        "schedule": "always", "service": "ALL",
    } | words  # fmt: skip
    sets = [f"        set {name} {value}" for name, value in given.items() if value]
    return "\n".join([f"    edit {number}", *sets, *(f"        {line}" for line in lines), "    next"])


def table(path: str, *entries: str) -> str:
    return "\n".join([f"config {path}", *entries, "end"])


def entry(name: str, *sets: str) -> str:
    return "\n".join([f'    edit "{name}"', *(f"        {line}" for line in sets), "    next"])


def policies(*entries: str) -> str:
    return table("firewall policy", *entries)


def read(text: str) -> Parsed:
    return parse(Source("fw.conf", tuple(text.strip("\n").split("\n"))), "fw")


def firewall(*tables: str, version: str = "7.2.8") -> Device:
    """The small FortiGate with ``tables`` beside its interfaces and routes."""
    (found,) = read(header(version) + INTERFACES + ROUTES + "\n".join(tables)).devices
    return found


def rules(found: Device, vrf: int = 0) -> list[Rule]:
    """The rules of the filter of policies."""
    (policies_,) = [s for s in found.vrfs[vrf].stages if isinstance(s, Filter) and s.rules.name == "firewall policy"]
    return [rule for rule in policies_.rules.rules if isinstance(rule, Rule)]
