"""Transfers as checks ask for them: what came into the LGWAN zone, what belongs together, what is certain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.checks import Case
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.zones import ZoneClass

LGWAN_SIDE = frozenset({ZoneClass.LGWAN, ZoneClass.CLOSED_EXTERNAL})


def imports(case: Case) -> Iterator[Transfer]:
    """Content that went to a host of the LGWAN zone from outside the LGWAN side, whoever opened the flow."""
    zones = case.project.zones
    for transfer in case.dynamic.transfers if case.dynamic else ():
        flow = transfer.flow
        source, target = (flow.src, flow.dst) if transfer.to_responder else (flow.dst, flow.src)
        sender, receiver = zones.of(source), zones.of(target)
        if receiver is None or receiver.zone_class is not ZoneClass.LGWAN:
            continue
        if sender is None or sender.zone_class not in LGWAN_SIDE:
            yield transfer


def members(case: Case, transfer: Transfer) -> list[Transfer]:
    """Everything below ``transfer``, at any depth."""
    below: dict[str, list[Transfer]] = {}
    for other in case.dynamic.transfers if case.dynamic else ():
        below.setdefault(other.parent, []).append(other)
    out: list[Transfer] = []
    todo = [transfer.key]
    while todo:
        found = below.get(todo.pop(), []) if todo[-1] else []
        out += found
        todo += [f.key for f in found]
    return out


def certain(*groups: Transfer | Iterable[Transfer]) -> bool:
    """Whether every transfer was read as a whole."""
    flat = [t for g in groups for t in ([g] if isinstance(g, Transfer) else g)]
    return all(t.certainty is Certainty.INSPECTED for t in flat)


def part_text(part: Transfer) -> str:
    """``見積書.docm (application/…, vba-macro, SHA-256 …)``."""
    facts = [part.media_type, *dict.fromkeys(h.kind for h in part.hazards)]
    if part.sha256:
        facts.append(f"SHA-256 {part.sha256}")
    return f"{part.name or part.kind} ({', '.join(f for f in facts if f)})"
