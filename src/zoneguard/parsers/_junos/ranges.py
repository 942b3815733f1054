"""``interface-range``: settings that several physical interfaces share ("Interface ranges", Interfaces user guide)."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from itertools import product

from zoneguard.parsers._junos.tree import Node

MAX_MEMBERS = 1024
_CLASS = re.compile(r"\[([\d,-]{1,64})\]")
_NUMBER = re.compile(r"(.*?)(\d{1,4})$")


def spread_ranges(interfaces: Node) -> None:
    """Copy the settings of every range to its members; what a member says itself goes before."""
    ranges = interfaces.children.get("interface-range")
    if ranges is None:
        return
    for named in ranges.children.values():
        members = list(_members(named, interfaces))
        for word, setting in named.children.items():
            if word in ("member", "member-range"):
                setting.take()
                continue
            for member in members[:MAX_MEMBERS]:
                _inherit(interfaces.child(member), word, setting, named.word)
            setting.take()
        named.used = True
    ranges.used = True


def _members(named: Node, interfaces: Node) -> list[str]:
    found: list[str] = []
    for member in named.at("member").children:
        if "*" in member or "?" in member:
            found += [name for name in interfaces.children if fnmatchcase(name, member)]
        else:
            found += _expanded(member)
    for first, low in named.at("member-range").children.items():
        for last in low.at("to").children:
            a, b = _NUMBER.match(first), _NUMBER.match(last)
            if a is not None and b is not None and a[1] == b[1] and int(b[2]) - int(a[2]) < MAX_MEMBERS:
                found += [f"{a[1]}{n}" for n in range(int(a[2]), int(b[2]) + 1)]
    return list(dict.fromkeys(found))


def _expanded(member: str) -> list[str]:
    """``ge-0/0/[0-3,8]`` → each name."""
    parts = _CLASS.split(member)
    choices = [_numbers(part) if at % 2 else [part] for at, part in enumerate(parts)]
    total = 1
    for choice in choices:
        total *= len(choice)
    return ["".join(chosen) for chosen in product(*choices)] if total <= MAX_MEMBERS else []


def _numbers(text: str) -> list[str]:
    found: list[str] = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        if not low.isdigit() or (dash and not high.isdigit()):
            return []
        found += [str(n) for n in range(int(low), min(int(high or low), int(low) + MAX_MEMBERS) + 1)]
    return found


def _inherit(member: Node, word: str, setting: Node, name: str) -> None:
    stack = [(member, word, setting)]
    while stack:
        parent, key, source = stack.pop()
        child = parent.children.get(key)
        if child is None:
            child = parent.add(Node(key, source.lines, source.frames, name))
        stack += [(child, w, c) for w, c in source.children.items()]
