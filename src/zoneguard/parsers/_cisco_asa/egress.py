"""Whether the routes of the configuration lead to a translated host by the interface that its translation names.

Where they do not, the device looks for a route out of that interface alone; what it finds is not in the model.
"""

from __future__ import annotations

from collections.abc import Sequence

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern
from zoneguard.parsers._cisco_asa.config import Config
from zoneguard.parsers._cisco_asa.nat_entry import Translation


def check_egress(config: Config, rules: Sequence[Translation]) -> None:
    """Say it of each static translation that the routes contradict; not where a protocol brings more routes."""
    if any(command.words[0] == "router" for command in config.part.commands):
        return
    table = _table(config)
    for rule in rules:
        if not rule.real or not rule.static or rule.routed or rule.one_way or rule.exempt:
            continue
        ends = {end for span in rule.source.spans or () for end in span}
        found = {name for end in ends if (name := _lookup(table, end))}
        if found - {config.interface(rule.real)}:
            config.not_understood(
                rule.span.first,
                "the route to a real address leads out of another interface than the translation says",
                Concern.ROUTING,
            )


def _table(config: Config) -> dict[tuple[bool, int], dict[int, tuple[int, str]]]:
    """By version of IP and length: network to distance and interface."""
    table: dict[tuple[bool, int], dict[int, tuple[int, str]]] = {}
    for route in config.routes:
        nets = table.setdefault((route.network >= V6, route.length), {})
        if route.network not in nets or route.distance < nets[route.network][0]:
            nets[route.network] = route.distance, route.interface
    for name, port in config.named.items():
        for address in port.addresses if not port.shut else ():
            nets = table.setdefault((address.address >= V6, address.length), {})
            nets[address.subnet.first] = 0, config.interface(name)
    return table


def _lookup(table: dict[tuple[bool, int], dict[int, tuple[int, str]]], address: int) -> str:
    v6 = address >= V6
    for length in range(128 if v6 else 32, -1, -1):
        nets = table.get((v6, length))
        if nets:
            rest = (128 if v6 else 32) - length
            base = V6 if v6 else 0
            found = nets.get(base + ((address - base) >> rest << rest))
            if found is not None:
                return found[1]
    return ""
