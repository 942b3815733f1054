"""Interfaces by which each member of a cluster is managed: no traffic is routed by them.

Their addresses, routes and gateways are the member's own, apart from those of every VDOM (Knowledge base 190132, "HA
Reserved Management Interface"). What else ``system ha`` says is the same for all members.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.parsers._fortios.export import Export
from zoneguard.parsers._fortios.schema import CLUSTER, ignore

RESERVED = "vsys_hamgmt"
"""What the device itself calls the context of these interfaces."""


def reserved(export: Export) -> Iterator[str]:
    """The names of these interfaces; ``ha-mgmt-interface`` is how older versions name the only one."""
    cluster = export.shared.blocks.get("system ha")
    if cluster is None:
        return
    ignore(export.ledger, cluster, CLUSTER)
    if not cluster.enabled("ha-mgmt-status"):
        return
    entries = [(entry, "interface") for entry in cluster.table("ha-mgmt-interfaces").values()]
    for block, name in ((cluster, "ha-mgmt-interface"), *entries):
        if block.values(name):
            export.ledger.understood(block.line(name))
            yield block.word(name)
