"""What the security rules of a PAN-OS firewall watch.

Sessions are logged at their end unless that is switched off; profiles look for attacks and for malware, by themselves
or as a group (Palo Alto Networks, "PAN-OS Web Interface Help", Policies > Security, Actions).
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.settings import Watch
from zoneguard.parsers._panos.export import Export
from zoneguard.parsers._panos.layout import Firewall, Vsys
from zoneguard.parsers._panos.tree import Node

_INTRUSION = ("vulnerability", "spyware")


def read_watches(export: Export, firewall: Firewall) -> tuple[Watch, ...]:
    """One for each rule that lets sessions pass."""
    return tuple(watch for vsys in firewall.vsyses for watch in _watches(export, vsys))


def _watches(export: Export, vsys: Vsys) -> Iterator[Watch]:
    for base in vsys.rulebases:
        for rule in base.below("security", "rules").values():
            if rule.word("action", default="allow") != "allow":
                continue
            profiles: set[str] = set()
            if "profile-setting" in rule.children:
                profiles |= set(rule.words("profile-setting", "profiles"))
                for name in rule.words("profile-setting", "group"):
                    profiles |= _group(vsys, name)
            yield Watch(
                export.span(rule),
                logs=rule.yes("log-end", default=True) or rule.yes("log-start"),
                intrusion=bool(profiles & set(_INTRUSION)),
                malware="virus" in profiles,
            )


def _group(vsys: Vsys, name: str) -> set[str]:
    """The kinds of profiles of a group: that of the nearest level."""
    found = (group for layer in vsys.layers if (group := _at(layer, name)) is not None)
    group = next(found, None)
    return set() if group is None else set(group.children)


def _at(layer: Node, name: str) -> Node | None:
    return layer.at("profile-group", name)
