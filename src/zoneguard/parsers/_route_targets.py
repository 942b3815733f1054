"""Routes that one VRF takes from another of the same device by BGP's route targets.

A VRF with ``route-target import T`` takes what VRFs with ``route-target export T`` have in BGP: ``redistribute`` and
``network`` put their connected and static routes there. A route so taken is in the table with distance 20, leads out of
the other VRF's interface, and is not imported again. Where maps choose, or where the file says nothing of BGP for the
other VRF, it is open whether each is taken: a condition on the packets that it would lead there, not a silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from zoneguard.model.device import PolicyRoute, Route, RouteKind
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Ingress, Unknown, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason

DISTANCE = 20
OPEN = "which routes of another VRF are taken depends on BGP and is not in the file; add the exported routing table"


@dataclass(slots=True)
class Targets:
    """What the file says of one VRF.

    ``imports``: target → line; ``told``: it says what BGP has, ``announced`` (kinds of routes) and ``networks``
    (prefixes); ``chosen``: a map chooses among them.
    """

    imports: dict[str, SourceSpan] = field(default_factory=dict)
    exports: set[str] = field(default_factory=set)
    told: bool = False
    announced: set[RouteKind] = field(default_factory=set)
    networks: set[tuple[int, int]] = field(default_factory=set)
    chosen: bool = False

    def gives(self, route: Route) -> bool | None:
        """Whether BGP has ``route`` of this VRF, a default route only where it is named; ``None``: that is open."""
        named = (route.network, route.length) in self.networks
        if self.told and not named and not (route.kind in self.announced and route.length > 0):
            return False
        return None if self.chosen or not self.told else True


@dataclass(frozen=True, slots=True)
class Taken:
    """What a VRF takes: ``routes`` for certain, ``perhaps`` on a condition; ``open_lines`` import the latter."""

    routes: tuple[Route, ...]
    perhaps: tuple[PolicyRoute, ...]
    open_lines: tuple[SourceSpan, ...]


NOTHING = Taken((), (), ())


def taken(
    into: str, vrfs: Mapping[str, Targets], own: Mapping[str, Sequence[Route]], interfaces: frozenset[str]
) -> Taken:
    """What the VRF ``into`` takes of the others.

    ``own``: the connected and static routes of each VRF, each with the interface that it leaves by; ``interfaces``:
    those of ``into``.
    """
    held = [(route.network, route.length, route.prefix) for route in own.get(into, ())]
    certain: list[Route] = []
    perhaps: list[tuple[Route, PolicyRoute]] = []
    for source, route, sure in _imported(into, vrfs, own):
        if sure:
            kind = route.kind if route.kind is RouteKind.BLACKHOLE else RouteKind.STATIC
            certain.append(replace(route, kind=kind, distance=DISTANCE, metric=0))
            continue
        rest = route.prefix
        for network, length, prefix in held:
            if length >= route.length and Intervals.of(network) <= route.prefix:
                rest = rest - prefix
        if rest:
            name = Reason("BGP takes a route of VRF {source} into VRF {into}", source=source, into=into)
            condition = both(Ingress(interfaces), In(Field.DST, rest), Unknown(name, route.span))
            perhaps.append((route, PolicyRoute(condition, route.span, ((route.next_hop, route.interface),))))
    perhaps.sort(key=lambda pair: -pair[0].length)
    lines = dict.fromkeys(route.span for route, _ in perhaps)
    return Taken(tuple(certain), tuple(policy for _, policy in perhaps), tuple(lines))


def _imported(
    into: str, vrfs: Mapping[str, Targets], own: Mapping[str, Sequence[Route]]
) -> Iterator[tuple[str, Route, bool]]:
    """Each route of another VRF under a target that ``into`` imports, with the line that imports it; whether surely."""
    asking = vrfs[into]
    for source, giving in vrfs.items():
        line = next((line for target, line in asking.imports.items() if target in giving.exports), None)
        if source == into or line is None:
            continue
        for route in own.get(source, ()):
            if (given := giving.gives(route)) is not False:
                yield source, replace(route, span=line), bool(given) and not asking.chosen
