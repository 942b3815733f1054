"""``vlan access-map`` and ``vlan filter``: what filters packets of a VLAN, IOS and NX-OS alike."""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers._cisco.config import Applied, Config, MapEntry, vlan_ids
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.reasons import COUNTS, LAYER_TWO

OTHER_SYSTEM = "a VLAN of this system has no such setting; the file may be another vendor's"
_OF_INTERFACES = frozenset({"address", "access-group", "helper-address", "traffic-filter"})
_FOREIGN = frozenset({"tagged", "untagged", "access-group", "router-interface"})
_ACTIONS = frozenset({"forward", "drop", "redirect"})


def read_access_map(config: Config, line: Line) -> None:
    """``vlan access-map NAME [10]`` with its conditions and its action."""
    number = line.word(3)
    entries = config.access_maps.setdefault(line.word(2), {})
    at = int(number[:9]) if number.isascii() and number.isdigit() else max(entries, default=0) + 10
    entry = entries.setdefault(at, MapEntry(line))
    config.understood(line)
    for child in line.children:
        words = child.words
        if words[:3] in (("match", "ip", "address"), ("match", "ipv6", "address")) and len(words) > 3:
            entry.lists.setdefault(words[1] == "ipv6", []).extend(Applied(name, child) for name in words[3:])
        elif words[:3] == ("match", "mac", "address") and len(words) > 3:
            entry.frames = True
        elif words[:1] == ("action",) and child.word(1) in _ACTIONS:
            entry.action = child.word(1)
        elif words[:1] == ("statistics",):
            config.ledger.ignored(COUNTS, child.number)
            continue
        else:
            config.unread(child, Concern.FILTER)
            continue
        config.understood(child)


def read_vlan(config: Config, line: Line) -> None:
    """``vlan 10`` and the like: switching. Addresses and lists inside are another vendor's, whose VLANs are interfaces
    (ArubaOS-Switch, ProCurve), and would be lost."""
    account(config.ledger, line, LAYER_TWO)
    for child in line.children:
        if child.word(0) in _FOREIGN or (child.word(0) in ("ip", "ipv6") and child.word(1) in _OF_INTERFACES):
            config.ledger.not_understood(child.number, OTHER_SYSTEM, Concern.FILTER)


def read_vlan_filter(config: Config, line: Line) -> None:
    """``vlan filter NAME vlan-list 10,20-29``."""
    words = line.words
    if "vlan-list" not in words[3:4] or not line.word(2):
        config.unread(line, Concern.FILTER)
        return
    try:
        vlans = vlan_ids("".join(words[4:]) if words[4:] != ("all",) else "1-4094")
    except ValueError:
        config.unread(line, Concern.FILTER)
        return
    config.vlan_filters.append((Applied(line.word(2), line), vlans))
    config.understood(line)
