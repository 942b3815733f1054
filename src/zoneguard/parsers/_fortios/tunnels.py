"""Tunnels of a FortiGate (Fortinet, "FortiOS CLI Reference": vpn ipsec phase1-interface and phase2-interface, system
gre-tunnel, system ipip-tunnel, system sit-tunnel).

IPsec encrypts unless every proposal of a phase 2 is ``null``. A GRE or IP-in-IP tunnel is readable; one that runs
inside of an IPsec interface names it and is not.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import address_or_none
from zoneguard.model.settings import Tunnel
from zoneguard.parsers._fortios.export import Export, Scope

_PLAIN = {"system gre-tunnel": "remote-gw", "system ipip-tunnel": "remote-gw", "system sit-tunnel": "destination"}


def read_tunnels(export: Export) -> tuple[Tunnel, ...]:
    """The tunnels of every VDOM."""
    return tuple(tunnel for scope in export.scopes for tunnel in _tunnels(export, scope))


def _tunnels(export: Export, scope: Scope) -> Iterator[Tunnel]:
    ipsec = scope.table("vpn ipsec phase1-interface").entries
    second = list(scope.table("vpn ipsec phase2-interface").entries.values())
    for name, entry in ipsec.items():
        proposals = [p for one in second if one.word("phase1name") == name for p in one.values("proposal")]
        secret = not proposals or any(not proposal.startswith("null-") for proposal in proposals)
        peer = address_or_none(entry.word("remote-gw"))
        yield Tunnel(name, export.source.span(entry.first), secret, peer)
    for path, key in _PLAIN.items():
        for name, entry in scope.table(path).entries.items():
            peer = address_or_none(entry.word(key))
            inside = entry.word("interface") in ipsec
            yield Tunnel(name, export.source.span(entry.first), inside, peer)
