"""What the policies of a FortiGate watch (Fortinet, "FortiOS CLI Reference": firewall policy, firewall profile-group).

``logtraffic all`` logs each session; the default ``utm`` logs those only in which a profile found something. Profiles
act while ``utm-status`` is on, by themselves or as a group.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.settings import Watch
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers._fortios.export import Export, Scope

_READ = frozenset({"logtraffic", "utm-status", "profile-type", "profile-group", "ips-sensor", "av-profile"})


def read_watches(export: Export) -> tuple[Watch, ...]:
    """One for each policy that lets sessions pass."""
    return tuple(watch for scope in export.scopes for watch in _watches(export, scope))


def _watches(export: Export, scope: Scope) -> Iterator[Watch]:
    groups = scope.table("firewall profile-group").entries
    for entry in scope.table("firewall policy").entries.values():
        if entry.word("action") != "accept":
            continue
        grouped = entry.word("profile-type") == "group"
        profiles = groups.get(entry.word("profile-group"), Block("")) if grouped else entry
        on = entry.enabled("utm-status")
        for name in _READ & entry.settings.keys():
            export.ledger.understood(entry.line(name))
        yield Watch(
            export.span(entry),
            logs=entry.word("logtraffic", "utm") == "all",
            intrusion=on and bool(profiles.word("ips-sensor")),
            malware=on and bool(profiles.word("av-profile")),
        )
