"""Static routes of one routing instance ("Configuring static routes", protocol-independent routing user guide).

The preference is 5 unless it is said, here, in ``defaults`` or for one qualified next hop; the lowest is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.model.text import Reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.account import DYNAMIC, LABEL, PROBES
from zoneguard.parsers._junos.export import DEFAULT, Export, Scope
from zoneguard.parsers._junos.tree import Node

STATIC_PREFERENCE = 5
_FLAGS = frozenset({"discard", "reject", "receive", "no-install"})
_VALUED = frozenset({"next-hop", "next-table", "preference", "metric", "tag"})
_IGNORED = {
    "install": LABEL, "retain": DYNAMIC, "no-retain": DYNAMIC, "readvertise": DYNAMIC, "no-readvertise": DYNAMIC,
    "resolve": LABEL, "no-resolve": LABEL, "community": DYNAMIC, "as-path": DYNAMIC, "tag2": DYNAMIC, "color": DYNAMIC,
    "color2": DYNAMIC, "tag": DYNAMIC, "active": LABEL, "passive": LABEL, "longest-match": LABEL, "description": LABEL,
    "bfd-liveness-detection": PROBES, "preference2": DYNAMIC, "metric2": DYNAMIC,
    "no-propagate": DYNAMIC, "ignore": LABEL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Static:
    """One route of a table: ``route`` as the device has it; ``into`` of it names a forwarding context."""

    route: Route
    protocol: str = "static"


def read_statics(export: Export, scope: Scope, options: Node, known: frozenset[str]) -> Iterator[Static]:
    """The static routes below ``routing-options``. ``known``: the routing instances of the scope."""
    options.used = True
    tables = [options.at("static")]
    ribs = options.at("rib")
    for name, rib in ribs.children.items():
        if name.rsplit(".", 2)[-2:] in (["inet6", "0"], ["inet", "0"]):
            ribs.used = rib.used = True
            tables.append(rib.at("static"))
            _others(export, rib)
    _others(export, options)
    for static in tables:
        static.used = True
        default = values.number(static.at("defaults").word_of("preference"), 4_294_967_295)
        if "defaults" in static.children:
            static.children["defaults"].take()
        for text, node in static.at("route").children.items():
            static.children["route"].used = node.used = True
            network = values.network(text)
            if network is None:
                export.doubt(node, "this destination cannot be read", Concern.ROUTING)
            else:
                preference = STATIC_PREFERENCE if default is None else default
                yield from _Reader(export, scope, known, network, node, preference).routes()


def _others(export: Export, options: Node) -> None:
    """Routes that stand for others, and are there only while those are."""
    for word in ("aggregate", "generate"):
        node = options.children.get(word)
        if node is not None:
            node.take()
            where = next(iter(node.at("route").children), "?")
            reason = Reason("dynamic routing: the route to {where} is there only with more specific ones", where=where)
            export.doubt(node, reason, Concern.ROUTING)


class _Reader:
    def __init__(
        self, export: Export, scope: Scope, known: frozenset[str], network: tuple[int, int], node: Node, preference: int
    ) -> None:
        self._export, self._scope, self._known, self._network, self._node = export, scope, known, network, node
        self._found: dict[str, list[Node]] = {}
        self._gather(node)
        self._preference = self._number("preference", preference)
        self._metric = self._number("metric", 0)
        self._span = export.span(node)

    def _gather(self, node: Node) -> None:
        """The statements of a route; one line may hold several."""
        for word, child in node.children.items():
            if word in _FLAGS:
                child.used = True
                self._found[word] = []
                self._gather(child)
            elif word in _VALUED:
                child.used = True
                for value in child.children.values():
                    value.used = True
                    self._found.setdefault(word, []).append(value)
                    self._gather(value)
            elif word == "qualified-next-hop":
                child.take()
            elif word in _IGNORED:
                child.ignore(_IGNORED[word])
            elif word not in ("apply-groups", "apply-groups-except"):
                reason = Reason('the setting "{word}" of the route is not known', word=word)
                self._export.doubt(child, reason, Concern.ROUTING)

    def _number(self, word: str, default: int) -> int:
        found = self._found.get(word)
        own = [n for n in found or () if not n.group] or found
        number = values.number(own[-1].word, 4_294_967_295) if own else default
        return default if number is None else number

    def _route(
        self, kind: RouteKind = RouteKind.STATIC, next_hop: int | None = None, interface: str = "", into: str = "",
        rank: tuple[int, int] | None = None,
    ) -> Static:  # fmt: skip
        distance, metric = rank or (self._preference, self._metric)
        return Static(Route(*self._network, self._span, kind, next_hop, interface, distance, metric, into))

    def routes(self) -> Iterator[Static]:
        """One for each next hop."""
        if "no-install" in self._found or "receive" in self._found:
            return
        if "discard" in self._found or "reject" in self._found:
            yield self._route(RouteKind.BLACKHOLE)
        for table in self._found.get("next-table", ()):
            name = table_instance(table.word)
            if name not in self._known:
                reason = Reason('the routing table "{table}" is not in this file', table=table.word)
                self._export.doubt(table, reason, Concern.ROUTING)
            yield self._route(into=self._scope.context(name))
        for hop in self._found.get("next-hop", ()):
            yield from self._hop(hop, self._preference, self._metric)
        for hop in self._node.at("qualified-next-hop").children.values():
            preference = values.number(hop.word_of("preference"), 4_294_967_295)
            metric = values.number(hop.word_of("metric"), 4_294_967_295)
            yield from self._hop(
                hop, self._preference if preference is None else preference, self._metric if metric is None else metric,
                hop.word_of("interface"),
            )  # fmt: skip

    def _hop(self, hop: Node, preference: int, metric: int, interface: str = "") -> Iterator[Static]:
        address = values.address(hop.word)
        rank = preference, metric
        if interface and "." not in interface:
            interface += ".0"
        if address is not None:
            if (address >= V6) != (self._network[0] >= V6):
                self._export.doubt(hop, "this next hop is of the other version of IP", Concern.ROUTING)
                return
            yield self._route(next_hop=address, interface=interface, rank=rank)
        elif "/" in hop.word or "." in hop.word or hop.word[-1:].isdigit():
            yield self._route(interface=hop.word if "." in hop.word else f"{hop.word}.0", rank=rank)
        else:
            self._export.doubt(hop, "this next hop cannot be read", Concern.ROUTING)


def table_instance(table: str) -> str:
    """``VR.inet.0`` → the routing instance; ``inet.0`` is the default one's."""
    name, _, rest = table.rpartition(".inet")
    return name if rest in (".0", "6.0") and name else DEFAULT
