"""Transfers as checks ask for them: what was taken into a zone that is to be kept clean, what belongs together, what is
certain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.checks import Case
from zoneguard.model.flows import Certainty, Flow, Transfer
from zoneguard.model.zones import ZoneClass

LGWAN_SIDE = frozenset({ZoneClass.LGWAN, ZoneClass.CLOSED_EXTERNAL})
GIVERS = frozenset({ZoneClass.LGWAN, ZoneClass.SANITIZER})
IMPORT, EXPORT = "import", "export"
MAIL = frozenset({"smtp", "pop3", "imap"})
"""Protocols whose messages are mails."""


def taken_in(case: Case, check: str) -> Iterator[tuple[Transfer, str]]:
    """Content that crossed between the LGWAN zone and the Internet zone, whoever opened the flow, and its direction.

    Only what some clause asks of ``check``: an ``import`` goes to a host of the LGWAN zone from outside the LGWAN side,
    or, where the model places the terminals in the Internet zone (β and β′), to those; an ``export`` goes to a host of
    the Internet zone from the LGWAN zone or a sanitizer.
    """
    asked = {direction for direction in (IMPORT, EXPORT) if case.asks(check, direction)}
    for transfer in case.dynamic.transfers if case.dynamic else ():
        direction = direction_of(case, transfer.flow, transfer.to_responder)
        if direction in asked:
            yield transfer, direction


def direction_of(case: Case, flow: Flow, to_responder: bool) -> str:
    """Which way content went that one side of the flow sent; empty where it is neither import nor export."""
    source, target = (flow.src, flow.dst) if to_responder else (flow.dst, flow.src)
    sender, receiver = (z.zone_class if z else None for z in map(case.project.zones.of, (source, target)))
    if receiver is ZoneClass.LGWAN and sender not in LGWAN_SIDE:
        return IMPORT
    if receiver is ZoneClass.INTERNET and sender in GIVERS:
        return IMPORT if case.project.network_model.terminals is ZoneClass.INTERNET else EXPORT
    return ""


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
