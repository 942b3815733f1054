"""Pools of addresses that NAT gives out or leads to."""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.text import Reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.account import LABEL, LOGGING, SESSIONS
from zoneguard.parsers._junos.export import Export
from zoneguard.parsers._junos.tree import Node

_GIVEN_OUT = Intervals.span(1024, 65535)
_IGNORED = {
    "description": LABEL, "pool-utilization-alarm": LOGGING, "address-pooling": SESSIONS, "address-shared": SESSIONS,
    "address-persistent": SESSIONS, "mapping-timeout": SESSIONS, "ei-mapping-timeout": SESSIONS,
    "limit-ports-per-host": SESSIONS, "host-address-base": SESSIONS,
}  # fmt: skip
_READ = frozenset({"address", "port", "routing-instance", "overflow-pool", "apply-groups", "apply-groups-except"})


@dataclass(frozen=True, slots=True)
class Pool:
    """``prefix``: one whole prefix. ``port``: of destination NAT. ``ports``: of source NAT, ``None``: they are kept."""

    node: Node
    addresses: Intervals
    prefix: bool
    port: int | None = None
    ports: Intervals | None = _GIVEN_OUT
    instance: str = ""
    overflow: str = ""

    @property
    def family(self) -> Intervals:
        """Every address of the pool's version of IP."""
        return values.family(self.addresses.first >= V6)


def read_pools(export: Export, nat: Node) -> dict[str, Pool]:
    """The pools of source or destination NAT by name."""
    found: dict[str, Pool] = {}
    node = nat.at("pool")
    node.used = True
    for name, entry in node.children.items():
        entry.used = True
        for word, child in entry.children.items():
            if word in _IGNORED:
                child.ignore(_IGNORED[word])
            elif word in _READ:
                child.take(1 if word == "address" else None)
                child.at("port").take(1)
                for value in child.children.values() if word == "address" else ():
                    for more in ("to", "port"):
                        value.at(more).take(1)
            else:
                export.doubt(child, Reason('the setting "{word}" of the pool is not known', word=word), Concern.NAT)
        found[name] = _pool(export, entry)
    return found


def _pool(export: Export, entry: Node) -> Pool:
    spans: list[tuple[int, int]] = []
    port: int | None = None
    whole = False
    for text, node in entry.at("address").children.items():
        if text == "port":  # ``address 10.0.0.1 port 80`` written as ``address port 80``
            port = values.number(next(iter(node.children), ""), 65535)
            continue
        high = next(iter(node.at("to").children), "")
        found = values.address_range(text, high) if high else values.prefix(text)
        if found is None:
            export.doubt(node, "this address cannot be read", Concern.NAT)
            continue
        spans += found.spans
        whole = not high
        port = values.number(next(iter(node.at("port").children), ""), 65535) if "port" in node.children else port
    addresses = Intervals.from_spans(spans)
    written = entry.at("address").children.keys() - {"port"}
    return Pool(
        entry, addresses, whole and len(addresses.spans) == 1 and len(written) == 1, port,
        _ports(entry), entry.word_of("routing-instance"), entry.word_of("overflow-pool"),
    )  # fmt: skip


def _ports(entry: Node) -> Intervals | None:
    """The ports that source NAT gives out. A range may be the default for the device."""
    node = entry.children.get("port")
    if "host-address-base" in entry.children:
        return None
    if node is None:
        return _GIVEN_OUT
    if "no-translation" in node.children:
        return None
    ranges = node.at("range").children
    spans: list[tuple[int, int]] = []
    for low_text, low in ranges.items():
        high_text = next(iter(low.at("to").children), low_text)
        found = values.ports(f"{low_text}-{high_text}")
        spans += found.spans if found is not None else ()
    return Intervals.from_spans(spans) if spans else _GIVEN_OUT
