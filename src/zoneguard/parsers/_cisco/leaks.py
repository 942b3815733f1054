"""Routes that lead into another context: packets leave there by the route's own next hop, whatever that table says.

The model moves such a packet into the other context (``Route.into``); a policy route there, for what came in by the
interfaces of the first, gives it the next hop. Held against the Linux kernel, which routes between tables likewise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from zoneguard.model.device import PolicyRoute, Route
from zoneguard.model.match import Field, In, Ingress, both
from zoneguard.model.spans import SourceSpan


def leaked(
    routes: Mapping[str, Iterable[Route]], members: Mapping[str, Iterable[str]], out: Mapping[SourceSpan, str]
) -> dict[str, tuple[PolicyRoute, ...]]:
    """The policy routes of each context that others lead into, the longest prefix first.

    ``members``: the interfaces of each context; ``out``: the interface that the route of a line names, if any.
    """
    groups: dict[tuple[int, int, str, str], list[Route]] = defaultdict(list)
    for source, listed in routes.items():
        for route in listed:
            if route.into:
                groups[-route.length, route.network, source, route.into].append(route)
    found: dict[str, list[PolicyRoute]] = defaultdict(list)
    for (_, _, source, into), rivals in sorted(groups.items(), key=lambda group: group[0]):
        best = min((r.distance, r.metric) for r in rivals)
        chosen = [r for r in rivals if (r.distance, r.metric) == best]
        targets = tuple(dict.fromkeys((r.next_hop, out.get(r.span, "")) for r in chosen))
        came = Ingress(frozenset(members.get(source, ())))
        if any(hop is not None or name for hop, name in targets):
            found[into].append(PolicyRoute(both(came, In(Field.DST, chosen[0].prefix)), chosen[0].span, targets))
    return {name: tuple(made) for name, made in found.items()}
